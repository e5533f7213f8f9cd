"""Pictures of channel maps: one drawing behind `ChannelMap.image` and `plot_map`, legible at every size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from tests.test_plot import assert_legible, patches, words

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def grid(n_rows: int, n_cols: int, pitch: Any = 0.4, **fields: Any) -> ec.ChannelMap:
    return ec.ChannelMap.from_mask(np.ones((n_rows, n_cols), bool), pitch=pitch, **fields)


STAGGERED = ec.ChannelMap.from_positions([(0.02 * (k // 2), 0.032 * (k % 2) + 0.016 * (k // 2 % 2)) for k in range(64)])
_ABOUT = np.argwhere(np.ones((5, 4))) + np.random.default_rng(0).uniform(-0.3, 0.3, (20, 2))
SCATTERED = ec.ChannelMap.from_positions(_ABOUT, pads_up=True)
MAPS = {
    "8 x 8": grid(8, 8),
    "16 x 64": grid(16, 64, 0.2),
    "32 x 1": grid(32, 1, 0.1),
    "1 x 6": grid(1, 6, 10.0),
    "one site": grid(1, 1),
    "wide pitch": grid(16, 16, (0.2, 0.4)),
    "staggered": STAGGERED,
    "scattered": SCATTERED,
    "one contact": STAGGERED[:1],
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("pads_up", [False, True])
def test_maps_are_legible(name: str, pads_up: bool) -> None:
    """Every channel can be read, in letters that print, and nothing covers anything else."""
    channel_map = MAPS[name].facing(pads_up=pads_up)
    values = np.linspace(-1, 1, len(channel_map))
    ax = channel_map.image(values, units="uV", label="lfp")
    assert_legible(ax.figure)
    said = words(ax.figure)
    assert "lfp (µV)" in said
    assert ("pads up" in said) is pads_up
    names = [text for text in ax.texts if text.get_text() != "pads up"]
    assert len(names) == len(channel_map)
    shortened = [text.get_text() for text in names] != list(channel_map.names)
    assert shortened is ("channels ch…" in said)
    assert [int(text.get_text().removeprefix("ch")) for text in names] == list(range(len(channel_map)))
    assert min(text.get_fontsize() for text in names) >= 4


def test_numbers_of_a_thousand_channels_print_in_a_size_that_journals_take() -> None:
    ax = MAPS["16 x 64"].image()
    assert min(text.get_fontsize() for text in ax.texts) >= 6


def test_channels_are_where_the_map_says() -> None:
    for channel_map in (MAPS["8 x 8"].subset([5, 63, 0]), SCATTERED):
        ax = channel_map.image(names=False)
        kept = patches(ax)[-1][1]
        centres = [path.get_extents().get_points().mean(0)[::-1] for path in kept.get_paths()]
        free = channel_map.positions is not None
        np.testing.assert_allclose(centres, channel_map.places if free else channel_map.sites, atol=1e-9)
        assert ax.get_ylim()[0] > ax.get_ylim()[1], "rows and y count downwards"
        assert not ax.texts or free


def test_image_and_plot_map_are_one_drawing() -> None:
    channel_map = grid(3, 4)
    values = np.arange(12.0)
    one, other = channel_map.image(values, units="uV"), ec.plot_map(channel_map, values, units="uV")
    assert words(one.figure) == words(other.figure)
    for (n, a), (m, b) in zip(patches(one), patches(other), strict=True):
        assert n == m
        np.testing.assert_array_equal(a.get_facecolor(), b.get_facecolor())
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2)
    assert channel_map.image(ax=left) is left
    assert figure.axes == [left, right]


@pytest.mark.parametrize("how", ["pairs", "map", "table"])
def test_dropped_sites_are_hatched(how: str) -> None:
    whole = grid(3, 4)
    kept = whole.subset(range(2, 11))
    gone = whole.subset([0, 1])
    dropped: Any = {
        "pairs": [(0, 0), (0, 1)],
        "map": gone,
        "table": pd.DataFrame({"row": [0, 0], "col": [0, 1], "reason": "broken"}),
    }[how]
    ax = kept.image(dropped=dropped)
    absent, channels, hatched = patches(ax)
    assert (absent[0], channels[0], hatched[0]) == (1, 9, 2)
    assert hatched[1].get_hatch()
    said = words(ax.figure)
    assert ("2 dropped: broken" if how == "table" else "2 dropped |") in said + " |"
    assert "1 without a channel" in said
    assert_legible(ax.figure)


def test_a_channel_that_is_dropped_is_hatched_and_not_counted_twice() -> None:
    ax = grid(2, 2).subset([0, 1, 2]).image(dropped=[(0, 0)])
    assert "1 without a channel" in words(ax.figure)
    assert sorted(text.get_text() for text in ax.texts) == ["ch1", "ch2"]


def test_dropped_contacts_at_free_coordinates_are_hatched_where_they_lie() -> None:
    dataset = ec.from_array(np.ones((20, 5)), 1000, channel_map=SCATTERED, name="a")
    ax = ec.plot_map(ec.mask_channels(dataset, names=["ch3", "ch7"], reason="open"))
    hatched = patches(ax)[-1][1]
    centres = [path.get_extents().get_points().mean(0)[::-1] for path in hatched.get_paths()]
    np.testing.assert_allclose(centres, SCATTERED.places[[3, 7]], atol=1e-9)
    assert "2 dropped: open" in words(ax.figure)
    assert_legible(ax.figure)
    assert_legible(ec.plot_overview(ec.mask_channels(dataset, names=["ch3"])))


@pytest.mark.parametrize(
    ("dropped", "words"),
    [
        ([(0, 4)], r"dropped sites outside of the 3 x 4 grid: \[\(0, 4\)\]"),
        ([0, 1], r"whole \(row, col\) pairs, not int64 of shape \(2,\)"),
        ([(0.0, 1.0)], "pairs, not float64"),
        (pd.DataFrame({"row": [1]}), "columns row and col"),
    ],
)
def test_what_is_no_site_is_not_hatched(dropped: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        grid(3, 4).image(dropped=dropped)


def test_a_map_without_channels_is_drawn(tmp_path: Path) -> None:
    for empty in (grid(2, 2)[:0], STAGGERED[:0]):
        ax = empty.image(np.zeros(0))
        ax.figure.savefig(tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size > 1000


def test_two_contacts_at_nearly_one_place_do_not_shrink_the_others() -> None:
    close = ec.ChannelMap.from_positions([*_ABOUT, _ABOUT[0] + 0.001])
    ax = close.image()
    assert len(ax.texts) == 21
    sides = [path.get_extents().width for path in patches(ax)[-1][1].get_paths()]
    assert min(sides) == pytest.approx(max(sides))
    assert 0.1 < max(sides) < 0.6
