"""Comparisons: NumPy's functions that compare whole arrays, streamed; its other functions do what they do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Comparisons"]


class Comparisons:
    """What NumPy's `array_equal`, `array_equiv` and `allclose` answer, without holding the array in memory.

    NumPy takes whatever goes wrong while `array_equal` or `array_equiv` reads an array for a difference. Here an error
    is one: a file that changed, or a limit of memory, is no answer to whether two signals are equal.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        blocks: Callable[..., Iterator[tuple[int, NDArray[Any]]]]
        read: Callable[..., NDArray[Any]]

        @property
        def shape(self) -> tuple[int, int]:
            """(n_channels, n_samples)."""

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in _COMPARING:
            return _compared(function, args, kwargs)
        return _numpys_own(function, args, kwargs)


_COMPARING = (np.array_equal, np.array_equiv, np.allclose)


def _numpys_own(function: Any, args: Any, kwargs: Any) -> Any:
    return np.empty(0).__array_function__(function, (), args, kwargs)


def _compared(function: Any, args: Any, kwargs: Any) -> bool:
    """Compare block by block where one array has the shape of the signal, or is broadcast to it."""
    given = inspect.signature(function).bind(*args, **kwargs).arguments
    one, other = (_operand(given.pop(name)) for name in tuple(given)[:2])
    if one is None or other is None:  # no array at all
        return False if function is not np.allclose else bool(_numpys_own(function, args, kwargs))
    if function is np.array_equal and one.shape != other.shape:
        return False
    lead = one if isinstance(one, Comparisons) else other
    try:
        fits = np.broadcast_shapes(one.shape, other.shape) == lead.shape
    except ValueError:
        if function is np.array_equiv:
            return False
        fits = False
    if not fits or not lead.shape[0] or not lead.shape[1]:
        arrays = (part.read() if isinstance(part, Comparisons) else part for part in (one, other))
        return bool(function(*arrays, **given))
    return all(
        function(*(_stretch(part, start, block, lead) for part in (one, other)), **given)
        for start, block in lead.blocks()
    )


def _operand(value: Any) -> Any:
    """Return a signal, an array, or None for what NumPy makes no array of."""
    if isinstance(value, Comparisons):
        return value
    try:
        return np.asarray(value)
    except (TypeError, ValueError):
        return None


def _stretch(part: Any, start: int, block: NDArray[Any], lead: Comparisons) -> NDArray[Any]:
    """Return what of a part is compared with a block of the signal that leads."""
    if part is lead:
        return block
    stop = start + block.shape[1]
    if isinstance(part, Comparisons) and part.shape[1] == lead.shape[1]:
        return part.read(start=start, stop=stop)
    values: NDArray[Any] = np.asarray(part)
    return np.broadcast_to(values, lead.shape)[:, start:stop]
