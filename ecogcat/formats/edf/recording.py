"""One EDF or BDF file as a dataset: its records counted, its stretches of time, its events."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.arrays import fit_aligned
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.events import Events
from ecogcat.formats.edf.annotations import Annotation, Annotations, cost, read_annotations
from ecogcat.formats.edf.arrays import EdfArrays, arrays_of
from ecogcat.formats.edf.header import EdfHeader, read_header
from ecogcat.joining.join import join
from ecogcat.parts import aligned_start, rate_ratio, samples_to_timedelta
from ecogcat.storage.source import Source

__all__ = ["dataset_of"]

# All annotations are read as long as that means to fetch no more than this: some 30 hours in records of a second.
_MOST_BYTES = 512 << 20
_LONGEST_S = 3e9  # nanoseconds reach a little farther
# Times are written with few decimals: a record of a continuous file that is off by less has not moved.
_TEXT_S = 1.5e-3
_ZEROS_CHANNELS, _ZEROS_BYTES = 8, 4096


class _Stretch(NamedTuple):
    """Records without a gap: the first, the one after the last, and when it began (s from the header's start)."""

    first: int
    stop: int
    onset: float


def dataset_of(path: str, annotations: bool | None) -> Dataset:
    """Return the dataset of one file; see `ecogcat.formats.edf.open_edf`."""
    source = Source.open(path)
    header = read_header(source)
    odd = list(header.warnings)
    n_records = _count_records(source, header, odd)
    arrays = arrays_of(source, header, n_records)
    odd += arrays.warnings
    odd += _padding(source, header, n_records, arrays)
    rate = arrays.signal.sampling_rate
    noted, records = _annotations(source, header, n_records, annotations, rate, odd)
    stretches = _stretches(header, noted.onsets, records, n_records, rate, odd)
    datasets = _datasets(path, header, arrays, stretches, odd)
    if annotations is False:
        noted = noted._replace(annotations=[])
    events = _events(noted.annotations, stretches, header, datasets, odd)
    name = datasets[0].name
    if len(datasets) > 1:
        datasets = [one.replace(name=f"{name}_{k}") for k, one in enumerate(datasets, 1)]
    first, *others = datasets
    first = first.replace(parts=[first.parts[0].replace(warnings=tuple(odd))])
    whole = join(first, *others, name=name) if others else first
    return whole.replace(events=events) if len(events) else whole


def _count_records(source: Source, header: EdfHeader, odd: list[str]) -> int:
    """Return how many whole records the file has; what the header says otherwise is for the warnings."""
    if not any(one.per_record for one in header.signals if not one.is_annotations):
        raise FormatError(
            "there is no channel in this file",
            path=source.path,
            expected="signals with samples",
            found=f"{len(header.signals)} signals, annotations or without a sample",
            hint="It goes with another file: annotations are often kept apart",
        )
    n, left_over = divmod(source.size - header.header_bytes, header.record_bytes)
    if n == 0 or n * header.record_s > _LONGEST_S:
        raise FormatError(
            "the file has no whole record" if n == 0 else "the records are too long for their number",
            path=source.path,
            offset=header.header_bytes,
            expected=f"records of {header.record_bytes:,} bytes, {header.record_s:g} s each",
            found=f"{left_over:,} bytes" if n == 0 else f"{n:,} records",
            hint="It was stopped or crashed right after it was started; leave it out" if n == 0 else None,
        )
    said = header.n_records
    if said == -1:
        odd.append(f"the header was never finished (-1 records): {n:,} whole records are counted from the file's size")
    elif said > n:
        odd.append(f"{said - n:,} of the {said:,} records that the header says are missing: {n:,} are whole")
    elif said < n:
        odd.append(f"the header says {said:,} records, the file has {n:,}: all are opened")
    if left_over:
        odd.append(f"cut in the middle of a record: {left_over:,} bytes were left over after {n:,} whole records")
    return n


def _padding(source: Source, header: EdfHeader, n_records: int, arrays: EdfArrays) -> list[str]:
    """Return a warning if the last record ends in zeros in every electrode channel; a few are looked at."""
    n_zeros = None
    with open(source.path, "rb", buffering=0) as file:
        for number in arrays.numbers[:_ZEROS_CHANNELS]:
            one = header.signals[number]
            n = min(one.per_record * header.item_bytes, _ZEROS_BYTES // header.item_bytes * header.item_bytes)
            end = one.offset_bytes + one.per_record * header.item_bytes
            file.seek(header.header_bytes + (n_records - 1) * header.record_bytes + end - n)
            data = file.read(n)
            n_here = (len(data) - len(data.rstrip(b"\0"))) // header.item_bytes
            n_zeros = n_here if n_zeros is None else min(n_zeros, n_here)
            if n_zeros < 2:  # one may be a sample
                return []
    many = "at least " if n_zeros == _ZEROS_BYTES // header.item_bytes else ""
    return [f"the last record ends in {many}{n_zeros:,} zeros in every channel: padding, or nothing was connected"]


def _annotations(
    source: Source, header: EdfHeader, n_records: int, wanted: bool | None, rate: float, odd: list[str]
) -> tuple[Annotations, Sequence[int]]:
    """Read the annotations of all records, or of the first and the last; return also which records those are."""
    if not any(one.is_annotations for one in header.signals):
        return Annotations(np.zeros(1), [], 0), [0]
    bytes_to_fetch = cost(header, n_records)
    everything = wanted or (wanted is None and bytes_to_fetch <= _MOST_BYTES)
    ends = range(0, n_records, max(1, n_records - 1))
    records = range(n_records) if everything or header.kind.endswith("D") else ends
    noted = read_annotations(source, header, records)
    if len(records) < n_records:
        first, last = noted.onsets[0], noted.onsets[-1]
        if abs(last - first - (n_records - 1) * header.record_s) > max(0.5 / rate, _TEXT_S):
            records = range(n_records)  # gaps after all
            noted = read_annotations(source, header, records)
    if len(records) == n_records:
        everything = True
    if wanted is None and not everything:
        noted = noted._replace(annotations=[])
        odd.append(
            f"annotations are not read: they lie in {n_records:,} records ({bytes_to_fetch / (1 << 30):.1f} GiB to "
            "fetch); annotations=True reads them"
        )
    if noted.n_unreadable:
        odd.append(f"{noted.n_unreadable:,} entries among the annotations cannot be read and are left out")
    return noted, records


def _stretches(
    header: EdfHeader, onsets: NDArray[np.float64], records: Sequence[int], n_records: int, rate: float, odd: list[str]
) -> list[_Stretch]:
    """Return the stretches of records without a gap between."""
    times = np.where(np.abs(onsets) < _LONGEST_S, onsets, np.nan)
    unknown = np.isnan(times)
    start = 0.0 if unknown[0] else float(times[0])
    if header.kind[-2:] in ("+C", "+D") and unknown.any():
        lacking = np.flatnonzero(unknown)
        odd.append(
            f"{len(lacking):,} records do not say when they began (record {records[lacking[0]]:,} is the first): "
            "they are taken to follow on the one before"
        )
    if len(records) < n_records or len(onsets) != n_records:
        return [_Stretch(0, n_records, start)]
    times[0] = start
    known = np.flatnonzero(~np.isnan(times))
    # Where a record without a time follows on the last one that has one, time moves by whole records.
    moved = np.diff(times[known]) - np.diff(known) * header.record_s
    tolerance = 0.5 / rate if header.kind.endswith("D") else max(0.5 / rate, _TEXT_S)
    jumps = known[1:][np.abs(moved) > tolerance]
    if len(jumps) and header.kind.endswith("C"):
        odd.append(f"the header says that the file is continuous ({header.kind}), but it has {len(jumps):,} gaps")
    back = int((moved < -tolerance).sum())
    if back:
        odd.append(f"time goes back {back:,} times from one record to the next")
    edges = [0, *jumps.tolist(), n_records]
    return [_Stretch(a, b, float(times[a])) for a, b in pairwise(edges)]


def _datasets(
    path: str, header: EdfHeader, arrays: EdfArrays, stretches: Sequence[_Stretch], odd: list[str]
) -> list[Dataset]:
    """Return a dataset a stretch."""
    signal = arrays.signal
    per_record = header.signals[arrays.numbers[0]].per_record
    rate, aligned = signal.sampling_rate, {}
    for name, array in arrays.aligned.items():
        aligned[name], problem = fit_aligned(array, signal)
        odd += [f"{name}: {problem}"] if problem else []
    datasets = []
    for one in stretches:
        start, stop = one.first * per_record, one.stop * per_record
        cut = {}
        for name, array in aligned.items():
            ratio = rate_ratio(array.sampling_rate, rate)
            cut[name] = array.cut(aligned_start(start, ratio), aligned_start(stop, ratio))
        clock = None
        if header.started is not None:
            onset = np.timedelta64(round(one.onset * 1e9), "ns")
            clock = header.started + onset - samples_to_timedelta(start, rate)
        datasets.append(
            Dataset.of(
                signal.cut(start, stop),
                name=os.path.splitext(os.path.basename(path))[0],
                source_channels=arrays.numbers,
                aligned=cut,
                paths=(path,),
                format="edf",
                file_start=start,
                recorded_at=clock,
                notes=header.notes,
                metadata=_metadata(header, arrays),
            )
        )
    return datasets


def _metadata(header: EdfHeader, arrays: EdfArrays) -> dict[str, Any]:
    channels = [header.signals[number] for number in arrays.numbers]
    return {
        "kind": header.kind,
        "patient": header.patient,
        "recording": header.recording,
        "record_s": header.record_s,
        "transducers": tuple(one.transducer for one in channels),
        "prefiltering": tuple(one.prefiltering for one in channels),
    }


def _events(
    annotations: Sequence[Annotation],
    stretches: Sequence[_Stretch],
    header: EdfHeader,
    datasets: Sequence[Dataset],
    odd: list[str],
) -> Events:
    """Return the annotations at the nearest sample of the dataset."""
    if not annotations:
        return Events()
    rate = datasets[0].sampling_rate
    onsets = np.array([one.onset for one in annotations])
    starts = np.array([one.onset for one in stretches])
    order = np.argsort(starts, kind="stable")
    # Half a sample before its first one a stretch begins.
    k = order[np.maximum(np.searchsorted(starts[order], onsets + 0.5 / rate, side="right") - 1, 0)]
    local = np.floor((onsets - starts[k]) * rate + 0.5)
    lengths = np.array([one.n_samples for one in datasets])
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    inside = (local >= 0) & (local < lengths[k])
    if not inside.all():
        outside = [one for one, is_inside in zip(annotations, inside, strict=True) if not is_inside]
        listed = ", ".join(f"{one.text!r} at {one.onset:g} s" for one in outside[:5])
        more = ", ..." if len(outside) > 5 else ""
        odd.append(f"{len(outside):,} annotations lie outside of the samples and are left out: {listed}{more}")
    samples = first[k[inside]] + local[inside].astype(np.int64)
    kept = [one for one, is_inside in zip(annotations, inside, strict=True) if is_inside]
    by_sample = np.argsort(samples, kind="stable")
    table = {
        "duration": [kept[i].duration for i in by_sample],
        "text": [kept[i].text for i in by_sample],
    }
    return Events(samples[by_sample], table, {"annotations": header.kind}) if len(kept) else Events()
