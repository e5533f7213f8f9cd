"""H and L11: electrodes by name - those that could not be built, tilings, arms, and connectors of a recording."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import ecogcat as ec


@pytest.mark.parametrize("name", ["psv_61_omnetix", "psv_61_omnetix_2014_11_27"])
def test_h1_a_map_with_unused_channels(name: str) -> None:
    """Channels marked -2 were taken for sites outside of the grid, and the map could not be built."""
    one = ec.electrode(name)
    assert (one.n_channels, len(one.others), len(one.table)) == (61, 3, 64)
    assert len({tuple(site) for site in one.sites.tolist()}) == 61


def test_h1_a_site_given_twice() -> None:
    """Two channels of rat_v4_kb have one site in the lab's table: one of them was hidden behind the other."""
    one = ec.electrode("rat_v4_kb")
    assert one.names[one.lookup(3, 2)] == "ch4"
    assert one.others.tolist() == [0]
    with pytest.raises(KeyError, match=r"no channel at site \(2, 3\)"):
        one.lookup(2, 3)


def test_h1_tilings() -> None:
    """Tilings were column-major, other maps row-major: the same site had another number."""
    one, two = ec.electrode("psv_61"), ec.electrode("psv_61", tiling=[121, 122])
    assert two.codes.tolist() == [16 * row + col for row, col in two.sites.tolist()]
    grid = two.embed(np.arange(120.0))
    assert np.array_equal(grid[:, :8], one.embed(np.arange(60.0)), equal_nan=True)
    assert np.array_equal(grid[:, 8:], one.embed(np.arange(60.0, 120)), equal_nan=True)


def test_h1_arms_that_differ() -> None:
    """What was counted of the first arm was taken for all: 243 electrodes had 240 board codes."""
    mixed = ec.electrode("psv_244", ("mux6", "intan64", "intan64", "intan64"))
    assert mixed.n_channels == 243
    assert len(mixed.table) == 256
    same = ec.electrode("psv_244")
    assert np.array_equal(mixed.table.sites[64:], same.table.sites[64:])


def test_h1_names_that_do_not_exist() -> None:
    """An unknown name was refused without a word of what there is, also where only its case was wrong."""
    with pytest.raises(ValueError, match=r"there is no electrode 'PSV_61'; did you mean psv_61,"):
        ec.electrode("PSV_61")
    with pytest.raises(ValueError, match="psv_244 takes a connector for each of Q1, Q2, Q3, Q4, not 3"):
        ec.electrode("psv_244", ("intan64",) * 3)


def test_h1_building_twice() -> None:
    """Building changes nothing: the second is the first."""
    assert ec.electrode("psv_244").table == ec.electrode("psv_244").table
    assert ec.electrode("psv_244") == ec.electrode("psv_244")


def test_l11_connectors_of_a_recording(tmp_path: Path) -> None:
    """Connectors were handed on in the place of another argument, and loading failed."""
    with h5py.File(tmp_path / "rec.h5", "w") as file:
        file["chdata"], file["Fs"] = np.arange(256)[:, None] * np.ones((1, 60), "i2"), 1000.0
    mixed = ("intan64_new", "intan64_new", "intan64", "intan64")
    dataset = ec.open_recording(tmp_path / "rec.h5", electrode="psv_244", connectors=mixed)
    one = ec.electrode("psv_244", mixed)
    assert dataset.signal.shape == (244, 60)
    assert dataset.channel_map == one
    assert np.array_equal(dataset.parts[0].opened.source, one.source_channels)
