"""Join options: how datasets are joined, checked before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ecogcat.conditioning.resample import checked_rate
from ecogcat.frozen import Frozen

__all__ = ["JoinOptions"]


@dataclass(frozen=True, slots=True)
class JoinOptions(Frozen):
    """How datasets are joined; see `ecogcat.join`."""

    match: str | None = None
    channels: str = "inner"
    min_channels: int | None = None
    aligned: str = "inner"
    on_rate_mismatch: str = "raise"
    rate: float | None = None
    rate_tolerance: float = 1e-4
    on_geometry_mismatch: str = "raise"
    on_units_mismatch: str = "convert"
    on_processing_mismatch: str = "warn"
    gaps: Any = "abut"
    name: str | None = None

    def __post_init__(self) -> None:
        allowed = {
            "match": (None, "site", "name"),
            "channels": ("inner", "exact", "outer"),
            "aligned": ("inner", "exact", "outer"),
            "on_rate_mismatch": ("raise", "resample"),
            "on_geometry_mismatch": ("raise", "sites"),
            "on_units_mismatch": ("convert", "raise"),
            "on_processing_mismatch": ("warn", "raise", "ignore"),
        }
        for option, values in allowed.items():
            if getattr(self, option) not in values:
                raise ValueError(f"{option} is one of {', '.join(map(repr, values))}, not {getattr(self, option)!r}")
        if self.rate is not None:
            if self.on_rate_mismatch != "resample":
                raise ValueError(f"rate={self.rate!r} is what to resample to: give on_rate_mismatch='resample' with it")
            object.__setattr__(self, "rate", checked_rate(self.rate))
        number = isinstance(self.gaps, (int, float, np.number)) and not isinstance(self.gaps, bool)
        if not number and self.gaps not in ("abut", "nan"):
            raise ValueError(f"gaps is 'abut', 'nan' or a number, not {self.gaps!r}")
