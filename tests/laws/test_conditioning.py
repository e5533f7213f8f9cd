"""Laws of conditioning, first of all for what has been there for long: conversion of units."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, joinable

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


@given(joinable())
def test_unit_conversion_is_conditioning(known: Some) -> None:
    some = [one.dataset for one in known]
    to_smaller: Callable[[ec.Dataset], ec.Dataset] = lambda one: ec.convert_units(one, "n" + one.units[-1])  # noqa: E731
    laws.conditioning_distributes_over_join(to_smaller, *some)


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
