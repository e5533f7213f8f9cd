"""Cases of Intan recordings, against a plain NumPy decode of the bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.recordings import ADC, AMPLIFIER, AUX, SUPPLY, decode_rhd, scaled

_128 = (10466, 1, (128, 6, 2, True))
_32 = (4926, 1, (32, 3, 1, False))
_32_NEW = (3050, 3, (32, 3, 0, False))


def _traditional(header: int, version: int, channels: tuple[int, int, int, bool]) -> Callable[[Path], Oracle]:
    def oracle(path: Path) -> Oracle:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        decoded = [decode_rhd(file, header=header, version=version, channels=channels) for file in files]
        stored, values = {}, {}
        kinds = ("signal", "amplifier", AMPLIFIER), ("aux", "aux", AUX), ("supply", "supply", SUPPLY)
        for name, attribute, scale in kinds:
            together = np.concatenate([getattr(one, attribute) for one in decoded], axis=1)
            if len(together):
                stored[name], values[name] = together, scaled(together, scale)
        return Oracle(stored, values, 20000.0, (), [one.amplifier.shape[1] for one in decoded])

    return oracle


def _numbers(path: Path, dtype: str, n_columns: int = 1) -> np.ndarray:
    return np.fromfile(path, dtype).reshape(-1, n_columns).T


def _split(path: Path) -> Oracle:
    """One file per signal type, or per channel; AUX is stored four times."""
    if (path / "amplifier.dat").exists():
        stored = {
            "signal": _numbers(path / "amplifier.dat", "<i2", 64),
            "aux": _numbers(path / "auxiliary.dat", "<u2", 6)[:, ::4],
            "adc": _numbers(path / "analogin.dat", "<u2"),
            "dig": _numbers(path / "digitalin.dat", "<u2") & 1,
        }
    else:
        signal = [f"amp-{port}-{k:03d}.dat" for port in "AB" for k in range(32)]
        aux = [f"aux-{port}-AUX{k}.dat" for port in "AB" for k in (1, 2, 3)]
        stored = {
            "signal": np.vstack([_numbers(path / name, "<i2") for name in signal]),
            "aux": np.vstack([_numbers(path / name, "<u2") for name in aux])[:, ::4],
            "adc": _numbers(path / "board-ANALOG-IN-1.dat", "<u2"),
            "dig": _numbers(path / "board-DIGITAL-IN-01.dat", "<u2"),
        }
    scales = {"signal": (0.195, 0.0), "aux": AUX, "adc": ADC[13]}
    values = {name: scaled(stored[name], scale) for name, scale in scales.items()}
    return Oracle(stored, values, 30000.0, (), [24320])


CASES = [
    Case("recordings/intan/intan_sampledata_r.rhd", "a plain NumPy decode", _traditional(*_32)),
    Case("recordings/intan/ephys2_sampledata.rhd", "a plain NumPy decode", _traditional(*_32_NEW)),
    Case("recordings/intan/ephys2_r4_210612_195804_part.rhd", "a plain NumPy decode", _traditional(*_128)),
    Case("recordings/intan/derived_consecutive_128ch", "a plain NumPy decode", _traditional(*_128)),
    Case("recordings/intan/derived_consecutive_32ch", "a plain NumPy decode", _traditional(*_32)),
    Case("recordings/intan/intan_fps_test_231117_052500", "a plain NumPy decode", _split),
    Case("recordings/intan/intan_fpc_test_231117_052630", "a plain NumPy decode", _split),
]
