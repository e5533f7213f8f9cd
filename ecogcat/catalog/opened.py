"""Opened: a recording of a catalog with all that is asked for, or with as much of it as a question needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.triggered import OWN, Triggered, triggered
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.formats.conditioned import without_transient
from ecogcat.formats.opening import open_recording
from ecogcat.formats.registry import argument_names, find_format
from ecogcat.formats.remote import brought
from ecogcat.frozen import FrozenMapping
from ecogcat.parts import Part
from ecogcat.storage.cache import until_it_stays

__all__ = ["Depth", "opened"]

Depth = Literal["headers", "samples", "all"]
"""What is asked of a recording: its shape and what its headers say; also its samples; or also the events that are found
on trigger lines, in memory or in a copy if that is what `mapped` says."""

_CHANGES_SAMPLES = (
    *("resample_filter", "remove_mean", "bandpass", "notches", "causal", "reference"),
    *("use_stored", "save_downsampled", "store_path"),
)


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
    given = {name: value for name, value in arguments.items() if name != "storage_options"}

    def found() -> tuple[Dataset, bool]:
        with brought(path, given, arguments.get("storage_options")) as (place, here, told):  # once, and opened twice
            return _opened(place, format, here, how, depth, metadata, warnings, told)

    return until_it_stays(found)


def _opened(
    path: str,
    format: str,
    given: dict[str, Any],
    how: Triggered,
    depth: Depth,
    metadata: Mapping[str, Any],
    warnings: Sequence[str],
    told: Callable[[Dataset], Dataset],
) -> tuple[Dataset, bool]:
    without_events = given.get("events") is False
    if without_events:
        given.pop("events")
    snip = given.pop("snip_transient", None)
    own = argument_names(find_format(format).open)
    on_line = "trigger" not in own and given.get("trigger") is not None and given.get("events") is None
    if on_line:  # someone's own line goes before that of the session
        how = replace(how, triggers=OWN)
    # No more than what comes before the first event is cut off.
    looked = not without_events and (depth == "all" or bool(snip))
    pending = not without_events and not looked and (how.reads or on_line)
    if on_line and not looked:
        given.pop("trigger")
    if depth != "all":
        for name in ("mapped", *(_CHANGES_SAMPLES if depth == "headers" else ())):
            given.pop(name, None)
    found = bare = None
    if looked and how.reads and given.get("resample_rate") is not None:
        # At the rate of the line: at a lower one an edge may seem to lie a sample later.
        bare = open_recording(path, format, **{name: value for name, value in given.items() if name in (*own, "name")})
        found = triggered(bare, how)
        given["events"], how = found.events, Triggered()
    dataset = _with_metadata(told(open_recording(path, format, **given)), metadata)
    if warnings:
        first, *others = dataset.parts
        dataset = dataset.replace(parts=[first.replace(warnings=(*first.warnings, *warnings)), *others])
    if found is not None and bare is not None:
        dataset = dataset.replace(
            parts=[_told(*three) for three in zip(dataset.parts, bare.parts, found.parts, strict=True)]
        )
    if without_events:
        dataset = dataset.replace(events=Events())
    elif looked or not pending:
        dataset = triggered(dataset, how)
    return without_transient(dataset, snip) if snip else dataset, pending


def _told(part: Part, before: Part, after: Part) -> Part:
    """Return a part that says of its events what was said when they were found."""
    return part.replace(
        history=(*after.history[len(before.history) :], *part.history),
        warnings=(*part.warnings, *after.warnings[len(before.warnings) :]),
    )


def _with_metadata(dataset: Dataset, metadata: Mapping[str, Any]) -> Dataset:
    """Return the dataset with the entry's metadata beside what the file says of itself."""
    own = {key: value for key, value in metadata.items() if key not in ("catalog_dir", "catalog_dir_before", SUMMARY)}
    if not own:
        return dataset
    return dataset.replace(
        name=dataset.name,
        parts=tuple(part.replace(metadata=FrozenMapping({**part.metadata, **own})) for part in dataset.parts),
    )
