"""Cases of active electrodes: the golden vectors, and the wiring written out channel by channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.formats.cases import Case, Oracle
from tests.formats.golden import golden

NAMES = (
    ("case_27_active_combo0_chan_first", "h5"),
    ("case_29_active_combo1_chan_first", "h5"),
    ("case_31_active_combo2_chan_first", "mat"),
    ("case_32_active_combo2_time_first", "mat"),
    ("case_34_active_combo3_time_first", "h5"),
    ("case_36_active_combo4_time_first", "h5"),
    ("case_37_active_mV_nobnc", "h5"),
)
# Written out here too, for the cases are listed where the recordings are absent.
_WIRED: dict[str, tuple[str, str, str]] = {
    "27": ("2t-as daq v2", "zif26 to 2x uhdmi", "actv_64"),
    "29": ("2t-as daq v1", "zif26 to 2x 20 pins harwin to 2x uhdmi", "actv_64"),
    "31": ("2t-as daq v1", "zif26 to 2x uhdmi", "actv_64"),
    "32": ("2t-as daq v1", "zif26 to 2x uhdmi", "actv_64"),
    "34": ("2t-as daq v1", "zif to 50mil", "cardiac v1"),
    "36": ("2t-as daq v2", "zif51_p4-50_demux-14c20r", "active_1008ch_sp_v2"),
    "37": ("2t-as daq v2", "zif26 to 2x uhdmi", "actv_64"),
}


def _oracle(path: Path) -> Oracle:
    meta, expected = golden(path)
    values = {"signal": expected["data"].astype("f4"), "ground": expected["ground_chans"].astype("f4")}
    if "trig_chan" in expected:  # the cells of one BNC column; ours has the rows of a frame one after the other
        values["bnc"] = expected["trig_chan"].T.reshape(1, -1)
    assert meta["system"] == "active"
    return Oracle({}, values, float(expected["Fs"]), (), [expected["data"].shape[1]])


def _arguments(name: str) -> dict[str, Any]:
    number = name.split("_")[1]
    arguments: dict[str, Any] = dict(zip(("daq", "headstage", "electrode"), _WIRED[number], strict=True))
    bnc = {"34": 20, "36": 30, "37": None}.get(number, 10)
    return arguments | ({"units": "mV"} if bnc is None else {"bnc": [bnc]})


CASES = [Case(f"reference/golden/{name}/input.{ending}", "golden", _oracle, _arguments(name)) for name, ending in NAMES]
