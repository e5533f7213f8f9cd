"""Events of real recordings after a join: how many, and at which samples, by the recordings' own files."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from tests.conftest import shared_path
from tests.formats.cases_brainvision import FILES, FOLDER
from tests.formats.continuous import decode_channel, decode_events

LEGACY, BINARY = "recordings/openephys_legacy", "recordings/openephys_binary"
TRACKING, PROBES = "v0.4.4.1_with_video_tracking", "2023-06-27_Neuropixel_test_te0001"


def brainvision(name: str) -> tuple[ec.Dataset, list[int]]:
    """A recording, and the positions of its markers, which count from 1; one lies at 0 and is taken for 1."""
    path = shared_path(f"{FOLDER}/{name}.vhdr")
    markers = re.findall(r"^Mk\d+=([^,]*),[^,]*,(\d+)", path.with_suffix(".vmrk").read_text("utf-8"), re.MULTILINE)
    own = [max(int(position), 1) - 1 for kind, position in markers if kind != "New Segment"]
    return ec.open_recording(path), own


def continuous(folder: str, channel: str, events: str, **which: Any) -> tuple[ec.Dataset, list[int]]:
    """A recording, and the timestamps of its events less the first one of a channel."""
    path = shared_path(f"{LEGACY}/{folder}")
    first = int(decode_channel(path / f"{channel}.continuous").timestamps[0])
    return ec.open_recording(path, **which), (decode_events(path / events)["timestamp"].astype("i8") - first).tolist()


def binary(session: str, stream: str, lines: list[str], numbers: str) -> tuple[ec.Dataset, list[int]]:
    """A stream, and the sample numbers on its lines less its own first one."""
    path = shared_path(f"{BINARY}/{session}")
    (place,) = path.glob(f"**/continuous/{stream}/{numbers}")
    files = [file for line in lines for file in path.glob(f"**/events/{line}/{numbers}")]
    assert len(files) == len(lines)
    own = np.concatenate([np.load(file) for file in files]) - np.load(place)[0]
    return ec.open_recording(path, stream=stream), np.sort(own).tolist()


def lfp(probe: str) -> tuple[ec.Dataset, list[int]]:
    stream = f"Neuropix-PXI-100.{probe}-LFP"
    return binary(PROBES, stream, [f"{stream}/TTL"], "sample_numbers.npy")


def tracking() -> tuple[ec.Dataset, list[int]]:
    lines = ["Rhythm_FPGA-100.0/TTL_1", "Sync_Port-129.0/TTL_1"]
    return binary(TRACKING, "Rhythm_FPGA-100.0", lines, "timestamps.npy")


def node() -> tuple[ec.Dataset, list[int]]:
    folder = shared_path(f"{LEGACY}/Record Node 101")
    channel = sorted(folder.glob("*.continuous"))[0].stem
    return continuous(folder.name, channel, "100_example-data.events")


def third_sample(experiment: int) -> tuple[ec.Dataset, list[int]]:
    suffix = "" if experiment == 1 else "_2"
    channel, events = f"100_CH1{suffix}", f"all_channels{suffix}.events"
    return continuous("OpenEphys_SampleData_3", channel, events, experiment=experiment)


CASES = {
    "BrainVision, three recordings": lambda: [brainvision(name) for name in FILES],
    "Open Ephys .continuous, twice": lambda: [node(), node()],
    "Open Ephys .continuous, two experiments": lambda: [third_sample(1), third_sample(2), third_sample(1)],
    "Open Ephys binary, twice": lambda: [tracking(), tracking()],
    "Open Ephys binary, two probes": lambda: [lfp("ProbeA"), lfp("ProbeB")],
}


@pytest.mark.parametrize("case", CASES)
def test_events_of_joined_recordings_are_their_own(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    recordings, own = zip(*CASES[case](), strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of events outside of the samples, which are left out
        joined = ec.join(*recordings, match="name")
    wanted, starts = [], np.cumsum([0, *(one.n_samples for one in recordings)])
    for samples, dataset, start in zip(own, recordings, starts, strict=False):
        wanted += [start + sample for sample in samples if sample < dataset.n_samples]
    assert joined.events.sample.tolist() == sorted(wanted)
    split = []
    for part, alone in zip(joined.parts, ec.split(joined), strict=True):  # a segment is a part too
        assert ((alone.events.sample >= 0) & (alone.events.sample < alone.n_samples)).all()
        split += (alone.events.sample + part.start).tolist()
    assert split == joined.events.sample.tolist()
    with capsys.disabled():
        counts = " + ".join(str(len(one.events)) for one in recordings)
        print(f"\n  {case}: {counts} = {len(joined.events)} events in {len(joined.parts)} parts", end=" ")
