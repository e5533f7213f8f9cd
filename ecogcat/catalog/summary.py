"""Summary: what the headers of a recording say, as plain values that a catalog can hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecogcat.dataset import Dataset

__all__ = ["SUMMARY", "facts_of", "start_text", "summary_of"]

SUMMARY = "ecog"
"""Key of an entry's metadata, and of a catalog's, under which ecogcat writes; everything else is the user's."""

_MOST_WARNINGS = 8
_LONGEST = 300


def start_text(dataset: Dataset) -> str | None:
    """Return when the first sample was taken, to the microsecond; None if nobody knows."""
    start = dataset.parts[0].start_time
    return None if start is None else str(np.datetime_as_string(start, unit="us"))


def facts_of(dataset: Dataset) -> dict[str, Any]:
    """Return what the headers say: sampling_rate, units, n_channels, n_samples, duration, start_time and so on.

    Examples
    --------
    >>> import ecogcat as ec
    >>> facts = facts_of(ec.from_array([[0, 1]], 1000))
    >>> facts["n_channels"], facts["duration"], facts["start_time"]
    (1, 0.002, None)
    """
    return {
        "sampling_rate": dataset.sampling_rate,
        "units": dataset.units,
        "n_channels": dataset.n_channels,
        "n_samples": dataset.n_samples,
        "duration": dataset.duration,
        "start_time": start_text(dataset),
        "format": "+".join(dict.fromkeys(part.format for part in dataset.recordings)),
        "aligned": list(dataset.aligned),
        "n_events": len(dataset.events),
    }


def summary_of(dataset: Dataset) -> dict[str, Any]:
    """Return what a scan writes down of a recording: its facts, and what else people look for.

    Returns
    -------
    dict
        Beside the facts, where there is something to say: `conditions` (columns of the events' table), `n_sites`,
        `n_pieces` (parts of it), `warnings` (the first few); what is None or empty is left away.
    """
    facts = facts_of(dataset)
    electrode = dataset.channel_map
    warnings = [text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..." for text in dataset.warnings]
    further = {
        "conditions": [str(name) for name in dataset.events.table.columns],
        "n_sites": None if electrode is None else len(electrode.sites),
        "n_pieces": len(dataset.recordings) if len(dataset.recordings) > 1 else None,
        "n_warnings": len(warnings) if len(warnings) > _MOST_WARNINGS else None,
        "warnings": warnings[:_MOST_WARNINGS],
    }
    return {key: value for key, value in {**facts, **further}.items() if value not in (None, [], "")}
