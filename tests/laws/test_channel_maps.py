"""Laws of channel maps, over grids and free coordinates, seen from either side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import ecogcat as ec
from ecogcat.testing import laws
from ecogcat.testing.strategies import channel_maps, joinable

CHEAP = ("memory", "interleaved")  # nothing here depends on how samples lie
maps = channel_maps()
DTYPES = ["f4", "f8", "i2", "u1", "i8", "u8", "?", "c8", ">f4", ">i4", "U3"]
FILLS = [np.nan, 0, -1, 255, 300, 70000, 1.5, True, -(2**40), 1e300, np.inf, 1j]


def values(dtype: str) -> st.SearchStrategy[Any]:
    kind = np.dtype(dtype).kind
    if kind in "iu":  # within the whole numbers that doubles hold: NaN beside integers makes doubles
        limits = np.iinfo(dtype)
        return st.integers(max(int(limits.min), -(2**53)), min(int(limits.max), 2**53))
    if kind in "f":
        return st.one_of(st.floats(-1e4, 1e4, width=32), st.just(np.nan))
    return hnp.from_dtype(np.dtype(dtype))


@st.composite
def data_of(draw: st.DrawFn, channel_map: ec.ChannelMap, dtype: str, ndim: int | None = None, axis: int = 0) -> Any:
    n_axes = draw(st.integers(1, 3)) if ndim is None else ndim
    shape = [draw(st.integers(0, 3)) for _ in range(n_axes)]
    shape[axis] = len(channel_map)
    return draw(hnp.arrays(np.dtype(dtype), tuple(shape), elements=values(dtype)))


@given(maps, st.data(), st.sampled_from(DTYPES))
def test_embed_and_extract_are_inverse(channel_map: ec.ChannelMap, data: st.DataObject, dtype: str) -> None:
    n_axes = data.draw(st.integers(1, 3))
    axis = data.draw(st.integers(-n_axes, n_axes - 1))
    numbers = data.draw(data_of(channel_map, dtype, n_axes, axis))
    fill = "" if dtype == "U3" else data.draw(st.sampled_from(FILLS))
    if dtype == "u8" and not isinstance(fill, bool) and isinstance(fill, int) and fill < 0:
        with pytest.raises(ValueError, match="no whole-number type holds both uint64 data and a fill of -"):
            channel_map.embed(numbers, axis, fill)
        return
    laws.embed_and_extract_are_inverse(channel_map, numbers, axis, fill)


@given(maps, st.data(), st.sampled_from(["f4", "f8", "i2"]), st.sampled_from(["median", "mean", "nearest"]))
def test_interpolation_leaves_channels_alone(
    channel_map: ec.ChannelMap, data: st.DataObject, dtype: str, method: str
) -> None:
    plain = channel_map.replace(positions=None)
    numbers = data.draw(data_of(plain, dtype))
    laws.interpolation_leaves_channels_alone(plain, numbers, method)
    order = data.draw(st.permutations(range(len(plain))))
    if np.isfinite(numbers).all():  # sums of permuted numbers are rounded otherwise
        permuted = plain.subset(order).embed(numbers[order], interpolate=method)
        np.testing.assert_allclose(permuted, plain.embed(numbers, interpolate=method), rtol=1e-5, atol=1e-3)
    if method != "median":  # which goes along the rows
        mirrored = plain.flip().embed(numbers, interpolate=method)[:, ::-1]
        np.testing.assert_allclose(mirrored, plain.embed(numbers, interpolate=method), rtol=1e-5, atol=1e-3)
    if channel_map.positions is not None:
        with pytest.raises(ValueError, match="free coordinates"):
            channel_map.embed(numbers, interpolate=method)


@given(maps, st.data())
def test_permuted_maps_are_the_same_on_the_grid(channel_map: ec.ChannelMap, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(channel_map))))
    laws.permuting_a_map_changes_nothing_on_the_grid(channel_map, data.draw(data_of(channel_map, "f4")), order)
    laws.distances_are_symmetric(channel_map, order)


@given(maps, st.data())
def test_subsets_compose(channel_map: ec.ChannelMap, data: st.DataObject) -> None:
    one, other = (data.draw(hnp.arrays(bool, channel_map.shape)) for _ in range(2))
    laws.subsets_compose(channel_map, one, other)


@given(maps, st.data())
def test_flips_undo_themselves(channel_map: ec.ChannelMap, data: st.DataObject) -> None:
    n = len(channel_map)
    some = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
    laws.flips_undo_themselves(channel_map, data.draw(data_of(channel_map, "f4")), some)


@given(maps, st.data())
def test_site_sets_do_not_depend_on_the_order(channel_map: ec.ChannelMap, data: st.DataObject) -> None:
    n = len(channel_map)
    some = []
    for _ in range(3):
        picked = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
        some.append(channel_map.subset(picked))
    laws.site_sets_do_not_depend_on_the_order(*some)


@given(maps, maps)
def test_maps_of_other_geometries_have_no_sets(one: ec.ChannelMap, other: ec.ChannelMap) -> None:
    """Sets of sites are refused where join refuses: another shape, pitch or face, or a common site elsewhere."""
    grids_differ = (one.shape, one.pitch, one.pads_up) != (other.shape, other.pitch, other.pads_up)
    common = set(one) & set(other)
    apart = any(
        np.round(one.places[one.lookup(*site)], 6).tolist() != np.round(other.places[other.lookup(*site)], 6).tolist()
        for site in common
    )
    for operation in (one.intersection, one.union, one.difference, one.has_sites_of, one.subset):
        if grids_differ or apart:
            with pytest.raises(ValueError, match=r"whose sites are different places: .* and "):
                operation(other)
        else:
            operation(other)


@given(maps, st.data(), st.floats(0, 30))
def test_neighbours_are_the_nearest(channel_map: ec.ChannelMap, data: st.DataObject, radius: float) -> None:
    laws.neighbours_are_the_nearest(channel_map, radius, data.draw(st.integers(0, max(0, len(channel_map) - 1))))


@given(maps)
def test_maps_survive_other_forms(channel_map: ec.ChannelMap) -> None:
    laws.maps_survive_other_forms(channel_map)


@given(joinable(2, CHEAP, mapped=True), st.data())
def test_a_join_is_on_the_common_sites_of_its_maps(known: Any, data: st.DataObject) -> None:
    """Face and coordinates go through joining, splitting, selecting and masking."""
    a, b = (one.dataset for one in known)
    joined = ec.join(a, b)
    common = a.channel_map.intersection(b.channel_map)
    assert joined.channel_map == common.renamed(joined.signal.channel_names)
    assert ec.join(a, b, channels="outer").channel_map == a.channel_map.union(b.channel_map).renamed(
        ec.join(a, b, channels="outer").signal.channel_names
    )
    for alone, one in zip(ec.split(joined), (a, b), strict=True):
        assert alone.channel_map == one.channel_map.subset(one.channel_map.channels_at(common.sites))
    keep = data.draw(hnp.arrays(bool, len(common)))
    assert ec.mask_channels(joined, keep).channel_map == joined.channel_map.subset(keep)
    assert ec.load(joined).channel_map == joined.channel_map


@given(joinable(2, CHEAP, mapped=True), st.data())
def test_sites_that_lie_elsewhere_do_not_join(known: Any, data: st.DataObject) -> None:
    """The same sites at other coordinates, or seen from the other side, are another grid."""
    a, b = (one.dataset for one in known)
    turned = b.replace(channel_map=b.channel_map.flip())
    shifted = b.channel_map.replace(positions=b.channel_map.places + data.draw(st.sampled_from([0.001, -2.0])))
    assume(set(a.channel_map) & set(shifted))
    for other, words in ((turned, "pads up"), (b.replace(channel_map=shifted), "site .* mm")):
        error = laws.refuses_as_a_whole(a, other)
        assert "electrode grid" in str(error)
        with pytest.raises(ec.JoinError, match=words):
            ec.join(a, other)
    joined = ec.join(a, b.replace(channel_map=shifted), on_geometry_mismatch="sites")
    assert set(joined.channel_map) == set(a.channel_map) & set(shifted)
    assert joined.channel_map == a.channel_map.subset(a.channel_map.channels_at(joined.channel_map.sites)).renamed(
        joined.signal.channel_names
    )


@given(joinable(3, CHEAP, mapped=True))
def test_a_plain_grid_joins_its_own_coordinates(known: Any) -> None:
    """Coordinates that say what the grid says are no mismatch, and joining stays associative."""
    a, b, c = (one.dataset for one in known)
    a, b, c = (one.replace(channel_map=one.channel_map.replace(positions=None)) for one in (a, b, c))
    said = b.replace(channel_map=b.channel_map.replace(positions=b.channel_map.places))
    for some in ((a, said, c), (said, a, c)):
        laws.join_is_associative(*some)
        laws.join_is_associative(*some, join=lambda *d: ec.join(*d, channels="outer"))
        assert (ec.join(*some).channel_map.positions is None) == (some[0].channel_map.positions is None)
