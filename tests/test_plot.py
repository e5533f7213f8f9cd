"""Pictures: what is drawn and written, measured on the drawing itself - nothing overlaps, nothing is cut off."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import ecogcat as ec
from ecogcat.plot.measures import envelope, evoked, levels, spectrum
from ecogcat.plot.sites import dropped_sites
from ecogcat.plot.strip import pause_text
from ecogcat.plot.style import nice_number, short_name

mpl.use("agg")

RATE = 1000.0


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def recording(
    n: int = 4,
    samples: int = 3000,
    name: str = "rec",
    grid: ec.ChannelMap | None = None,
    events: Any = True,
    seed: int = 0,
) -> ec.Dataset:
    rng = np.random.default_rng(seed)
    data = 40 * rng.standard_normal((n, samples)).astype("f4")
    at = np.arange(150, samples - 350, 400)
    if events is True:
        events = ec.Events(
            at, {"side": rng.choice(["left", "right"], len(at)), "level": rng.choice([30.0, 50.0], len(at))}
        )
    return ec.from_array(
        data,
        RATE,
        name=name,
        channel_map=grid,
        events=events or None,
        names=None if grid else [f"ch{k}" for k in range(n)],
    )


def square(n: int, pitch: Any = 0.4) -> ec.ChannelMap:
    return ec.ChannelMap(list(np.ndindex(n, n)), (n, n), pitch, [f"A-{k:03d}" for k in range(n * n)])


def masked_join() -> ec.Dataset:
    a, b = recording(64, name="rec_001", grid=square(8)), recording(64, 2500, "rec_002", square(8), seed=1)
    return ec.join(a, ec.mask_channels(b, sites=[(k, k) for k in range(5)], reason="high impedance"))


def texts(figure: Any) -> list[Any]:
    """Return the texts that are drawn, those of hidden tick labels left out."""
    renderer = figure.canvas.get_renderer()
    found = [one for one in figure.findobj(mpl.text.Text) if one.get_visible() and one.get_text().strip()]
    ticks = set()
    for ax in figure.findobj(mpl.axes.Axes):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high:
                    ticks |= {tick.label1, tick.label2}
    return [one for one in found if one not in ticks and one.get_window_extent(renderer).width > 0]


def assert_legible(figure: Any) -> None:
    """Assert that no text lies on another, reaches out of the figure, or is too small to read."""
    FigureCanvasAgg(figure).draw()
    renderer, page = figure.canvas.get_renderer(), figure.bbox
    boxes = [(one, one.get_window_extent(renderer)) for one in texts(figure)]
    for one, box in boxes:
        assert one.get_fontsize() >= 4.0, one
        assert box.x0 >= page.x0 - 1, (one, box)
        assert box.y0 >= page.y0 - 1, (one, box)
        assert box.x1 <= page.x1 + 1, (one, box)
        assert box.y1 <= page.y1 + 1, (one, box)
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        tall = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1.5 or tall <= 1.5, (one, other)


def words(figure: Any) -> str:
    FigureCanvasAgg(figure).draw()
    return " | ".join(one.get_text() for one in texts(figure))


CASES = {
    "a join with masked sites": masked_join,
    "one channel": lambda: recording(1),
    "no events": lambda: recording(61, events=None),
    "no map, 61 channels": lambda: recording(61),
    "256 channels": lambda: recording(256, grid=square(16, (0.2, 0.4))),
    "a grid without events": lambda: recording(16, grid=square(4), events=None),
    "40 parts": lambda: ec.join(
        *(recording(8, 500 + 37 * k, f"2026-03-14_10-21-05_{k:03d}", events=k % 3 > 0, seed=k) for k in range(40))
    ),
    "a strip of electrodes": lambda: recording(6, grid=ec.ChannelMap([(0, k) for k in range(6)], (1, 6), 10.0)),
    "long names": lambda: ec.join(
        recording(name="a rather long name of a recording made on 2026-03-14 in the afternoon", samples=900),
        recording(name="another one that is hardly any shorter than the one before it was", samples=2900, seed=1),
    ),
    "all zero": lambda: ec.from_array(np.zeros((3, 50)), 100, name="zeros"),
    "not a number": lambda: ec.from_array(np.full((3, 500), np.nan), 100, name="nothing", events=[100, 300]),
    "two samples": lambda: ec.from_array([[1.0, 2.0]], 1000, name="two"),
    "filled gaps": lambda: ec.join(*_timed(), gaps="nan"),
    "overlapping clocks": lambda: ec.join(*_timed(0.5)),
}


def _timed(pause_s: float = 3.0) -> list[ec.Dataset]:
    first = np.datetime64("2026-03-14T10:00:00")
    datasets = []
    for k in range(2):
        dataset = recording(3, 1500, f"rec_{k}", seed=k)
        time = first + np.timedelta64(round(k * pause_s * 1000), "ms")
        datasets.append(dataset.replace(parts=[dataset.parts[0].replace(recorded_at=time)]))
    return datasets


@pytest.mark.parametrize("name", CASES)
def test_the_overview_is_legible(name: str, tmp_path: Path) -> None:
    dataset = CASES[name]()
    token = dataset.token
    figure = ec.plot_overview(dataset, tmp_path / "overview.png")
    assert_legible(figure)
    assert (tmp_path / "overview.png").read_bytes().startswith(b"\x89PNG")
    assert dataset.token == token


def test_the_overview_says_what_it_shows() -> None:
    said = words(ec.plot_overview(masked_join()))
    for one in (
        "rec_001+rec_002",
        "59 channels  ·  2 recordings  ·  5.5 s  ·  1,000 Hz",
        "5 channels dropped",
        "5 dropped: high impedance (rec_002)",
        "peak to peak (µV)",
        "time from event (ms)",
        "average (µV)",
        "time in the dataset (s)",
        "column (pitch 0.4 mm)",
    ):
        assert one in said, one


def test_an_overview_of_no_channel() -> None:
    with pytest.raises(ValueError, match="rec has no channel to draw"):
        ec.plot_overview(recording(0))


def test_the_length_of_a_short_recording_is_not_nothing() -> None:
    assert "·  0.04 s  ·" in words(ec.plot_overview(recording(2, 40, events=None)))


def test_an_overview_of_a_seam_that_is_not_there() -> None:
    with pytest.raises(IndexError, match="no seam 1: the dataset has 1"):
        ec.plot_overview(masked_join(), seam=1)


# Traces -------------------------------------------------------------------------------------------


def test_traces_are_the_samples() -> None:
    dataset = recording(3, 500, events=None)
    ax = ec.plot_traces(dataset, 100, 400)
    lines = ax.get_lines()[:3]
    for row, line in zip(dataset.signal[:, 100:400], lines, strict=True):
        assert np.allclose(line.get_xdata(), np.arange(100, 400) / RATE)
        drawn = np.asarray(line.get_ydata())
        assert np.allclose(drawn - np.median(drawn), row - np.median(row), atol=1e-3)
    order = [np.median(line.get_ydata()) for line in lines]
    assert order == sorted(order, reverse=True), "the first channel is on top"


def test_traces_around_the_first_seam_by_default() -> None:
    joined = masked_join()
    ax = ec.plot_traces(joined)
    assert ax.get_xlim() == (2.0, 4.0)
    said = words(ax.figure)
    assert "rec_001" in said
    assert "rec_002" in said
    assert "µV" in said
    assert_legible(ax.figure)


def test_the_window_of_traces() -> None:
    dataset = recording()
    assert ec.plot_traces(dataset, 0.5, 1.25, unit="s").get_xlim() == (0.5, 1.25)
    assert ec.plot_traces(dataset, 1000).get_xlim() == (1.0, 3.0)
    for bad in ((10, 10), (-5, 10), (0, 3001)):
        with pytest.raises(IndexError, match="no stretch of a dataset of 3,000 samples"):
            ec.plot_traces(dataset, *bad)
    with pytest.raises(ValueError, match="the unit of time"):
        ec.plot_traces(dataset, 0, 1, unit="min")
    with pytest.raises(IndexError):
        ec.plot_traces(dataset, channels=[9])
    with pytest.raises(KeyError, match="no condition colour"):
        ec.plot_traces(dataset, by="colour")


@pytest.mark.parametrize("channels", [2, slice(0, 3), [3, 1], None])
def test_the_channels_of_traces(channels: Any) -> None:
    ax = ec.plot_traces(recording(4, events=None), channels=channels, spacing=100.0)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert (
        names
        == np.atleast_1d(np.array([f"ch{k}" for k in range(4)])[slice(None) if channels is None else channels]).tolist()
    )


def test_all_channels_of_a_large_array_are_legible() -> None:
    assert_legible(ec.plot_traces(recording(256), channels=slice(None)).figure)


def test_events_are_ticks_coloured_by_condition() -> None:
    dataset = recording(2, 3000)
    ax = ec.plot_traces(dataset, 0, 3000, by="side")
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["left", "right"]
    assert ax.get_legend().get_title().get_text() == "side"
    ec.plot_traces(dataset, ax=ax)  # into axes that are there


# The grid -----------------------------------------------------------------------------------------


def patches(ax: Any) -> list[tuple[int, Any]]:
    return [(len(one.get_paths()), one) for one in ax.collections]


def test_the_grid_shows_kept_dropped_and_absent_sites() -> None:
    grid = ec.ChannelMap([(0, 0), (0, 1), (1, 0), (1, 2)], (2, 3), 0.4, names=["a", "b", "c", "d"])
    dataset = ec.mask_channels(recording(4, grid=grid), names=["b"], reason="broken lead")
    ax = ec.plot_map(dataset)
    absent, kept, dropped = patches(ax)
    assert (absent[0], kept[0], dropped[0]) == (2, 3, 1)
    assert dropped[1].get_hatch()
    said = words(ax.figure)
    assert "1 dropped: broken lead" in said
    assert "2 without a channel" in said
    names = {text.get_text(): tuple(np.round(text.get_position())) for text in ax.texts}
    assert names == {"a": (0, 0), "c": (0, 1), "d": (2, 1)}
    assert_legible(ax.figure)


def test_the_grid_is_drawn_to_scale() -> None:
    ax = ec.plot_map(square(3, (0.2, 0.6)))
    box = ax.get_position()
    width, height = ax.figure.get_size_inches()
    assert (box.height * height) / (box.width * width) == pytest.approx(0.2 / 0.6, rel=1e-6)


def test_values_on_the_grid() -> None:
    grid = square(2)
    ax = ec.plot_map(grid, [1.0, np.nan, 3.0, 4.0], units="mV", label="amplitude")
    assert "amplitude (mV)" in words(ax.figure)
    both = ec.plot_map(grid, [-1.0, 0.0, 2.0, 1.0])
    colours = patches(both)[-1][1].get_facecolor()
    assert np.allclose(colours[1, :3], 0.97, atol=0.01), "zero is white"
    for wrong in ([1.0], np.zeros((4, 1))):
        with pytest.raises(ValueError, match="a map of 4 channels takes as many values"):
            ec.plot_map(grid, wrong)
    with pytest.raises(ValueError, match="no channel map"):
        ec.plot_map(recording())


@pytest.mark.parametrize("values", [[5.0] * 4, [np.nan] * 4, [1.0, 2.0, 3.0, 4.0]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    assert_legible(ec.plot_map(square(2), values, units="uV", limits=None).figure)


def test_many_reasons_are_put_together() -> None:
    dataset = recording(64, grid=square(8))
    for k in range(7):
        dataset = ec.mask_channels(dataset, sites=[(k, 0)], reason=f"reason {k} of seven, which is told at some length")
    ax = ec.plot_map(dataset)
    assert "4 dropped: other reasons" in words(ax.figure)
    assert_legible(ax.figure)


def test_the_reason_shown_is_the_one_given_not_what_followed() -> None:
    sites = dropped_sites(masked_join())
    assert sites["reason"].unique().tolist() == ["high impedance (rec_002)"]
    assert list(zip(sites["row"], sites["col"], strict=True)) == [(k, k) for k in range(5)]


def test_a_table_of_dropped_sites_may_be_given() -> None:
    table = pd.DataFrame({"row": [1], "col": [1], "reason": ["cut"]})
    assert "1 dropped: cut" in words(ec.plot_map(ec.ChannelMap([(0, 0)], (2, 2)), dropped=table).figure)


# Events -------------------------------------------------------------------------------------------


def test_events_over_time() -> None:
    dataset = recording()
    ax = ec.plot_events(dataset, "side")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["left", "right"]
    codes, _ = dataset.events.conditions("side")
    for code, line in enumerate(ax.get_lines()):
        assert np.allclose(line.get_xdata(), dataset.events.sample[codes == code] / RATE)
    assert_legible(ax.figure)
    with pytest.raises(KeyError, match="no condition colour"):
        ec.plot_events(dataset, "colour")


@pytest.mark.parametrize("values", [range(30), [f"word {k}" for k in range(30)]])
def test_many_conditions(values: Any) -> None:
    dataset = recording(1, 4000, events=ec.Events(np.arange(30) * 100, {"which": list(values)}))
    assert_legible(ec.plot_events(dataset, "which").figure)
    assert_legible(ec.plot_overview(dataset))


def test_events_without_conditions() -> None:
    dataset = recording(2, 2000, events=ec.Events([300, 900]))
    assert_legible(ec.plot_events(dataset).figure)
    assert_legible(ec.plot_overview(dataset))


# What is measured ---------------------------------------------------------------------------------


def test_evoked_is_the_average_around_events() -> None:
    dataset = ec.join(recording(3, 1000, "a"), recording(3, 1200, "b", seed=1))
    data, samples = np.asarray(dataset.signal).astype("f8"), dataset.events.sample
    sides = dataset.events.table["side"]
    found = evoked(dataset, "side", before_s=0.2, after_s=0.3)
    assert found is not None
    for label, mean, count in zip(found.labels, found.mean, found.counts, strict=True):
        windows = []
        for sample in samples[(sides == label).to_numpy()]:
            part = next(one for one in dataset.parts if one.start <= sample < one.stop)
            if sample - 200 >= part.start and sample + 300 <= part.stop:
                window = data[:, sample - 200 : sample + 300]
                windows.append(window - window[:, :200].mean(1, keepdims=True))
        assert count == len(windows)
        assert np.allclose(mean, np.mean(windows, 0))
    assert sum(found.counts) < len(samples), "an event near a seam is left out"
    assert evoked(recording(events=None), None) is None
    assert evoked(recording(1, 300, events=ec.Events([10])), None) is None


def test_envelope_keeps_the_extremes() -> None:
    values = np.random.default_rng(0).standard_normal((3, 10_007))
    samples, thin = envelope(values, 500)
    assert thin.shape == (3, len(samples))
    assert len(samples) <= 500
    whole = 10_007 // 41 * 41
    assert np.array_equal(thin.min(1), values[:, :whole].min(1))
    assert np.array_equal(thin.max(1), values[:, :whole].max(1))
    assert np.array_equal(envelope(values, 10**6)[1], values)


def test_levels_and_spectrum() -> None:
    times = np.arange(4000) / RATE
    dataset = ec.from_array([3 * np.sqrt(2) * np.sin(2 * np.pi * 50 * times), 0 * times], RATE)
    assert np.allclose(levels(dataset), [3, 0], atol=1e-3)
    frequencies, density = spectrum(dataset)
    assert frequencies[density[0].argmax()] == pytest.approx(50)
    power = (density[0] ** 2).sum() * (frequencies[1] - frequencies[0])
    assert power == pytest.approx(9, rel=0.01), "the density integrates to the variance"


@pytest.mark.parametrize(("value", "nice"), [(0.0, 1.0), (np.nan, 1.0), (1e-7, 1e-7), (9.99, 5.0), (1000.0, 1000.0)])
def test_nice_numbers(value: float, nice: float) -> None:
    assert nice_number(value) == nice


def test_names_are_shortened_to_what_fits() -> None:
    for inches in np.linspace(0, 2, 50):
        name = short_name("2026-03-14_10-21-05_001", inches)
        assert name == "" or len(name) * 0.56 * 7 / 72 <= inches + 1e-9
    assert pause_text(3600.0) == "pause of 1 h 0 min 0 s"


# The environment ----------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [ec.plot_overview, ec.plot_traces, ec.plot_events, lambda d: ec.plot_map(square(2))])
def test_without_matplotlib_the_extra_is_named(draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"ecogcat\[plot\]"):
        draw(recording())


def test_the_users_settings_are_left_alone() -> None:
    before = dict(mpl.rcParams)
    ec.plot_overview(recording())
    assert dict(mpl.rcParams) == before


def test_a_picture_for_a_file_needs_no_display(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np, ecogcat as ec\n"
        "ec.plot_overview(ec.from_array(np.random.rand(3, 500), 100.0), sys.argv[1])\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    path = tmp_path / "x.png"
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
    assert path.exists()


# Intervals ----------------------------------------------------------------------------------------


def with_artifacts(*, samples: int = 3000) -> ec.Dataset:
    """Two stretches that would drown everything, and one that would not."""
    data = np.random.default_rng(5).standard_normal((3, samples)).astype("f4")
    data[:, 400:700] += 5000
    data[:, 2000:2600] -= 7000
    table = pd.DataFrame(
        {"start": [400, 2000, 900], "stop": [700, 2600, 950], "label": ["artifact", "artifact", "licks"]}
    )
    events = ec.Events([100, 550, 1500, 2300], {"tones": [500, 2800, 500, 2800]})
    return ec.with_intervals(ec.from_array(data, RATE, events=events), table)


def spans(ax: Any) -> list[tuple[float, float]]:
    found = [patch for patch in ax.patches if patch.get_zorder() == -1]
    return sorted((round(one.get_x(), 6), round(one.get_x() + one.get_width(), 6)) for one in found)


def test_intervals_are_shaded_and_named() -> None:
    ax = ec.plot_traces(with_artifacts(), 500, 2500)
    assert spans(ax) == [(0.5, 0.7), (0.9, 0.95), (2.0, 2.5)]
    assert [text.get_text() for text in ax.texts].count("artifact") == 2
    colours = {patch.get_facecolor() for patch in ax.patches if patch.get_zorder() == -1}
    assert len(colours) == 2  # one a label
    assert spans(ec.plot_events(with_artifacts())) == [(0.4, 0.7), (0.9, 0.95), (2.0, 2.6)]
    assert spans(ec.plot_traces(recording())) == []


def test_many_intervals_are_drawn_as_the_longest() -> None:
    start = np.arange(0, 2700, 3)
    length = np.where(start % 2, 1, 2)
    table = pd.DataFrame({"start": start, "stop": start + length, "label": "x"})
    found = spans(ec.plot_traces(ec.with_intervals(recording(), table), 0, 3000))
    assert len(found) == 400
    assert all(stop - start > 0.0015 for start, stop in found)


def test_rejected_intervals_are_in_no_response_and_no_level() -> None:
    dataset = with_artifacts()
    figures = [ec.plot_overview(dataset, reject=reject) for reject in ((), "artifact", ["artifact", "licks"])]
    reach = []
    for figure in figures:
        panel = next(ax for ax in figure.axes if ax.get_ylabel().startswith("average"))
        reach.append(max(np.abs(line.get_ydata()).max() for line in panel.lines if len(line.get_xdata()) > 2))
    assert reach[0] > 1000
    assert max(reach[1:]) < 20
    silent = ec.with_events(dataset, ec.Events())
    figure = ec.plot_overview(silent, reject="artifact")
    panel = next(ax for ax in figure.axes if ax.get_ylabel().startswith("standard"))
    assert max(panel.lines[0].get_ydata()) < 2
    everything = pd.DataFrame({"start": [0], "stop": [3000], "label": ["artifact"]})
    with pytest.raises(ValueError, match="nothing remains outside of the intervals artifact"):
        ec.plot_overview(ec.with_intervals(dataset, everything), reject="artifact")


def test_conditions_are_written_as_their_experiment_does() -> None:
    legend = ec.plot_traces(with_artifacts(), 0, 3000).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["500 Hz", "2.8 kHz"]
    assert [tick.get_text() for tick in ec.plot_events(with_artifacts()).get_yticklabels()] == ["500 Hz", "2.8 kHz"]


def test_events_without_the_condition_are_a_row_of_their_own() -> None:
    events = ec.Events([100, 500, 1500], {"tones": [500, None, 2800]})
    ax = ec.plot_events(ec.from_array(np.zeros((1, 3000)), RATE, events=events))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["missing", "500 Hz", "2.8 kHz"]
    drawn = {round(float(x), 3): float(y) for line in ax.lines for x, y in zip(*line.get_data(), strict=True)}
    assert {x: y for x, y in drawn.items() if x in (0.1, 0.5, 1.5)} == {0.1: 0.0, 0.5: -1.0, 1.5: 1.0}


def test_what_cannot_be_drawn_is_said() -> None:
    dataset = recording()
    with pytest.raises(TypeError, match=r"samples are whole numbers, not 0.5 and 1.5; unit='s' takes seconds"):
        ec.plot_traces(dataset, 0.5, 1.5)
    with pytest.raises(ValueError, match="rec: there is no channel to draw"):
        ec.plot_traces(dataset, channels=[])
    with pytest.raises(ValueError, match="rec has no sample to draw"):
        ec.plot_overview(ec.select_time(dataset, 5, 5))


@pytest.mark.parametrize("name", ["Long_Name-of a RECORDING 01 " * 6, "+".join(["2026-03-14_10-21-05_001"] * 4)])
def test_the_title_fits_the_page(name: str) -> None:
    figure = ec.plot_overview(recording(name=name))
    title = figure.texts[0]
    assert title.get_window_extent(figure.canvas.get_renderer()).x1 <= figure.bbox.x1
