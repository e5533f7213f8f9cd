"""C8, D, H1: channel maps - faces, coordinates, lookups, grids of any type along any axis, unused channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from tests.bugs.recordings import Recordings, assert_same


def test_c8_faces_and_coordinates_are_joined(make: Recordings, kind: str) -> None:
    """The face was lost and maps of coordinates raised; a join keeps both, and so do its parts."""
    for channel_map in (
        ec.ChannelMap([(0, 0), (1, 0)], (2, 1), pads_up=True),
        ec.ChannelMap.from_positions([(0.0, 0.0), (0.0, 1.0)]),
    ):
        data = np.arange(10.0).reshape(2, 5)
        a, b = (make.dataset(data, kind, name=name, channel_map=channel_map) for name in ("s.a", "s.b"))
        joined = ec.join(a, b)
        assert joined.channel_map == channel_map
        assert_same(joined.signal[...], np.concatenate([data, data], axis=1))
        turned = ec.join(a, ec.select_channels(b, [1, 0]))
        assert turned.channel_map == channel_map
        assert_same(turned.signal[...], joined.signal[...])
        for one in (*ec.split(joined), ec.load(joined), ec.select_time(joined, 2, 7)):
            assert one.channel_map == channel_map


def test_c8_other_geometries_are_named(make: Recordings) -> None:
    """Maps of another geometry raised without saying which; shapes and pitches are named."""
    a = make.dataset(np.ones((2, 5)), name="s.a", channel_map=ec.ChannelMap([(0, 0), (1, 0)], (2, 1)))
    b = make.dataset(np.ones((2, 5)), name="s.b", channel_map=ec.ChannelMap([(0, 0), (0, 1)], (1, 2)))
    with pytest.raises(ec.JoinError, match=r"s\.b: electrode grid: expected 2 x 1, pitch 1 x 1 mm, found 1 x 2, pitch"):
        ec.join(a, b)


def test_d1_the_face_stays() -> None:
    """Subset, slice and a change of order lost the face; from_mask had one by accident."""
    channel_map = ec.ChannelMap.from_raster([0, 1, 5], (2, 3), pads_up=True)
    for one in (
        channel_map.subset([0, 1]),
        channel_map[:2],
        channel_map[::-1],
        channel_map[[False, True, True]],
        channel_map.subset(np.ones((2, 3), bool)),
        channel_map.renamed(["a", "b", "c"]),
        channel_map.intersection(channel_map[:1]),
        channel_map.union(channel_map[:1]),
        channel_map.difference(channel_map[:1]),
        ec.ChannelMap.from_raster(channel_map.raster(col_major=True), (2, 3), True, pads_up=True),
        ec.ChannelMap.from_frame(channel_map.to_frame()),
        ec.ChannelMap.from_probeinterface(channel_map.to_probeinterface(dictionary=True)),
    ):
        assert one.pads_up is True
    diagonal = ec.ChannelMap.from_mask(np.eye(2, dtype=bool))
    assert diagonal.pads_up is False
    assert diagonal.facing(pads_up=False).raster().tolist() == [0, 3]
    assert diagonal.facing(pads_up=True).raster().tolist() == [1, 2]


def test_d2_lookups() -> None:
    """Wrong sites of column-major maps, masks taken for indices, masks of callers edited, geometry ignored by ==."""
    channel_map = ec.ChannelMap.from_raster([0, 1, 5, 7], (2, 4))
    for row, col in ((-1, 3), (0, -1), (2, 0), (0, 2)):
        with pytest.raises(KeyError, match="no channel at site"):
            channel_map.lookup(row, col)
    assert channel_map[-1] == (1, 3)
    with pytest.raises(ValueError, match="sites given to more than one channel"):
        ec.ChannelMap.from_raster([0, 0, 1], (1, 2))
    other = ec.ChannelMap.from_raster([7, 0], (2, 4))
    assert channel_map.subset(other).raster().tolist() == [0, 7]
    assert other.subset(channel_map).raster().tolist() == [7, 0]
    assert channel_map.subset([True, False, True, False]).raster().tolist() == [0, 5]
    mask = np.ones((2, 4), bool)
    assert ec.ChannelMap.from_raster([5, 0, 7], (2, 4)).subset(mask).raster().tolist() == [5, 0, 7]
    assert mask.all()
    assert len(channel_map[1:1]) == 0
    assert channel_map[[0, 1]].raster().tolist() == [0, 1]
    assert ec.ChannelMap.from_raster([0, 1], (1, 2)) != ec.ChannelMap.from_raster([0, 1], (2, 1))
    with pytest.raises(AttributeError):
        channel_map.append(2)  # type: ignore[attr-defined]
    raster = np.arange(6).reshape(2, 3)
    assert ec.ChannelMap.from_raster([1], (2, 3), col_major=True).extract(raster).tolist() == [3]


@pytest.mark.parametrize("dtype", ["i2", "i8", "u1", "f4", "f8"])
def test_d3_grids_of_any_type_along_any_axis(dtype: str) -> None:
    """A negative axis raised; the edges were given x first without a name."""
    channel_map = ec.ChannelMap.from_raster([0, 1, 5], (2, 3))
    data: Any = np.arange(6).reshape(2, 3).astype(dtype)
    assert channel_map.embed(data, axis=1).shape == channel_map.embed(data, axis=-1).shape == (2, 2, 3)
    assert_same(channel_map.embed(data, axis=-1), channel_map.embed(data, axis=1))
    assert_same(channel_map.extract(channel_map.embed(data, axis=-1, fill=0), axis=-1), data)
    grid = channel_map.embed(data[1], fill=-1)
    assert grid.dtype == np.dtype("i2" if dtype == "u1" else dtype)
    assert grid.tolist() == [[3, 4, -1], [-1, -1, 5]]
    assert channel_map.embed(data[0] + data.dtype.type(1), interpolate="median").tolist() == [[1, 2, 2.5], [1.5, 2, 3]]
    edges = ec.ChannelMap([(0, 0)], (2, 3), pitch=(2.0, 1.0)).boundary
    assert (edges.left, edges.right, edges.top, edges.bottom) == (-0.5, 2.5, -1.0, 3.0)


def test_h1_channels_on_no_site_are_said_to_be() -> None:
    """Tables with a marker for unused channels could not be built; the marker is named, and what to do."""
    with pytest.raises(ValueError, match=r"\[-2\]; leave out channels that are on no site"):
        ec.ChannelMap.from_raster([3, -2, 5], (8, 8))


def test_h1_column_major_tables_are_maps_like_any() -> None:
    """Tiled electrodes stayed column-major; here the order is one of import and export alone."""
    channel_map = ec.ChannelMap.from_raster([1, 2, 5], (3, 2), col_major=True)
    assert channel_map == ec.ChannelMap.from_raster(channel_map.raster(), (3, 2))
    assert channel_map.raster(col_major=True).tolist() == [1, 2, 5]
