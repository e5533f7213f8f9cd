"""All work items, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from benchmarks.data import ELECTRODES, FULL, LAYOUTS, expected, prepare
from benchmarks.filters import filter_items, resampling_items
from benchmarks.items import Item, reading_items
from benchmarks.joining import events_items, joining_item, opening_items
from benchmarks.raw import LAYOUTS as RAW
from benchmarks.raw import raw_items
from benchmarks.writing import writing_items


def find(folder: Path, n_samples: int, wanted: Sequence[str] = ()) -> list[Item]:
    """Return the items whose label starts with one of `wanted` ("W3", "W2/A"), all by default.

    Below the full length, items on files and events shrink too.
    """
    full = n_samples == FULL

    @lru_cache(1)
    def truth():  # type: ignore[no-untyped-def]
        return expected(ELECTRODES, n_samples)

    items: list[Item] = []
    if not wanted or any(one.partition("/")[0].split()[0] == "W1" for one in wanted):
        items += opening_items(folder, (2, 8, 1000) if full else (2, 8))
        items.append(joining_item(folder, 1000 if full else 20))
    if any(_any(wanted, name) for name in ("W2", "W3", "W4", "W5", "W6", "W7")):
        layouts = [name for name in LAYOUTS if not wanted or any(one.partition("/")[2] in ("", name) for one in wanted)]
        for recordings in prepare(folder, n_samples, layouts).values():
            items += reading_items(recordings, truth)
    if _any(wanted, "W8"):
        layouts = [name for name in LAYOUTS if not wanted or any(one.partition("/")[2] in ("", name) for one in wanted)]
        for recordings in prepare(folder, n_samples, layouts).values():
            items += writing_items(recordings)
    if _any(wanted, "raw"):
        layouts = [name for name in RAW if not wanted or any(one.partition("/")[2] in ("", name) for one in wanted)]
        items += raw_items(folder, n_samples, layouts)
    if _any(wanted, "W9"):
        items += events_items(((10**6, 8), (10**7, 8), (10**7, 1000)) if full else ((8000, 8),))
    if _any(wanted, "W10"):
        items += filter_items(n_samples)
    if _any(wanted, "W11"):
        items += resampling_items(n_samples)
    chosen = [item for item in items if not wanted or any(_matches(one, item) for one in wanted)]
    if not chosen:
        raise ValueError(f"no work item {', '.join(wanted)}; there are: {', '.join(item.label for item in items)}")
    return chosen


def _any(wanted: Sequence[str], name: str) -> bool:
    return not wanted or any(one.startswith(name) for one in wanted)


def _matches(one: str, item: Item) -> bool:
    name, _, layout = one.partition("/")
    return item.name.startswith(name) and (not layout or item.layout == layout)
