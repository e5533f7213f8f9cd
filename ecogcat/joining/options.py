"""Join options: how datasets are joined, checked before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

import numpy as np

from ecogcat.conditioning.resample import checked_rate
from ecogcat.frozen import Frozen

__all__ = ["JoinOptions", "checked_options"]


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


def checked_options(given: Mapping[str, Any]) -> JoinOptions:
    """Return the options of a join; one that there is not is told by its name.

    Examples
    --------
    >>> checked_options({"gap": "nan"})
    Traceback (most recent call last):
    TypeError: join takes no argument 'gap'; did you mean 'gaps'?
    """
    known = [one.name for one in fields(JoinOptions)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}"
            raise TypeError(f"join takes no argument {name!r}; {hint}")
    return JoinOptions(**given)
