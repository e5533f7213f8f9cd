"""``python -m tests.load_table``: golden vectors of load arguments, what of each is equal, and why the rest is not.

Each is opened as an entry of a catalog would be. What differs has a name: a line of QUIRKS.md, an entry of bugs.md, or
plainly that there is none; and a check that the golden values follow from ours by just that.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal as scipy_signal

import ecogcat as ec
from ecogcat.catalog import drivers
from tests.conftest import SHARED
from tests.formats.cases_active import _WIRED
from tests.formats.cases_mux import _ARGUMENTS as MUX
from tests.formats.golden import golden
from tests.sections import both_ways

GOLDEN = SHARED / "reference" / "golden"
_FROM_INI = {
    **{"units": "units", "bandpass": "bandpass", "notches": "notches", "mapped": "mapped", "bnc": "bnc"},
    **{"load_channels": "channels", "resample_rate": "resample_rate", "snip_transient": "snip_transient"},
}
_ARRAYS = {"data": "signal", "ground_chans": "ground", "ref_chans": "reference_channels", "adc": "adc", "aux": "aux"}
_ARRAYS |= {"board_adc_data": "adc"}
TOLERANCE = 2e-7
"""Relative to the largest value: ours are of single precision."""


@dataclass(frozen=True)
class Deviation:
    """Why something is not equal, and a check that it follows from ours by just that."""

    why: str
    follows: Callable[[LoadCase, ec.Dataset, Any], bool]


@dataclass(frozen=True)
class LoadCase:
    """One golden vector with load arguments."""

    number: int
    format: str
    own: dict[str, Any] = field(default_factory=dict)
    deviations: dict[str, Deviation] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return next(GOLDEN.glob(f"case_{self.number:02}_*"))

    def known(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is said of it, and what is expected."""
        return golden(self.folder / "input")

    def arguments(self) -> dict[str, Any]:
        """Those of the golden vector, under ecogcat's names."""
        asked = self.known()[0]["load_arguments"]
        arguments = {ours: asked[theirs] for theirs, ours in _FROM_INI.items() if theirs in asked}
        line = asked.get("trigger_idx", ())
        if self.format in ("mux", "afe", "afe_aug21", "ddc"):
            arguments["triggers"] = {"source": "dig" if self.format == "ddc" else "trig", "channel": "all"}
        elif line != [] and line != ():
            source = "bnc" if self.format == "active" else "adc"
            if self.format != "active" or "bnc" in arguments:
                arguments["triggers"] = {"source": source, "channel": line}
        if asked.get("half"):
            arguments["half"] = "odd"
        if self.format == "blackrock_hdf5":
            arguments["resample_rate"] = 30000 / asked.get("downsamp", 15)
        return {**arguments, **self.own}

    def open(self, **further: Any) -> ec.Dataset:
        """Open it as an entry of a catalog."""
        (path,) = [
            one for one in self.folder.iterdir() if one.name.startswith("input") and "stim" not in one.name
        ]  # beside what is expected of it
        if path.suffix != ".zip":
            return getattr(drivers, f"ecog_{self.format}")(str(path), **{**self.arguments(), **further}).read()
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as packed:
            packed.extractall(folder)
            place = str(next(Path(folder).iterdir()))
            mapped = {"mapped": False}  # the folder goes
            return getattr(drivers, f"ecog_{self.format}")(place, **{**self.arguments(), **mapped, **further}).read()


def values(dataset: ec.Dataset, name: str) -> Any:
    """Values of the signal, or of an array beside it; None where there is none."""
    array = dataset.signal if name == "signal" else dataset.arrays().get(name)
    return None if array is None else array[:]


def alike(ours: Any, theirs: Any) -> bool:
    """Whether values are equal but for what single precision rounds."""
    if ours is None or ours.shape != theirs.shape:
        return False
    return bool(np.abs(ours - theirs).max(initial=0) <= TOLERANCE * np.abs(theirs).max(initial=0))


def compared(case: LoadCase) -> dict[str, str]:
    """Return for each thing that is expected "yes", "no", or why it differs, if it follows from ours by just that."""
    _, expected = case.known()
    dataset = case.open()
    found: dict[str, bool] = {"Fs": bool(np.isclose(dataset.sampling_rate, expected["Fs"], rtol=1e-12))}
    if dataset.channel_map is not None:
        found["sites"] = dataset.channel_map.sites.tolist() == expected["sites"].tolist()
        found["geometry"] = dataset.channel_map.shape == tuple(expected["geometry"])
    found["pos_edge"] = dataset.events.sample.tolist() == expected["pos_edge"].tolist()
    for theirs, ours in _ARRAYS.items():
        if theirs in expected:
            found[theirs] = alike(values(dataset, ours), expected[theirs])
    said = {}
    for name, equal in found.items():
        said[name] = "yes" if equal else "no"
        if not equal and name in case.deviations:
            deviation = case.deviations[name]
            if deviation.follows(case, dataset, expected[name]):
                said[name] = deviation.why
    return said


# Why something differs


Follows = Callable[[LoadCase, ec.Dataset, Any], bool]


def _decimated_by(sos: Callable[[int], Any] | None, by: int, tolerance: float = 1e-6) -> Follows:
    """The golden values are ours at the full rate, filtered as formats.md says, every `by`-th of them."""

    def follows(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
        raw = case.open(resample_rate=None, dtype="f8").signal[:, : by * expected.shape[1]]
        lower = raw if sos is None else both_ways(sos(by), raw)
        close = np.abs(lower[:, ::by] - expected).max() <= tolerance * np.abs(expected).max()
        longer = -(-1024 // by) if case.format == "openephys" else 0  # of the record that was dropped
        return bool(close) and dataset.n_samples == expected.shape[1] + longer

    return follows


def cheby2(by: int) -> Any:
    """The lowpass of the Open Ephys and Blackrock routes: order 12, 60 dB down from 1/by of half the rate."""
    return scipy_signal.cheby2(12, 60, 1 / by, output="sos")


def cheby1(by: int) -> Any:
    """The other one: of the order that 0.25 dB to 0.4 and 10 dB from 0.5 of the new rate take."""
    order, edge = scipy_signal.cheb1ord(0.8 / by, 1 / by, 0.25, 10)
    return scipy_signal.cheby1(order, 0.25, edge, output="sos")


def _every(name: str, by: int) -> Follows:
    """Every `by`-th value, no filter."""
    return lambda case, dataset, expected: alike(
        case.open(resample_rate=None)[name][:, : by * expected.shape[1] : by], expected
    )


def _summed(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
    raw = case.open(resample_rate=None, dtype="f8")["adc"][:, :1000].reshape(1, 200, 5).sum(2)
    return bool(np.abs(raw - expected[:, :200]).max() < 1e-4) and dataset["adc"].shape == expected.shape


def _record_less(name: str, counts: bool = False) -> Follows:
    def follows(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
        ours = values(dataset, name)
        gain = np.abs(ours[:, :-1024]).max() / np.abs(expected).max() if counts else 1.0
        whole = not counts or bool((expected == expected.round()).all())
        return whole and ours.shape[1] == expected.shape[1] + 1024 and alike(ours[:, :-1024] / gain, expected)

    return follows


def _events_less(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
    kept = dataset.events.sample[dataset.events.sample < case.known()[1]["data"].shape[1]]
    return bool(kept.tolist() == expected.tolist())


def _on_first_line(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
    """The second line has nothing but noise, of which every sample above its mean counted as a trigger."""
    first, second = dataset["adc"][:]
    alone = [ec.detect_events(dataset, "adc", line).sample.tolist() for line in (0, 1)]
    return alone == [dataset.events.sample.tolist(), []] and second.max() < 0.5 * first.max() and len(expected) == 20


def _less_mean(factor: float = 1.0) -> Follows:
    def follows(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
        whole = case.open(snip_transient=None, dtype="f8").signal[:]
        cut = whole.shape[1] - expected.shape[1]
        return alike((whole - whole.mean(1, keepdims=True))[:, cut:], expected * factor)

    return follows


def _in_coulombs(case: LoadCase, dataset: ec.Dataset, expected: Any) -> bool:
    ours = case.open(bandpass=None).ground
    assert ours is not None
    return alike(ours[:] * (np.abs(expected).max() / np.abs(ours[:]).max()), expected)


def _among_grounds(factor: float = 1.0) -> Follows:
    return lambda case, dataset, expected: all(
        any(alike(one[None], row[None] * factor) for row in expected) for one in values(dataset, "ground")
    )


_MEAN = "less the mean of each channel, which opening leaves on; formats.md 7, no entry"
_OTHERS = "sites of role other among the grounds; formats.md 12, no entry"
_OECONT = "last record dropped; QUIRKS.md oecont, bugs.md L14"
_FILTER = "differs: low-pass of another design; no entry"


_OECONT_ALL = {
    "data": Deviation(_OECONT, _record_less("signal")),
    **{name: Deviation(f"raw counts; {_OECONT}", _record_less(name, counts=True)) for name in ("adc", "aux")},
    "pos_edge": Deviation(_OECONT, _events_less),
}


def _afe(grounds: float = 1.0) -> dict[str, Deviation]:
    volts = "" if grounds == 1 else "values in volts, QUIRKS.md afe; "
    return {
        "data": Deviation(volts + _MEAN, _less_mean(grounds)),
        "ground_chans": Deviation(volts + _OTHERS, _among_grounds(grounds)),
    }


_BLACKROCK = {"electrode": "psv_32"}
_AFE = {"n_data": 64, "cycle_rate": 5e5, "electrode": "psv_61_afe"}
_LAB = {2: "ratv4_intan", 3: "ratv5_intan", 5: "rat_refelectrode_intan", 7: "ratv3_intan", 8: "psv_32"}
_LAB |= {10: "psv_61_wireless_sub"}
_RHD = {16: "psv_61_intan", 18: "ratv4_intan", 19: "psv_128_rhd", 23: "psv_256_rhd", 26: "psv_32"}
_LOWER = {
    "data": Deviation(
        "every fifth sample, no low-pass; no entry (QUIRKS.md rhd downsample_* and bugs.md L17 are on other filters)",
        _decimated_by(None, 5),
    ),
    "board_adc_data": Deviation("summed over the window; QUIRKS.md rhd downsample_*, bugs.md L9", _summed),
}
_OE_LOWER = {
    "data": Deviation(f"{_FILTER}; and {_OECONT}", _decimated_by(cheby2, 4)),
    **{
        name: Deviation(f"every fourth, no low-pass; no entry; and {_OECONT}", _every(name, 4))
        for name in ("adc", "aux")
    },
    "pos_edge": Deviation(_OECONT, _events_less),
}
_LINES = {"pos_edge": Deviation("noise of the second line counted; QUIRKS.md trigger (multi)", _on_first_line)}
_COULOMBS = {"ground_chans": Deviation("neither scaled nor filtered, in C; no entry", _in_coulombs)}

CASES = [
    *(LoadCase(number, "hdf5", {"electrode": name}) for number, name in _LAB.items()),
    *(LoadCase(number, "openephys", {"electrode": "psv_61_wireless_sub"}, _OECONT_ALL) for number in (11, 14)),
    LoadCase(13, "openephys", {"electrode": "psv_61_wireless_sub"}, _OE_LOWER),
    *(LoadCase(number, "intan_hdf5", {"electrode": name}) for number, name in _RHD.items()),
    LoadCase(24, "intan_hdf5", {"electrode": "psv_61_gray"}, _LINES),
    LoadCase(21, "intan_hdf5", {"electrode": "psv_32"}, _LOWER),
    *(
        LoadCase(int(number), "active", dict(zip(("daq", "headstage", "electrode"), wired, strict=True)))
        for number, wired in _WIRED.items()
    ),
    *(LoadCase(int(number), "mux", {**own, "electrode": own["electrode"].name}) for number, own in MUX.items()),
    LoadCase(105, "ddc", {"quantity": "charge"}, _COULOMBS),
    *(LoadCase(number, "ddc", deviations=_COULOMBS) for number in (106, 108)),
    LoadCase(119, "afe", _AFE | {"range_code": 2}, _afe()),
    LoadCase(120, "afe", _AFE | {"range_code": 5}, _afe()),
    LoadCase(122, "afe", _AFE | {"range_code": 0}, _afe(1e6)),
    LoadCase(124, "afe_aug21", {"range_code": 7, "electrode": "psv_61_afe"}, _afe()),
    LoadCase(125, "afe", _AFE | {"range_code": 1}, _afe()),
    LoadCase(
        126, "blackrock_hdf5", {"electrode": "psv_32"}, {"data": Deviation(_FILTER, _decimated_by(cheby2, 15, 5e-5))}
    ),
    LoadCase(127, "blackrock_hdf5", {"electrode": "psv_32"}, {"data": Deviation(_FILTER, _decimated_by(cheby2, 10))}),
]


def row(case: LoadCase) -> dict[str, str]:
    """Return one line of the table."""
    said = compared(case)
    asked = case.known()[0]["load_arguments"]
    text = ", ".join(f"{name}={_short(value)}" for name, value in asked.items()) or "none: every 15th sample"
    differs = "; ".join(f"{name}: {why}" for name, why in said.items() if why not in ("yes", "no"))
    unexplained = [name for name, why in said.items() if why == "no"]
    return {
        "case": case.folder.name.removeprefix("case_"),
        "arguments": text,
        "equal": ", ".join(name for name, why in said.items() if why == "yes"),
        "differs": differs + (f" NOT EXPLAINED: {', '.join(unexplained)}" if unexplained else ""),
    }


def _short(value: Any) -> str:
    text = str(value).replace(" ", "")
    return text if len(text) < 16 else f"{text[:6]}...{text[-4:]}"


def main() -> int:
    """Print the table; the status is 1 if something differs for no reason that is named."""
    if not SHARED.exists():
        print(f"the golden vectors are absent: {SHARED}", file=sys.stderr)
        return 2
    status = 0
    for case in CASES:
        one = row(case)
        print(" | ".join(["yes" if not one["differs"] else "no ", *one.values()]))
        status |= "NOT EXPLAINED" in one["differs"]
    return status


if __name__ == "__main__":
    sys.exit(main())
