"""Electrode tables: written and read again, composed, from coordinates and from probeinterface, against oracles."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.electrodes.compose import in_a_row, tiled, wired
from ecogcat.electrodes.electrode import Electrode
from ecogcat.electrodes.positions import TOLERANCE_MM, raster
from ecogcat.electrodes.probe import read_probe
from ecogcat.electrodes.table import ElectrodeTable, read_electrode_table, write_electrode_table
from ecogcat.testing.strategies import electrode_tables

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def _new(folder: Path, suffix: str) -> Path:
    return folder / f"{next(NUMBERS)}{suffix}"


@given(table=electrode_tables())
def test_csv_and_probeinterface_round_trip(folder: Path, table: ElectrodeTable) -> None:
    path = _new(folder, ".csv")
    write_electrode_table(table, path)
    again = read_electrode_table(path)
    assert (again, hash(again), again.token) == (table, hash(table), table.token)
    one = Electrode.of(table)
    assert ec.electrode(path).table == table
    if "electrode" not in table.roles:
        return
    probe = _new(folder, ".json")
    ec.to_probeinterface(one, probe)
    back = read_probe(probe)
    want = sorted(zip(table.channels.tolist(), table.roles, map(tuple, table.sites.tolist()), strict=True))
    assert sorted(zip(back.channels.tolist(), back.roles, map(tuple, back.sites.tolist()), strict=True)) == want
    assert back.channels[back.with_role("electrode")].tolist() == one.source_channels.tolist()
    assert (back.shape, back.pitch) == (table.shape, table.pitch)


@given(headcap=electrode_tables(in_order=True), data=st.data())
def test_wired_is_a_lookup_of_pins(headcap: ElectrodeTable, data: st.DataObject) -> None:
    every = [None, *range(1, len(headcap) + 1)]
    pins = data.draw(st.permutations(every))
    table = wired(headcap, pins)
    for channel, pin in enumerate(pins):
        role = "ground" if pin is None else headcap.roles[pin - 1]
        assert table.roles[channel] == role
        if role == "electrode":
            row, col = headcap.sites[pin - 1]
            assert table.sites[channel].tolist() == [row, headcap.shape[1] - 1 - col]
        else:
            assert table.sites[channel].tolist() == [-1, -1]
    with pytest.raises(ValueError, match=f"pins 1 to {len(headcap)}, no pin {len(headcap) + 1}"):
        wired(headcap, [len(headcap) + 1])


@given(table=electrode_tables(in_order=True), rows=st.integers(1, 3), cols=st.integers(1, 3), data=st.data())
def test_tiled_is_copies_at_offsets(table: ElectrodeTable, rows: int, cols: int, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(1, rows * cols), min_size=1, unique=True))
    whole = tiled(table, [100 * rows + 10 * cols + place for place in places])
    assert whole.shape == (rows * table.shape[0], cols * table.shape[1])
    assert whole.pitch == table.pitch
    assert whole.roles == table.roles * len(places)
    grid = np.zeros(whole.shape, int)
    for k, place in enumerate(places):
        some = slice(k * len(table), (k + 1) * len(table))
        for role, site, own in zip(table.roles, whole.sites[some].tolist(), table.sites.tolist(), strict=True):
            if role == "electrode":
                down, right = divmod(place - 1, cols)
                assert site == [own[0] + down * table.shape[0], own[1] + right * table.shape[1]]
                grid[tuple(site)] += 1
            else:
                assert site == [-1, -1]
    assert grid.max() <= 1


def test_arms_lie_on_one_grid() -> None:
    one = ElectrodeTable([0], ("electrode",), [(0, 0)], (1, 1), (1, 1))
    other = ElectrodeTable([0], ("electrode",), [(0, 0)], (1, 1), (2, 1))
    with pytest.raises(ValueError, match="arms of one electrode lie on one grid"):
        in_a_row([one, other])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"roles": ("electrode",)}, "2 channels have as many roles and sites, not 1, 2"),
        ({"roles": ("electrode", "earth")}, "a role is one of electrode, ground, reference, other, not earth"),
        ({"channels": [3, 3]}, "each source channel is given once"),
        ({"channels": [-1, 3]}, "each source channel is given once, and counts from 0"),
    ],
)
def test_tables_that_cannot_be(fields: dict[str, Any], message: str) -> None:
    good = {"channels": [0, 1], "roles": ("electrode", "ground"), "sites": [(0, 0), (-1, -1)]}
    assert len(ElectrodeTable(**good, shape=(1, 1), pitch=(1, 1))) == 2
    with pytest.raises(ValueError, match=message):
        ElectrodeTable(**(good | fields), shape=(1, 1), pitch=(1, 1))


# Coordinates -------------------------------------------------------------------------------------

STEPS = st.sampled_from([0.05, 0.1, 0.0223, 0.4, 1 / 3, 0.0125, 1.72])


@given(
    places=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=30, unique=True),
    steps=st.tuples(STEPS, STEPS),
    origin=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)
def test_a_raster_has_every_position(places: Any, steps: tuple[float, float], origin: tuple[float, float]) -> None:
    positions = np.array(places) * steps + origin
    sites, shape, pitch = raster(positions)
    offsets = positions - positions.min(0)
    assert np.abs(sites * pitch - offsets).max() <= TOLERANCE_MM * (1 + 1e-9)  # both sides are rounded
    assert len({tuple(site) for site in sites.tolist()}) == len(places)
    assert (sites.max(0) + 1).tolist() == list(shape)
    # The coarsest: as coarse as the greatest step common to all, by Euclid, on whole numbers.
    whole = np.array(places) - np.min(places, axis=0)
    for axis in (0, 1):
        common = np.gcd.reduce(whole[:, axis])
        if common:
            assert np.isclose(pitch[axis], common * steps[axis], rtol=1e-6) or pitch[axis] > common * steps[axis]


def test_rounded_coordinates_have_the_step_that_was_meant() -> None:
    """A table in hundredths of a mm, of sites a third of a mm apart."""
    positions = [(round(k / 3, 3), 0.0) for k in range(100)]
    sites, shape, pitch = raster(positions)
    assert sites[:, 0].tolist() == list(range(100))
    assert shape == (100, 1)
    assert np.allclose(pitch, 1 / 3, atol=1e-4)


def test_positions_that_are_no_grid() -> None:
    assert raster(np.zeros((0, 2)))[1] == (0, 0)
    assert raster([(3.0, 4.0)])[1:] == ((1, 1), (1.0, 1.0))
    with pytest.raises(ValueError, match="positions are finite numbers"):
        raster([(0.0, np.nan)])
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"lie on no grid coarser than .* more than 4,000,000: round them"):
        raster(rng.random((50, 2)) * 20)


def test_coordinates_in_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "free.csv"
    path.write_text(
        "channel,role,y_mm,x_mm\n4,electrode,1.5,-0.2\n2,electrode,1.0,0.1\n0,reference,,\n7,electrode,1,0\n"
    )
    one = ec.electrode(path)
    assert (one.shape, one.pitch) == ((2, 4), (0.5, 0.1))
    assert one.sites.tolist() == [[1, 0], [0, 3], [0, 2]]
    assert (one.source_channels.tolist(), one.references.tolist()) == ([4, 2, 7], [0])
    for text, message in (
        ("4,electrode,1.5,\n", r"line 2: the x_mm cannot be \(expected a number of mm; found nothing"),
        ("4,electrode,inf,0\n", "line 2: the y_mm cannot be"),
        ("4,electrode,1,0\n5,electrode,1,0\n", r"line 3: this site is given twice .*also in line 2"),
        ("4,electrode,1,0\n4,electrode,2,0\n", r"line 3: this source channel is given twice .*also in line 2"),
    ):
        path.write_text("channel,role,y_mm,x_mm\n" + text)
        with pytest.raises(ec.FormatError, match=message):
            ec.electrode(path)
    rows = [f"{k},electrode,{y},{x}" for k, (y, x) in enumerate(np.random.default_rng(0).random((50, 2)) * 20)]
    path.write_text("\n".join(["channel,role,y_mm,x_mm", *rows]))
    with pytest.raises(ec.FormatError, match=r"these coordinates are not usable .*round them to multiples of a step"):
        ec.electrode(path)


def test_free_coordinates_in_a_map() -> None:
    """Sites of a variably spaced electrode: found by place, embedded, joined with a recording of some of them."""
    one = ec.electrode("rat_varspace_intan")
    data = np.arange(61.0)
    assert np.array_equal(one.extract(one.embed(data)), data)
    assert np.count_nonzero(~np.isnan(one.embed(data))) == 61
    a = ec.from_array(data[:, None], 1000, channel_map=one, name="a")
    b = ec.from_array(data[::-1][:40, None], 1000, channel_map=one.subset(np.arange(61)[::-1][:40]), name="b")
    joined = ec.join(a, b)
    assert joined.n_channels == 40
    assert np.array_equal(joined.signal[:, 0], joined.signal[:, 1])


# probeinterface ----------------------------------------------------------------------------------


def probe(**fields: Any) -> dict[str, Any]:
    """What probeinterface writes of a probe of three columns of two contacts, the middle one shifted, in um."""
    known = {
        "ndim": 2,
        "si_units": "um",
        "annotations": {"model_name": "x", "manufacturer": "y"},
        "contact_annotations": {},
        "contact_positions": [[0.0, 5.0], [0.0, 25.0], [20.0, 0.0], [20.0, 20.0], [40.0, 5.0], [40.0, 25.0]],
        "contact_plane_axes": [[[1.0, 0.0], [0.0, 1.0]]] * 6,
        "contact_shapes": ["circle"] * 6,
        "contact_shape_params": [{"radius": 6.0}] * 6,
        "device_channel_indices": [5, 4, 3, -1, 1, 0],
    }
    return {key: value for key, value in (known | fields).items() if value is not None}


def written(folder: Path, content: Any) -> Path:
    path = _new(folder, ".json")
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_probe_and_a_group_of_them(folder: Path) -> None:
    group = {"specification": "probeinterface", "version": "0.3.2", "probes": [probe()]}
    one = ec.electrode(written(folder, group))
    assert (one.shape, one.pitch) == ((6, 3), (0.005, 0.02))
    assert one.source_channels.tolist() == [5, 4, 3, 1, 0]
    assert one.sites.tolist() == [[4, 0], [0, 0], [5, 1], [4, 2], [0, 2]]
    assert ec.electrode(written(folder, probe())) == one  # a probe by itself
    assert ec.electrode(written(folder, probe(si_units="mm"))).pitch == (5.0, 20.0)
    second = probe(
        contact_positions=[[x + 100, y] for x, y in probe()["contact_positions"]],
        device_channel_indices=[6, 7, 8, 9, 10, 11],
    )
    two = ec.electrode(written(folder, group | {"probes": [probe(), second]}))
    assert two.source_channels.tolist() == [5, 4, 3, 1, 0, 6, 7, 8, 9, 10, 11]
    assert two.shape == (6, 8)


def test_annotations_of_others_and_of_contacts_that_were_moved(folder: Path) -> None:
    content = ec.to_probeinterface("psv_61_intan")
    moved = json.loads(json.dumps(content))
    (only,) = moved["probes"]
    only["contact_positions"] = [[x + 100, y] for x, y in only["contact_positions"]]
    one = ec.electrode(written(folder, moved))
    assert len(one.grounds) == 0  # the contacts say it all
    assert np.array_equal(one.sites, ec.electrode("psv_61_intan").sites)
    for own in (7, {"shape": [8, 8]}, {"shape": ["a", 1], "pitch_mm": 3}):
        only["annotations"] = {"ecogcat": own}
        assert ec.electrode(written(folder, moved)) == one


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "this is no JSON"),
        ("[1]", r"this is no probeinterface file \(expected probes; found list"),
        ({"probes": []}, "this is no probeinterface file"),
        ({"a": 1}, "the contacts of probe 0 have no position in a plane"),
        (probe(si_units="inch"), r"the units of probe 0 are unknown \(expected mm, um or m; found 'inch'"),
        (probe(contact_positions=[[0, 0, 0]] * 6), r"no position in a plane .*probe\.to_2d"),
        (probe(contact_positions=[["0", 0]] * 6), "no position in a plane"),
        (probe(contact_positions=[[True, 0]] * 6), "no position in a plane"),
        (probe(device_channel_indices=None), r"does not say which channel .*6 device_channel_indices, .*found none"),
        (probe(contact_positions=[[10**400, 0]] * 6), "no position in a plane"),
        (probe(contact_positions=[[float("nan"), 0]] * 6), "no position in a plane"),
        (probe(device_channel_indices=[0, 1, 2, 3, 4, 10**30]), "does not say which channel"),
        (probe(device_channel_indices=[0, 1, 2, 3, 4, 5.0]), "does not say which channel"),
        (
            probe(device_channel_indices=[0, 1]),
            r"expected 6 device_channel_indices, whole numbers from -1; found \[0, 1\]",
        ),
        (probe(device_channel_indices=[0, 1, 2, 3, 4, 4]), "a channel is given to two contacts"),
        (probe(contact_positions=[[0.0, 0.0]] * 6), "two contacts have one position"),
        (probe(contact_positions=[[0.1 * k**7, 0.3 * k**6] for k in range(2, 8)]), "are not usable .*round them"),
    ],
)
def test_probes_that_are_not_usable(folder: Path, content: Any, message: str) -> None:
    with pytest.raises(ec.FormatError, match=message):
        ec.electrode(written(folder, content))


def test_a_probe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match=r"a\.json: no such probeinterface file"):
        ec.electrode(tmp_path / "a.json")
