"""The laws of channel maps can fail: each is held to a map that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.testing import laws

SITES = [(0, 0), (1, 2), (0, 1), (1, 0)]
DATA = np.array([1.0, 2.0, 3.0, 4.0])
MASKS = [[True, True, False], [True, False, True]], [[True, False, False], [True, True, True]]


class Misplaced(ec.ChannelMap):
    """Puts the values of channels along the rows, whatever their sites."""

    def embed(self, data: Any, axis: int = 0, fill: Any = np.nan, **options: Any) -> Any:
        return ec.ChannelMap.from_mask(self.occupied).embed(data, axis, fill, **options)


class Smeared(ec.ChannelMap):
    """Estimates lie outside of what was measured."""

    def embed(self, data: Any, axis: int = 0, fill: Any = np.nan, **options: Any) -> Any:
        grid = super().embed(data, axis, fill, **options)
        grid[~self.occupied] += 100
        return grid


class Faceless(ec.ChannelMap):
    """Subsets lose the face."""

    def subset(self, channels: Any) -> Any:
        return super().subset(channels).replace(pads_up=False)


class Sorted(ec.ChannelMap):
    """What two maps have in common is sorted by site."""

    def intersection(self, *others: ec.ChannelMap) -> Any:
        common = super().intersection(*others)
        return common.subset(np.argsort(common.raster()))


class Skewed(ec.ChannelMap):
    """Ignores one of the pitches."""

    def distances(self) -> Any:
        return np.hypot(*(self.sites[:, None] - self.sites).T * self.pitch[0])


class Crowded(ec.ChannelMap):
    """Everyone is a neighbour."""

    def neighbours(self, **how: Any) -> Any:
        return tuple(np.arange(len(self)) for _ in range(len(self)))


class Transposed(ec.ChannelMap):
    """Raster numbers run the other way."""

    def raster(self, col_major: bool = False) -> Any:
        return super().raster(not col_major)


def check(law: Callable[..., None], cls: type[ec.ChannelMap], *arguments: Any) -> None:
    law(cls(SITES, (2, 3), (1.0, 0.5), pads_up=True), *arguments)


CASES: list[tuple[Callable[..., None], type[ec.ChannelMap], tuple[Any, ...]]] = [
    (laws.permuting_a_map_changes_nothing_on_the_grid, Misplaced, (DATA, [3, 0, 2, 1])),
    (laws.embed_and_extract_are_inverse, Misplaced, (DATA,)),
    (laws.interpolation_leaves_channels_alone, Smeared, (DATA, "mean")),
    (laws.subsets_compose, Faceless, MASKS),
    (laws.flips_undo_themselves, Faceless, (DATA, [1, 0])),
    (laws.distances_are_symmetric, Skewed, ([3, 0, 2, 1],)),
    (laws.neighbours_are_the_nearest, Crowded, (1.0, 2)),
    (laws.maps_survive_other_forms, Transposed, ()),
]


@pytest.mark.parametrize(
    ("law", "broken", "arguments"), CASES, ids=[case[1].__name__ + str(k) for k, case in enumerate(CASES)]
)
def test_a_broken_map_is_noticed(law: Callable[..., None], broken: type[ec.ChannelMap], arguments: Any) -> None:
    check(law, ec.ChannelMap, *arguments)
    with pytest.raises((AssertionError, ValueError)):
        check(law, broken, *arguments)


def test_a_broken_intersection_is_noticed() -> None:
    right, broken = (tuple(cls(SITES[::-1][:n], (2, 3)) for n in (4, 3, 2)) for cls in (ec.ChannelMap, Sorted))
    laws.site_sets_do_not_depend_on_the_order(*right)
    with pytest.raises(AssertionError):
        laws.site_sets_do_not_depend_on_the_order(*broken)
