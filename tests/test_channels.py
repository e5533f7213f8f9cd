"""Channel maps: the older system's golden vectors, what is refused and how, and each way to ask."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from tests.conftest import SHARED
from tests.formats.golden import golden

CASES = sorted((SHARED / "reference/golden").glob("case_*_chanmap_*"))


@pytest.fixture(params=CASES or [None], ids=lambda path: path.name if path else "absent")
def case(request: pytest.FixtureRequest) -> Any:
    """A golden vector: the map as it is imported, what went in, what came out, and what is said of it."""
    if request.param is None:
        pytest.skip(f"golden vectors absent from {SHARED}: name the folder `shared` in ECOGCAT_SHARED")
    meta, expected = golden(request.param / "meta.json")
    with np.load(request.param / "input.npz") as inputs:
        given = dict(inputs)
    shape, pitch = tuple(meta["geometry"]), meta["pitch"]
    channel_map = ec.ChannelMap.from_raster(given["flat"], shape, meta["col_major"], pitch=pitch)
    return channel_map, given, expected, meta


# Golden vectors


def test_golden_lookups(case: Any) -> None:
    channel_map, _, expected, _ = case
    np.testing.assert_array_equal(channel_map.sites, np.stack([expected["rows"], expected["cols"]], axis=1))
    np.testing.assert_array_equal(channel_map.raster(), expected["row_major"])
    np.testing.assert_array_equal(channel_map.raster(col_major=True), expected["col_major"])
    first = [channel_map.lookup(*channel_map[k]) for k in range(3)]
    np.testing.assert_array_equal(first, expected["lookup_first3"])
    np.testing.assert_array_equal(channel_map.channels_at(channel_map.sites), np.arange(len(channel_map)))


def test_golden_grids(case: Any) -> None:
    channel_map, given, expected, _ = case
    for got, name in (
        (channel_map.embed(given["data"]), "embed"),
        (channel_map.embed(given["data"].T, axis=1), "embed_T"),
        (channel_map.embed(given["data"].T, axis=-1), "embed_T"),
        (channel_map.embed(given["ints"], fill=0), "embed_fill0"),
    ):
        assert got.dtype == expected[name].dtype
        np.testing.assert_array_equal(got, expected[name])
        axis = 0 if name != "embed_T" else 1
        back = given["ints"] if name == "embed_fill0" else given["data"] if axis == 0 else given["data"].T
        np.testing.assert_array_equal(channel_map.extract(got, axis=axis), back)


def test_golden_interpolation(case: Any) -> None:
    """QUIRKS, chanmap: the median fills in raster order, each estimate used by the next."""
    channel_map, given, expected, _ = case
    got = channel_map.embed(given["data"][:, 0].astype("f8"), interpolate="median")
    np.testing.assert_array_equal(got, expected["embed_median"])


def test_golden_extraction(case: Any) -> None:
    """D2: for column-major maps the older system took the wrong sites, and has no vector of them."""
    channel_map, _, expected, meta = case
    raster = np.arange(np.prod(channel_map.shape)).reshape(channel_map.shape)
    assert ("as_channels" in expected) is not meta["col_major"]
    np.testing.assert_array_equal(channel_map.extract(raster), expected.get("as_channels", expected["row_major"]))


def test_golden_flips(case: Any) -> None:
    channel_map, _, expected, meta = case
    np.testing.assert_array_equal(channel_map.flip().sites, expected["flip_sites"])
    np.testing.assert_array_equal(channel_map.flip().raster(meta["col_major"]), expected["flip"])


def test_golden_subsets(case: Any) -> None:
    """QUIRKS, chanmap: a subset by a grid is in the order of the channels; so is ours."""
    channel_map, given, expected, meta = case
    some = channel_map.subset(given["subset"])
    np.testing.assert_array_equal(some.raster(meta["col_major"]), expected["subset_flat"])
    by_grid = channel_map.subset(some.occupied)
    np.testing.assert_array_equal(by_grid.raster(meta["col_major"]), expected["subset_grid"])
    np.testing.assert_array_equal(channel_map.has_sites_of(some), expected["subset_mask"])
    assert channel_map[expected["subset_mask"]] == by_grid == channel_map.subset(some)


def test_golden_geometry(case: Any) -> None:
    channel_map, given, expected, meta = case
    edges = channel_map.boundary
    np.testing.assert_allclose([edges.left, edges.right, edges.top, edges.bottom], expected["boundary"], rtol=1e-14)
    np.testing.assert_array_equal(channel_map.pitch[::-1], expected["dxdy"])
    distances = channel_map.distances()[expected["pair_p1"], expected["pair_p2"]]
    np.testing.assert_array_equal(np.round(distances, 4), expected["pair_dist"])  # which has four decimals
    assert len(expected["pair_p1"]) == len(channel_map) * (len(channel_map) - 1) // 2
    other = ec.ChannelMap.from_raster(given["other_flat"], channel_map.shape, meta["col_major"], pitch=meta["pitch"])
    np.testing.assert_array_equal(channel_map.intersection(other).occupied, expected["intersection"])
    np.testing.assert_array_equal(other.intersection(channel_map).occupied, expected["intersection"])
    mask = given["binary_grid"]
    np.testing.assert_array_equal(ec.ChannelMap.from_mask(mask).occupied, mask)


# Ways to ask

GRID = ec.ChannelMap([(0, 1), (2, 3), (2, 0), (0, 0)], shape=(3, 4), pitch=(0.4, 0.2), names=["a", "b", "c", "d"])
FREE = ec.ChannelMap.from_positions([(0.0, 0.0), (0.3, 0.4), (0.0, 0.4)], names=["x", "y", "z"])


def test_sites_and_channels_are_looked_up_both_ways() -> None:
    assert [GRID[k] for k in (0, 1, -1)] == [(0, 1), (2, 3), (0, 0)]
    assert list(GRID) == [(0, 1), (2, 3), (2, 0), (0, 0)]
    assert GRID[np.int32(2)] == (2, 0)
    assert GRID[1:3] == GRID[[1, 2]] == GRID[np.array([False, True, True, False])] == GRID.subset([1, 2])
    assert GRID[1:1].n_channels == 0
    assert GRID[::-1].names == ("d", "c", "b", "a")
    with pytest.raises(IndexError):
        GRID[4]
    with pytest.raises(KeyError, match=r"no channel at site \(1, 1\) of a 3 x 4 grid"):
        GRID.lookup(1, 1)


def test_positions_are_kept_to_the_nanometre() -> None:
    one = ec.ChannelMap.from_positions([(0.1 + 0.2, -0.0)])
    other = ec.ChannelMap.from_positions([(0.3, 0.0)])
    assert one == other
    assert one.token == other.token
    assert one != ec.ChannelMap.from_positions([(0.300002, 0.0)])
    assert one != ec.ChannelMap([(0, 0)], (1, 1))
    assert ec.ChannelMap([(0, 0)], (1, 1), pads_up=True) != ec.ChannelMap([(0, 0)], (1, 1))
    assert one.positions is not None
    with pytest.raises(ValueError, match="read-only"):
        one.positions[0] = 1


def test_free_coordinates_are_measured() -> None:
    np.testing.assert_allclose(FREE.distances(), [[0, 0.5, 0.4], [0.5, 0, 0.3], [0.4, 0.3, 0]])
    assert FREE.spacing == pytest.approx(0.3)
    np.testing.assert_allclose(FREE.boundary, (-0.15, 0.55, -0.15, 0.45))
    assert FREE.subset([2, 0]).positions.tolist() == [[0.0, 0.4], [0.0, 0.0]]  # type: ignore[union-attr]
    assert FREE.flip().positions.tolist() == [[0.0, 0.0], [0.3, -0.4], [0.0, -0.4]]  # type: ignore[union-attr]
    assert FREE.embed([1.0, 2.0, 3.0]).tolist() == [[1.0], [2.0], [3.0]]
    assert repr(FREE.flip()) == "<ChannelMap 3 channels at free coordinates, 0.3 x 0.4 mm, pads up>"
    empty = FREE[:0]
    assert (empty.spacing, len(empty.neighbours(k=0)), empty.distances().shape) == (1.0, 0, (0, 0))
    assert empty.boundary == (-0.5, 0.5, -0.5, 0.5)
    assert repr(empty) == "<ChannelMap 0 channels at free coordinates, 0 x 0 mm>"


def test_channels_at_one_place_are_neighbours() -> None:
    """Itself is never its own neighbour, also where another lies at the same place."""
    pair = ec.ChannelMap.from_positions([(0, 0), (0, 0), (0, 1)])
    assert [some.tolist() for some in pair.neighbours(k=1)] == [[1], [0], [0]]
    assert [some.tolist() for some in pair.neighbours(radius=0)] == [[1], [0], []]


def test_neighbours_within_a_radius_of_a_rounded_pitch() -> None:
    """Three times 0.1 is more than 0.3 in doubles: a nanometre is allowed."""
    line = ec.ChannelMap.from_mask(np.ones((1, 4), bool), pitch=0.1)
    assert line.neighbours(radius=0.3)[0].tolist() == [1, 2, 3]
    assert [some.tolist() for some in GRID.neighbours(grid=8)] == [[3], [], [], [0]]
    assert GRID.neighbours(k=2)[0].tolist() == [3, 2]


def test_interpolation_by_rings_and_by_the_nearest() -> None:
    line = ec.ChannelMap([(0, 0), (0, 4)], shape=(1, 6), pitch=0.5)
    data = np.array([1.0, 3.0])
    assert line.embed(data, interpolate="median").tolist() == [[1, 1, 1, 2, 3, 3]]
    assert line.embed(data, interpolate="mean").tolist() == [[1, 1, 2, 3, 3, 3]]
    assert line.embed(data, interpolate="nearest").tolist() == [[1, 1, 2, 3, 3, 3]]
    assert line.embed(np.array([[1, 3]], "i2"), axis=-1, interpolate="mean").tolist() == [[[1, 1, 2, 3, 3, 3]]]
    tall = ec.ChannelMap([(0, 0), (1, 1)], shape=(2, 2), pitch=(1.0, 0.1))
    assert tall.embed(data, interpolate="nearest").tolist() == [[1, 1], [3, 3]]
    nan = line.embed([np.nan, 3.0], interpolate="median")
    np.testing.assert_array_equal(nan, [[np.nan, np.nan, np.nan, 3, 3, 3]])
    assert line[:0].embed(data[:0], fill=7, interpolate="mean").tolist() == [[7] * 6]
    corner = ec.ChannelMap([(2, 2)], shape=(3, 3))  # nothing but gaps before it, in raster order
    assert corner.embed([5.0], interpolate="median").tolist() == [[5.0] * 3] * 3
    assert line.embed(data * 1j, interpolate="nearest")[0, 1] == 1j


def test_fills_that_need_a_wider_type() -> None:
    two = ec.ChannelMap([(0, 1)], shape=(1, 2))
    for dtype, fill, wider in [
        ("i2", -1, "i2"), ("u1", -1, "i2"), ("i2", 40000, "i4"), ("i4", 2**40, "i8"), ("i8", 0, "i8"),
        ("i2", np.nan, "f8"), ("f4", np.nan, "f4"), ("f4", 0, "f4"), ("f4", 1e300, "f8"), ("f2", 1e5, "f4"),
        ("?", False, "?"), ("?", np.nan, "f8"), ("f4", np.inf, "f4"), ("f4", 1j, "c16"),
    ]:  # fmt: skip
        grid = two.embed(np.ones(1, dtype), fill=fill)
        assert grid.dtype == np.dtype(wider), (dtype, fill)
        assert grid[0, 1] == 1
        np.testing.assert_array_equal(grid[0, 0], fill)


def test_sets_of_sites() -> None:
    one, other = (ec.ChannelMap.from_raster(sites, (2, 3), pads_up=True) for sites in ([5, 0, 1], [1, 4, 5]))
    assert list(one.intersection(other)) == [(1, 2), (0, 1)]
    assert list(one.difference(other)) == [(0, 0)]
    both = one.union(other)
    assert list(both) == [(1, 2), (0, 0), (0, 1), (1, 1)]
    assert (both.names, both.pads_up) == (("ch0", "ch1", "ch2", "ch1 (2)"), True)
    assert one.union() == one.intersection() == one.difference() == one


SMALL = ec.ChannelMap([(0, 0), (0, 1)], (2, 2), 0.4)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            SMALL.replace(shape=(1, 2)),
            "no intersection of maps whose sites are different places: 2 x 2, pitch 0.4 x 0.4 mm and 1 x 2, pitch 0.4",
        ),
        (SMALL.replace(pitch=0.2), "2 x 2, pitch 0.4 x 0.4 mm and 2 x 2, pitch 0.2 x 0.2 mm"),
        (SMALL.replace(pitch=0.4 + 1e-12), r"pitch \(0.4, 0.4\) mm and pitch \(0.400000000001, 0.400000000001\) mm"),
        (SMALL.replace(pads_up=True), r"pitch 0.4 x 0.4 mm and 2 x 2, pitch 0.4 x 0.4 mm, pads up; flip\(\) one"),
        (
            SMALL.replace(positions=[(0, 0), (0, 0.5)]),
            r"site \(0, 1\) at \(0, 0.4\) mm and \(0, 0.5\) mm \(1 of 2 sites lie elsewhere\)",
        ),
    ],
)
def test_geometries_are_checked(other: ec.ChannelMap, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SMALL.intersection(other)
    a, b = (
        ec.from_array(np.ones((2, 3)), 1000, channel_map=one, name=name) for one, name in ((SMALL, "a"), (other, "b"))
    )
    with pytest.raises(ec.JoinError, match=r"b: electrode grid: expected .*, found "):
        ec.join(a, b)
    assert ec.join(a, b, on_geometry_mismatch="sites").n_channels == 2


def test_a_third_map_is_compared_where_the_first_has_no_site() -> None:
    """Coordinates are held against those of the first recording that has the site, whichever that is."""
    maps = [ec.ChannelMap([(0, 0), (0, k)], (1, 3), names=["a", "b"], positions=[(0, 0), (0, y)])
            for k, y in ((1, 0.5), (2, 0.7), (2, 0.8))]  # fmt: skip
    some = [ec.from_array(np.ones((2, 3)), 1000, channel_map=one, name=f"r{k}") for k, one in enumerate(maps)]
    assert ec.join(*some[:2]).n_channels == 1
    with pytest.raises(
        ec.JoinError, match=r"r2: electrode grid: expected site \(0, 2\) at \(0, 0.7\) mm, found \(0, 0"
    ):
        ec.join(*some)
    outer = ec.join(*some[:2], channels="outer").channel_map
    assert outer is not None
    assert outer.places.tolist() == [[0, 0], [0, 0.5], [0, 0.7]]


# What is refused


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ec.ChannelMap.from_raster([0, -2], (8, 8)), ValueError,
         r"no sites of a 8 x 8 grid, which has the raster numbers 0 to 63: \[-2\]; leave out channels that are on no"),
        (lambda: ec.ChannelMap.from_raster([6], (2, 3), True), ValueError, r"raster numbers 0 to 5: \[6\]"),
        (lambda: ec.ChannelMap.from_raster([0.5], (2, 3)), ValueError, "raster numbers are whole, one a channel, not"),
        (lambda: ec.ChannelMap.from_raster([[0]], (2, 3)), ValueError, r"not int64 of shape \(1, 1\)"),
        (lambda: ec.ChannelMap.from_raster([1, 1], (2, 3)), ValueError, r"more than one channel: \[\(0, 1\)\]"),
        (lambda: ec.ChannelMap.from_mask([[1, 0]]), ValueError, r"boolean, \(n_rows, n_cols\), not int64 of shape"),
        (lambda: ec.ChannelMap.from_positions([(0.0, np.nan)]), ValueError, r"\(y, x\) in mm, shape \(1, 2\), not"),
        (lambda: GRID.replace(positions=[(0, 0)]), ValueError, r"shape \(4, 2\), not \(1, 2\)"),
        (lambda: GRID.embed(np.ones((4, 2)), axis=2), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (lambda: GRID.embed(np.ones((4, 2)), axis=-3), np.exceptions.AxisError, "axis -3 is out of bounds"),
        (lambda: GRID.embed(np.ones(3)), ValueError, "axis 0 has 3 entries where the map has 4 channels"),
        (lambda: GRID.embed(1.0), np.exceptions.AxisError, "axis 0"),
        (lambda: GRID.extract(np.ones(3)), ValueError, "a grid has two axes, rows and columns; this array has the sha"),
        (lambda: GRID.extract(np.ones((4, 3))), ValueError, r"axes 0 and 1 are \(4, 3\), the grid is \(3, 4\)"),
        (lambda: GRID.extract(np.ones((3, 4)), axis=1), np.exceptions.AxisError, "axis 1"),
        (lambda: GRID.embed(np.ones(4), interpolate="spline"), ValueError, "by median, mean, nearest, not 'spline'"),
        (lambda: GRID.embed(np.ones(4, "c8"), interpolate="median"), TypeError, "type complex64 have no median"),
        (lambda: FREE.embed(np.ones(3), interpolate="mean"), ValueError, "free coordinates: a site without a channel"),
        (lambda: GRID.neighbours(), ValueError, r"one of radius= \(mm\), k= \(how many\) and grid= \(4 or 8\)"),
        (lambda: GRID.neighbours(k=1, radius=1.0), ValueError, "one of radius="),
        (lambda: GRID.neighbours(k=4), ValueError, "each channel of 4 has 3 others, not 4"),
        (lambda: GRID.neighbours(radius=-1.0), ValueError, "a radius is a distance in mm, not -1"),
        (lambda: GRID.neighbours(radius=np.nan), ValueError, "a radius is a distance in mm, not nan"),
        (lambda: GRID.neighbours(grid=6), ValueError, "4 or 8 neighbours on a grid, not 6"),
        (lambda: FREE.neighbours(grid=4), ValueError, r"free coordinates, no grid: ask for neighbours by radius="),
        (lambda: GRID.subset(np.ones((2, 2), bool)), ValueError, r"4 entries, not \(2, 2\); one of its grid has"),
        (lambda: GRID.subset([[0, 1]]), ValueError, r"channels are listed in one row, not in the shape \(1, 2\)"),
        (lambda: GRID.subset([0, 0]), ValueError, r"more than one channel: \[\(0, 1\)\]"),
        (lambda: ec.ChannelMap.from_frame(pd.DataFrame({"row": [1]})), ValueError, "it lacks col, has row"),
        (lambda: ec.ChannelMap.from_frame(pd.DataFrame({"row": [1.5], "col": [0]})), ValueError,
         "row and col are whole numbers in every line: column row has 1.5"),
        (lambda: ec.ChannelMap.from_frame(pd.DataFrame({"row": ["x"], "col": [0]})), ValueError, "every line: could"),
        (lambda: ec.ChannelMap.from_frame(pd.DataFrame({"row": [np.nan], "col": [0]})), ValueError, "row has nan"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


# Tables and probes


def test_tables_of_a_spreadsheet(tmp_path: Path) -> None:
    GRID.to_frame().to_csv(tmp_path / "map.csv")
    read = pd.read_csv(tmp_path / "map.csv")
    assert ec.ChannelMap.from_frame(read, shape=(3, 4), pitch=(0.4, 0.2)) == GRID
    assert ec.ChannelMap.from_frame(read).shape == (3, 4)
    FREE.to_frame().to_csv(tmp_path / "free.csv")
    assert ec.ChannelMap.from_frame(pd.read_csv(tmp_path / "free.csv"), shape=(3, 1)) == FREE
    assert ec.ChannelMap.from_frame(pd.DataFrame({"row": [], "col": []})).n_channels == 0


def test_probes_of_others(tmp_path: Path) -> None:
    """A grid is recognised, rows from the top; channels follow the device; what is not wired is left out."""
    points = [[x, y] for x in (0.0, 200.0) for y in (0.0, 300.0, 600.0)]
    probe = {
        "ndim": 2, "si_units": "um", "annotations": {"name": "made up"}, "contact_positions": points,
        "device_channel_indices": [5, 4, -1, 2, 1, 0], "contact_ids": list("abcdef"),
    }  # fmt: skip
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"specification": "probeinterface", "version": "0.2.24", "probes": [probe]}))
    got = ec.ChannelMap.from_probeinterface(path)
    assert (got.shape, got.pitch, got.names) == ((3, 2), (0.3, 0.2), ("f", "e", "d", "b", "a"))
    assert list(got) == [(0, 1), (1, 1), (2, 1), (1, 0), (2, 0)]
    assert got == ec.ChannelMap.from_probeinterface(str(path)) == ec.ChannelMap.from_probeinterface(probe)
    for unit, factor in (("mm", 1000), ("m", 1000000)):
        scaled = probe | {"si_units": unit, "contact_positions": (np.array(points) / factor).tolist()}
        assert ec.ChannelMap.from_probeinterface(scaled) == got
    unwired = ec.ChannelMap.from_probeinterface(probe | {"device_channel_indices": [-1] * 6, "contact_ids": None})
    assert (unwired[0], unwired.names[0]) == ((2, 0), "ch0")
    several = {"probes": [probe, probe | {"contact_ids": list("uvwxyz")}]}
    with pytest.raises(ValueError, match="has 2 probes: choose one with index=0 to 1"):
        ec.ChannelMap.from_probeinterface(several)
    assert ec.ChannelMap.from_probeinterface(several, index=1).names == ("z", "y", "x", "v", "u")
    with pytest.raises(IndexError, match="has 2 probes, none of index 2"):
        ec.ChannelMap.from_probeinterface(several, index=2)


def test_a_staggered_probe_has_free_coordinates() -> None:
    points = [[16.0 * (k % 2) + 11.0 * (k % 4 > 1), 20.0 * (k // 2)] for k in range(8)]
    got = ec.ChannelMap.from_probeinterface(
        {"contact_positions": points, "device_channel_indices": list(range(8))[::-1]}
    )
    assert (got.shape, got[0]) == ((8, 1), (7, 0))
    assert got.positions is not None
    assert got.positions[0].tolist() == [-0.06, 0.027]
    assert ec.ChannelMap.from_probeinterface(got.to_probeinterface(dictionary=True)) == got


def test_a_probe_that_was_moved_is_no_longer_our_grid() -> None:
    """What we noted of the grid holds only as long as the contacts lie where they lay."""
    content = GRID.to_probeinterface(dictionary=True)
    probe = content["probes"][0]
    probe["contact_positions"] = [[2 * x, y] for x, y in probe["contact_positions"]]
    assert ec.ChannelMap.from_probeinterface(content).positions is not None
    assert json.loads(json.dumps(content)) == content


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ({}, "the probe has no contacts"),
        ({"probes": []}, "no description of probes"),
        ({"probes": [1]}, "no description of probes"),
        (
            {"contact_positions": [[0, 0]], "si_units": "inch"},
            "unknown unit of positions .expected um, mm, m; found inch",
        ),
        ({"contact_positions": [[0, "x"]]}, "positions cannot be .expected two numbers a contact"),
        ({"contact_positions": [[0, 1], [2]]}, "positions cannot be"),
        ({"contact_positions": [0, 1]}, "positions cannot be"),
        ({"contact_positions": [[0, None]]}, "positions cannot be"),
        ({"contact_positions": [[0, 1, 2]], "ndim": 3}, "a map is flat"),
        ({"contact_positions": [[0, 1]], "device_channel_indices": [0, 1]}, "device_channel_indices cannot be"),
        ({"contact_positions": [[0, 1]], "device_channel_indices": ["x"]}, "device_channel_indices cannot be"),
        ({"contact_positions": [[0, 1]], "device_channel_indices": [0.5]}, "1 whole numbers, one a contact; found"),
        ({"contact_positions": [[0, 1], [0, 2]], "device_channel_indices": [3, 3]}, "contacts share a channel"),
    ],
)
def test_what_is_no_probe_is_refused(probe: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(ec.FormatError, match=words):
        ec.ChannelMap.from_probeinterface(probe)
    path = tmp_path / "probe.json"
    path.write_text(json.dumps(probe))
    with pytest.raises(ec.FormatError, match=words) as refused:
        ec.ChannelMap.from_probeinterface(path)
    assert str(path) in str(refused.value)


def test_files_that_are_no_probes(tmp_path: Path) -> None:
    path = tmp_path / "probe.json"
    with pytest.raises(ec.RecordingNotFound, match=r"probe.json: no such description of a probe"):
        ec.ChannelMap.from_probeinterface(path)
    for content, words in (
        (b"{", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[1]", "expected a dictionary; found list"),
    ):
        path.write_bytes(content)
        with pytest.raises(ec.FormatError, match=words):
            ec.ChannelMap.from_probeinterface(path)


@pytest.mark.parametrize("channel_map", [GRID, FREE, GRID.flip(), GRID[2:3]], ids=["grid", "free", "flipped", "one"])
def test_probes_of_probeinterface(channel_map: ec.ChannelMap, tmp_path: Path) -> None:
    probeinterface = pytest.importorskip("probeinterface", reason="pip install 'ecogcat[probe]'")
    probe = channel_map.to_probeinterface()
    assert probe.get_contact_count() == len(channel_map)
    with pytest.raises(ValueError, match="at least one contact"):
        channel_map[:0].to_probeinterface()
    assert ec.ChannelMap.from_probeinterface(probe) == channel_map
    probeinterface.write_probeinterface(tmp_path / "probe.json", probe)
    assert ec.ChannelMap.from_probeinterface(tmp_path / "probe.json") == channel_map
    (tmp_path / "ours.json").write_text(json.dumps(channel_map.to_probeinterface(dictionary=True)))
    theirs = probeinterface.read_probeinterface(tmp_path / "ours.json")
    assert ec.ChannelMap.from_probeinterface(theirs) == channel_map
    assert theirs.probes[0].device_channel_indices.tolist() == list(range(len(channel_map)))


def test_without_probeinterface_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "probeinterface", None)
    with pytest.raises(ImportError, match=r"pip install 'ecogcat\[probe\]'"):
        GRID.to_probeinterface()
    assert GRID.to_probeinterface(dictionary=True)["probes"][0]["contact_ids"] == ["a", "b", "c", "d"]
