"""Indexing: what NumPy's `array[index]` means on two axes, as channels and samples to read.

NumPy itself is asked for the shape of the result and for the error (on an array of one byte, broadcast), so that both
are its own; only the channels and samples are worked out here.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from ecogcat.frozen import Index
from ecogcat.limits import refuse_beyond_limit

__all__ = ["Selection", "listed", "select"]

Axis = int | range | Index


class Selection(NamedTuple):
    """What an index asks for.

    Attributes
    ----------
    rows, columns : range or ndarray of int64
        Channels and samples. On the grid, every row is crossed with every column; otherwise they are pairs.
    shape : tuple of int
        Shape of the result; the values read fill it in C order.
    grid : bool
        Crossed (True) or paired (False).
    """

    rows: range | Index
    columns: range | Index
    shape: tuple[int, ...]
    grid: bool


_BYTE = np.zeros(1, np.uint8)
# Of memory for each value that a mask over both axes keeps: its two places, and as much again on the way.
_BYTES_OF_PLACES = 40


def select(index: Any, shape: tuple[int, int]) -> Selection:
    """Resolve `index` on an array of `shape`.

    Parameters
    ----------
    index : anything that NumPy takes
        Integers, slices, ellipsis, newaxis, boolean masks, integer arrays of any shape, tuples of them.
    shape : tuple of int
        (n_channels, n_samples).

    Raises
    ------
    IndexError, TypeError, ValueError
        As NumPy does for this index and shape.
    MemoryLimitError
        If the places of what a mask over both axes keeps take more than the limit.

    Examples
    --------
    >>> select((slice(None), slice(2, 9, 3)), (4, 100))
    Selection(rows=range(0, 4), columns=range(2, 9, 3), shape=(4, 3), grid=True)
    """
    parts = index if isinstance(index, tuple) else (index,)
    if [type(part) for part in parts] == [slice, slice]:  # a window, as most reads are: 10 us faster
        some, stretch = (range(*part.indices(n)) for part, n in zip(parts, shape, strict=True))
        return Selection(some, stretch, (len(some), len(stretch)), True)
    if len(parts) == 2 and type(parts[1]) is slice and type(parts[0]) in (list, np.ndarray):  # and some channels of it
        picked = listed(parts[0], shape[0])
        if picked is not None:
            stretch = range(*parts[1].indices(shape[1]))
            return Selection(picked, stretch, (len(picked), len(stretch)), True)
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype == np.bool_ and part.shape == shape:
            kept = int(np.count_nonzero(part))
            what = f"finding {kept:,} values by a mask takes"
            refuse_beyond_limit(_BYTES_OF_PLACES * kept, what, "Mask the blocks of signal.blocks()")
    result = _result_shape(index, parts, shape)
    axes = _axes(parts, shape)
    if axes is None:
        return _by_coordinates(index, shape, result)
    (rows, columns) = axes
    arrays = [isinstance(axis, np.ndarray) for axis in axes]
    if not any(arrays):
        return Selection(_as_range(rows), _as_range(columns), result, True)
    if isinstance(rows, np.ndarray) and isinstance(columns, np.ndarray):
        if rows.ndim == columns.ndim == 2 and rows.shape[1] == columns.shape[0] == 1:  # np.ix_
            return Selection(rows.ravel(), columns.ravel(), result, True)
        rows, columns = np.broadcast_arrays(rows, columns)
        return Selection(rows.ravel(), columns.ravel(), result, False)
    return Selection(_flat(rows), _flat(columns), result, True)


def listed(part: Any, n: int) -> Index | None:
    """Return a plain list of numbers from 0 to n as an index; None for whatever else NumPy takes, or refuses."""
    array = np.asarray(part)
    if array.ndim != 1 or array.dtype.kind not in "iu" or not array.size or array.min() < 0 or array.max() >= n:
        return None
    return array.astype(np.int64)


def _result_shape(index: Any, parts: tuple[Any, ...], shape: tuple[int, int]) -> tuple[int, ...]:
    """Return the shape that NumPy gives the result, or let it raise."""
    basic = all(
        part is None or part is Ellipsis or (isinstance(part, (slice, int, np.integer)) and not isinstance(part, bool))
        for part in parts
    )
    left = 2 if basic else 2 - sum(_consumes(part) for part in parts)
    ellipses = [k for k, part in enumerate(parts) if part is Ellipsis]
    if basic or left < 0 or len(ellipses) > 1:
        return np.shape(np.broadcast_to(_BYTE, shape)[index])
    # Lists and masks have NumPy copy a byte for each value of the result, which may be more than memory holds. So
    # slices beside them are tried with no sample and with one: the axes that then differ are theirs.
    at = ellipses[0] if ellipses else len(parts)
    parts = (*parts[:at], *[slice(None)] * left, *parts[at + len(ellipses) :])
    short, sliced, axis = list(shape), [], 0
    for part in parts:
        if isinstance(part, slice):
            sliced.append((part, shape[axis]))
            short[axis] = 1  # also an axis of no samples shows the difference
        axis += _consumes(part)
    dummy = np.broadcast_to(_BYTE, short)
    try:
        none, one = (
            np.shape(dummy[tuple(slice(n) if isinstance(part, slice) else part for part in parts)]) for n in (0, 1)
        )
    except IndexError as error:
        if "out of bounds" in str(error):
            for part, n in sliced:
                part.indices(n)  # a step of 0: NumPy finds wrong slices before numbers out of range
        raise
    lengths = [len(range(*part.indices(n))) for part, n in sliced]  # last: NumPy finds wrong masks before wrong slices
    left_over = iter(lengths)
    return tuple(next(left_over) if a != b else a for a, b in zip(none, one, strict=True))


def _axes(parts: tuple[Any, ...], shape: tuple[int, int]) -> tuple[Axis, Axis] | None:
    """Return what each axis selects; None for the rare forms that only NumPy should take apart."""
    axes: list[Axis] = []
    left = 2 - sum(_consumes(part) for part in parts)
    for part in parts:
        if part is None:
            continue
        if part is Ellipsis:
            axes += [range(shape[len(axes) + k]) for k in range(left)]
            left = 0
        elif isinstance(part, slice):
            axes.append(range(*part.indices(shape[len(axes)])))
        else:
            array = np.asarray(part)
            if array.dtype == np.bool_:
                if array.ndim == 0:
                    return None
                axes += list(array.nonzero())
            elif array.ndim == 0:
                axes.append(operator.index(part) % shape[len(axes)])
            else:
                array = array.astype(np.int64)  # also the empty list, which is float64
                axes.append(np.where(array < 0, array + shape[len(axes)], array))
    axes += [range(shape[len(axes) + k]) for k in range(left)]
    return axes[0], axes[1]


def _consumes(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    if isinstance(part, slice):
        return 1
    array = np.asarray(part)
    return array.ndim if array.dtype == np.bool_ else 1


def _by_coordinates(index: Any, shape: tuple[int, int], result: tuple[int, ...]) -> Selection:
    """Index the coordinates themselves: right for everything NumPy takes, at the cost of one axis in memory."""
    rows = np.broadcast_to(np.arange(shape[0])[:, None], shape)[index]
    columns = np.broadcast_to(np.arange(shape[1]), shape)[index]
    return Selection(np.ravel(rows), np.ravel(columns), result, False)


def _as_range(axis: Axis) -> range | Index:
    return range(axis, axis + 1) if isinstance(axis, int) else axis


def _flat(axis: Axis) -> range | Index:
    return axis.ravel() if isinstance(axis, np.ndarray) else _as_range(axis)
