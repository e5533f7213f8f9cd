"""Known electrodes: each is what the lab's tables say, and comes back equal from every form it is written in."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.electrodes.electrode import electrode_table
from ecogcat.electrodes.known import connector_names, recipes
from ecogcat.electrodes.table import read_electrode_table, write_electrode_table
from tests.conftest import shared_path
from tests.electrodes.facts import Fact, facts, read

FACTS = facts()
# bugs.md H1: the lab's table has one site of this electrode twice, and another one never.
TWICE = "rat_v4_kb"
MULTI_ARM = {name: one.index["notes"].split("connectors=")[1].split(",") for name, one in FACTS.items()
             if "connectors=" in one.index["notes"]}  # fmt: skip
PIECES = ("left1", "left2", "center1", "center2", "right1", "right2")


@pytest.fixture(params=list(FACTS))
def fact(request: pytest.FixtureRequest) -> Fact:
    """Every electrode of the index."""
    return FACTS[request.param]


def test_the_facts_are_there() -> None:
    shared_path("reference/electrodes/index.csv")
    assert len(FACTS) == 62
    assert set(FACTS) <= set(recipes())


def test_sites_and_roles_are_those_of_the_table(fact: Fact) -> None:
    one = ec.electrode(fact.name)
    assert isinstance(one, ec.ChannelMap)
    roles = {"electrode": one.source_channels, "ground": one.grounds, "reference": one.references, "other": one.others}
    sites = np.array(fact.sites())
    if fact.name == TWICE:
        assert fact.sites()[0] == fact.sites()[4] == (3, 2)
        assert (fact.channels("electrode"), one.others.tolist()) == (list(range(64)), [0])
        assert one.source_channels.tolist() == list(range(1, 64))
        sites = sites[1:]
    else:
        assert {role: found.tolist() for role, found in roles.items()} == {role: fact.channels(role) for role in roles}
    if fact.free:
        assert np.abs(one.sites * one.pitch - (sites - sites.min(0))).max() < 1e-9
    else:
        assert np.array_equal(one.sites, sites)
    assert one.names == tuple(f"ch{channel}" for channel in one.source_channels)
    for channel, (row, col) in enumerate(one.sites.tolist()):
        assert one.lookup(row, col) == channel


def test_shape_pitch_and_counts_are_those_of_the_index(fact: Fact) -> None:
    one, index = ec.electrode(fact.name), fact.index
    assert one.shape == (int(index["rows"]), int(index["cols"]))
    # Coordinates: the index says 1.0 for want of a pitch, and notes that of the grid they lie on.
    pitch = (0.05, 0.05) if fact.free else (float(index["pitch_dy"]), float(index["pitch_dx"]))
    assert one.pitch == pitch
    assert "grid_pitch=0.05" in index["notes"] or not fact.free
    counts = (len(one.table), one.n_channels, len(one.grounds) + len(one.others), len(one.references))
    wanted = [int(index[key]) for key in ("n_channels", "n_electrodes", "n_ground_or_other", "n_reference")]
    if fact.name == TWICE:
        wanted[1:3] = [wanted[1] - 1, wanted[2] + 1]
    assert list(counts) == wanted


@pytest.fixture(scope="module")
def listed() -> pd.DataFrame:
    return ec.electrodes().set_index("name")


def test_the_list_says_the_same(fact: Fact, listed: pd.DataFrame) -> None:
    row = listed.loc[fact.name]
    one = ec.electrode(fact.name)
    assert (row["shape"], row["pitch"], row["channels"]) == (one.shape, one.pitch, len(one.table))
    assert (row["sites"], row["grounds"], row["references"], row["others"]) == (
        one.n_channels, len(one.grounds), len(one.references), len(one.others))  # fmt: skip
    # The index notes 1.0 where no pitch is given; of pieces of an electrode, too, whose whole has none.
    assert row["pitch_known"] == (fact.free or fact.index["pitch_dy"] != "1.0")


def test_all_round_trips(fact: Fact, tmp_path: Path) -> None:
    one = ec.electrode(fact.name)
    write_electrode_table(one.table, tmp_path / "a.csv")
    assert read_electrode_table(tmp_path / "a.csv") == one.table
    again = ec.electrode(tmp_path / "a.csv")
    assert (again, again.table) == (one, one.table)
    for other in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert (other, other.table, hash(other)) == (one, one.table, hash(one))
        assert not other.table.sites.flags.writeable
    content = ec.to_probeinterface(one, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == content
    assert ec.electrode(tmp_path / "a.json").table == one.table


@pytest.mark.parametrize("name", list(MULTI_ARM))
def test_arms_are_wired_by_their_connectors(name: str) -> None:
    one = ec.electrode("psv_244", connectors=MULTI_ARM[name])
    assert one.table == ec.electrode(name).table
    if len(set(MULTI_ARM[name])) == 1:
        assert ec.electrode("psv_244", MULTI_ARM[name][0]).table == one.table
    assert ec.electrode("psv_244", ", ".join(MULTI_ARM[name])).table == one.table


def test_arms_with_different_connectors_and_without() -> None:
    """Each arm's channels are its own, whatever the arms before it have; an arm without a connector has none."""
    mixed = ec.electrode("psv_244", ("mux6_15row", "intan64", None, "stim4"))
    assert len(mixed.table) == 60 + 64 + 64
    whole = {name: ec.electrode("psv_244", name).table for name in connector_names()}
    for start, length, name, arm_start in ((0, 60, "mux6_15row", 0), (60, 64, "intan64", 64), (124, 64, "stim4", 192)):
        same = slice(arm_start, arm_start + length)
        assert np.array_equal(mixed.table.sites[start : start + length], whole[name].sites[same])
        assert mixed.table.roles[start : start + length] == whole[name].roles[same]


def test_headcaps_take_each_connector() -> None:
    for headcap, daq, name in (("rat_v3", "stim4", "ratv3_stim4"), ("rat_v4", "mux6_15row", "ratv4_mux6_15row")):
        assert ec.electrode(headcap, daq).table == ec.electrode(name).table
    for headcap in ("rat_v3", "rat_v4", "rat_v5"):
        for daq in connector_names():
            one = ec.electrode(headcap, daq)
            assert one.n_channels == (60 if daq.startswith("mux6") else 61)
            assert one.n_channels + len(one.grounds) == len(one.table) == (60 if daq == "mux6_15row" else 64)


def test_connector_tables_are_carried_whole() -> None:
    """Every connector: the pin of each channel, seen through a headcap whose pins are told apart."""
    for path in sorted(shared_path("reference/electrodes/connectors").glob("daq_*.csv")):
        name = path.stem.removeprefix("daq_")
        pins = {int(one["channel"]): one["zif_pin"] for one in read(path)}
        cells = {int(one["zif_pin"]): (int(one["row"]), 7 - int(one["col"]))
                 for one in read(path.parent / "zif_rat_v5.csv")}  # fmt: skip
        table = ec.electrode("rat_v5", name).table
        for channel, role, site in zip(table.channels.tolist(), table.roles, table.sites.tolist(), strict=True):
            pin = pins.pop(channel)
            assert (role, tuple(site)) == (("electrode", cells[int(pin)]) if pin else ("ground", (-1, -1)))
        assert not pins


def test_pieces_in_use() -> None:
    whole = ec.electrode("aro_puzzle_pieces")
    assert whole.table == ec.electrode("aro_puzzle_pieces", PIECES).table
    for piece in PIECES:
        assert ec.electrode("aro_puzzle_pieces", piece).table == ec.electrode(f"aro_puzzle_pieces__{piece}").table
    some = ec.electrode("aro_puzzle_pieces", ["right2", "left1"])
    assert np.array_equal(some.table.sites[:64], whole.table.sites[320:])
    assert np.array_equal(some.table.sites[64:], whole.table.sites[:64])


@pytest.mark.parametrize("name", [name for name in FACTS if name.startswith("tiled__")])
def test_tilings(name: str) -> None:
    _, base, codes = name.split("__")
    assert ec.electrode(base, tiling=[int(code) for code in codes.split("_")]).table == ec.electrode(name).table


def test_a_tiling_of_one_and_of_a_map_of_its_own() -> None:
    assert ec.electrode("psv_61", tiling=111).table == ec.electrode("psv_61").table
    four = ec.electrode("psv_61_intan", tiling=[224, 223, 222, 221])
    one = ec.electrode("psv_61_intan")
    assert four.grounds.tolist() == [64 * k + ground for k in range(4) for ground in one.grounds]
    for k, (row, col) in enumerate([(8, 8), (8, 0), (0, 8), (0, 0)]):
        assert np.array_equal(four.sites[61 * k : 61 * (k + 1)], one.sites + np.array([row, col]))


def test_active_arrays_are_those_of_the_unmixing_tables() -> None:
    folder = shared_path("reference/electrodes/active_unmix")
    for index in read(folder / "index.csv"):
        table = ec.electrode(index["electrode"], (index["daq"], index["headstage"])).table
        rows = read(folder / index["file"])
        # Columns for diagnosis are ground channels, as they were when such recordings were loaded.
        roles = tuple("ground" if one["role"] == "other" else one["role"] for one in rows)
        assert table.roles == roles
        assert table.channels.tolist() == [int(one["channel"]) for one in rows]
        placed = [(int(one["row"]), int(one["col"])) for one in rows if one["role"] == "electrode"]
        assert [tuple(site) for site in table.sites[table.with_role("electrode")].tolist()] == placed


def test_as_a_map_it_equals_any_other() -> None:
    one = ec.electrode("psv_61")
    plain = ec.ChannelMap(one.sites, one.shape, one.pitch, one.names)
    assert one == plain
    assert plain == one
    assert hash(one) == hash(plain)
    assert type(one.subset([0, 1])) is ec.ChannelMap
    assert one.subset(range(60)) == one
    assert repr(one).startswith("<Electrode 60 of 64 sites")


def test_maps_say_their_source_channels_by_name() -> None:
    one = ec.electrode("psv_61")
    assert electrode_table(one.subset([3, 1])).channels.tolist() == [4, 2]
    assert electrode_table(one.renamed([f"x{k}" for k in range(60)])).channels.tolist() == list(range(60))
    assert electrode_table(one) is one.table
    with pytest.raises(ValueError, match="the sites of an electrode are those of its table"):
        ec.Electrode(one.sites[::-1], one.shape, one.pitch, one.names, table=one.table)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ec.electrode("psv_62_intan"), r"'psv_62_intan'; did you mean psv_61_intan, .*lists all 72"),
        (lambda: ec.electrode("PSV_61"), r"no electrode 'PSV_61'; did you mean psv_61,"),
        (lambda: ec.electrode("zzzz"), r"no electrode 'zzzz'; ecogcat.electrodes\(\) lists all 72"),
        (lambda: ec.electrode("psv_61", "intan64"), "psv_61 has no connectors to choose"),
        (lambda: ec.electrode("ratv4_intan", "mux6"), "no connectors to choose; it is rat_v4 with intan64"),
        (lambda: ec.electrode("psv_244", "intan46"), r"no connector 'intan46' \(did you mean intan64.*there are: "),
        (lambda: ec.electrode("psv_244", ["mux6"] * 3), "a connector for each of Q1, Q2, Q3, Q4, not 3"),
        (lambda: ec.electrode("psv_244", [None] * 4), "at least one arm or piece in use"),
        (lambda: ec.electrode("aro_puzzle_pieces", "left3"), r"takes no piece 'left3' \(did you mean left"),
        (lambda: ec.electrode("aro_puzzle_pieces", "left1, left1"), "in use once"),
        (lambda: ec.electrode("actv_64"), r"takes connectors=\(daq, headstage\), one of \('2t-as daq v2'"),
        (lambda: ec.electrode("actv_64", ("2t-as daq v2", "nope")), "no array is known to be wired as"),
        (lambda: ec.electrode("psv_61", tiling=[121, 222]), "of one number of rows and columns"),
        (lambda: ec.electrode("psv_61", tiling=[121, 121]), "each place once"),
        (lambda: ec.electrode("psv_61", tiling=[125]), "a tiling has codes such as 121 and 122"),
        (lambda: ec.electrode("psv_61", tiling=["x"]), "a tiling has codes such as 121 and 122"),
        (lambda: ec.electrode("psv_61", tiling=[]), "a tiling has codes such as 121 and 122"),
        (lambda: ec.electrode("grid.csv", "mux6"), "go with a known electrode"),
    ],
)  # fmt: skip
def test_what_there_is_not(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
