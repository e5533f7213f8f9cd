"""Laws of channel maps: grids filled and emptied, sites kept, sides turned, sets of sites, distances, other forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecogcat.channels import ChannelMap

__all__ = [
    "distances_are_symmetric",
    "embed_and_extract_are_inverse",
    "flips_undo_themselves",
    "interpolation_leaves_channels_alone",
    "maps_survive_other_forms",
    "neighbours_are_the_nearest",
    "permuting_a_map_changes_nothing_on_the_grid",
    "site_sets_do_not_depend_on_the_order",
    "subsets_compose",
]

Sites = set[tuple[int, int]]


def _same(got: ArrayLike, expected: ArrayLike, what: str) -> None:
    one, other = np.asarray(got), np.asarray(expected)
    assert (one.shape, one.dtype) == (other.shape, other.dtype), f"{what}: {one.dtype} {one.shape}, {other.dtype}"
    nan = one.dtype.kind in "fc"
    assert np.array_equal(one, other, equal_nan=nan), f"{what} differs"


def embed_and_extract_are_inverse(
    channel_map: ChannelMap, data: NDArray[Any], axis: int = 0, fill: Any = np.nan, **options: Any
) -> None:
    """Assert that extract gives back what embed took, along any axis, and that all other sites hold the fill."""
    before = data.copy()
    grid = channel_map.embed(data, axis, fill, **options)
    axis = axis % data.ndim
    assert grid.shape == (*data.shape[:axis], *channel_map.shape, *data.shape[axis + 1 :]), f"shape {grid.shape}"
    for counted in (axis, axis - data.ndim):
        again = channel_map.extract(grid, axis=counted)
        assert again.shape == data.shape
        _same(again, data.astype(grid.dtype), "what was extracted")
        real = again.real if np.iscomplexobj(again) and not np.iscomplexobj(data) else again
        _same(real.astype(data.dtype), data, "what was extracted, in its own type")
    _same(data, before, "the data embedded")
    if not options:
        empty = np.moveaxis(grid, (axis, axis + 1), (0, 1))[~channel_map.occupied]
        _same(empty, np.full(empty.shape, fill, grid.dtype), "sites without a channel")


def interpolation_leaves_channels_alone(channel_map: ChannelMap, data: NDArray[Any], method: str) -> None:
    """Assert that interpolated sites lie within the range of the channels, and that channels are as they were."""
    embed_and_extract_are_inverse(channel_map, data, interpolate=method)
    grid = channel_map.embed(data, interpolate=method)
    if len(channel_map) and np.isfinite(data).all():
        assert np.isfinite(grid).all(), "sites are left empty"
        slack = 1e-6 * max(1.0, float(np.abs(data).max(initial=0.0)))
        assert (grid >= data.min(0) - slack).all(), "an estimate lies below all channels"
        assert (grid <= data.max(0) + slack).all(), "an estimate lies above all channels"


def permuting_a_map_changes_nothing_on_the_grid(
    channel_map: ChannelMap, data: NDArray[Any], order: Sequence[int], **options: Any
) -> None:
    """Assert that channels permuted together with their map embed to the same grid."""
    some = np.asarray(order, np.int64)
    _same(channel_map.subset(some).embed(data[some], **options), channel_map.embed(data, **options), "the grid")


def subsets_compose(channel_map: ChannelMap, one: ArrayLike, other: ArrayLike) -> None:
    """Assert that keeping sites is idempotent and commutes, however they are named; `one`, `other` are grid masks."""
    a, b = np.asarray(one), np.asarray(other)
    kept = channel_map.subset(a)
    assert kept.subset(a) == kept, "keeping sites twice is keeping them once"
    assert kept.subset(b) == channel_map.subset(b).subset(a) == channel_map.subset(a & b)
    by_channel = a[channel_map.sites[:, 0], channel_map.sites[:, 1]]
    listed = np.flatnonzero(by_channel)
    assert kept == channel_map.subset(by_channel) == channel_map.subset(listed) == channel_map[listed.tolist()]
    assert kept == channel_map.subset(kept) == channel_map.intersection(kept)
    assert (kept.shape, kept.pitch, kept.pads_up) == (channel_map.shape, channel_map.pitch, channel_map.pads_up)
    _same(kept.places, channel_map.places[listed], "places")
    assert kept.names == tuple(channel_map.names[k] for k in listed)
    for channel, (row, col) in enumerate(kept):
        assert kept[channel] == (row, col)
        assert kept.lookup(row, col) == channel


def flips_undo_themselves(channel_map: ChannelMap, data: NDArray[Any], channels: ArrayLike) -> None:
    """Assert that two flips are none, that flips commute with subsets and mirror the grid, and that distances stay."""
    other = channel_map.flip()
    assert other.pads_up is not channel_map.pads_up
    assert other != channel_map
    assert other.flip() == channel_map
    assert other.subset(channels) == channel_map.subset(channels).flip()
    assert other.names == channel_map.names
    _same(other.embed(data), channel_map.embed(data)[:, ::-1], "the grid seen from behind")
    assert np.allclose(other.distances(), channel_map.distances(), atol=1e-5)
    for side in (False, True):
        assert channel_map.facing(pads_up=side).pads_up is side
        assert other.facing(pads_up=side) == channel_map.facing(pads_up=side)


def site_sets_do_not_depend_on_the_order(a: ChannelMap, b: ChannelMap, c: ChannelMap) -> None:
    """Assert that set operations of maps of one geometry are those of sets of sites, in any order; a's order is kept.

    What is known of a site - its place - comes along.
    """
    own = [set(one) for one in (a, b, c)]
    assert set(a.intersection(b)) == set(b.intersection(a)) == own[0] & own[1]
    assert set(a.union(b)) == set(b.union(a)) == own[0] | own[1]
    assert set(a.difference(b)) == own[0] - own[1]
    assert a.intersection(b, c) == a.intersection(b).intersection(c) == a.intersection(b.intersection(c))
    assert set(a.intersection(b, c)) == set(c.intersection(a, b)) == own[0] & own[1] & own[2]
    assert list(a.union(b, c)) == list(a.union(b).union(c)) == list(a.union(b.union(c)))
    assert set(a.union(b, c)) == own[0] | own[1] | own[2]
    assert a.difference(b, c) == a.difference(b).difference(c) == a.difference(b.union(c))
    assert set(a.difference(b).union(a.intersection(b))) == own[0]
    assert list(a.intersection(b)) == [site for site in a if site in own[1]]
    assert list(a.has_sites_of(b)) == [site in own[1] for site in a]
    assert a.intersection(a) == a.union(a) == a
    together = a.union(b, c)
    for one in (a, b, c):
        _same(np.round(together.subset(together.channels_at(one.sites)).places, 6), np.round(one.places, 6), "places")
        assert one.pads_up is together.pads_up


def distances_are_symmetric(channel_map: ChannelMap, order: Sequence[int]) -> None:
    """Assert that distances are those of places: symmetric, none to oneself, no detour shorter, permuted with them."""
    apart = channel_map.distances()
    n = len(channel_map)
    assert apart.shape == (n, n)
    _same(apart, apart.T.copy(), "the way back")
    assert not apart.diagonal().any()
    for k, (y, x) in enumerate(channel_map.places.tolist()):
        naive = [((y - v) ** 2 + (x - u) ** 2) ** 0.5 for v, u in channel_map.places.tolist()]
        assert np.allclose(apart[k], naive, rtol=1e-12, atol=1e-12)
    if n:
        detour = (apart[:, :, None] + apart[None, :, :]).min(1)
        assert (apart <= detour + 1e-9).all()
    some = np.asarray(order, np.int64)
    _same(channel_map.subset(some).distances(), apart[np.ix_(some, some)], "distances of permuted channels")


def neighbours_are_the_nearest(channel_map: ChannelMap, radius: float, k: int) -> None:
    """Assert that neighbours are those that distances make, the nearest first, of equally near ones the lower."""
    apart = np.round(channel_map.distances(), 6)
    n = len(channel_map)
    for own, near, within in zip(
        range(n), channel_map.neighbours(k=k), channel_map.neighbours(radius=radius), strict=True
    ):
        ranked = sorted((float(apart[own, j]), j) for j in range(n) if j != own)
        assert np.allclose(apart[own, near], [d for d, _ in ranked[:k]], atol=2e-6)
        assert len(near) == k
        assert own not in near
        assert len(set(near.tolist())) == k
        inside = {j for d, j in ranked if d <= radius - 2e-6}
        assert inside <= set(within.tolist()) <= {j for d, j in ranked if d <= radius + 3e-6}
        assert (np.diff(apart[own, within]) >= -2e-6).all()
    if channel_map.positions is None:
        for grid, steps in ((4, [(0, 1), (1, 0), (0, -1), (-1, 0)]), (8, None)):
            steps = steps or [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
            for (row, col), beside in zip(channel_map, channel_map.neighbours(grid=grid), strict=True):
                sites = {(row + dy, col + dx) for dy, dx in steps} & set(channel_map)
                assert {channel_map[j] for j in beside.tolist()} == sites


def maps_survive_other_forms(channel_map: ChannelMap) -> None:
    """Assert that a map comes back from raster numbers, from a table, and from a description of a probe."""
    kept: dict[str, Any] = {"pitch": channel_map.pitch, "names": channel_map.names, "pads_up": channel_map.pads_up}
    plain = channel_map.replace(positions=None)
    for col_major in (False, True):
        numbers = channel_map.raster(col_major)
        assert ChannelMap.from_raster(numbers, channel_map.shape, col_major, **kept) == plain
        ordered = plain.subset(np.argsort(numbers))
        assert ChannelMap.from_mask(channel_map.occupied, col_major, **(kept | {"names": ordered.names})) == ordered
    frame = channel_map.to_frame()
    assert ChannelMap.from_frame(frame) == channel_map
    bare = pd.DataFrame(frame.to_dict(orient="list"))
    known: dict[str, Any] = {"shape": channel_map.shape, "pitch": channel_map.pitch, "pads_up": channel_map.pads_up}
    assert ChannelMap.from_frame(bare.astype({"row": "float64"}), **known) == channel_map
    assert ChannelMap.from_probeinterface(channel_map.to_probeinterface(dictionary=True)) == channel_map
