"""Joins of the older system's golden vectors, in the regimes where it was right: samples, sites, stamps, conditions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ecogcat as ec
from tests.bugs.recordings import Recordings
from tests.conftest import SHARED
from tests.formats.golden import golden

CASES = sorted((SHARED / "reference/golden").glob("case_*_join_*"))


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("case", CASES or [None], ids=lambda path: path.name if path else "absent")
def test_golden_joins(case: Path | None, flipped: bool, tmp_path: Path) -> None:
    """Loaded ("p") and mapped ("m") recordings; the same is true of maps seen from the other side."""
    if case is None:
        pytest.skip(f"golden vectors absent from {SHARED}: name the folder `shared` in ECOGCAT_SHARED")
    meta, expected = golden(case / "meta.json")
    with np.load(case / "input.npz") as inputs:
        given = dict(inputs)
    make, datasets = Recordings(tmp_path), []
    for k, source in enumerate(meta["sources"]):
        channel_map = ec.ChannelMap.from_raster(given[f"flat{k}"], tuple(meta["geometry"]))
        stamps = given.get(f"stamps{k}")
        events = None if stamps is None else ec.Events(stamps, {"tone": given[f"tone{k}"]})
        dataset = make.dataset(
            given[f"data{k}"],
            "memory" if source == "p" else "chunked",
            name=f"r{k}",
            channel_map=channel_map.flip() if flipped else channel_map,
            aligned={"adc": make.signal(given[f"adc{k}"], units="V")} if f"adc{k}" in given else None,
            events=events,
        )
        datasets.append(dataset)
    joined = ec.join(*datasets)
    assert joined.channel_map is not None
    assert joined.channel_map.pads_up is flipped
    np.testing.assert_array_equal(joined.channel_map.facing(pads_up=False).sites, expected["sites"])
    np.testing.assert_array_equal(joined.signal[...], expected["data"])
    np.testing.assert_array_equal(ec.load(joined).signal[...], expected["data"])
    assert ("adc" in joined.aligned) is ("adc" in expected)
    if "adc" in expected:
        np.testing.assert_array_equal(joined["adc"][...], expected["adc"])
    assert ("stamps" in expected) is bool(len(joined.events))
    if "stamps" in expected:
        np.testing.assert_array_equal(joined.events.sample, expected["stamps"])
        np.testing.assert_array_equal(joined.events.table["tone"], expected["tone"])
