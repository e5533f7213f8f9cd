"""Cases of Open Ephys `.continuous` folders: plain NumPy decodes, Neo, and golden vectors of the older system."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.continuous import decode_channel, decode_channels, decode_events, golden
from tests.formats.recordings import scaled

_LEGACY = "recordings/openephys_legacy"
_DECODE = "a plain NumPy decode"
_OE_QUIRK = "QUIRKS.md: oecont (last record dropped; adc/aux in raw counts); bugs.md L14"


def _decoded(names: list[str], gain: float, rate: float, events: str | None = None) -> Callable[[Path], Oracle]:
    def oracle(folder: Path) -> Oracle:
        stored = decode_channels(folder, names)
        first = decode_channel(folder / f"{names[0]}.continuous")
        steps = np.flatnonzero(np.diff(first.timestamps) != 1024) + 1
        parts = np.diff([0, *steps, len(first.timestamps)]) * 1024
        stamps = decode_events(folder / events)["timestamp"] if events is not None else np.zeros(0, "i8")
        at = sorted((stamps - first.timestamps[0]).tolist())
        return Oracle({"signal": stored}, {"signal": scaled(stored, (gain, 0.0))}, rate, at, parts.tolist())

    return oracle


def _neo(segment: int, rate: float) -> Callable[[Path], Oracle]:
    def oracle(folder: Path) -> Oracle:
        from neo.rawio import OpenEphysRawIO

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = OpenEphysRawIO(dirname=str(folder))
            theirs.parse_header()
            if segment == 0 and "multiple_starts" in folder.name:  # Neo fills the gap: what is between is taken out
                stamps = decode_channel(folder / "101_CH0.continuous").timestamps
                places = (stamps - stamps[0])[:, None] + np.arange(1024)
                chunk = theirs.get_analogsignal_chunk(0, 0, None, None, 0)[places.ravel()]
            else:
                chunk = theirs.get_analogsignal_chunk(0, segment, None, None, 0)
        return Oracle({"signal": np.asarray(chunk).T}, {}, rate)

    return oracle


def _golden(name: str) -> Callable[[Path], Oracle]:
    def oracle(folder: Path) -> Oracle:
        expected = golden(name)
        values = {key: expected[theirs].astype("f4") for key, theirs in (("signal", "data"), ("adc", "adc"))}
        return Oracle({}, values, float(expected["Fs"]))

    return oracle


_16 = [f"100_example-data_CH{k}" for k in range(1, 17)]
_OLD = f"{_LEGACY}/OpenEphys_SampleData_2_(multiple_starts)"
_DAMAGED = f"{_LEGACY}/OpenEphys_SampleData_3"

CASES = [
    Case(f"{_LEGACY}/Record Node 101", _DECODE, _decoded(_16, 0.05, 40000.0, "100_example-data.events")),
    Case(f"{_LEGACY}/Record Node 101", "neo", _neo(0, 40000.0)),
    Case(_OLD, _DECODE, _decoded(["101_CH0", "101_CH1"], 0.05, 40000.0), {"experiment": 1}),
    Case(_OLD, "neo", _neo(0, 40000.0), {"experiment": 1}),
    Case(_OLD, _DECODE, _decoded(["101_CH0_2", "101_CH1_2"], 0.05, 40000.0), {"experiment": 2}),
    Case(_OLD, "neo", _neo(1, 40000.0), {"experiment": 2}),
    Case(
        _DAMAGED,
        _DECODE,
        _decoded(["100_CH1", "100_CH2", "100_CH3"], 0.195, 2000.0, "all_channels.events"),
        {"experiment": 1},
    ),
    Case(
        _DAMAGED,
        _DECODE,
        _decoded(["100_CH1_2", "100_CH2_2", "100_CH3_2"], 0.195, 2000.0, "all_channels_2.events"),
        {"experiment": 2},
    ),
    *(
        Case(
            f"reference/golden/{name}/input.zip",
            "golden",
            _golden(name),
            {"electrode": "psv_61_wireless_sub", "units": units},
            quirk=_OE_QUIRK,
        )
        for name, units in (("case_11_oecont_load", "uV"), ("case_14_oecont_mV", "mV"))
    ),
]
