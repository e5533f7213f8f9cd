"""Events on trigger lines: golden vectors, rules, several lines, rates, seams, arguments and what is told of it all."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.arrays import signal_of
from ecogcat.storage.memory import MemoryExtent
from ecogcat.testing.simulate import simulate_session
from ecogcat.testing.strategies import line_dataset
from ecogcat.triggers.edges import Edges, any_high, debounced, far_apart, long_enough, soonest
from tests import oracles
from tests.conftest import shared_path
from tests.test_readme import blocks

GOLDEN = "reference/golden"


def pulses(n: int, starts: Any, width: int = 5, high: float = 1.0) -> NDArray[np.float64]:
    line = np.zeros(n)
    for start in starts:
        line[start : start + width] = high
    return line


def golden(case: str) -> tuple[NDArray[Any], list[int]]:
    folder = shared_path(f"{GOLDEN}/{case}")
    with np.load(folder / "input.npz", allow_pickle=False) as data, np.load(folder / "expected.npz") as expected:
        return np.atleast_2d(data["trig"]), expected["pos_edge"].tolist()


# Golden vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        *("51_trigger_clean", "55_trigger_multi_same", "56_trigger_drift", "58_trigger_jitter", "60_trigger_bool"),
        *("61_trigger_long_high", "63_trigger_spikes", "65_trigger_start_high", "66_trigger_two_events"),
    ],
)
def test_golden_triggers(case: str) -> None:
    """With the rule for regular trains, which was always on."""
    lines, expected = golden(f"case_{case}")
    found = ec.detect_events(line_dataset(lines), channel=list(range(len(lines))), regular="drop")
    assert found.sample.tolist() == expected


def test_golden_trigger_of_irregular_events() -> None:
    lines, expected = golden("case_68_trigger_not_uniform")
    assert ec.detect_events(line_dataset(lines)).sample.tolist() == expected


def test_golden_very_noisy_trigger_has_its_thirty_pulses() -> None:
    """QUIRKS, trigger: very_noisy holds 59 events, noise included. The line has a pulse every 90 samples."""
    lines, expected = golden("case_53_trigger_very_noisy")
    found = ec.detect_events(line_dataset(lines)).sample
    truth = np.arange(150, 2761, 90)
    assert len(expected) == 59
    assert len(found) == len(truth) == 30
    assert np.abs(found - truth).max() <= 1


def test_golden_high_threshold_in_noise_has_its_pulses() -> None:
    """QUIRKS, trigger, and E1: 37 events, of which eight are a noisy pulse counted twice; it has one every 92 samples.

    The older system's threshold is a fraction from the mean of the line to its high level, ours from the low level.
    """
    lines, expected = golden("case_70_trigger_thresh_high")
    found = ec.detect_events(line_dataset(lines), threshold=0.8).sample
    truth = np.arange(150, 2727, 92)
    assert len(expected) == 37
    assert len(found) == len(truth) == 29
    assert np.abs(found - truth).max() <= 1


def test_golden_two_trigger_channels() -> None:
    folder = shared_path(f"{GOLDEN}/case_10_oephys_two_trigger_channels")
    with np.load(folder / "expected.npz") as expected, h5py.File(folder / "input.h5") as file:
        want, lines = expected["pos_edge"].tolist(), file["adc"][:]
    assert ec.detect_events(line_dataset(lines), channel=0).sample.tolist() == want
    assert ec.detect_events(line_dataset(lines), channel=[0, 1]).sample.tolist() == want
    assert len(ec.detect_events(line_dataset(lines), channel=1)) == 0


def test_golden_second_line_of_noise_adds_no_events() -> None:
    """QUIRKS, trigger, multi: one level for all lines made 20 events, most of them noise; there are three."""
    folder = shared_path(f"{GOLDEN}/case_24_rhd_two_adc")
    with np.load(folder / "expected.npz") as expected, h5py.File(folder / "input.h5") as file:
        want, lines = expected["pos_edge"].tolist(), file["board_adc_data"][:]
    assert len(want) == 20
    found = ec.detect_events(line_dataset(lines), channel=[0, 1])
    assert found.sample.tolist() == [50, 170, 290]
    assert found.origin["levels"][1] is None  # type: ignore[call-overload,index]


# Levels -------------------------------------------------------------------------------------------


def test_levels_are_found_and_told() -> None:
    line = pulses(5000, range(100, 4900, 250), high=3.25) - 0.5
    found = ec.detect_events(line_dataset(line), threshold=0.25)
    origin: Any = found.origin
    assert origin["levels"] == (-0.5, 2.75)
    told = {key: origin[key] for key in ("source", "channel", "threshold", "edge", "method", "file")}
    assert told == {
        **{"source": "adc", "channel": "adc0", "threshold": 0.25, "edge": "rising"},
        **{"method": "found", "file": None},
    }


@pytest.mark.parametrize("low", [0.0, 1e6])
@pytest.mark.parametrize("far", [10.0, 1e6, -1e6])
def test_a_glitch_is_no_level(far: float, low: float) -> None:
    """A glitch much beyond a line's levels does not hide them, however far away it is."""
    line = low + pulses(5000, range(100, 4900, 250), high=3.25)
    line[2001:2003] += far
    found = ec.detect_events(line_dataset(line)).sample.tolist()
    assert sorted({*found} - {2001, 2003}) == list(range(100, 4900, 250))


def test_rare_events_in_much_noise() -> None:
    rng = np.random.default_rng(1)
    line = 0.2 * rng.normal(size=300_000)
    line[[70_000, 70_001, 70_002, 70_003, 70_004, 200_000, 200_001, 200_002, 200_003, 200_004]] += 3.3
    assert ec.detect_events(line_dataset(line)).sample.tolist() == [70_000, 200_000]


@pytest.mark.parametrize("slope", [-3.0, 3.0, 30.0])
def test_a_drift_is_followed(slope: float) -> None:
    rng = np.random.default_rng(2)
    starts = list(range(300, 59_000, 1500))
    line = pulses(60_000, starts, 200) + np.linspace(0, slope, 60_000) + 0.03 * rng.normal(size=60_000)
    found = ec.detect_events(line_dataset(line))
    assert found.sample.tolist() == starts
    assert found.origin["method"] == "followed"  # type: ignore[call-overload,index]
    assert ec.detect_events(line_dataset(-line), edge="falling").sample.tolist() == starts


def test_two_stays_of_a_drift_are_no_levels() -> None:
    """A line that creeps from one place to another has two frequent values, and its pulses on top of either."""
    starts = list(range(300, 59_000, 1500))
    creep = 4 / (1 + np.exp(-(np.arange(60_000) - 30_000) / 2500))
    assert ec.detect_events(line_dataset(pulses(60_000, starts, 200) + creep)).sample.tolist() == starts


def test_levels_by_hand() -> None:
    line = [0.0, 0.4, 0.0, 1.6, 0.0, 3.0, 0.0]
    assert ec.detect_events(line_dataset(line), levels=(0, 2)).sample.tolist() == [3, 5]
    assert ec.detect_events(line_dataset(line), levels=(0, 0.5)).sample.tolist() == [1, 3, 5]
    both = ec.detect_events(
        line_dataset([line, np.roll(line, 1)]), channel=[0, 1], levels=[(0, 2), (0, 8)], combine="each"
    )
    assert both.sample.tolist() == [3, 5]
    assert both.origin["method"] == ("given", "given")  # type: ignore[call-overload,index]


def test_a_line_that_idles_at_the_threshold_makes_one_event() -> None:
    """Hysteresis: an event at the first sample at the threshold, once the line goes on to the other level."""
    line = [0.0] * 20 + [0.5] * 7 + [1.0] * 20 + [0.5] * 3 + [1.0] * 20 + [0.5] * 4 + [0.0] * 20
    found = ec.detect_events(line_dataset(line), edge="both", levels=(0, 1))
    assert found.sample.tolist() == [20, 70]
    assert found.table["edge"].tolist() == ["rising", "falling"]


def test_missing_values_tell_nothing() -> None:
    line = pulses(500, [100, 200, 300])
    line[[0, 100, 201, 250, 302]] = np.nan
    line[400], line[410] = np.inf, -1e306
    assert ec.detect_events(line_dataset(line)).sample.tolist() == [101, 200, 300]


@pytest.mark.parametrize("dtype", ["bool", "i1", "u2", "i8", "f4"])
def test_digital_lines(dtype: str) -> None:
    lines = np.stack([pulses(500, [100, 200]), pulses(500, [150, 202])]).astype(dtype)
    dataset = line_dataset(lines, source="dig")
    assert ec.detect_events(dataset, "dig", 1).sample.tolist() == [150, 202]
    assert ec.detect_events(dataset, "dig", "dig0").sample.tolist() == [100, 200]


def test_a_channel_of_the_signal_can_be_the_line() -> None:
    dataset = ec.from_array(np.stack([np.zeros(500), pulses(500, [100, 200])]), 1000)
    assert ec.detect_events(dataset, "signal", "ch1").sample.tolist() == [100, 200]


def test_an_idle_converter_makes_no_events() -> None:
    """Its last bit flickers; a pulse of one count is a change on a digital line, which has no gain."""
    rng = np.random.default_rng(3)
    counts = (rng.uniform(size=20_000) < 0.02).astype("i2") + rng.integers(500, 501, 20_000).astype("i2")
    extent = MemoryExtent(counts[None])
    for gain, many in ((3e-4, False), (None, True)):
        line = signal_of(extent, 1000, units="V", prefix="adc", gain=gain)
        dataset = ec.from_array(np.zeros((1, 20_000)), 1000, aligned={"adc": line})
        assert (len(ec.detect_events(dataset)) > 300) == many
        assert len(ec.detect_events(ec.join(dataset, dataset))) == 2 * len(ec.detect_events(dataset))
    by_hand = ec.detect_events(ec.from_array(np.zeros((1, 20_000)), 1000, aligned={"adc": line}), levels=(500, 501))
    assert len(by_hand) > 300


@pytest.mark.parametrize(
    ("path", "source"),
    [("edf/mnepy_test_edf_stim_channel.edf", "trigger"), ("edf/mne_test_bdf_stim_channel.bdf", "dig")],
)
def test_stimulus_channels_of_real_recordings(path: str, source: str) -> None:
    dataset = ec.open_recording(shared_path(f"recordings/{path}"))
    total = 0
    for channel, line in enumerate(dataset[source].read()):
        high = line > (line.min() + line.max()) / 2
        want = np.flatnonzero(high[1:] & ~high[:-1]) + 1
        assert ec.detect_events(dataset, source, channel).sample.tolist() == want.tolist()
        total += len(want)
    assert total > 8


@pytest.mark.parametrize("name", ["adc", "dig"])
def test_idle_inputs_of_a_real_recording(name: str) -> None:
    dataset = ec.open_recording(shared_path("recordings/intan/intan_fpc_test_231117_052630"))
    assert ec.detect_events(dataset, name).sample.tolist() == ([6590] if name == "dig" else [])


def test_the_simulated_session_gives_its_events_back(tmp_path: Path) -> None:
    session = simulate_session(tmp_path)
    for one in session.recordings:
        found = ec.detect_events(ec.open_recording(one.path))
        assert found.sample.tolist() == one.events["sample"].tolist()


# Several lines ------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=3))
def test_any_high_is_the_oracle(lines: list[list[bool]]) -> None:
    def edges(states: list[bool]) -> Edges:
        changes = [t for t in range(1, len(states)) if states[t] != states[t - 1]]
        return Edges(np.array(changes, np.int64), states[0])

    want = edges([any(states) for states in zip(*lines, strict=True)])
    found = any_high([edges(states) for states in lines])
    assert (found.samples.tolist(), found.high) == (want.samples.tolist(), want.high)


def test_lines_of_different_height() -> None:
    """Each line has levels of its own; where two overlap the first counts."""
    lines = np.stack([pulses(2000, [200, 600, 1000, 1400]), pulses(2000, [203, 800, 1600], high=10.0)])
    dataset = line_dataset(lines)
    assert ec.detect_events(dataset, channel=[0, 1]).sample.tolist() == [200, 600, 800, 1000, 1400, 1600]
    falling = ec.detect_events(dataset, channel=["adc1", "adc0"], edge="falling")
    assert falling.sample.tolist() == [208, 605, 805, 1005, 1405, 1605]
    each = ec.detect_events(dataset, channel=[0, 1], combine="each")
    assert each.sample.tolist() == [200, 203, 600, 800, 1000, 1400, 1600]
    assert each.table["line"].tolist() == ["adc0", "adc1", "adc0", "adc1", "adc0", "adc0", "adc1"]


# Rules --------------------------------------------------------------------------------------------

CHANGES = st.lists(st.integers(1, 40), unique=True, max_size=12).map(sorted)


@given(CHANGES, st.booleans(), st.integers(0, 8))
@example([3, 5, 6, 20], False, 4)
def test_min_width_is_the_oracle(changes: list[int], high: bool, width: int) -> None:
    found = long_enough(Edges(np.array(changes, np.int64), high), width, 41)
    assert found.samples.tolist() == oracles.long_enough(changes, high, width, 41)
    assert found.high == high


@given(CHANGES, st.booleans(), st.integers(0, 8))
@example([3, 5], False, 4)
def test_debounce_is_the_oracle(changes: list[int], high: bool, dead: int) -> None:
    found = debounced(Edges(np.array(changes, np.int64), high), dead)
    assert found.samples.tolist() == oracles.debounced(changes, high, dead)


@given(CHANGES, st.integers(0, 8))
def test_min_interval_is_the_oracle(samples: list[int], interval: int) -> None:
    want: list[int] = []
    for sample in samples:
        if not want or sample - want[-1] >= interval:
            want.append(sample)
    at = np.array(samples, np.int64)
    assert at[far_apart(at, interval)].tolist() == want


def test_rules_in_seconds_and_samples() -> None:
    line = pulses(3000, range(100, 2900, 100))
    line[102::100] = 0
    line[1250] = 1
    dataset = line_dataset(line, ratio=Fraction(1, 4))
    plain = ec.detect_events(dataset)
    assert len(plain) == 28 * 2 + 1
    want = [4 * k for k in range(100, 2900, 100)]
    for rule in ({"debounce": 40}, {"min_interval": 40}):
        found = ec.detect_events(dataset, **rule)  # type: ignore[arg-type]
        assert found.sample.tolist() == sorted([*want, 5000])
        in_seconds = {name: value / 1000 for name, value in rule.items()}
        assert ec.detect_events(dataset, unit="s", **in_seconds).sample.tolist() == found.sample.tolist()  # type: ignore[arg-type]
    assert ec.detect_events(dataset, min_width=8, debounce=40).sample.tolist() == want
    origin: Any = ec.detect_events(dataset, debounce=0.04, unit="s").origin
    assert origin["debounce"] == "0.04 s"


def test_irregular_events_by_policy() -> None:
    starts = [*range(100, 2900, 100), 1520]
    dataset = line_dataset(pulses(3000, starts))
    assert len(ec.detect_events(dataset)) == 29
    dropped = ec.detect_events(dataset, regular="drop")
    assert dropped.sample.tolist() == list(range(100, 2900, 100))
    assert dropped.origin["dropped"] == 1  # type: ignore[call-overload,index]
    with pytest.raises(
        ValueError, match=r"line: 1 of 29 events come less than half .* the first at sample 1520 .* debounce="
    ):
        ec.detect_events(dataset, regular="raise")
    with pytest.warns(UserWarning, match="1 of 29 events"):
        assert len(ec.detect_events(dataset, regular="warn")) == 29
    even = line_dataset(pulses(3000, range(100, 2900, 100)))
    assert len(ec.detect_events(even, regular="raise")) == 28


@pytest.mark.parametrize("n", range(4))
def test_no_interval_is_usual_among_few(n: int) -> None:
    assert soonest(np.arange(n) * 10) == (5.0 if n == 3 else 0.0)


# Parts, clocks ------------------------------------------------------------------------------------


def test_a_line_high_at_a_seam_makes_no_event() -> None:
    a, b = np.ones(100), np.ones(100)
    a[10:20], b[50:60] = 0, 0
    found = ec.detect_events(ec.join(line_dataset(a, name="a"), line_dataset(b, name="b")), edge="both")
    assert found.sample.tolist() == [10, 20, 150, 160]
    rising = ec.detect_events(ec.join(line_dataset(np.r_[np.zeros(50), np.ones(9)]), line_dataset(np.ones(9))))
    assert rising.sample.tolist() == [50]


def test_each_part_has_its_own_levels_and_origin() -> None:
    lines = [pulses(500, [100, 300]), 5 + 0.01 * pulses(500, [200]), np.zeros(500)]
    joined = ec.join(*(line_dataset(line, name=f"r{k}") for k, line in enumerate(lines)))
    found = ec.detect_events(joined)
    assert found.sample.tolist() == [100, 300, 700]
    assert [one["levels"] for one in found.origins] == [(0, 1), pytest.approx((5, 5.01)), None]
    assert [one["method"] for one in found.origins] == ["found", "found", None]


def test_the_file_is_told_of_each_part(tmp_path: Path) -> None:
    paths = []
    for k, n in enumerate((500, 600)):
        paths.append(tmp_path / f"rec{k}.h5")
        with h5py.File(paths[-1], "w") as file:
            file["Fs"], file["chdata"], file["adc"] = 1000.0, np.zeros((2, n), "i2"), pulses(n, [100, 300])[None]
    joined = ec.join(*(ec.open_recording(path) for path in paths))
    found = ec.detect_events(joined)
    assert found.sample.tolist() == [100, 300, 600, 800]
    assert [one["file"] for one in found.origins] == [str(path) for path in paths]
    again = ec.split(ec.with_events(joined, found))
    assert [one.events.sample.tolist() for one in again] == [[100, 300], [100, 300]]


def test_a_filled_gap_has_no_events() -> None:
    clock = np.datetime64("2026-01-01", "ns")
    a, b = (line_dataset(pulses(500, [100, 300]), name=name) for name in "ab")
    a = a.replace(parts=[a.parts[0].replace(recorded_at=clock)])
    b = b.replace(parts=[b.parts[0].replace(recorded_at=clock + np.timedelta64(1, "s"))])
    joined = ec.join(a, b, gaps="nan")
    assert joined.n_samples == 1500
    assert ec.detect_events(joined).sample.tolist() == [100, 300, 1100, 1300]


@pytest.mark.parametrize("ratio", [Fraction(1, 4), Fraction(1, 60), Fraction(2, 3), Fraction(3, 2), Fraction(30)])
def test_a_line_at_another_rate(ratio: Fraction) -> None:
    """An event is at the sample of the signal to which the sample of the line belongs, as cuts in time have it."""
    starts = [100, 203, 301, 494]
    dataset = line_dataset(pulses(500, starts), ratio=ratio)
    found = ec.detect_events(dataset)
    assert found.sample.tolist() == [start * ratio.denominator // ratio.numerator for start in starts]
    for sample, start in zip(found.sample.tolist(), starts, strict=True):
        one = ec.select_time(dataset, sample, sample + 1)["adc"]
        before = ec.select_time(dataset, 0, sample)["adc"].n_samples
        assert before <= start < before + one.n_samples


# Arguments ----------------------------------------------------------------------------------------

LINE = line_dataset(np.stack([pulses(500, [100, 300])] * 2))


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (KeyError, "no array 'dig' to find events on; there are: adc, signal", {"source": "dig"}),
        (IndexError, r"no channel 2 in 'adc'; there are: 0 \(adc0\), 1 \(adc1\)", {"channel": 2}),
        (KeyError, r"no channel 'DIN' in 'adc'; there are: 0 \(adc0\), 1 \(adc1\)", {"channel": ["adc0", "DIN"]}),
        (ValueError, "at least one line, and each once", {"channel": []}),
        (ValueError, "at least one line, and each once", {"channel": [1, -1]}),
        (ValueError, "between 0, the low level, and 1, the high one; got 1.0", {"threshold": 1.0}),
        (ValueError, "edge is one of 'rising', 'falling', 'both', not 'up'", {"edge": "up"}),
        (ValueError, "combine is one of 'any', 'each', not 'or'", {"combine": "or"}),
        (ValueError, "regular is one of None, 'drop', 'warn', 'raise', not True", {"regular": True}),
        (ValueError, "unit is one of 'samples', 's', not 'ms'", {"unit": "ms"}),
        (ValueError, "debounce is a time of 0 or more, not -1", {"debounce": -1}),
        (ValueError, "blocks have a length of at least 1, not 0", {"block_length": 0}),
        (ValueError, r"levels are \(low, high\) with low < high", {"levels": (1, 0)}),
        (ValueError, r"levels are \(low, high\) with low < high", {"levels": [(0, 1)] * 2}),
        (TypeError, "interpreted as an integer", {"channel": 0.5}),
    ],
)
def test_what_is_wrong_is_said(error: type[Exception], message: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(error, match=message):
        ec.detect_events(LINE, **arguments)


def test_complex_lines_are_refused() -> None:
    dataset = ec.from_array(np.zeros((1, 4)), 1000, aligned={"adc": np.zeros((1, 4), "c8")})
    with pytest.raises(ValueError, match="real numbers; those of 'adc' are complex64"):
        ec.detect_events(dataset)


def test_the_dataset_is_left_as_it_is_and_the_events_attach() -> None:
    before = LINE.token
    found = ec.detect_events(LINE, edge="both")
    assert LINE.token == before
    assert ec.with_events(LINE, found).events == found
    assert found == ec.detect_events(LINE, edge="both")
    assert isinstance(found.table, pd.DataFrame)


def test_the_page_runs() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "triggers.md"
    names: dict[str, Any] = {}
    for block in blocks(page):
        exec(compile(block, "triggers.md", "exec"), names)
    assert len(blocks(page)) >= 4


def test_times_in_samples_are_whole() -> None:
    with pytest.raises(TypeError, match=r"min_width: samples are whole numbers, not 0.05; unit='s' takes seconds"):
        ec.detect_events(line_dataset(pulses(100, [10, 50])), min_width=0.05)
    assert len(ec.detect_events(line_dataset(pulses(100, [10, 50])), min_width=0.003, unit="s")) == 2
