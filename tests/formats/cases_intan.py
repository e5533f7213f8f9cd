"""Cases of Intan recordings, against a plain NumPy decode of the bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.formats.cases import Case, Oracle
from tests.formats.recordings import AMPLIFIER, AUX, SUPPLY, decode_rhd, scaled

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


CASES = [
    Case("recordings/intan/intan_sampledata_r.rhd", "a plain NumPy decode", _traditional(*_32)),
    Case("recordings/intan/ephys2_sampledata.rhd", "a plain NumPy decode", _traditional(*_32_NEW)),
    Case("recordings/intan/ephys2_r4_210612_195804_part.rhd", "a plain NumPy decode", _traditional(*_128)),
    Case("recordings/intan/derived_consecutive_128ch", "a plain NumPy decode", _traditional(*_128)),
    Case("recordings/intan/derived_consecutive_32ch", "a plain NumPy decode", _traditional(*_32)),
]
