"""Signal: the lazily joined (n_channels, n_samples) array of a recording, indexed as NumPy indexes.

A signal holds no samples. It is a tuple of pieces, each a stretch of one extent with its own gain, offset, unit and
type; reading plans, fetches and gathers. Joining signals concatenates their pieces.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ecogcat import settings
from ecogcat.frozen import Frozen, Index, digest, index_array
from ecogcat.piece import Piece, cut_pieces
from ecogcat.reading.assignment import Assignment
from ecogcat.reading.execute import execute
from ecogcat.reading.indexing import Selection, listed, select
from ecogcat.reading.plan import ReadPlan, plan_read
from ecogcat.reading.reductions import Reductions
from ecogcat.storage import maps
from ecogcat.storage.source import Source

__all__ = ["Signal"]

_BLOCK_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Signal(Reductions, Assignment, Frozen):
    """A lazy array of samples, (n_channels, n_samples), in physical units.

    Parameters
    ----------
    pieces : sequence of Piece
        Stretches, one after the other in time; at least one. All have the same number of channels. Those without
        samples are left out, unless there are no others.
    sampling_rate : float
        Hz.
    units : str
        Unit of the values.
    channel_names : sequence of str
        One a channel, unique.

    Examples
    --------
    >>> import ecogcat as ec
    >>> signal = ec.from_array([[1, 2, 3], [4, 5, 6]], 1000).signal
    >>> signal[:, -2:]
    array([[2, 3],
           [5, 6]])
    """

    pieces: tuple[Piece, ...]
    sampling_rate: float
    units: str
    channel_names: tuple[str, ...]
    dtype: np.dtype[Any] = field(init=False)
    starts: Index = field(init=False)
    _token: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "pieces", tuple(self.pieces))
        set_(self, "channel_names", tuple(map(str, self.channel_names)))
        rate = float(self.sampling_rate)
        set_(self, "sampling_rate", rate)
        if not self.pieces:
            raise ValueError("a signal has at least one piece")
        if not (math.isfinite(rate) and rate > 0):
            raise ValueError(f"a sampling rate is a positive number of Hz, not {self.sampling_rate!r}")
        n = len(self.channel_names)
        if len(set(self.channel_names)) != n:
            twice = sorted({name for name in self.channel_names if self.channel_names.count(name) > 1})
            raise ValueError(f"channel names are unique; these are not: {', '.join(twice)}")
        lengths = [0]
        for piece in self.pieces:
            if len(piece.channels) != n:
                raise ValueError(f"a piece has {len(piece.channels)} channels where the signal has {n}")
            lengths.append(lengths[-1] + piece.stop - piece.start)
        if (lengths[-1] and len(set(lengths)) < len(lengths)) or (not lengths[-1] and len(lengths) > 2):
            # So that the type does not depend on where a stretch was cut: no samples have no type.
            set_(self, "pieces", tuple(piece for piece in self.pieces if piece.n_samples) or self.pieces[:1])
            lengths = list(dict.fromkeys(lengths)) if lengths[-1] else [0, 0]
        set_(self, "starts", index_array(lengths))
        dtypes = {piece.value_dtype for piece in self.pieces}
        set_(self, "dtype", dtypes.pop() if len(dtypes) == 1 else np.result_type(*dtypes))

    # What it is

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channel_names)

    @property
    def n_samples(self) -> int:
        """Number of samples of each channel."""
        return int(self.starts[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """(n_channels, n_samples)."""
        return len(self.channel_names), int(self.starts[-1])

    @property
    def ndim(self) -> int:
        """Number of axes: 2."""
        return 2

    @property
    def size(self) -> int:
        """Number of values."""
        return self.n_channels * self.n_samples

    @property
    def nbytes(self) -> int:
        """Bytes that all values would take in memory."""
        return self.size * self.dtype.itemsize

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.sampling_rate

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that hold the samples."""
        return tuple(dict.fromkeys(source for piece in self.pieces for source in piece.extent.sources))

    @property
    def token(self) -> str:
        """Digest of the recipe and of the content of its sources; equal tokens mean equal values."""
        if self._token is None:
            pieces = [piece.token for piece in self.pieces] if self.n_samples else []  # whichever cut left no samples
            token = digest("signal", pieces, self.sampling_rate, self.units, self.channel_names)
            object.__setattr__(self, "_token", token)
        return self._token  # type: ignore[return-value]

    def __len__(self) -> int:
        return self.n_channels

    def __eq__(self, other: object) -> bool:
        return self.token == other.token if isinstance(other, Signal) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.token)

    def __repr__(self) -> str:
        shape = f"{self.n_channels:,} channels x {self.n_samples:,} samples"
        pieces = f", {len(self.pieces)} pieces" if len(self.pieces) > 1 else ""
        return f"<Signal {shape}, {self.sampling_rate:g} Hz, {self.units}, {self.dtype}{pieces}>"

    # Reading

    def __getitem__(self, index: Any) -> Any:
        plan = self.plan(index)
        values = execute(plan, self.pieces, None, self.dtype, self.dtype, raw=False).reshape(plan.shape)
        # A number, unless an ellipsis has NumPy give an array of no axes.
        ellipsis = isinstance(index, tuple) and any(part is Ellipsis for part in index)
        return values[()] if plan.shape == () and not ellipsis else values

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("the samples of a signal lie in files: an array of them is always a copy")
        return self.read(dtype=None if dtype is None else np.dtype(dtype))

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[channel] for channel in range(self.n_channels))

    def plan(self, index: Any) -> ReadPlan:
        """Return what ``self[index]`` would read, without reading.

        Parameters
        ----------
        index : anything that NumPy takes on two axes

        Returns
        -------
        ReadPlan
        """
        return plan_read(select(index, self.shape), self.starts)

    def read(
        self,
        channels: Any = None,
        start: int = 0,
        stop: int | None = None,
        step: int = 1,
        *,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
        raw: bool = False,
    ) -> NDArray[Any]:
        """Read channels over a range of samples.

        Parameters
        ----------
        channels : int, slice, list or mask, optional
            Channels, in any order; all by default. An integer keeps the axis.
        start, stop, step : int
            Samples, as in a slice: negative ones count from the end, those beyond the ends are clipped.
        out : ndarray, shape (n_channels, n_samples), optional
            Array to read into; its type is the type read.
        dtype : numpy dtype, optional
            Type to read; the signal's own by default. The values are those of the signal, cast.
        raw : bool
            Stored numbers instead of physical values; needs one stored type over all parts.

        Returns
        -------
        ndarray, shape (n_channels, n_samples)
            `out` if given.

        Raises
        ------
        MemoryLimitError
            If the result is larger than `ecogcat.options(memory_limit=...)`.
        SourceChangedError
            If a file is not what it was when opened.

        Examples
        --------
        >>> import ecogcat as ec
        >>> ec.from_array([[1, 2, 3], [4, 5, 6]], 1000).signal.read([1], 0, 2)
        array([[4, 5]])
        """
        rows = self._rows(channels)
        columns = range(*slice(start, stop, step).indices(self.n_samples))
        plan = plan_read(Selection(rows, columns, (len(rows), len(columns)), True), self.starts)
        own = self._stored_dtype() if raw else self.dtype
        wanted = np.dtype(own if dtype is None else dtype)
        if out is not None:
            is_array = isinstance(out, np.ndarray)  # a list has no type to read
            if not is_array or dtype not in (None, out.dtype):
                raise TypeError(f"out is an array, of the type asked for; got {type(out).__name__} and dtype={dtype!r}")
            if out.shape != plan.shape or not out.flags.writeable:
                found = f"one of shape {out.shape}" + ("" if out.flags.writeable else ", read-only")
                raise ValueError(f"out is a writeable array of shape {plan.shape}, not {found}")
            wanted = out.dtype
        if wanted != own and not np.can_cast(own, wanted, "same_kind"):
            raise TypeError(
                f"cannot read values of type {own} as {wanted}" + ("" if raw else "; raw=True reads stored numbers")
            )
        return execute(plan, self.pieces, out, wanted, self.dtype, raw=raw)

    def _rows(self, channels: Any) -> range | Index:
        if channels is None:
            return range(self.n_channels)
        if type(channels) in (list, np.ndarray) and (index := listed(channels, self.n_channels)) is not None:
            return index
        if not isinstance(channels, (slice, bool)) and channels is not Ellipsis and np.ndim(channels) == 0:
            channels = [operator.index(channels)]
        rows = select((channels, slice(0, 0)), self.shape)
        if len(rows.shape) != 2:
            raise IndexError(f"channels are on one axis, not {len(rows.shape) - 1}")
        return rows.rows

    def _stored_dtype(self) -> np.dtype[Any]:
        stored = {piece.extent.dtype.newbyteorder("=") for piece in self.pieces}
        if len(stored) > 1:
            found = ", ".join(sorted(map(str, stored)))
            raise TypeError(f"raw=True needs one stored type over all parts; found {found}")
        return stored.pop()

    # Streaming

    def blocks(self, length: int | None = None, overlap: int = 0) -> Iterator[tuple[int, NDArray[Any]]]:
        """Iterate over the signal in blocks of time, one in memory at a time.

        Parameters
        ----------
        length : int, optional
            Samples of a block; by default about 16 MiB (less under a smaller memory limit), on the file's grid.
        overlap : int

        Yields
        ------
        start : int
            First sample of the block.
        block : ndarray, shape (n_channels, up to length)
            A new array; it shares `overlap` samples with the next. Together, without these, blocks are the signal.

        Examples
        --------
        >>> import ecogcat as ec
        >>> signal = ec.from_array([[1, 2, 3, 4, 5]], 1000).signal
        >>> [(start, block.tolist()) for start, block in signal.blocks(3, overlap=1)]
        [(0, [[1, 2, 3]]), (2, [[3, 4, 5]])]
        """
        if length is None:
            length = max(1, overlap + 1, self.block_length())
        if length < 1 or not 0 <= overlap < length:
            raise ValueError(f"blocks have a length of at least 1 and overlap by less; got {length} and {overlap}")
        return self._blocks(length, overlap)

    def _blocks(self, length: int, overlap: int) -> Iterator[tuple[int, NDArray[Any]]]:
        start = 0
        while start < self.n_samples and (start == 0 or start + overlap < self.n_samples):
            yield start, self.read(start=start, stop=start + length)
            maps.relieve()
            start += length - overlap

    def block_length(self) -> int:
        """Return how many samples `blocks` reads at a time: about 16 MiB, within the limit, on the file's grid."""
        bytes_each = max(1, self.n_channels * self.dtype.itemsize)
        limit = settings.memory_limit()
        most = self.n_samples if limit is None else limit // bytes_each
        length = min(_BLOCK_BYTES // bytes_each, most)
        grid = max(piece.extent.block_samples for piece in self.pieces)
        if grid > min(4 * length, most):
            return max(1, length)
        return max(grid, length // grid * grid)

    # Other signals

    def take(self, rows: Sequence[int] | NDArray[Any], *, names: Sequence[str] | None = None) -> Signal:
        """Return the listed channels, lazily; -1 stands for a channel of NaN (0 in integers).

        Parameters
        ----------
        rows : sequence of int
            Channels of this signal.
        names : sequence of str, optional
            Their names; by default they keep them.
        """
        index = index_array(rows)
        if names is None:
            if (index < 0).any():
                raise ValueError("a channel that is not there (-1) needs a name: give names=")
            names = [self.channel_names[row] for row in index]
        if tuple(names) == self.channel_names and np.array_equal(index, np.arange(self.n_channels)):
            return self
        return Signal(tuple(piece.take(index) for piece in self.pieces), self.sampling_rate, self.units, tuple(names))

    def cut(self, start: int, stop: int) -> Signal:
        """Return samples start..stop, lazily; pieces outside are left out."""
        if not 0 <= start <= stop <= self.n_samples:
            raise IndexError(f"samples {start} to {stop} do not lie in a signal of {self.n_samples:,} samples")
        return self.replace(pieces=cut_pieces(self.pieces, self.starts, start, stop))

    def replace(self, **fields: Any) -> Signal:
        """Return a signal with some of pieces, sampling_rate, units, channel_names replaced."""
        names = ("pieces", "sampling_rate", "units", "channel_names")
        return Signal(**({name: getattr(self, name) for name in names} | fields))
