"""Layout: where samples lie in a buffer of bytes, and the gather over it.

Memory, block-affine files and chunk tables differ only in where blocks start; all end up here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat import settings
from ecogcat.frozen import Index, freeze
from ecogcat.storage import pool
from ecogcat.storage.extent import Samples, Scale

__all__ = ["Layout", "gather_layout", "gather_layout_windows"]

# Outputs of fewer elements (an eighth as many where channels lie interleaved, which takes work rather than bandwidth)
# are done before a second thread has woken up and helped (`python -m benchmarks thresholds`, on an idle machine).
SERIAL_BELOW = 1 << 22
# Samples of one pass over all rows, so that the bytes of interleaved blocks stay in cache between rows. Turned over in
# tiles of 256, windows take 14 % longer; of 2048 and more, as long (`python -m benchmarks thresholds`).
_TILE = 512
_TURNED_TILE = 1024
# Blocks of contiguous samples are read again for each row anyway; but a new output is handed over by the system in
# pages of 2 MB, zeroed, which are filled while they are in cache: everything of 64 channels takes 15 to 25 % longer in
# tiles of 8192.
_BLOCK_TILE = 1 << 20
# Elements decoded at a time on the slow path, which needs a buffer.
_SLOW_BUFFER = 1 << 18

_NUMERIC = {np.dtype(kind + str(size)) for kind in "iu" for size in (1, 2, 4, 8)} | {np.dtype("f4"), np.dtype("f8")}


class Items(NamedTuple):
    """A layout counted in items of one typed view of the buffer; see `Layout`.

    Attributes
    ----------
    dtype : numpy.dtype
        Type of the view, in native byte order.
    shift : int
        Byte at which the view starts.
    base, origin, block_stride, sample_stride
        As in the layout, in items; `origin` is always a table (of one entry where there is none).
    """

    dtype: np.dtype[Any]
    shift: int
    base: Index
    origin: Index
    block_stride: int
    sample_stride: int


class Rows(NamedTuple):
    """Channels of a layout as the kernels take them; for those that `items` counts.

    Attributes
    ----------
    channels : ndarray of int64, shape (n_rows,)
    base, group : ndarray of int64, shape (n_rows,)
        Those of the channels.
    order : ndarray of int64, shape (n_rows,), or None
        Rows as their channels lie in the buffer, where they lie interleaved.
    """

    channels: Index
    base: Index
    group: Index
    order: Index | None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Sample t of channel c lies at base[c] + origin[group[c], t // block_len] + (t % block_len) * sample_stride.

    All addresses are in bytes.

    Attributes
    ----------
    dtype : numpy.dtype
        Stored type, byte order included.
    base, group : ndarray of int64, shape (n_channels,)
    origin : ndarray of int64, shape (n_groups, n_blocks), or None
        None: block b starts at b * block_stride, and no table of them is ever made.
    block_len, block_stride, sample_stride : int
    items : Items or None
        The same for kernels; None where one typed view does not reach all samples, or its type is none of theirs.
    """

    dtype: np.dtype[Any]
    base: Index
    group: Index
    origin: Index | None
    block_len: int
    block_stride: int
    sample_stride: int
    items: Items | None = field(init=False, repr=False)
    _recent: Rows | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", _items(self))

    def rows(self, channels: Index, items: Items) -> Rows:
        """Return channels for the kernels; those of the last request are kept, for windows ask for the same again."""
        recent = self._recent
        if recent is not None and recent.channels is channels:
            return recent
        base, group = items.base[channels], self.group[channels]
        order = _read_only(np.lexsort((base, group))) if items.sample_stride > 1 else None
        rows = Rows(channels, _read_only(base), _read_only(group), order)
        if not channels.flags.writeable:
            object.__setattr__(self, "_recent", rows)
        return rows

    def table(self) -> tuple[Index, int]:
        """Return where blocks start, and how far apart they are if that is a rule."""
        return (_NO_TABLE, self.block_stride) if self.origin is None else (self.origin, 0)


_NO_TABLE = freeze([[0]], np.int64)


def _items(layout: Layout) -> Items | None:
    native = layout.dtype.newbyteorder("=")
    if native == np.bool_:
        native = np.dtype(np.uint8)
    if native not in _NUMERIC or not layout.base.size:
        return None
    origin, block_stride = layout.table()
    base, size = layout.base, native.itemsize
    strides = (layout.sample_stride if layout.block_len > 1 else 0) % size, block_stride % size
    if any(strides) or ((base - base[0]) % size).any() or ((origin - origin[0, 0]) % size).any():
        return None
    shift = int(base[0] + origin[0, 0]) % size
    base, origin = (base - base[0]) // size, (origin + base[0] - shift) // size
    return Items(native, shift, freeze(base), freeze(origin), block_stride // size, layout.sample_stride // size)


def gather_layout(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    samples: Samples,
    scale: Scale | None,
    out: NDArray[Any],
    at: int,
    count: int,
) -> None:
    """Decode channels and samples of `buffer` into ``out[:, at : at + count]``; see `Extent.gather`."""
    n_rows = len(channels)
    if n_rows == 0 or count == 0:
        return
    work = partial(_gather, buffer, layout)
    contiguous = layout.sample_stride == layout.dtype.itemsize
    effort = n_rows * count * (1 if contiguous else 8)
    n_parts = settings.threads() if effort >= SERIAL_BELOW else 1
    if n_parts == 1:
        work(channels, samples, scale, out, at, count)
        return
    tasks = []
    # Rows of their own where a channel's samples are contiguous; elsewhere stretches of time, because neighbouring
    # channels share cache lines.
    if contiguous and n_rows >= 4 * n_parts:
        for k in range(n_parts):
            rows = slice(n_rows * k // n_parts, n_rows * (k + 1) // n_parts)
            part = None if scale is None else scale.rows(rows)
            tasks.append(partial(work, channels[rows], samples, part, out[rows], at, count))
    else:
        for k in range(n_parts):
            a, b = count * k // n_parts, count * (k + 1) // n_parts
            if b > a:
                tasks.append(partial(work, channels, samples[a:b], scale, out, at + a, b - a))
    pool.run(tasks)


def _gather(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    samples: Samples,
    scale: Scale | None,
    out: NDArray[Any],
    at: int,
    count: int,
) -> None:
    items = layout.items
    target = out.view(np.uint8) if out.dtype == layout.dtype == np.bool_ else out
    if items is None or target.dtype not in _NUMERIC:
        _gather_slowly(buffer, layout, channels, samples, scale, out, at)
        return
    stored, rows, values = _for_kernels(buffer, layout, items, channels, scale, target.dtype)
    kernels = _kernels()
    if not isinstance(samples, range):
        kernels.gather_list(*stored, _read_only(samples), *values, at, target)
    elif rows.order is not None and len(channels) > 1:
        turned = (samples.start, samples.step, _TURNED_TILE, *values, at, count, target)
        kernels.gather_turned(*stored, rows.order, *turned)
    else:
        kernels.gather_range(*stored, samples.start, samples.step, _tile(layout, items), *values, at, count, target)


def gather_layout_windows(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    windows: Index,
    scale: Scale | None,
    out: NDArray[Any],
) -> None:
    """Decode windows of `buffer` into epochs of `out`, in the thread of the caller; see `gather_windows`."""
    if not len(channels) or not len(windows):
        return
    items = layout.items
    target = out.view(np.uint8) if out.dtype == layout.dtype == np.bool_ else out
    if items is None or target.dtype not in _NUMERIC:
        for epoch, first, at, count in windows.tolist():
            _gather_slowly(buffer, layout, channels, range(first, first + count), scale, out[epoch], at)
        return
    from ecogcat.kernels.windows import gather_windows, gather_windows_turned

    stored, rows, values = _for_kernels(buffer, layout, items, channels, scale, target.dtype)
    if rows.order is not None and len(channels) > 1:
        gather_windows_turned(*stored, rows.order, _TURNED_TILE, *values, _read_only(windows), target)
    else:
        gather_windows(*stored, _tile(layout, items), *values, _read_only(windows), target)


def _for_kernels(
    buffer: NDArray[np.uint8], layout: Layout, items: Items, channels: Index, scale: Scale | None, target: np.dtype[Any]
) -> tuple[tuple[Any, ...], Rows, tuple[Any, ...]]:
    """Return what kernels are told of where numbers lie, the rows, and what kernels are told of values."""
    # One type, one compilation: every input is read-only and contiguous; buffers are already.
    end = len(buffer) - (len(buffer) - items.shift) % items.dtype.itemsize
    src = buffer[items.shift : end].view(items.dtype)
    rows = layout.rows(channels, items)
    gain, offset = _no_scale(len(channels)) if scale is None else map(_read_only, scale[:2])
    stored = (src, rows.base, rows.group, items.origin, layout.block_len, items.block_stride, items.sample_stride)
    kernels = _kernels()
    scaled = kernels.STORED if scale is None else kernels.DOUBLE
    if scale is not None and scale.single and target == np.float32:
        scaled = kernels.SINGLE
    return stored, rows, (not layout.dtype.isnative, scaled, gain, offset)


def _tile(layout: Layout, items: Items) -> int:
    return _TILE if items.sample_stride > 1 else max(_BLOCK_TILE, layout.block_len)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a contiguous array that cannot be written; the caller's own stays as it is."""
    flags = array.flags
    if flags.c_contiguous and not flags.writeable:
        return array
    array = np.ascontiguousarray(array).view()
    array.setflags(write=False)
    return array


@cache
def _kernels() -> Any:
    """Return the kernels' module, imported on first use because it compiles (and once: an import takes 1 us)."""
    import ecogcat.kernels.gather

    return ecogcat.kernels.gather


@lru_cache(64)
def _no_scale(n_rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return freeze(np.ones(n_rows)), freeze(np.zeros(n_rows))


def _gather_slowly(
    buffer: NDArray[np.uint8],
    layout: Layout,
    channels: Index,
    samples: Samples,
    scale: Scale | None,
    out: NDArray[Any],
    at: int,
) -> None:
    """Collect the bytes first, then let NumPy convert them: right for every type at every address."""
    size = layout.dtype.itemsize
    length = max(1, _SLOW_BUFFER // max(1, len(channels)))
    origin, block_stride = layout.table()
    arrays = [_read_only(array) for array in (buffer, layout.base[channels], layout.group[channels], origin)]
    for a in range(0, len(samples), length):
        wanted = _read_only(np.array(samples[a : a + length], dtype=np.int64))
        items = np.empty((len(channels), len(wanted), size), np.uint8)
        _kernels().gather_items(*arrays, layout.block_len, block_stride, layout.sample_stride, wanted, items)
        values: NDArray[Any] = items.view(layout.dtype)[..., 0]
        out[:, at + a : at + a + len(wanted)] = values if scale is None else scale.apply(values)
