"""Laws of triggers, over lines of every type, either way up, clean and noisy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.strategies import RATIOS, KnownLine, line_dataset, logic_lines

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "edge": st.sampled_from(["rising", "falling", "both"]),
        "threshold": st.sampled_from([0.25, 0.5, 0.625]),
        "min_width": st.integers(0, 12),
        "debounce": st.integers(0, 12),
        "min_interval": st.integers(0, 60),
        "regular": st.sampled_from([None, "drop"]),
    },
)


@given(logic_lines(), st.sampled_from([0.25, 0.5, 0.75]))
def test_each_change_is_found_and_nothing_else(line: KnownLine, threshold: float) -> None:
    dataset = line_dataset(line.values)
    for edge, known in (("rising", line.rising), ("falling", line.falling)):
        found = ec.detect_events(dataset, threshold=threshold, edge=edge)  # type: ignore[arg-type]
        assert found.sample.tolist() == known
    both = ec.detect_events(dataset, threshold=threshold, edge="both")
    assert both.sample.tolist() == sorted(line.rising + line.falling)
    assert both.sample[(both.table["edge"] == "rising").to_numpy()].tolist() == line.rising


@given(logic_lines(min_changes=1, noise=False), st.sampled_from([0.25, 0.5, 0.75]))
def test_an_event_is_the_first_sample_at_or_above_the_threshold(line: KnownLine, threshold: float) -> None:
    values = line.values.astype(float)
    level = values.min() + threshold * (values.max() - values.min())
    first = np.flatnonzero((values[1:] >= level) & (values[:-1] < level)) + 1
    assert ec.detect_events(line_dataset(line.values), threshold=threshold).sample.tolist() == first.tolist()


@given(st.lists(logic_lines(), min_size=1, max_size=2), st.sampled_from(RATIOS), OPTIONS, st.data())
def test_blocks_do_not_change_detection(
    lines: list[KnownLine], ratio: Fraction, options: dict[str, Any], data: st.DataObject
) -> None:
    n = min(len(line.values) for line in lines)
    values = np.stack([line.values[:n].astype(float) for line in lines])
    dataset = line_dataset(values, ratio=ratio)
    combine = data.draw(st.sampled_from(["any", "each"]))
    limit = data.draw(st.sampled_from([None, 1 << 20, 64]))  # of 8 samples
    lengths = data.draw(st.lists(st.integers(1, min(n, 8) if limit == 64 else n), min_size=1, max_size=2))
    with ec.options(memory_limit=limit):
        laws.blocks_do_not_change_detection(
            dataset, lengths, channel=list(range(len(lines))), combine=combine, **options
        )


@given(st.integers(0, 2**32 - 1), st.integers(1, 700))
def test_blocks_do_not_change_detection_along_a_drift(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.linspace(0, 3, 1500) + 0.02 * rng.normal(size=1500)
    starts = np.arange(60, 1400, 150)
    for start in starts:
        values[start : start + 20] += 1
    dataset = line_dataset(values)
    found = ec.detect_events(dataset)
    assert found.origin["method"] == "followed"  # type: ignore[call-overload,index]
    assert found.sample.tolist() == starts.tolist()
    laws.blocks_do_not_change_detection(dataset, [length])


@st.composite
def line_datasets(draw: st.DrawFn) -> list[ec.Dataset]:
    ratio = draw(st.sampled_from(RATIOS))
    lines = draw(st.lists(logic_lines(), min_size=1, max_size=3))
    return [line_dataset(line.values, ratio=ratio, name="abc"[k]) for k, line in enumerate(lines)]


@given(line_datasets(), OPTIONS)
def test_detection_distributes_over_join(datasets: list[ec.Dataset], options: dict[str, Any]) -> None:
    laws.detection_distributes_over_join(*datasets, channel="adc0", **options)


@given(line_datasets(), st.data())
def test_the_trigger_under_events_is_the_same_after_any_join(datasets: list[ec.Dataset], data: st.DataObject) -> None:
    silent = line_dataset(np.zeros(7), ratio=Fraction(datasets[0]["adc"].sampling_rate / 1000).limit_denominator(60))
    some = data.draw(st.permutations([*datasets, silent]))
    laws.trigger_under_events_outlives_joins(*some, channel="adc0")
    laws.trigger_under_events_outlives_joins(*some, channel="adc0", join=lambda a, *rest: ec.join(a, ec.join(*rest)))


@given(line_datasets(), st.data())
def test_cutting_at_an_edge_loses_that_edge_alone(datasets: list[ec.Dataset], data: st.DataObject) -> None:
    """The first sample of a part has none before it: what is high there is no event; all others stay."""
    dataset = datasets[0]
    array = dataset["adc"]
    low, high = float(array.min()), float(array.max())
    if low == high:
        return
    whole = ec.detect_events(dataset, levels=(low, high)).sample.tolist()
    start = data.draw(st.integers(0, dataset.n_samples - 1))
    stop = data.draw(st.integers(start + 1, dataset.n_samples))
    cut = (ec.detect_events(ec.select_time(dataset, start, stop), levels=(low, high)).sample + start).tolist()
    inside = [sample for sample in whole if start <= sample < stop]
    if inside[:1] != cut[:1]:
        before = ec.select_time(dataset, 0, start)["adc"].n_samples
        through = ec.select_time(dataset, 0, inside.pop(0) + 1)["adc"].n_samples
        assert before < through <= before + max(1, array.sampling_rate / dataset.sampling_rate)
    assert cut == inside


@given(logic_lines(), st.sampled_from([0.25, 0.5, 0.75]))
def test_inverting_a_line_swaps_its_edges(line: KnownLine, threshold: float) -> None:
    laws.inverting_a_line_swaps_its_edges(line.values, threshold)


@given(logic_lines(), st.sampled_from([2.0**-20, 0.5, 3.0, 1024.0]), st.integers(-1000, 1000))
def test_gain_and_offset_do_not_change_detection(line: KnownLine, gain: float, offset: int) -> None:
    laws.gain_and_offset_do_not_change_detection(line.values, gain, gain * offset)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([300, 3000, 30000]),
    st.sampled_from(["normal", "uniform", "counts", "flicker", "smooth", "ramp", "constant", "nan"]),
)
def test_a_line_of_noise_has_no_events(seed: int, n: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n)
    values = {
        "normal": noise,
        "uniform": rng.uniform(size=n),
        "counts": np.round(noise),
        "flicker": (rng.uniform(size=n) < 0.5).astype("i2"),
        "smooth": np.sin(np.arange(n) / 20 * 2 * np.pi + noise[0]) + 0.01 * noise,
        "ramp": np.linspace(0, 5, n) + 0.001 * noise,
        "constant": np.full(n, noise[0]),
        "nan": np.full(n, np.nan),
    }[kind]
    found = ec.detect_events(line_dataset(values), edge="both")
    assert len(found) == 0


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize(("dtype", "levels"), [("bool", None), ("u1", (0, 1)), ("f4", (0, 1))])
def test_the_shortest_lines(n: int, dtype: str, levels: tuple[float, float] | None) -> None:
    """One sample before a change is enough to know that it is one, where the levels need not be found."""
    line = (np.arange(n) % 2 == 1).astype(dtype)
    found = ec.detect_events(line_dataset(line), edge="both", levels=levels)
    assert found.sample.tolist() == list(range(1, n))
    assert ec.detect_events(line_dataset(line), levels=levels).sample.tolist() == [k for k in range(n) if k % 2]
