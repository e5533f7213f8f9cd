"""Channel maps, events with conditions, and intervals, drawn."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.channels import ChannelMap
from ecogcat.events import Events

__all__ = ["channel_maps", "condition_tables", "events", "intervals", "positions"]

_ORIGINS: st.SearchStrategy[list[Any]] = st.lists(
    st.sampled_from([{"line": "adc 0", "threshold": 0.5}, {"line": "dig 3", "threshold": 1.0}, {"line": "table"}]),
    max_size=2, unique_by=str,
)  # fmt: skip
_PITCHES = st.sampled_from([(1.0, 1.0), (0.4, 0.4), (0.4, 0.2)])
_PLACE = st.one_of(st.sampled_from([0.0, 0.1, 1 / 3, -0.25]), st.floats(-10, 10))
_CONDITIONS = st.lists(st.sampled_from(["tone", "level", "go", "word"]), unique=True)
_LABELS = st.sampled_from(["artifact", "sleep"])


@st.composite
def channel_maps(
    draw: st.DrawFn,
    n_channels: int | None = None,
    *,
    shape: tuple[int, int] | None = None,
    free: bool | None = None,
) -> ChannelMap:
    """Draw a channel map: distinct sites in any order, seen from either side, on a plain grid or at free coordinates.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n_channels : int, optional
        At most as many as there are sites; drawn if not given.
    shape : (int, int), optional
        Rows and columns of the grid; drawn, large enough, if not given.
    free : bool, optional
        Whether it has free coordinates.
    """
    if shape is None:
        shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
        if n_channels is not None:
            shape = (max(shape[0], n_channels), shape[1])
    sites = draw(st.permutations([(row, col) for row in range(shape[0]) for col in range(shape[1])]))
    n = draw(st.integers(0, len(sites))) if n_channels is None else n_channels
    pitch = draw(_PITCHES)
    if free is None:
        free = draw(st.booleans())
    places = draw(positions(n)) if free else None
    names = tuple(f"c{k}" for k in range(n))
    return ChannelMap(np.array(sites[:n], np.int64).reshape(-1, 2), shape, pitch, names, places, draw(st.booleans()))


@st.composite
def positions(draw: st.DrawFn, n: int) -> NDArray[np.float64]:
    """Draw free coordinates (y, x), mm, of n channels: some on one line, some at one place, none rounded.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n : int
    """
    return np.array(draw(_pairs_of(n)), np.float64).reshape(-1, 2)


# A strategy is made once: making and checking one takes Hypothesis as long as drawing ten values from it.
@cache
def _pairs_of(n: int) -> st.SearchStrategy[Any]:
    return st.lists(st.tuples(_PLACE, _PLACE), min_size=n, max_size=n)


@st.composite
def condition_tables(draw: st.DrawFn, n_rows: int) -> pd.DataFrame:
    """Draw a condition table: integers, floats, booleans and text, some missing, under names that recur.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n_rows : int
    """
    names = draw(_CONDITIONS)
    return pd.DataFrame({name: draw(_columns(name, n_rows)) for name in names}, index=range(n_rows))


@cache
def _columns(name: str, n: int) -> st.SearchStrategy[Any]:
    """Return a strategy of columns; one name mostly has one kind of values, but not always one type."""

    def some(values: st.SearchStrategy[Any], dtype: str) -> st.SearchStrategy[Any]:
        return st.lists(values, min_size=n, max_size=n).map(
            lambda column: pd.Series(column, dtype=dtype, index=range(n))
        )

    whole, real = st.integers(-100, 100), st.sampled_from([0.5, -2.0, 1000.0, np.nan])
    maybe = st.one_of(whole, st.just(pd.NA))
    kinds = {
        "tone": [some(whole, "int64"), some(whole, "int16"), some(real, "float64"), some(maybe, "Int64")],
        "level": [some(real, "float64"), some(real, "float32"), some(whole, "int32"), some(st.integers(0, 9), "uint8")],
        "go": [some(st.booleans(), "bool"), some(st.one_of(st.booleans(), st.just(pd.NA)), "boolean")],
        "word": [some(st.sampled_from(["a", "bc", ""]), "str"), some(st.sampled_from(["a", None, "µ"]), "object")],
    }
    odd = [some(st.sampled_from(["x", "y"]), "str"), some(st.booleans(), "bool"), some(whole, "int64")]
    usual = st.one_of(kinds[name])
    return st.one_of(usual, usual, usual, st.one_of(odd))


@st.composite
def events(draw: st.DrawFn, n_samples: int, *, max_events: int = 5) -> Events:
    """Draw events in a recording of `n_samples`, with conditions; simultaneous ones among them.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n_samples : int
    max_events : int
    """
    if n_samples:
        samples = sorted(draw(_samples(n_samples, max_events)))
    else:
        samples = []
    return Events(np.array(samples, np.int64), draw(condition_tables(len(samples))), draw(_ORIGINS))


@cache
def _samples(n_samples: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, n_samples - 1), max_size=most)


@st.composite
def intervals(draw: st.DrawFn, n_samples: int) -> pd.DataFrame | None:
    """Draw intervals within a recording: start, stop, label and maybe a further column.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n_samples : int
    """
    pairs = draw(_labelled(n_samples))
    # None without samples: where recordings meet, nobody could tell whose it is.
    pairs = [(a, b, label) for a, b, label in pairs if a != b]
    if not pairs:
        return None
    table = pd.DataFrame(
        {
            "start": np.array([min(a, b) for a, b, _ in pairs], np.int64),
            "stop": np.array([max(a, b) for a, b, _ in pairs], np.int64),
            "label": [label for _, _, label in pairs],
        }
    )
    if draw(st.booleans()):
        table["score"] = np.arange(len(table)) / 2
    return table


@cache
def _labelled(n_samples: int) -> st.SearchStrategy[list[tuple[int, int, str]]]:
    edge = st.integers(0, n_samples)
    return st.lists(st.tuples(edge, edge, _LABELS), max_size=3)
