"""Dropped channels: who left a channel out of a dataset, where, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ecogcat.parts import Part

__all__ = ["dropped_table"]

COLUMNS = ("part", "source_channel", "name", "row", "col", "reason")


def dropped_table(parts: Sequence[Part]) -> pd.DataFrame:
    """Return one row for every opened channel of every part that the dataset does not have.

    A masked channel has the reason it was masked for. One that joining left out names the recordings that lack it;
    this is worked out from the parts, so it does not depend on the order in which they were joined.
    """
    recordings = [part for part in parts if part.kind == "recording"]
    by = "site" if all(part.opened.sites is not None for part in recordings) else "name"
    offered: dict[Any, list[int]] = {}
    for k, part in enumerate(recordings):
        for row, key in enumerate(part.opened.keys(by)):
            if row not in part.reasons:
                offered.setdefault(key, []).append(k)
    lines = []
    lacking: dict[Any, str] = {}  # the same for every recording that has the channel
    for part in recordings:
        kept = set(part.rows.tolist())
        keys = part.opened.keys(by)
        for row in range(len(keys)):
            if row in kept:
                continue
            reason = part.reasons.get(row)
            if reason is None:
                key = keys[row]
                if key not in lacking:
                    have = set(offered.get(key, ()))
                    names = [other.name for j, other in enumerate(recordings) if j not in have]
                    lacking[key] = f"not in {_listed(names)}" if names else "not selected"
                reason = lacking[key]
            site = (None, None) if part.opened.sites is None else part.opened.sites[row].tolist()
            lines.append((part.name, int(part.opened.source[row]), part.opened.names[row], *site, reason))
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.astype({"source_channel": "int64", "row": "Int64", "col": "Int64"})


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
