"""Channels left out for their impedance: limits, source channels, joins, frequencies, and real reports."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from tests.conftest import shared_path

REPORT = "reference/golden/case_101_impedance_oephys_xml_ref/input_impedance_measurement.xml"


def table(*sizes: float, frequency: float = 1000.0) -> pd.DataFrame:
    n = len(sizes)
    return pd.DataFrame({"channel": range(n), "magnitude_ohm": sizes, "frequency_hz": [frequency] * n})


def recording(n: int = 4, name: str = "a") -> ec.Dataset:
    return ec.from_array(np.arange(n)[:, None] * np.ones(5), 1000, name=name)


def test_limits_are_no_part_of_what_is_bad() -> None:
    found = ec.mask_impedance(recording(), table(2e6, 2e6 + 1, 1e4, 9.99e3), above=2e6, below=1e4)
    assert found.signal.channel_names == ("ch0", "ch2")
    assert found.dropped["reason"].tolist() == [
        "impedance 2 MOhm, above 2 MOhm",
        "impedance 9.99 kOhm, below 10 kOhm",
    ]
    assert ec.mask_impedance(recording(), table(2e6, 2e6 + 1), below=1.0) == recording()


def test_channels_that_were_not_measured_stay() -> None:
    assert ec.mask_impedance(recording(3), table(np.nan, 9e6), above=2e6).signal.channel_names == ("ch0", "ch2")


def test_the_channel_of_a_report_is_the_source_channel() -> None:
    permuted = ec.select_channels(recording(), [3, 1, 0])
    found = ec.mask_impedance(permuted, table(9e6, 1.0, 1.0, 1.0), above=2e6)
    assert found.signal[:, 0].tolist() == [3.0, 1.0]


def test_a_channel_that_is_bad_in_one_recording_leaves_the_join() -> None:
    grid = ec.ChannelMap([(0, 0), (0, 1), (1, 0)], (2, 2))
    data = np.arange(3)[:, None] * np.ones(4)
    a = ec.from_array(data, 1000, channel_map=grid, name="a")
    b = ec.from_array(data[::-1], 1000, channel_map=ec.ChannelMap(grid.sites[::-1], (2, 2)), name="b")
    joined = ec.join(a, b)
    found = ec.mask_impedance(joined, table(9e6, 1.0, 1.0), above=2e6)
    assert found.channel_map.sites.tolist() == [[0, 1]]  # source channel 0 is site (0, 0) of a and (1, 0) of b
    dropped = found.dropped
    assert set(zip(dropped["part"], dropped["source_channel"], strict=True)) == {("a", 0), ("a", 2), ("b", 0), ("b", 2)}
    assert set(dropped["reason"]) == {"impedance 9 MOhm, above 2 MOhm"}
    filled = ec.mask_impedance(joined, table(1.0, 1.0, 1.0), above=2e6)
    assert filled == joined


def test_of_several_frequencies_one_counts() -> None:
    both = pd.concat([table(9e6, 1e5, frequency=10.0), table(1e5, 1e5)])
    with pytest.raises(ValueError, match=r"at 10 Hz, 1000 Hz: frequency_hz= says which count"):
        ec.mask_impedance(recording(2), both, above=2e6)
    with pytest.raises(ValueError, match=r"no impedance was measured at 50 Hz, but at 10 Hz, 1000 Hz"):
        ec.mask_impedance(recording(2), both, above=2e6, frequency_hz=50)
    assert ec.mask_impedance(recording(2), both, above=2e6, frequency_hz=10).n_channels == 1
    assert ec.mask_impedance(recording(2), both, above=2e6, frequency_hz=1000).n_channels == 2


def test_a_limit_is_needed() -> None:
    with pytest.raises(ValueError, match="above= or below="):
        ec.mask_impedance(recording(), table(1.0))
    with pytest.raises(ec.RecordingNotFound, match="nowhere"):
        ec.mask_impedance(recording(), "nowhere.txt", above=1)


def test_a_real_report() -> None:
    path = shared_path(REPORT)
    measured = ec.read_impedance(path)
    limit = float(np.nanmedian(measured["magnitude_ohm"]))
    n = int(measured["channel"].max()) + 1
    found = ec.mask_impedance(recording(n), path, above=limit)
    bad = measured.loc[measured["magnitude_ohm"] > limit, "channel"]
    assert 0 < len(bad) < n
    assert sorted(found.dropped["source_channel"]) == sorted(bad)
