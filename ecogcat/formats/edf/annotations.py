"""Annotations of EDF+ and BDF+: when each record began, and what was noted when.

The bytes of an annotation signal are lists of the form

    onset 21 duration 20 text 20 text 20 0

with numbers in decimal text and bytes named by their values; the duration with its 21 may be absent, zeros follow the
last. The first list of each record has no text first: its onset is the time at which the record begins, in seconds from
the start that the header has. Times of continuous files run on from record to record; those with gaps jump.

Source: Kemp and Olivan 2003, https://www.edfplus.info/specs/edfplus.html, section 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.formats.edf.header import EdfHeader
from ecogcat.storage.maps import scattered_bytes, source_bytes
from ecogcat.storage.source import Source

__all__ = ["Annotation", "Annotations", "read_annotations"]

_ONSET = re.compile(rb"([+-]?\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?)?)?")
_PAGE = 4096
# Bytes of annotations looked at in one go.
_AT_ONCE = 1 << 20


class Annotation(NamedTuple):
    """One annotation: onset in s from the header's start, duration in s (NaN if it has none), text."""

    onset: float
    duration: float
    text: str


class Annotations(NamedTuple):
    """What the annotation signals of some records say.

    Attributes
    ----------
    onsets : ndarray of float64, shape (n_records,)
        When each record began, in s; NaN where it does not say.
    annotations : list of Annotation
    n_unreadable : int
        Lists that are none.
    """

    onsets: NDArray[np.float64]
    annotations: list[Annotation]
    n_unreadable: int


def cost(header: EdfHeader, n_records: int) -> int:
    """Return how many bytes have to be fetched to read all annotations: a page a record, at least."""
    n_bytes = sum(one.per_record * header.item_bytes for one in header.signals if one.is_annotations)
    return n_records * min(header.record_bytes, max(n_bytes, _PAGE))


def read_annotations(source: Source, header: EdfHeader, records: range) -> Annotations:
    """Read the annotation signals of some records, and nothing else.

    Parameters
    ----------
    source : Source
    header : EdfHeader
    records : range
        Whole records of the file.
    """
    onsets = np.full(len(records), np.nan)
    annotations: list[Annotation] = []
    n_unreadable = 0
    for k, lists in enumerate(_lists(source, header, records)):
        for place, text in lists:
            found = _parse(text)
            if found is None:
                n_unreadable += 1
                continue
            onset, duration, texts = found
            if place == 0 and texts[0] == "":
                onsets[k] = onset
            annotations += [Annotation(onset, duration, one) for one in texts if one]
    return Annotations(onsets, annotations, n_unreadable)


def _parse(text: bytes) -> tuple[float, float, list[str]] | None:
    head, *texts = text.split(b"\x14")
    match = _ONSET.fullmatch(head)
    if match is None or len(texts) < 2 or texts.pop():  # the last text ends with a 20, too
        return None
    onset, duration = float(match[1]), float(match[2]) if match[2] else np.nan
    if not np.isfinite(onset):
        return None
    return onset, duration, [one.decode("utf-8", errors="replace").strip() for one in texts]


def _lists(source: Source, header: EdfHeader, records: range) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the lists of each record, each with its place among those of its signal; (0, ...) only in the first."""
    signals = [one for one in header.signals if one.is_annotations and one.per_record]
    widths = [one.per_record * header.item_bytes for one in signals]
    if not signals or not len(records):
        yield from ([] for _ in records)
        return
    # Mapped: one system call for all records, and of long ones only the pages that hold annotations.
    data = scattered_bytes(source) if header.record_bytes > 64 * _PAGE else source_bytes(source)
    length = max(1, _AT_ONCE // sum(widths))
    for first in range(0, len(records), length):
        some = records[first : first + length]
        blocks = []
        for one, width in zip(signals, widths, strict=True):
            start = header.header_bytes + some[0] * header.record_bytes + one.offset_bytes
            shape, strides = (len(some), width), (some.step * header.record_bytes, 1)
            blocks.append(np.lib.stride_tricks.as_strided(data[start:], shape, strides, writeable=False).copy())
        for k in range(len(some)):
            lists = []
            for j, block in enumerate(blocks):
                texts = block[k].tobytes().rstrip(b"\0")
                if texts:
                    lists += [(place + j, text) for place, text in enumerate(texts.split(b"\0")) if text]
            yield lists
