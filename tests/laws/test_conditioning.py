"""Laws of conditioning, held by the filters; and that they can be broken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, datasets, joinable

Some = tuple[KnownDataset, ...]

A, B = (
    ec.from_array([[1.0, 2.0, 4.0, 8.0][-n:], [3.0, 5.0, 7.0, 1.0][-n:]], 1000, name=str(n), aligned={"adc": range(n)})
    for n in (4, 3)
)


def across_the_seam(dataset: ec.Dataset) -> ec.Dataset:
    """Takes the first sample of all off, whichever part it is of."""
    return ec.from_array(dataset.signal[:] - dataset.signal[:, :1], 1000).replace(
        parts=dataset.parts, aligned=dataset.aligned
    )


def test_what_looks_across_a_seam_breaks_the_laws() -> None:
    with pytest.raises(AssertionError):
        laws.conditioning_distributes_over_join(across_the_seam, A, B)
    with pytest.raises(AssertionError):
        laws.conditioning_distributes_over_split(across_the_seam, ec.join(A, B))


def test_what_does_nothing_does_not_repeat_itself() -> None:
    with pytest.raises(AssertionError, match="no part of the recipe"):
        laws.conditioning_repeats_itself(lambda one: one, A)


def test_what_drops_an_array_breaks_the_laws() -> None:
    with pytest.raises(AssertionError):
        laws.conditioning_keeps_the_rest(lambda one: one.replace(aligned={}), A)
    with pytest.raises(AssertionError):
        laws.conditioning_keeps_the_rest(lambda one: ec.select_time(one, 0, 2), A)
    laws.conditioning_keeps_the_rest(lambda one: one, A)
    laws.conditioning_leaves_its_argument_alone(lambda one: one, A)
    laws.conditioning_of_memory_is_the_same(lambda one: one, A)


Function = Callable[[ec.Dataset], ec.Dataset]


def filters(rate: float) -> list[Function]:
    return [  # below the rate of the slowest ground channel drawn, a sixtieth of the signal's
        lambda one: ec.bandpass(one, rate / 1000, rate / 200),
        lambda one: ec.bandpass(one, None, rate / 200, causal=True),
        lambda one: ec.notch(one, (rate / 400, rate / 200), width=rate / 500),
    ]


def by_scratch(function: Function) -> Function:
    """The same, with no memory for the result: into a file, sample by sample."""

    def filtered(one: ec.Dataset) -> ec.Dataset:
        with ec.options(memory_limit=1):
            return function(one)

    return filtered


@given(joinable(), st.integers(0, 2), st.booleans())
def test_filters_act_within_parts(known: Some, which: int, scratch: bool) -> None:
    some = [one.dataset for one in known]
    function = filters(some[0].sampling_rate)[which]
    if scratch:
        function = by_scratch(function)
    laws.conditioning_distributes_over_join(function, *some)
    laws.conditioning_distributes_over_split(function, ec.join(*some))


@given(joinable(), st.integers(0, 2))
def test_filters_act_within_parts_that_lack_channels(known: Some, which: int) -> None:
    # Of one floating type: whole numbers become one where channels are lacking, narrower or wider with their unit.
    some = [ec.load(one.dataset, "f8") for one in known]
    function = filters(some[0].sampling_rate)[which]
    laws.conditioning_distributes_over_join(function, *some, channels="outer")


@given(datasets(), st.integers(0, 2), st.booleans())
def test_filters_touch_nothing_else(known: KnownDataset, which: int, scratch: bool) -> None:
    one = known.dataset
    function = filters(one.sampling_rate)[which]
    laws.conditioning_keeps_the_rest(function, one)
    laws.conditioning_leaves_its_argument_alone(function, one)
    laws.conditioning_repeats_itself(function, one)
    laws.conditioning_of_memory_is_the_same(function, one)
    if scratch:
        assert ec.equals(by_scratch(function)(one), function(one))
        assert by_scratch(function)(one) == function(one)


def test_filled_gaps_are_not_filtered() -> None:
    some = []
    for name, start in (("a", 0), ("b", 15)):
        one = ec.from_array(np.arange(20.0).reshape(2, 10) ** 2, 1000, name=name)
        clock = np.datetime64("2020-01-01T00:00:00.000", "ms") + np.timedelta64(start, "ms")
        some.append(one.replace(parts=[one.parts[0].replace(recorded_at=clock)]))
    for function in filters(1000):
        laws.gaps_are_not_conditioned(function, *some)
