"""Stored form: what of a dataset goes into a file of ours - runs of samples, and a description of all the rest.

A signal is stored as runs, one array of the file each; nearly always there is one. It holds the numbers that the
sources store, where these are of one type and smaller than the values (or in another unit), and every recording's own
gain and offset beside them; else it holds the values. Either way the file reads as the dataset did, to the last bit.
Only parts of different types, joined, make several runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.checksums import with_checksums
from ecogcat.dataset import Dataset
from ecogcat.frozen import digest, index_array
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.extent import Extent
from ecogcat.storing.codec import decode, encode

__all__ = ["LAYOUT", "Description", "Placed", "Run", "described", "restored", "runs_of"]

LAYOUT = 1
"""Version of what is written; a later one that older releases cannot read has another number."""


class Placed(NamedTuple):
    """Where a stretch of a run lies: samples of an extent, from one on; its channels, if not all in order."""

    extent: Extent
    n_samples: int
    start: int = 0
    channels: NDArray[np.int64] | None = None


Extents = Callable[[str, Mapping[str, Any], int], Sequence[Placed]]
"""(place, description of the run, channels) -> the stretches that it is made of, in order."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a signal that goes into one array of a file.

    Attributes
    ----------
    place : str
        Name of that array in the file: "signal", "aligned/adc".
    signal : Signal
        The stretch alone.
    raw : bool
        Stored numbers go there, not values.
    dtype : numpy.dtype
        Type of what goes there.
    pieces : tuple of mapping
        How these numbers become values: samples, type, gain, offset, exponent, channels that are lacking.
    links : tuple of mapping, optional
        Where the numbers of each piece lie, if they are not copied.
    """

    place: str
    signal: Signal
    raw: bool
    dtype: np.dtype[Any]
    pieces: tuple[Mapping[str, Any], ...]
    links: tuple[Mapping[str, Any], ...] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that its numbers take."""
        return self.signal.size * self.dtype.itemsize

    def read(self, start: int, stop: int, out: NDArray[Any], channels: slice | None = None) -> None:
        """Read samples start..stop of all channels, or some, into `out`, as they are stored."""
        self.signal.read(channels, start=start, stop=stop, out=out, raw=self.raw)


@dataclass(frozen=True, slots=True)
class Description:
    """What a file holds beside samples: JSON text, and the arrays that it names by number.

    Attributes
    ----------
    digest : str
        Of text and arrays: a file whose description was damaged is not taken for another dataset.
    """

    text: str
    arrays: tuple[NDArray[Any], ...]

    @property
    def digest(self) -> str:
        """Digest of text and arrays."""
        return digest("description", self.text, self.arrays)


def runs_of(signal: Signal, place: str) -> tuple[Run, ...]:
    """Return the runs of a signal: one, wherever one type of numbers gives all of it back exactly.

    Examples
    --------
    >>> import ecogcat as ec
    >>> [(run.place, run.dtype.name) for run in runs_of(ec.from_array([[1, 2, 3]], 1000).signal, "signal")]
    [('signal', 'int64')]
    """
    pieces = signal.pieces
    stored, values = {_stored_type(piece) for piece in pieces}, {piece.value_dtype for piece in pieces}
    converted = any(piece.exponent for piece in pieces)
    if len(values) == 1 and len(stored) == 1:
        # The unit that a recording came in is kept: converted back, and split, it has its own numbers again.
        smaller = next(iter(stored)).itemsize < signal.dtype.itemsize
        return (_run(signal, place, raw=converted or smaller),)
    if len(values) == 1 and not converted:
        return (_run(signal, place, raw=False),)
    forms = [(piece.exponent != 0, _stored_type(piece) if piece.exponent else piece.value_dtype) for piece in pieces]
    edges = [0, *(k for k in range(1, len(forms)) if forms[k] != forms[k - 1]), len(forms)]
    return tuple(
        _run(signal.replace(pieces=pieces[first:last]), f"{place}_{k}", raw=forms[first][0])
        for k, (first, last) in enumerate(pairwise(edges), 1)
    )


def _stored_type(piece: Piece) -> np.dtype[Any]:
    return piece.extent.dtype.newbyteorder("=")


def _run(signal: Signal, place: str, raw: bool) -> Run:
    if not raw:
        return Run(place, signal, False, signal.dtype, ({"n_samples": signal.n_samples, "dtype": signal.dtype.str},))
    pieces: list[dict[str, Any]] = []
    for piece in signal.pieces:
        lacking = np.flatnonzero(piece.channels < 0)
        form = {
            "n_samples": piece.n_samples,
            "dtype": piece.dtype.str,
            "gain": _short(piece.gain),
            "offset": _short(piece.offset),
            "exponent": piece.exponent,
            "lacking": lacking if len(lacking) else None,
        }
        if pieces and _same_scale(pieces[-1], form):
            pieces[-1]["n_samples"] += piece.n_samples
        else:
            pieces.append(form)
    return Run(place, signal, True, _stored_type(signal.pieces[0]), tuple(pieces))


def _short(values: NDArray[np.float64] | None) -> Any:
    """Return one number where all channels have the same."""
    if values is not None and len(values) and (values == values[0]).all() and not np.signbit(values).any():
        return float(values[0])
    return values


def _same_scale(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    def same(x: Any, y: Any) -> bool:
        return type(x) is type(y) and bool(np.array_equal(x, y))

    return all(same(a[name], b[name]) for name in a if name != "n_samples")


def described(
    dataset: Dataset, runs_in: Callable[[Signal, str], tuple[Run, ...]] = runs_of
) -> tuple[Description, tuple[Run, ...]]:
    """Return what goes into a file: the description, and the runs of samples in the order in which they are written.

    Raises
    ------
    TypeError
        If metadata or conditions hold what is neither text nor number nor time; the message says where.
    """
    arrays = {"signal": dataset.signal, **dataset.arrays()}
    runs: list[Run] = []
    forms = {}
    for k, (name, array) in enumerate(arrays.items()):
        own = runs_in(array, _place(dataset, name, k))
        runs += own
        forms[name] = {
            "sampling_rate": array.sampling_rate,
            "units": array.units,
            "names": array.channel_names,
            "runs": [_form(run) for run in own],
        }
    tree = {
        "name": dataset.name,
        "arrays": forms,
        "aligned": list(dataset.aligned),
        "channel_map": dataset.channel_map,
        "events": {"sample": dataset.events.sample, "table": dataset.events.table, "origins": dataset.events.origins},
        "intervals": None if dataset.intervals.empty else dataset.intervals,
        "parts": with_checksums(dataset),  # what it was made of is known of a copy, too
    }
    text, beside = encode(tree)
    return Description(text, tuple(beside)), tuple(runs)


def _form(run: Run) -> dict[str, Any]:
    form = {"place": run.place, "n_samples": run.signal.n_samples, "raw": run.raw, "pieces": run.pieces}
    return form if run.links is None else form | {"links": run.links}


def _place(dataset: Dataset, name: str, number: int) -> str:
    if name in dataset.aligned:
        return f"aligned/{name}" if name.isidentifier() and name.isascii() else f"aligned/array{number}"
    return name


def restored(description: Description, extents: Extents) -> Dataset:
    """Return the dataset of a description.

    Parameters
    ----------
    description : Description
    extents : callable
        Returns where the samples of a run lie.

    Raises
    ------
    ValueError, TypeError, LookupError
        If the description is not one that was written here.
    """
    from ecogcat.events import Events

    tree = decode(description.text, description.arrays)
    signals = {name: _signal(form, extents) for name, form in tree["arrays"].items()}
    events = tree["events"]
    return Dataset(
        signals["signal"],
        tree["parts"],
        aligned={name: signals[name] for name in tree["aligned"]},
        channel_map=tree["channel_map"],
        events=Events(events["sample"], events["table"], events["origins"]),
        _intervals=tree["intervals"],
        ground=signals.get("ground"),
        reference_channels=signals.get("reference_channels"),
        name=tree["name"],
    )


def _signal(form: Mapping[str, Any], extents: Extents) -> Signal:
    names = form["names"]
    pieces: list[Piece] = []
    for run in form["runs"]:
        placed = extents(run["place"], run, len(names))
        pieces += _pieces(run, placed, len(names))
    return Signal(tuple(pieces), form["sampling_rate"], form["units"], names)


def _pieces(run: Mapping[str, Any], placed: Sequence[Placed], n_channels: int) -> list[Piece]:
    """Return the pieces of a run: cut where its scale changes, and where an extent ends."""
    pieces: list[Piece] = []
    at = 0
    starts = np.cumsum([0, *(one.n_samples for one in placed)]).tolist()
    if sum(form["n_samples"] for form in run["pieces"]) != run["n_samples"] or starts[-1] != run["n_samples"]:
        raise ValueError(f"{run['place']!r} has {starts[-1]:,} samples, its description {run['n_samples']:,}")
    for form in run["pieces"]:
        scale = (np.dtype(form["dtype"]), form.get("gain"), form.get("offset"), form.get("exponent", 0))
        stop = at + form["n_samples"]
        for one, first in zip(placed, starts, strict=False):
            a, b = max(at, first), min(stop, first + one.n_samples)
            if a < b or (run["n_samples"] == 0 and not pieces):
                channels = np.array(np.arange(n_channels) if one.channels is None else one.channels, np.int64)
                if form.get("lacking") is not None:
                    channels[form["lacking"]] = -1
                offset = one.start - first
                pieces.append(Piece(one.extent, index_array(channels), a + offset, b + offset, *scale))
        at = stop
    return pieces
