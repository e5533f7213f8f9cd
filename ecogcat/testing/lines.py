"""Logic lines: drawn from the changes they make, so that what detection must find is known beforehand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from ecogcat.arrays import from_array, signal_of
from ecogcat.dataset import Dataset
from ecogcat.parts import aligned_start
from ecogcat.storage.memory import MemoryExtent

__all__ = ["KnownLine", "line_dataset", "logic_lines"]

_STEPS = 64  # of an integer line between its levels
_SHORTEST = 5  # samples; more than what is taken for a glitch, or for the flicker of an idle converter


class KnownLine(NamedTuple):
    """A logic line, and the first samples of its high and of its low states; what it starts with is none."""

    values: NDArray[Any]
    rising: list[int]
    falling: list[int]


@st.composite
def logic_lines(draw: st.DrawFn, *, min_changes: int = 0, noise: bool = True) -> KnownLine:
    """Draw a logic line: booleans, integers or floats, either way up, without noise or with some.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    min_changes : int
        How often it changes at least.
    noise : bool
        Whether it may be noisy: up to a sixteenth of the way between its levels, if it changes at all.

    Returns
    -------
    strategy of KnownLine
    """
    lengths = draw(st.lists(st.integers(_SHORTEST, 40), min_size=min_changes + 1, max_size=max(8, min_changes + 1)))
    first = draw(st.booleans())
    states = [first != (k % 2 == 1) for k in range(len(lengths))]
    high = np.repeat(states, lengths)
    edges = np.cumsum(lengths)[:-1].tolist()
    rising = [t for t in edges if high[t]]
    falling = [t for t in edges if not high[t]]
    kind = draw(st.sampled_from(["bool", "u1", "i2", "f4", "f8"]))
    if kind == "bool":
        return KnownLine(high, rising, falling)
    values = high * _STEPS + draw(st.integers(0, 100))
    if noise and edges and draw(st.booleans()):
        most = _STEPS // 16
        values = values + np.array(draw(st.lists(st.integers(-most, most), min_size=len(high), max_size=len(high))))
    values = values + max(0, -int(values.min()))
    if kind[0] == "f":
        values = values * 2.0 ** draw(st.integers(-8, 4))
    return KnownLine(values.astype(kind), rising, falling)


def line_dataset(
    line: ArrayLike, *, ratio: Fraction = Fraction(1), rate: float = 1000.0, source: str = "adc", name: str = "line"
) -> Dataset:
    """Return a dataset of one silent channel with lines beside it.

    Parameters
    ----------
    line : array_like, shape (n_samples,) or (n_lines, n_samples)
    ratio : Fraction
        Rate of the lines over the signal's.
    rate : float
        Of the signal, Hz.
    source : str
        Name of the aligned array.
    name : str
        Of the recording.
    """
    lines = np.atleast_2d(np.asarray(line))
    n = -(-lines.shape[1] * ratio.denominator // ratio.numerator)
    more = aligned_start(n, ratio) - lines.shape[1]
    lines = np.pad(lines, ((0, 0), (0, more)), "edge") if more else lines
    own_rate = rate * ratio.numerator / ratio.denominator
    array = signal_of(MemoryExtent(lines), own_rate, units="V" if source == "adc" else "", prefix=source)
    return from_array(np.zeros((1, n), np.float32), rate, aligned={source: array}, name=name)
