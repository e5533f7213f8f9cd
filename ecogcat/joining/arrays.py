"""Arrays beside the signal in a join: which of them go together, by which channels, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ecogcat.dataset import Dataset
from ecogcat.frozen import index_array
from ecogcat.joining.match import Match, match_names
from ecogcat.parts import aligned_length, aligned_start, rate_ratio
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.constant import ConstantExtent
from ecogcat.units import power_of_ten

__all__ = ["ArrayPlan", "Finding", "join_array", "plan_arrays", "renamed_channels"]


class Finding(NamedTuple):
    """One disagreement: part, what, expected, found, action ("refuse" stops the join)."""

    part: str
    what: str
    expected: str
    found: str
    action: str


class ArrayPlan(NamedTuple):
    """How one array (aligned, ground, reference) is joined.

    Attributes
    ----------
    name : str
    kept : bool
        Whether the joined dataset has it.
    names : tuple of str
        Names of its channels there.
    match : Match
        Channels of the array of each dataset that has it.
    renamed : sequence of mapping of str to str
        For each dataset that has it: what its channels are called in the join, if they are matched by order.
    ratio : Fraction
        Its rate over the signal's.
    findings : tuple of Finding
    """

    name: str
    kept: bool
    names: tuple[str, ...]
    match: Match
    renamed: tuple[dict[str, str], ...]
    ratio: Fraction
    findings: tuple[Finding, ...]


def plan_arrays(datasets: Sequence[Dataset], policy: str) -> tuple[ArrayPlan, ...]:
    """Compare the arrays beside the signals.

    Parameters
    ----------
    datasets : sequence of Dataset
    policy : {"inner", "exact", "outer"}
        What becomes of arrays and channels that some dataset lacks. Where rates or quantities differ there is nothing
        to join: "inner" leaves such an array out (and says so), the others refuse.
    """
    every = dict.fromkeys(name for dataset in datasets for name in dataset.arrays())
    return tuple(_plan(datasets, name, policy) for name in every)


def _plan(datasets: Sequence[Dataset], name: str, policy: str) -> ArrayPlan:
    have = [(dataset, dataset.arrays()[name]) for dataset in datasets if name in dataset.arrays()]
    owner, first = have[0]
    ratio = rate_ratio(first.sampling_rate, owner.sampling_rate)
    beside = name in ("ground", "reference_channels")  # those are never what makes datasets differ
    absent = {"exact": "leave out" if beside else "refuse", "inner": "leave out", "outer": "fill"}[policy]
    clash = "warn, leave out" if policy == "inner" or beside else "refuse"
    found = [
        Finding(dataset.name, f"array {name}", "present, as elsewhere", "absent", absent)
        for dataset in datasets
        if name not in dataset.arrays()
    ]
    kept = not (found and absent == "leave out")
    if kept:
        for dataset, array in have:
            own = rate_ratio(array.sampling_rate, dataset.sampling_rate)
            if own != ratio:
                found.append(Finding(dataset.name, f"rate of {name}", f"{ratio} of the signal's", str(own), clash))
                kept = False
            if array.units != first.units:
                action = "convert" if _converts(array.units, first.units) else clash
                found.append(
                    Finding(dataset.name, f"units of {name}", first.units or "none", array.units or "none", action)
                )
                kept = kept and action == "convert"
    names = [_comparable_names(first, array) for _, array in have]
    match = match_names(names, "outer" if policy == "outer" else "inner")
    if kept:
        for (dataset, array), own_names in zip(have, names, strict=True):
            if set(own_names) != set(first.channel_names):
                differ = ", ".join(sorted(set(own_names) ^ set(first.channel_names))[:6])
                found.append(
                    Finding(dataset.name, f"channels of {name}", f"{first.n_channels}", f"differ in {differ}", absent)
                )
            elif own_names != array.channel_names:
                shown = ", ".join(array.channel_names[:4])
                found.append(
                    Finding(
                        dataset.name, f"names in {name}", ", ".join(first.channel_names[:4]), shown, "match by order"
                    )
                )
    joined = tuple(
        next(some[row] for some, row in zip(names, column, strict=True) if row >= 0) for column in match.rows.T
    )
    renamed = tuple(
        {} if own == array.channel_names else dict(zip(array.channel_names, own, strict=True))
        for (_, array), own in zip(have, names, strict=True)
    )
    return ArrayPlan(name, kept and bool(joined), joined, match, renamed, ratio, tuple(found))


def _comparable_names(first: Signal, array: Signal) -> tuple[str, ...]:
    """Return the names to match by: where two systems share no name at all, lines correspond in order."""
    if array.n_channels == first.n_channels and not set(array.channel_names) & set(first.channel_names):
        return first.channel_names
    return array.channel_names


def _converts(units: str, to: str) -> bool:
    try:
        power_of_ten(units, to)
    except ValueError:
        return False
    return True


def join_array(plan: ArrayPlan, datasets: Sequence[Dataset], gaps: Sequence[int]) -> Signal:
    """Concatenate one array; what is absent or a gap is NaN (0 in integers) and takes no memory."""
    arrays = [dataset.arrays().get(plan.name) for dataset in datasets]
    first = next(array for array in arrays if array is not None)
    rows = iter(plan.match.rows)
    pieces: list[Piece] = []
    for dataset, array, gap in zip(datasets, arrays, gaps, strict=True):
        if gap:
            pieces.append(_lacking(plan, first, aligned_start(gap, plan.ratio)))
        if array is None:
            pieces.append(_lacking(plan, first, sum(aligned_length(dataset.parts, plan.ratio))))
        else:
            exponent = 0 if array.units == first.units else power_of_ten(array.units, first.units)
            taken = array.take(index_array(next(rows)), names=plan.names)
            pieces += [piece.scaled(exponent) for piece in taken.pieces]
    rate = first.sampling_rate
    if arrays[0] is None:
        rate = datasets[0].sampling_rate * plan.ratio.numerator / plan.ratio.denominator
    return Signal(tuple(pieces), rate, first.units, plan.names)


def _lacking(plan: ArrayPlan, first: Signal, n_samples: int) -> Piece:
    value = 0 if first.dtype.kind in "iub" else np.nan
    return Piece.whole(ConstantExtent(len(plan.names), n_samples, value, first.dtype))


def renamed_channels(plans: Sequence[ArrayPlan], datasets: Sequence[Dataset]) -> list[dict[str, dict[str, str]]]:
    """Return for each dataset what channels of its arrays are called in the join, if they are matched by order."""
    names: list[dict[str, dict[str, str]]] = [{} for _ in datasets]
    for plan in plans:
        having = (k for k, dataset in enumerate(datasets) if plan.name in dataset.arrays())
        for k, new in zip(having, plan.renamed, strict=True):
            if new:
                names[k][plan.name] = new
    return names
