"""Opened: a recording of a catalog with all that is asked for, or with as much of it as a question needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.triggered import Triggered, triggered
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.formats.conditioned import without_transient
from ecogcat.formats.opening import open_recording
from ecogcat.frozen import FrozenMapping

__all__ = ["Depth", "opened"]

Depth = Literal["headers", "samples", "all"]
"""What is asked of a recording: its shape and what its headers say; also its samples; or also the events that are found
on trigger lines, in memory or in a copy if that is what `mapped` says."""

_CHANGES_SAMPLES = ("bandpass", "notches", "causal", "reference", "use_stored", "save_downsampled", "store_path")


def opened(
    path: str,
    format: str,
    arguments: Mapping[str, Any],
    how: Triggered,
    depth: Depth,
    metadata: Mapping[str, Any],
    warnings: Sequence[str] = (),
) -> tuple[Dataset, bool]:
    """Open a recording.

    Parameters
    ----------
    path, format : str
    arguments : mapping
        Load arguments; ``events=False``: there are none.
    how : Triggered
        How its events come about.
    depth : Depth
    metadata : mapping
        The entry's own.
    warnings : sequence of str
        What was odd about the entry.

    Returns
    -------
    dataset : Dataset
    pending : bool
        Whether it has events that were not looked for.
    """
    given = dict(arguments)
    without_events = given.get("events") is False
    if without_events:
        given.pop("events")
    snip = given.pop("snip_transient", None)
    if depth != "all":
        for name in ("mapped", *(_CHANGES_SAMPLES if depth == "headers" else ())):
            given.pop(name, None)
    dataset = _with_metadata(open_recording(path, format, **given), metadata)
    if warnings:
        first, *others = dataset.parts
        dataset = dataset.replace(parts=[first.replace(warnings=(*first.warnings, *warnings)), *others])
    pending = False
    if without_events:
        dataset = dataset.replace(events=Events())
    elif depth == "all" or not how.reads or snip:  # no more than what comes before the first event is cut off
        dataset = triggered(dataset, how)
    else:
        pending = True
    return without_transient(dataset, snip) if snip else dataset, pending


def _with_metadata(dataset: Dataset, metadata: Mapping[str, Any]) -> Dataset:
    """Return the dataset with the entry's metadata beside what the file says of itself."""
    own = {key: value for key, value in metadata.items() if key not in ("catalog_dir", "catalog_dir_before", SUMMARY)}
    if not own:
        return dataset
    return dataset.replace(
        name=dataset.name,
        parts=tuple(part.replace(metadata=FrozenMapping({**part.metadata, **own})) for part in dataset.parts),
    )
