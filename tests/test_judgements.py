"""Judgements: written beside a catalog, read by load, visible after any join; each mistake by its message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import intake
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.artifacts import judgements
from ecogcat.catalog import drivers
from ecogcat.testing.simulate import simulate_session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return simulate_session(tmp_path_factory.mktemp("judged"), ("intan", "hdf5"), duration_s=2.0)


@pytest.fixture
def catalog(session: Any) -> Any:
    table = Path(session.catalog).with_suffix(".channels.csv")
    table.unlink(missing_ok=True)
    return intake.open_catalog(session.catalog)


def recording(n_channels: int = 4, name: str = "a", **options: Any) -> ec.Dataset:
    return ec.from_array(np.arange(2.0 * n_channels).reshape(n_channels, 2), 1000, name=name, **options)


def test_marked_by_one_left_out_for_all(session: Any, catalog: Any) -> None:
    first, second = list(catalog)
    unjudged = ec.load_session(catalog, judgements=True)[0]
    assert unjudged.n_channels == 61
    assert any("nobody has judged a channel, there is no table" in text for text in unjudged.warnings)
    assert not any("nobody has judged" in text for text in ec.load_session(catalog, judgements=False)[0].warnings)
    opened = catalog[first].read()
    added = ec.mark_channels(session.catalog, opened, [3, 5], reason="broken, lead", author="mt", date="2026-03-14")
    assert added["source_channel"].tolist() == opened.parts[0].opened.source[[3, 5]].tolist()
    both = ec.join(*ec.load_session(catalog))
    site = both.channel_map.sites[7]
    ec.mark_channels(session.catalog, both, sites=[site], reason="salt bridge", author="", date="")

    marked = catalog[first](judgements=True).read()
    assert marked.n_channels == 58
    assert marked.dropped["reason"].tolist() == ["broken, lead (mt, 2026-03-14)"] * 2 + ["salt bridge"]
    joined = ec.join(*ec.load_session(catalog, judgements=True))
    assert joined.n_channels == 58
    reasons = joined.dropped.groupby("part", sort=False)["reason"].agg(list).to_dict()
    assert reasons[first] == ["broken, lead (mt, 2026-03-14)"] * 2 + ["salt bridge"]
    assert reasons[second] == [f"not in {first}"] * 2 + ["salt bridge"]
    assert catalog[first](judgements=False).read().n_channels == 61
    table = ec.read_judgements(session.catalog)
    assert table["recording"].tolist() == [first, first, first, second]
    assert table["reason"].tolist() == ["broken, lead", "broken, lead", "salt bridge", "salt bridge"]


def test_an_entry_says_so_itself(session: Any, catalog: Any, tmp_path: Path) -> None:
    first = next(iter(catalog))
    ec.mark_channels(session.catalog, catalog[first].read(), [0], reason="noise")
    text = Path(session.catalog).read_text(encoding="utf-8").replace("args:", "args:\n      judgements: true", 1)
    own = Path(session.catalog).with_name("own.yaml")
    own.write_text(text, encoding="utf-8")
    assert intake.open_catalog(own)[first].read().n_channels == 61  # its own table, which is not there
    Path(session.catalog).with_suffix(".channels.csv").rename(own.with_suffix(".channels.csv"))
    assert intake.open_catalog(own)[first].read().n_channels == 60
    assert intake.open_catalog(own)[first](judgements=False).read().n_channels == 61


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("a,2,,,,salt,,", [0, 1, 3]),
        ("*,2,,,,salt,,", [0, 1, 3]),
        ("b,2,,,,salt,,", [0, 1, 2, 3]),
        ("a,,ch1,,,salt,,", [0, 2, 3]),
        ("a,,,0,1,salt,,", [0, 2, 3]),
        ("a,2,ch1,0,1,salt,,", [0, 1, 3]),  # the source channel counts
    ],
)
def test_channels_by_number_site_or_name(tmp_path: Path, row: str, left: list[int]) -> None:
    table = tmp_path / "t.csv"
    table.write_text(f"recording,source_channel,name,row,col,reason,author,date\n{row}\n", encoding="utf-8")
    dataset = recording(channel_map=ec.ChannelMap([(0, 0), (0, 1), (1, 0), (1, 1)], (2, 2)))
    kept = judgements.leave_out_judged(dataset, table)
    assert kept.signal[:, 0].tolist() == dataset.signal[:, 0][left].tolist()
    assert kept.dropped["reason"].tolist() == ["salt"] * (4 - len(left))


def test_what_is_not_here_is_a_warning_and_what_was_left_out_is_not(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("recording,source_channel,row,col,reason\na,9,,,x\na,,5,5,y\na,1,,,z\n", encoding="utf-8")
    dataset = ec.mask_channels(recording(), names=["ch1"], reason="by hand")
    kept = judgements.leave_out_judged(dataset, table)
    assert kept.n_channels == 3
    assert kept.dropped["reason"].tolist() == ["by hand"]
    assert kept.parts[0].warnings == ("2 judgements name channels that are not here: source channel 9, site (5, 5)",)


def test_rows_are_added_at_the_end_whatever_was_there(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    by_hand = "date,author,recording,name,source_channel,row,col,reason,seen by\n,,a,ch0,,,,hum,all"
    table.write_text(by_hand, encoding="utf-8")  # no end of line
    ec.mark_channels(table, recording(), [True, False, False, True], reason='"quoted", and a comma', author="x")
    assert table.read_text(encoding="utf-8").startswith(by_hand + "\n")
    assert ec.read_judgements(table)["reason"].tolist() == ["hum", *['"quoted", and a comma'] * 2]
    assert judgements.leave_out_judged(recording(), table).signal.channel_names == ("ch1", "ch2")
    assert ec.mark_channels(tmp_path / "new.csv", recording(), [], reason="none").empty
    assert ec.read_judgements(tmp_path / "new.csv").empty


def test_a_join_is_marked_in_each_of_its_recordings(tmp_path: Path) -> None:
    joined = ec.join(recording(name="a"), ec.select_channels(recording(name="b"), [2, 1, 0]), match="name")
    rows = ec.mark_channels(tmp_path / "t.csv", joined, names=["ch2"], reason="x")
    assert rows[["recording", "source_channel"]].to_numpy().tolist() == [["a", 2], ["b", 2]]
    assert judgements.leave_out_judged(joined, tmp_path / "t.csv").signal.channel_names == ("ch0", "ch1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no table of judgements"),
        ("recording,reason\na,x\n", "expected columns recording, reason, and source_channel, name or row and col"),
        ("recording,source_channel,reason\na,two,x\n", "line 2 is no judgement"),
        ("recording,source_channel,reason\na,2,x\n,3,x\n", "line 3 is no judgement"),
        ("recording,source_channel,reason\na,,x\n", "line 2 is no judgement"),
        ('recording,source_channel,reason\n"a,2,x\n', "no table of judgements"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ec.FormatError, match=message):
        ec.read_judgements(table)


def test_mistakes_by_their_messages(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    with pytest.raises(ec.RecordingNotFound, match="mark_channels writes one"):
        ec.read_judgements(table)
    with pytest.raises(ValueError, match="has a reason"):
        ec.mark_channels(table, recording(), [0], reason=" ")
    with pytest.raises(IndexError, match="4 channels"):
        ec.mark_channels(table, recording(), [7], reason="x")
    assert not table.exists()
    table.write_text("recording,source_channel,reason\na,2,x\n", encoding="utf-8")
    with pytest.raises(ec.FormatError, match=r"no place for all of a judgement.*Add name, row, col, author, date"):
        ec.mark_channels(table, recording(), [0], reason="x")
    path = tmp_path / "a.h5"
    with pytest.raises(TypeError, match="beside a catalog"):
        ec.formats.loading.apply_load_arguments(recording(), judgements=True)
    source = drivers.ecog_hdf5(simulated(path), judgements=True)
    with pytest.raises(TypeError, match="beside a catalog file"):
        source.read()


def simulated(path: Path) -> str:
    import h5py

    with h5py.File(path, "w") as file:
        file["chdata"] = np.zeros((2, 3), "f4")
        file["Fs"] = 1000.0
    return str(path)
