"""An electrode given to a file of ours that lost channels: sites go by source channel, not by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.errors import FormatError

ELECTRODE = "psv_61_intan"  # on 64 source channels, three of them no sites


def recording(seed: int = 0) -> ec.Dataset:
    return ec.from_array(np.arange(64)[:, None] * 100 + np.arange(5) + seed, 1000.0)


@pytest.mark.parametrize(
    "electrode",
    [ELECTRODE, ec.electrode("psv_61"), ec.ChannelMap(np.argwhere(np.ones((8, 8))), (8, 8))],
    ids=["name", "grounds before its channels", "map"],
)
def test_sites_go_by_source_channel(electrode: str | ec.ChannelMap, tmp_path: Path) -> None:
    ec.write(recording(), tmp_path / "all.h5")
    whole = ec.open_recording(tmp_path / "all.h5", electrode=electrode)
    keep = np.ones(64, bool)
    keep[[0, 1, 7, 30]] = False  # sites, and a ground
    ec.write(ec.mask_channels(recording(), keep), tmp_path / "some.h5")
    some = ec.open_recording(tmp_path / "some.h5", electrode=electrode)
    assert whole.channel_map is not None
    assert some.channel_map is not None
    assert 0 < some.n_channels < whole.n_channels
    for channel, (row, col) in enumerate(some.channel_map):
        other = whole.channel_map.lookup(row, col)
        np.testing.assert_array_equal(some.signal[channel], whole.signal[other])
    assert ec.split(ec.join(some, some))[0].n_channels == some.n_channels


def test_parts_wired_differently_are_refused(tmp_path: Path) -> None:
    one = ec.from_array(np.ones((3, 4)), 1000.0, names=["a", "b", "c"])
    other = ec.from_array(np.ones((3, 4)), 1000.0, names=["c", "a", "b"])
    ec.write(ec.join(one, other, match="name"), tmp_path / "joined.h5")
    with pytest.raises(FormatError, match="different source channels"):
        ec.open_recording(tmp_path / "joined.h5", electrode=ec.ChannelMap([(0, 0), (0, 1), (0, 2)], (1, 3)))


def test_a_file_that_has_its_sites_says_so(tmp_path: Path) -> None:
    ec.write(recording(), tmp_path / "all.h5")
    ec.write(ec.open_recording(tmp_path / "all.h5", electrode=ELECTRODE), tmp_path / "placed.h5")
    with pytest.raises(FormatError, match="has its sites already"):
        ec.open_recording(tmp_path / "placed.h5", electrode=ELECTRODE)
