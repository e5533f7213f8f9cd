"""Condition tables and text tables: what joining, reading and handing out must not change."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.artifacts.judgements import leave_out_judged


def recording(name: str, sample: Any = (), **columns: Any) -> ec.Dataset:
    return ec.from_array(np.zeros((1, 9)), 1000, name=name, events=ec.Events(sample, columns or None))


# Columns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [[0.5], np.array([1], np.uint64), np.array([1.0], np.float32)])
def test_whole_numbers_that_no_float_holds_stay_what_they_are(other: Any) -> None:
    a, b, c = recording("a", [1], ns=[2**60 + 1]), recording("b", [1], ns=other), recording("c", [2], ns=[7])
    for joined in (ec.join(a, b, c), ec.join(ec.join(a, b), c), ec.join(a, ec.join(b, c))):
        assert joined.events.table["ns"].tolist()[0] == 2**60 + 1
        assert ec.split(joined) == (a, b, c)
    assert ec.join(ec.join(a, b), c) == ec.join(a, ec.join(b, c))
    assert ec.join(b, c).events.table["ns"].dtype.kind in "fiu"  # small ones are numbers as before


def test_times_of_different_resolution_stay_times() -> None:
    a, b = recording("a", [1], at=np.array(["2020"], "M8[s]")), recording("b", [1], at=np.array(["2021"], "M8[ns]"))
    joined = ec.join(a, b)
    assert joined.events.table["at"].dtype == "M8[ns]"
    assert len(joined.events.select("at > '2020-06-01'")) == 1
    assert ec.split(joined) == (a, b)


def test_durations_may_be_missing() -> None:
    joined = ec.join(recording("a", [1], d=pd.to_timedelta([1], unit="s")), recording("b", [1], x=[1]))
    assert joined.events.table["d"].isna().tolist() == [False, True]
    assert joined.events.table["d"].dtype.kind == "m"


def test_categories_are_what_they_stand_for() -> None:
    events = ec.Events([1, 2, 3], {"tone": pd.Categorical([500, None, 1000]), "bin": pd.cut([1, 5, 99], [0, 3, 6])})
    assert events.schema == (("tone", "Int64"), ("bin", "object"))
    assert events.table["tone"].tolist() == [500, pd.NA, 1000]
    assert events.table["bin"].tolist()[:2] == ["(0, 3]", "(3, 6]"]
    assert events.table["bin"].isna().tolist() == [False, False, True]
    assert ec.join(recording("a", [1], bin=pd.cut([1], [0, 3])), recording("b", [3])).n_samples == 18


def test_columns_of_the_other_byte_order() -> None:
    events = ec.Events([1, 2], {"tone": np.array([500, 1000], ">i2")})
    assert events.schema == (("tone", "int16"),)
    assert events.select("tone > 600").sample.tolist() == [2]
    assert len(events.grid()) == 2


def test_names_of_conditions_are_distinct() -> None:
    with pytest.raises(ValueError, match="conditions have distinct names, not a, 1, 1"):
        ec.Events([1], pd.DataFrame([[1, 2, 3]], columns=["a", 1, "1"]))


def test_true_is_not_the_level_one() -> None:
    grid = ec.Events([1, 2, 3], {"x": pd.Series([True, 1, 1], dtype=object)}).grid()
    assert grid.events_of(x=1).tolist() == [1, 2]
    assert grid.events_of(x=True).tolist() == [0]
    with pytest.raises(KeyError, match="x is never 2; it is one of True, 1"):
        grid.events_of(x=2)


def test_queries_count_without_wrapping_and_read_micro_signs() -> None:
    events = ec.Events([1, 2], {"a": np.array([3, 9], np.uint64), "amp_\u00b5A": [3, 1]})
    assert events.select("a - 5 < 0").sample.tolist() == [1]
    assert events.select("amp_\u00b5A > 2").sample.tolist() == [1]
    assert events.select("`amp_\u00b5A` > 2").sample.tolist() == [1]


def test_what_is_handed_out_is_a_copy() -> None:
    events = ec.Events([1, 2], {"s": ["x", "y"]}, {"levels": np.zeros(3)})
    token = events.token
    events.conditions()[1]["s"].array[0] = "Z"
    events.table["s"].array[0] = "Z"
    with pytest.raises(ValueError, match="read-only"):
        events.origin["levels"][0] = 7  # type: ignore[call-overload,index]
    assert ec.Events([1, 2], events.table, events.origin).token == token == events.token
    table = pd.DataFrame({"start": [1], "stop": [3], "label": ["artifact"]})
    dataset = ec.with_intervals(recording("a"), table)
    table["label"].array[0] = "fine"
    dataset.intervals["label"].array[0] = "fine"
    assert dataset.intervals["label"].tolist() == ["artifact"]


# Intervals and epochs -----------------------------------------------------------------------------


def test_labels_are_compared_as_text_everywhere() -> None:
    table = pd.DataFrame({"start": [1, 5], "stop": [2, 6], "label": [1, None]}, dtype=object)
    dataset = ec.with_intervals(recording("a", [1]), table)
    assert len(ec.epochs(dataset, 0, 1, reject=[1])) == len(ec.epochs(dataset, 0, 1, reject="1")) == 0  # type: ignore[list-item]
    assert ec.exclude_intervals(dataset, "1").n_samples == 8
    for call in (lambda: ec.epochs(dataset, 0, 1, reject="2"), lambda: ec.exclude_intervals(dataset, "2")):
        with pytest.warns(UserWarning, match="no interval is labelled '2'; there are: 1"):
            call()


def test_epochs_never_replace_their_recording(tmp_path: Path) -> None:
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.arange(40, dtype="f4").reshape(2, 20)
    content = path.read_bytes()
    opened = ec.open_recording(path, data="data", sampling_rate=1000, stored_units="uV")
    link = tmp_path / "link.h5"
    link.hardlink_to(path)
    for out in (path, link):
        with pytest.raises(ec.ReadOnlyError, match="the recording lies in this file"):
            ec.epochs(ec.with_events(opened, [3]), 1, 1, out=out, overwrite=True)
    assert path.read_bytes() == content


def test_epochs_of_many_channels_in_a_file(tmp_path: Path) -> None:
    dataset = ec.from_array(np.zeros((4096, 10), np.float32), 1000, events=[3])  # type: ignore[arg-type]
    ec.epochs(dataset, 1, 1, out=tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["channel_names"].asstr()[-1] == "ch4095"


def test_an_epoch_with_an_infinity_is_an_outlier() -> None:
    values = np.random.default_rng(0).normal(size=(1, 1000))
    values[0, 350] = np.inf
    found = ec.epochs(ec.from_array(values, 1000, events=np.arange(0, 1000, 100)), 0, 100)  # type: ignore[arg-type]
    assert 3 in np.flatnonzero(found.outliers())
    assert np.isfinite(found.drop_outliers().average().mean).all()


# Text tables --------------------------------------------------------------------------------------


def test_a_row_with_a_field_too_many_is_refused(tmp_path: Path) -> None:
    """pandas would name the rows by their first fields, and move all others by a column."""
    path = tmp_path / "table.csv"
    told = r"a row has more fields than columns \(.*\); put text with commas into quotes"
    path.write_text("tones,amps\n500,30,1\n2000,50,1\n")
    with pytest.raises(ec.FormatError, match=told):
        ec.with_conditions(recording("a", [1, 3]), path)
    path.write_text("start,stop,label\n10,20,30,1\n40,50,60,1\n")
    with pytest.raises(ec.FormatError, match=told):
        ec.read_intervals(path)
    path.write_text("recording,name,reason\nrec_001,ch1,broken, loose lead\n")
    with pytest.raises(ec.FormatError, match=told):
        leave_out_judged(recording("rec_001"), path)
    with h5py.File(tmp_path / "rec.h5", "w") as file:
        file["data"] = np.zeros((2, 1000), "f4")
    path.write_text("sample,tone,level\n100,500,30,1\n200,900,40,1\n")
    opening = {"data": "data", "sampling_rate": 1000, "stored_units": "uV", "events": path}
    with pytest.raises(ec.FormatError, match=told):
        ec.open_recording(tmp_path / "rec.h5", **opening)
    path.write_text("sample,tone,level\n100,500,30,\n200,900,40,\n")  # a comma at the end of each row is none
    assert ec.open_recording(tmp_path / "rec.h5", **opening).events.sample.tolist() == [100, 200]


def test_two_people_make_the_first_judgement_at_once(tmp_path: Path) -> None:
    dataset = ec.from_array(np.zeros((2, 5)), 1000, name="a")
    for k in range(20):
        path, barrier = tmp_path / f"{k}.csv", threading.Barrier(2)

        def mark(channel: str, path: Path = path, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            ec.mark_channels(path, dataset, names=[channel], reason="x")

        people = [threading.Thread(target=mark, args=(channel,)) for channel in ("ch0", "ch1")]
        for one in people:
            one.start()
        for one in people:
            one.join()
        assert sorted(ec.read_judgements(path)["name"]) == ["ch0", "ch1"]


def test_judgements_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    ec.mark_channels(path, recording("a"), [0], reason="x")
    path.write_text(path.read_text(), encoding="utf-8-sig")
    ec.mark_channels(path, recording("b"), [0], reason="y")
    assert ec.read_judgements(path)["recording"].tolist() == ["a", "b"]


def test_judgements_beside_no_catalog_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match=r"typo\.yaml: no such catalog"):
        ec.mark_channels(tmp_path / "typo.yaml", recording("a"), [0], reason="x")


def test_an_interval_of_no_length_lies_at_a_sample() -> None:
    """At the end of a recording it would move to the next one."""
    for edges, fine in (((5, 5), True), ((9, 9), False), ((8, 9), True)):
        table = pd.DataFrame({"start": [edges[0]], "stop": [edges[1]], "label": ["mark"]})
        if not fine:
            with pytest.raises(ValueError, match=r"interval 9\.\.9 does not lie in 0\.\.9"):
                ec.with_intervals(recording("a"), table)
            continue
        a, b = ec.with_intervals(recording("a"), table), recording("b")
        assert ec.split(ec.join(a, b)) == (a, b)
        assert ec.split(ec.join(b, a)) == (b, a)


def test_a_cut_without_samples_has_no_intervals() -> None:
    table = pd.DataFrame({"start": [0, 2], "stop": [9, 7], "label": ["sleep", "artifact"]})
    dataset = ec.with_intervals(recording("a"), table)
    for place in (0, 5, 9):
        assert ec.select_time(dataset, place, place).intervals.empty
    joined = ec.join(ec.select_time(dataset, 5, 5), dataset)
    assert ec.split(joined)[1].intervals.equals(dataset.intervals)
