"""Intervals: found by threshold, read from files, left out; errors by their messages."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.artifacts import find as findintervals
from ecogcat.intervals import merged_intervals


def noise(n: int = 4000, n_channels: int = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(0, 20, (n_channels, n)).astype(np.float32)


def spans(table: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(table["start"].tolist(), table["stop"].tolist(), strict=True))


def test_artifacts_are_found_where_they_are() -> None:
    data = noise() + np.array([[0], [500], [-3000], [7]], np.float32)  # offsets of channels are no artifacts
    data[1, 1000:1100] += 900
    data[2, 1090:1200] -= 900
    data[:, 3990:] = -20000
    dataset = ec.from_array(data, 1000)
    found = ec.find_intervals(dataset, 10)
    assert spans(found) == [(1000, 1200), (3990, 4000)]
    assert found["label"].tolist() == ["artifact"] * 2
    assert [str(found[name].dtype) for name in found] == ["int64", "int64", "str"]
    assert spans(ec.find_intervals(dataset, 10, pad=0.05, unit="s")) == [(950, 1250), (3940, 4000)]
    assert spans(ec.find_intervals(dataset, 10, pad=1500)) == [(0, 4000)]
    assert spans(ec.find_intervals(dataset, 10, min_channels=2)) == [(1090, 1100), (3990, 4000)]
    assert spans(ec.find_intervals(dataset, 10, channels=[2, 0])) == [(1090, 1200), (3990, 4000)]
    assert spans(ec.find_intervals(dataset, 10, channels=["ch1"])) == [(1000, 1100), (3990, 4000)]
    assert spans(ec.find_intervals(dataset, 10000, scale="units")) == [(3990, 4000)]
    given = ec.with_intervals(dataset, found)
    assert given.intervals.equals(found)


def test_an_artifact_does_not_hide_behind_itself() -> None:
    data = noise(n_channels=1)
    data[0, :1600] += np.float32(5000)  # two fifths of the recording: its standard deviation is 2,500
    assert spans(ec.find_intervals(ec.from_array(data, 1000), 10)) == [(0, 1600)]


def test_each_part_is_judged_by_itself() -> None:
    quiet, loud = noise(), noise(seed=1) * 100
    quiet[0, 500:510] = 3000
    joined = ec.join(*(ec.from_array(data, 1000, name=name) for data, name in ((quiet, "a"), (loud, "b"))))
    assert spans(ec.find_intervals(joined, 10, pad=2)) == [(498, 512)]


def test_constant_rare_and_missing_values() -> None:
    flat = np.zeros((3, 1000))
    flat[1, 300] = 1.0  # a channel that is nearly always 0
    flat[2] = np.nan
    assert spans(ec.find_intervals(ec.from_array(flat, 1000))) == [(300, 301)]
    assert spans(ec.find_intervals(ec.from_array(flat[[0, 2]], 1000))) == []
    assert spans(ec.find_intervals(ec.from_array(np.zeros((1, 0)), 1000))) == []
    whole = np.zeros((1, 100), np.int16)
    whole[0, ::2], whole[0, 40:50] = 3, -30000
    assert spans(ec.find_intervals(ec.from_array(whole, 1000))) == [(40, 50)]


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.bool_, np.int8, np.uint16, np.float32])
def test_every_type_of_samples(dtype: type) -> None:
    data = np.zeros((2, 200), dtype)
    data[0, ::3] = data[1, ::2] = 1
    if dtype is not np.bool_:
        data[0, 50:60] = 100
    found = ec.find_intervals(ec.from_array(data, 1000), 10)
    assert spans(found) == ([] if dtype is np.bool_ else [(50, 60)])


def test_medians_come_from_runs_of_a_long_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single samples at regular distances would all meet the hum of the mains at one phase."""
    monkeypatch.setattr(findintervals, "_VALUES", 1 << 10)
    hum = 100 * np.sin(2 * np.pi * 50.03 / 1000 * np.arange(100_000))
    hum[70_000:70_100] += 2000
    dataset = ec.from_array(hum[None], 1000)
    assert spans(ec.find_intervals(dataset, 5)) == [(70_000, 70_100)]
    read = findintervals._some(dataset.signal, slice(None), 16)
    assert read.shape == (1, 16 * 1024)
    assert np.median(np.abs(read)) == pytest.approx(np.median(np.abs(hum)), rel=0.02)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"threshold": 0}, "a threshold is a positive number, not 0"),
        ({"threshold": np.nan}, "a threshold is a positive number, not nan"),
        ({"scale": "sd"}, "scale is 'robust' .* or 'units' .*, not 'sd'"),
        ({"unit": "ms"}, "the unit of pad is 'samples' or 's', not 'ms'"),
        ({"pad": 0.5}, "pad is a whole number of samples, 0 or more, not 0.5"),
        ({"pad": -1}, "pad is a whole number of samples, 0 or more, not -1"),
        ({"min_channels": 3}, "min_channels is 1 to 2, the channels that count, not 3"),
        ({"channels": [0], "min_channels": 2}, "min_channels is 1 to 1"),
        ({"block_length": 0}, "blocks have a length of at least 1"),
    ],
)
def test_what_means_nothing_is_refused(options: dict[str, Any], why: str) -> None:
    dataset = ec.from_array(np.zeros((2, 5)), 1000)
    with pytest.raises(ValueError, match=why):
        ec.find_intervals(dataset, **options)
    with pytest.raises(ValueError, match="complex values are neither above nor below"):
        ec.find_intervals(ec.from_array(np.zeros((1, 2), complex), 1000))


def test_overlapping_intervals_are_one_stretch() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        start = rng.integers(0, 30, rng.integers(0, 8))
        stop = start + rng.integers(0, 6, len(start))
        covered = np.zeros(40, bool)
        for a, b in zip(start, stop, strict=True):
            covered[a:b] = True
        edges = np.flatnonzero(np.diff(covered, prepend=False))
        first, last = merged_intervals(start, stop)
        assert (first.tolist(), last.tolist()) == (edges[::2].tolist(), edges[1::2].tolist())


# Left out


def test_reductions_honour_what_is_excluded() -> None:
    data = noise()
    clean = data.copy()
    data[:, 100:200], data[0, 3000] = 1e6, -1e6
    dataset = ec.from_array(data, 1000, events=[50, 150, 250], name="a")
    found = ec.find_intervals(dataset, pad=3)
    rest = ec.exclude_intervals(ec.with_intervals(dataset, found))
    keep = np.ones(4000, bool)
    keep[97:203] = keep[2997:3004] = False
    assert np.allclose(rest.signal.std(axis=1), clean[:, keep].std(axis=1), rtol=1e-6)
    assert rest.events.sample.tolist() == [50, 250 - 106]
    assert [seam.sample for seam in rest.seams] == [97, 2997 - 106]
    assert rest.name == "a"
    assert len(rest.intervals) == 0
    assert ec.locate(rest, [97])["file_sample"].tolist() == [203]


def test_labels_choose_what_is_excluded() -> None:
    table = pd.DataFrame({"start": [0, 4, 8], "stop": [6, 5, 9], "label": ["sleep", "artifact", "other"]})
    dataset = ec.with_intervals(ec.from_array(np.arange(10.0)[None], 1000), table)
    assert ec.exclude_intervals(dataset, "artifact").signal[0].tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert ec.exclude_intervals(dataset, ["artifact", "other"]).signal[0].tolist() == [0, 1, 2, 3, 5, 6, 7, 9]
    assert ec.exclude_intervals(dataset).signal[0].tolist() == [6, 7, 9]
    with pytest.warns(UserWarning, match=r"no interval is labelled 'none'; there are: artifact, other, sleep"):
        assert ec.exclude_intervals(dataset, "none") is dataset
    kept = ec.exclude_intervals(dataset, "artifact").intervals
    assert kept["label"].tolist() == ["sleep", "sleep", "other"]
    assert spans(kept) == [(0, 4), (4, 5), (7, 8)]
    everything = pd.DataFrame({"start": [0], "stop": [10], "label": ["x"]})
    assert ec.exclude_intervals(ec.with_intervals(dataset, everything)).n_samples == 0


# From files


def test_intervals_are_read_from_files(tmp_path: Path) -> None:
    path = tmp_path / "marked.csv"
    path.write_text("label, start, stop, score\nsleep, 10, 20, 0.5\nartifact, 3, 3,\n")
    table = ec.read_intervals(path)
    assert table.to_dict("list")["label"] == ["sleep", "artifact"]
    assert list(table) == ["start", "stop", "label", "score"]
    assert spans(table) == [(10, 20), (3, 3)]
    path = tmp_path / "marked.tsv"
    path.write_text("start_s\tstop_s\n0.0014\t2\n")
    assert spans(ec.read_intervals(path, 1000, label="state")) == [(1, 2000)]
    dataset = ec.with_intervals(ec.from_array(np.zeros((1, 3000)), 1000), ec.read_intervals(path, 1000, label="state"))
    joined = ec.join(dataset, dataset)
    assert spans(joined.intervals) == [(1, 2000), (3001, 5000)]
    path.write_text("start\tstop\tlabel\n1\t2\t\n2\t3\tb\n")
    assert ec.read_intervals(path, label="a")["label"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "this is no table of intervals"),
        ("begin,end\n1,2\n", r"expected columns start and stop .*; found begin, end"),
        ("start,stop\n1,2\n", "the intervals have no label .* label= gives one"),
        ("start,stop,label\n1,x,a\n", "interval 1 of the table: stop is no number"),
        ("start,stop,label\n1,2,a\n1.5,2,a\n", "interval 2 of the table: start is no whole sample"),
        ("start,stop,label\n3,2,a\n", "interval 1 of the table: it ends before it starts"),
        ("start_s,stop_s,label\n-1,2,a\n", "or starts before the recording"),
        ("start,stop,label\n1,2,a\n1,2,a,b,c\n", "this is no table of intervals"),
    ],
)
def test_files_of_other_things_are_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ec.FormatError, match=why):
        ec.read_intervals(path, 1000)


def test_seconds_need_a_rate(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("start_s,stop_s,label\n1,2,a\n")
    with pytest.raises(ValueError, match="has seconds: sampling_rate= is needed"):
        ec.read_intervals(path)


def test_many_intervals_are_excluded_without_a_warning() -> None:
    start = np.arange(0, 40_000, 100)
    table = pd.DataFrame({"start": start, "stop": start + 10, "label": "x"})
    dataset = ec.with_intervals(ec.from_array(noise(40_000), 1000), table)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rest = ec.exclude_intervals(dataset)
    assert rest.n_samples == 36_000
    assert len(rest.parts) == 400
