"""Datasets, and tuples of them that join, drawn together with the values that reading them must give."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecogcat.channels import ChannelMap
from ecogcat.dataset import Dataset
from ecogcat.parts import Processing, aligned_start
from ecogcat.testing.conditions import events, intervals, positions
from ecogcat.testing.extents import EXTENT_KINDS
from ecogcat.testing.signals import KnownSignal, signals

__all__ = ["RATIOS", "KnownDataset", "Shared", "datasets", "joinable", "shared_terms"]

RATIOS = (Fraction(1), Fraction(1, 4), Fraction(1, 60), Fraction(3, 2), Fraction(2, 3))
"""Rates of aligned arrays over the signal's."""

_CHEAP = ("memory", "interleaved", "blocks", "constant", "reader")

# Strategies are made once: making and checking one takes Hypothesis as long as drawing ten values from it.
_SHAPES = st.sampled_from([(2, 3), (1, 5), (4, 2)])
_ARRAYS = st.lists(st.sampled_from(["adc", "aux", "dig", "ground", "reference_channels"]), unique=True, max_size=3)
_RATIO = st.sampled_from(RATIOS)
_RATES = st.sampled_from([1000.0, 250.0, 20000.0, 24414.0625, 2000.0 / 3])
_QUANTITIES = st.sampled_from("VA")
_PITCHES = st.sampled_from([0.4, 1.0])
_LENGTHS = (0, 1, 2, 7, 30, 61)
_PREFIXES = st.sampled_from(["u", "m", "n", ""])
_LARGE_PREFIXES = st.sampled_from(["u", "m"])
_VOLTS = st.sampled_from(["V", "mV"])
_METADATA = st.sampled_from([{}, {"rig": 1}, {"rig": 2, "animal": "m7"}])


@cache
def _orders(n: int) -> st.SearchStrategy[list[int]]:
    return st.permutations(range(n))


@cache
def _sites(shape: tuple[int, int]) -> st.SearchStrategy[list[tuple[int, int]]]:
    return st.permutations([(row, col) for row in range(shape[0]) for col in range(shape[1])])


@cache
def _some_of(n: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(0, n - 1), min_size=1)


@cache
def _lengths(least: int) -> st.SearchStrategy[int]:
    return st.sampled_from([n for n in _LENGTHS if n >= least])


@cache
def _further(key: str) -> st.SearchStrategy[list[str]]:
    # One channel is common to all: arrays that share no name are matched by order, which is not associative.
    names = st.sets(st.sampled_from([f"{key}1", f"{key}2"]))
    return names.flatmap(lambda some: st.permutations([f"{key}0", *sorted(some)]))


class KnownDataset(NamedTuple):
    """A dataset, and the values that its signal and the arrays beside it must read as."""

    dataset: Dataset
    values: NDArray[Any]
    arrays: dict[str, NDArray[Any]]
    known: KnownSignal

    def __repr__(self) -> str:
        events = self.dataset.events
        return f"{self.dataset!r}\n  {self.known!r}\n  events {events.sample.tolist()} {events.schema}"


class Shared(NamedTuple):
    """What datasets have in common so that they join.

    Attributes
    ----------
    rate : float
        Hz.
    sites : sequence of (int, int), or None
        Sites of the grid; None: channels are matched by name.
    names : sequence of str
        One a site; common to all where channels are matched by name.
    common : set of int
        Those that every dataset has.
    shape, pitch
        Of the grid.
    ratios : mapping of str to Fraction
        Rates of the aligned arrays over the signal's.
    quantity : str
        "V" or "A".
    places : tuple of (float, float), or None
        Free coordinates (y, x) of the sites, mm.
    pads_up : bool
        From which side the grid is seen.
    """

    rate: float
    sites: tuple[tuple[int, int], ...] | None
    names: tuple[str, ...]
    common: frozenset[int]
    shape: tuple[int, int]
    pitch: float
    ratios: dict[str, Fraction]
    quantity: str
    places: tuple[tuple[float, float], ...] | None = None
    pads_up: bool = False


@st.composite
def shared_terms(draw: st.DrawFn, *, mapped: bool | None = None) -> Shared:
    """Draw what datasets have in common so that they join; `mapped` is whether they have channel maps."""
    shape = draw(_SHAPES)
    n = draw(st.integers(1, 5))
    order = draw(_sites(shape))
    names = tuple(f"c{k}" for k in range(n))
    common = draw(_some_of(n))
    ratios = {name: draw(_RATIO) for name in draw(_ARRAYS)}
    if mapped is None:
        mapped = draw(st.booleans())
    sites = tuple(order[:n]) if mapped else None
    rate = draw(_RATES)
    quantity = draw(_QUANTITIES)
    pitch = draw(_PITCHES)
    places, pads_up = None, False
    if mapped:
        pads_up = draw(st.booleans())
        if draw(st.booleans()):
            places = tuple((y, x) for y, x in draw(positions(n)).tolist())
    return Shared(rate, sites, names, frozenset(common), shape, pitch, ratios, quantity, places, pads_up)


@st.composite
def datasets(
    draw: st.DrawFn,
    kinds: tuple[str, ...] = EXTENT_KINDS,
    *,
    shared: Shared | None = None,
    name: str = "a",
    n_samples: int | None = None,
    clock: bool | None = None,
) -> KnownDataset:
    """Draw an unjoined dataset: signal, aligned arrays at other rates, map, events, intervals, clock, metadata.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    kinds : sequence of str
        Out of `EXTENT_KINDS`.
    shared : Shared, optional
        What it has in common with others; drawn if not given.
    name : str
    n_samples : int, optional
        Drawn, from 0 on, if not given.
    clock : bool, optional
        Whether its wall-clock time is known.

    Returns
    -------
    strategy of KnownDataset
    """
    terms = draw(shared_terms()) if shared is None else shared
    n = len(terms.names)
    picked = [k for k in draw(_orders(n)) if k in terms.common or draw(st.booleans())]
    if n_samples is None:
        n_samples = draw(_lengths(0)) if draw(st.booleans()) else draw(st.integers(0, 70))
    by_site = terms.sites is not None
    names = tuple(f"{name}{k}" if by_site and name > "b" else terms.names[k] for k in picked)
    units = draw(_PREFIXES) + terms.quantity
    known = draw(signals(kinds, n_samples=n_samples, names=names, sampling_rate=terms.rate, units=units, max_pieces=2))
    channel_map = None
    if terms.sites is not None:
        sites = np.array([terms.sites[k] for k in picked], np.int64).reshape(-1, 2)
        free = None if terms.places is None else np.array([terms.places[k] for k in picked]).reshape(-1, 2)
        channel_map = ChannelMap(sites, terms.shape, (terms.pitch, terms.pitch), names, free, terms.pads_up)
    arrays = {}
    for key, ratio in terms.ratios.items():
        if shared is None or draw(st.integers(0, 3)):
            arrays[key] = draw(_arrays(key, ratio, n_samples, terms))
    further = {key: one.signal for key, one in arrays.items()}
    ground, reference = further.pop("ground", None), further.pop("reference_channels", None)
    dataset = Dataset.of(
        known.signal,
        name=name,
        source_channels=draw(_orders(len(picked))),
        channel_map=channel_map,
        processing=Processing(),
        aligned=further,
        events=draw(events(n_samples)),
        intervals=draw(intervals(n_samples)),
        ground=ground,
        reference_channels=reference,
        recorded_at=_clock(draw, clock),
        file_start=0,
        notes=(f"note of {name}",) if draw(st.booleans()) else (),
        metadata=draw(_METADATA),
        format="drawn",
    )
    return KnownDataset(dataset, known.values, {key: one.values for key, one in arrays.items()}, known)


def _clock(draw: st.DrawFn, known: bool | None) -> np.datetime64 | None:
    if known is None:
        known = draw(st.booleans())
    return (
        np.datetime64("2026-03-14T10:00:00", "ns") + np.timedelta64(draw(st.integers(0, 10**12)), "ns")
        if known
        else None
    )


@st.composite
def _arrays(draw: st.DrawFn, key: str, ratio: Fraction, n_samples: int, terms: Shared) -> KnownSignal:
    """Draw an array beside the signal, in step with it: some of its channels, in any order; of cheap kinds."""
    names = tuple(draw(_further(key)))
    units = draw(_VOLTS) if key in ("adc", "aux") else ""
    if key in ("ground", "reference_channels"):
        units = draw(_LARGE_PREFIXES) + terms.quantity
    rate = terms.rate * ratio.numerator / ratio.denominator
    length = aligned_start(n_samples, ratio)
    return draw(
        signals(_CHEAP, n_samples=length, names=names, sampling_rate=rate, units=units, max_pieces=1, lacking=False)
    )


@st.composite
def joinable(
    draw: st.DrawFn,
    n: int | None = None,
    kinds: tuple[str, ...] = EXTENT_KINDS,
    *,
    mapped: bool | None = None,
    clock: bool | None = None,
    min_samples: int = 0,
) -> tuple[KnownDataset, ...]:
    """Draw datasets that join: shared sites (or names), each permuted, masked, of its own type, gain and unit.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    n : int, optional
        How many; two or three if not given.
    kinds : sequence of str
        Out of `EXTENT_KINDS`.
    mapped : bool, optional
        Whether they have channel maps.
    clock : bool, optional
        Whether their wall-clock times are known.
    min_samples : int
        Of each.

    Returns
    -------
    strategy of tuple of KnownDataset
    """
    terms = draw(shared_terms(mapped=mapped))
    if n is None:
        n = draw(st.integers(2, 3))
    drawn = []
    for k in range(n):
        length = draw(_lengths(min_samples))
        drawn.append(draw(datasets(kinds, shared=terms, name="abcdefgh"[k], n_samples=length, clock=clock)))
    return tuple(drawn)
