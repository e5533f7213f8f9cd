"""Surprises found by reading the code against its promises, each pinned."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec


def ones(n: int, **options: object) -> ec.Dataset:
    return ec.from_array(np.ones((2, n), "f4"), 1000, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["signal", "ground", "reference_channels"])
def test_aligned_arrays_do_not_take_the_names_of_other_arrays(name: str) -> None:
    with pytest.raises(ValueError, match=f"an aligned array has a name of its own, not {name}"):
        ones(4, aligned={name: np.ones((1, 4))})


def test_new_events_of_one_part_of_a_join_keep_their_columns() -> None:
    a = ec.with_events(ones(5, name="a"), ec.Events([1], {"tone": [5]}))
    alone = ec.select_time(ec.join(a, ones(5, name="b")), 0, 5)
    alone = ec.with_events(alone, ec.Events([2], {"level": [70]}))
    assert ec.join(alone, ones(5, name="c")).events.table["level"].tolist() == [70]
    assert ec.select_time(alone, 0, 4).events.table["level"].tolist() == [70]


def test_equality_is_streamed_where_files_differ(tmp_path: Path) -> None:
    """Tokens sample the content of files: a copy that differs elsewhere has the same."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((4, 200_000), "i2"), 1000.0
    shutil.copy(tmp_path / "a.h5", tmp_path / "b.h5")
    a, b = (ec.open_recording(tmp_path / name) for name in ("a.h5", "b.h5"))
    assert ec.equals(a, b)
    with h5py.File(tmp_path / "b.h5", "r+") as file:
        file["chdata"][1, 5000:5020] += 7
    assert not ec.equals(a, ec.open_recording(tmp_path / "b.h5"))


def test_absent_channels_of_integers_are_nan_in_every_unit() -> None:
    a = ec.from_array(np.array([[1, 2]], "i2"), 1000, names=["x"], name="a")
    b = ec.from_array(np.array([[1, 2], [3, 4]], "f4"), 1000, names=["x", "y"], name="b")
    joined = ec.join(a, b, channels="outer")
    assert np.isnan(joined.signal[1, :2]).all()
    assert np.isnan(ec.convert_units(joined, "mV").signal[1, :2]).all()
    assert joined.signal[0].tolist() == [1, 2, 1, 2]


def test_loading_does_not_wrap_integers_around() -> None:
    with pytest.raises(TypeError, match="cannot load values of type int64 as int16"):
        ec.load(ec.from_array([[70000, 1]], 1000), dtype="i2")


def test_intervals_are_whole_and_their_columns_are_text() -> None:
    table = pd.DataFrame({"start": [0], "stop": [2], "label": ["x"], 0: [3]})
    joined = ec.join(ec.with_intervals(ones(5, name="a"), table), ones(3, name="b"))
    assert joined.intervals["0"].tolist() == [3]
    with pytest.raises(ValueError, match="whole samples"):
        ec.with_intervals(ones(5), pd.DataFrame({"start": [0.9], "stop": [2.9], "label": ["x"]}))


def test_outer_joins_name_channels_apart_also_under_one_dataset_name() -> None:
    one = [
        ec.from_array(np.ones((1, 3)), 1000, channel_map=ec.ChannelMap([site], (2, 2)))
        for site in ((0, 0), (0, 1), (1, 1))
    ]
    assert ec.join(*one, channels="outer").signal.channel_names == ("ch0", "ch0 (2)", "ch0 (3)")


def test_a_stretch_within_a_filled_gap_shows_itself() -> None:
    a, b = ones(5, name="a"), ones(5, name="b")
    a, b = (
        one.replace(parts=[one.parts[0].replace(recorded_at=np.datetime64(time))])
        for one, time in ((a, "2026-01-01T00:00:00"), (b, "2026-01-01T00:00:00.010"))
    )
    inside = ec.select_time(ec.join(a, b, gaps="nan"), 6, 9)
    assert "gap" in repr(inside) or "3 samples" in repr(inside)
    assert inside.bandpass is None
    assert ec.split(inside) == ()


@pytest.mark.parametrize("gaps", [None, True, [1]])
def test_gaps_are_named_or_a_number(gaps: object) -> None:
    with pytest.raises(ValueError, match="gaps is 'abut', 'nan' or a number"):
        ec.join(ones(3), ones(3), gaps=gaps)


def test_arguments_that_are_nearly_right() -> None:
    with pytest.raises(IndexError, match="no stretch"):
        ec.select_time(ones(3), 0, float("inf"), unit="s")
    with pytest.raises(TypeError, match="a list of channel names"):
        ec.select_channels(ec.from_array([[1.0], [2.0]], 1000, names=["A", "B"]), names="AB")


def test_metadata_cannot_be_changed_at_any_depth() -> None:
    part = ones(3).parts[0].replace(metadata={"animal": {"days": [1, 2]}})
    with pytest.raises(AttributeError):
        part.metadata["animal"]["days"].append(99)
    assert part.metadata["animal"]["days"] == (1, 2)


def test_the_name_of_an_events_table_is_no_part_of_a_token() -> None:
    assert ec.Events([1], origin={"file": "a.csv"}) == ec.Events([1], origin={"file": "b.csv"})
