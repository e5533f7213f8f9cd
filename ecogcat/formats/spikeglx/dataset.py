"""A stream of a SpikeGLX run as a dataset: a part a piece, that is, a trigger of a gate.

A `.bin` file is int16, little-endian, sample by sample all saved channels; nothing else. See `meta` for what they are.
"""

from __future__ import annotations

import os
import re

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.naming import plain_name, unique_names
from ecogcat.formats.spikeglx.files import PieceFile, RunStream
from ecogcat.formats.spikeglx.meta import Kind, Meta
from ecogcat.frozen import index_array
from ecogcat.joining.join import join
from ecogcat.parts import samples_to_timedelta
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.source import Source
from ecogcat.storage.stacked import StackedExtent

__all__ = ["dataset_of"]

_INT16 = np.dtype("<i2")
_SYNC_BIT = 6  # of the status word of a probe: the sync input
_NEURAL = ("AP", "LF", "MN", "MA")
_MOST_SAMPLES = 1 << 44  # beyond these, a sample number is damage and no time
_TOLERANCE = np.timedelta64(2, "s")  # of times in whole seconds
_SHOWN = (
    *("appVersion", "fileName", "firstSample", "gateMode", "trigMode", "imDatPrb_sn", "imDatPrb_pn", "imDatPrb_type"),
    *("imDatPrb_slot", "imDatPrb_port", "snsSaveChanSubset", "niClockSource", "syncSourcePeriod"),
)


def dataset_of(stream: RunStream, low: RunStream | None = None) -> Dataset:
    """Return the dataset of a stream, with the `low` band of the same probe as the aligned array `lf`.

    Raises
    ------
    RecordingNotFound
        If none of its data files is there.
    FormatError
        If a file is not what it should be, holds no whole sample, or pieces do not belong together.
    """
    there = [piece for piece in stream.pieces if piece.has_data]
    missing = [os.path.basename(piece.path) for piece in stream.pieces if not piece.has_data]
    if not there:
        raise RecordingNotFound(
            f"{stream.pieces[0].path}: this file of stream {stream.stream!r} is missing; "
            f"{stream.pieces[0].meta_path} describes it"
        )
    _check_same(there)
    datasets: list[Dataset] = []
    left: PieceFile | None = None
    first = there[0]
    for piece in there:
        warnings = _jump(left, piece)
        if left is None and missing:
            warnings.append(f"pieces whose .bin file is missing: {', '.join(missing)}")
        if left is None and stream.without_meta:
            warnings.append(f"left out, their .meta file is missing: {', '.join(stream.without_meta)}")
        beside = low.pieces if low is not None else ()
        match = [one for one in beside if (one.gate, one.trigger) == (piece.gate, piece.trigger)]
        warnings += [f"lf: {os.path.basename(one.path)} is missing" for one in match if not one.has_data]
        match = [one for one in match if one.has_data]
        datasets.append(_piece(piece, match, _clock(piece, first), warnings, len(there) > 1))
        left = piece
    name = (
        f"{stream.run}_{stream.stream}"
        if len({piece.gate for piece in there}) > 1
        else f"{stream.run}_g{first.gate}_{stream.stream}"
    )
    return join(*datasets, name=name) if len(datasets) > 1 else datasets[0]


def _check_same(pieces: list[PieceFile]) -> None:
    first = pieces[0].meta
    ours = {name: one.names for name, one in first.kinds().items()}
    for piece in pieces[1:]:
        theirs = {name: one.names for name, one in piece.meta.kinds().items()}
        if theirs != ours:
            raise FormatError(
                f"this file does not continue {os.path.basename(pieces[0].path)}: its channels differ",
                path=piece.path,
                expected=", ".join(f"{len(names)} {name}" for name, names in ours.items()),
                found=", ".join(f"{len(names)} {name}" for name, names in theirs.items()),
                hint="Open the gates one by one",
            )
        if abs(piece.meta.rate - first.rate) > 1e-4 * first.rate:
            raise FormatError(
                f"this file does not continue {os.path.basename(pieces[0].path)}: its rate differs",
                path=piece.path,
                expected=first.rate,
                found=piece.meta.rate,
                hint="Open the gates one by one",
            )


def _jump(left: PieceFile | None, right: PieceFile) -> list[str]:
    """Return a warning if the samples of a piece do not run on from the piece before."""
    if left is None:
        return []
    numbers = left.meta.first_sample, right.meta.first_sample
    n = 0 if None in numbers else numbers[1] - numbers[0] - left.n_samples  # type: ignore[operator]
    if n == 0:
        return []
    name, rate = os.path.basename(left.path), right.meta.rate
    if n > 0:
        return [f"{n:,} samples ({n / rate:.3f} s) lie between {name} and this file"]
    return [
        f"this file begins {-n:,} sample{'s' if n < -1 else ''} before {name} ends: what they overlap in is in both"
    ]


def _created(meta: Meta) -> np.datetime64 | None:
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)", meta.fields.get("fileCreateTime", ""))
    try:
        return None if match is None else np.datetime64(f"{match[1]}T{match[2]}", "ns")
    except ValueError:  # digits that are no date
        return None


def _clock(piece: PieceFile, first: PieceFile) -> np.datetime64 | None:
    """Return when a piece began: to the sample, where the numbers of samples run on from the first piece."""
    own, start = _created(piece.meta), _created(first.meta)
    began, since = piece.meta.first_sample, first.meta.first_sample
    if own is None or start is None or began is None or since is None or abs(began - since) > _MOST_SAMPLES:
        return own
    exact: np.datetime64 = start + samples_to_timedelta(began - since, piece.meta.rate)
    return exact if abs(exact - own) <= _TOLERANCE else own


def _piece(
    piece: PieceFile, low: list[PieceFile], clock: np.datetime64 | None, warnings: list[str], several: bool
) -> Dataset:
    meta, source, n, odd_size = _samples(piece)
    warnings = odd_size + warnings
    signal, arrays, odd = _arrays(meta, source, n)
    for beside in low:
        arrays["lf"], odd_low = _low(beside, signal)
        odd += odd_low
    note = meta.fields.get("userNotes", "")
    return Dataset.of(
        signal,
        name=f"{piece.run}_g{piece.gate}_t{piece.trigger}_{piece.stream}"
        if several
        else f"{piece.run}_g{piece.gate}_{piece.stream}",
        aligned=arrays,
        paths=(source.path, meta.path, *(path for one in low for path in (one.path, one.meta_path))),
        format="spikeglx",
        recorded_at=clock,
        notes=(note,) if note else (),
        warnings=[*warnings, *odd],
        metadata={
            "stream": piece.stream,
            "gate": piece.gate,
            "trigger": piece.trigger,
            **{name: meta.fields[name] for name in _SHOWN if meta.fields.get(name)},
        },
    )


def _samples(piece: PieceFile) -> tuple[Meta, Source, int, list[str]]:
    """Return what a piece says of itself, its file, the whole samples in it, and what is odd about its size."""
    meta, source = piece.meta, Source.open(piece.path)
    frame = _INT16.itemsize * meta.n_channels
    n, left_over = divmod(source.size, frame)
    if n == 0:
        raise FormatError(
            "the file has no whole sample",
            path=source.path,
            expected=f"samples of {frame:,} bytes, {meta.n_channels} channels",
            found=f"{left_over:,} bytes",
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    return meta, source, n, _size_warnings(meta, source, n, left_over)


def _low(piece: PieceFile, signal: Signal) -> tuple[Signal, list[str]]:
    """Return the low band beside the signal: taken off the same clock, each `ratio`-th of its samples."""
    meta, source, n, warnings = _samples(piece)
    array, _, odd = _arrays(meta, source, n)
    ratio = round(signal.sampling_rate / meta.rate)
    array, problem = fit_aligned(array.replace(sampling_rate=signal.sampling_rate / ratio), signal)
    return array, [f"lf: {one}" for one in (*warnings, *odd, *([problem] if problem else []))]


def _size_warnings(meta: Meta, source: Source, n: int, left_over: int) -> list[str]:
    announced, found = meta.announced_bytes, []
    if announced is None:
        found.append(f"the .meta file was never finished: it does not say the size; {n:,} samples are there")
    elif source.size < announced:
        whole = announced // (_INT16.itemsize * meta.n_channels)
        found.append(f"cut short: {source.size:,} of {announced:,} bytes are there, {n:,} of {whole:,} samples")
    elif source.size > announced:
        found.append(f"{source.size - announced:,} bytes more are there than the {announced:,} of the .meta file")
    if left_over:
        found.append(f"{left_over:,} bytes were left over after {n:,} whole samples")
    return found


def _arrays(meta: Meta, source: Source, n: int) -> tuple[Signal, dict[str, Signal], list[str]]:
    """Return the neural channels (else the analog inputs) as the signal, all others aligned, and what is odd."""
    kinds, rate, warnings = meta.kinds(), meta.rate, []
    arrays: dict[str, Signal] = {}

    def extent(columns: tuple[int, ...]) -> AffineExtent:
        base = _INT16.itemsize * np.array(columns, np.int64)
        return AffineExtent(source, _INT16, n, base, _INT16.itemsize * meta.n_channels)

    def values(kind: Kind, exponent: int, units: str) -> Signal:
        names, renamed = unique_names([plain_name(one) for one in kind.names])
        warnings.extend(renamed)
        if not all(kind.volts):
            warnings.append(f"the gain of probe type {meta.probe_type} is not known: these are stored numbers")
            return signal_of(extent(kind.columns), rate, units="", names=names, gain=1.0)
        gain = np.array(kind.volts) * 10.0**exponent
        return signal_of(extent(kind.columns), rate, units=units, names=names, gain=gain)

    neural = _merged([kinds[name] for name in _NEURAL if name in kinds])
    if neural.columns:
        signal = values(neural, 6, "uV")
        if "XA" in kinds:
            arrays["adc"] = values(kinds["XA"], 0, "V")
    else:
        signal = values(kinds.get("XA", Kind((), (), ())), 0, "V")
    words = [(name, bits, extent((column,))) for name, column, bits in _words(meta, kinds)]
    lines: list[Extent] = [BitsExtent(one, index_array(bits)) for _, bits, one in words if bits]
    if lines:
        names = [f"{name}.{bit}" for name, bits, _ in words for bit in bits]
        together = lines[0] if len(lines) == 1 else StackedExtent(tuple(lines))
        arrays["dig"] = signal_of(together, rate, units="", names=names)
    if "SY" in kinds:
        names, _ = unique_names([plain_name(one) for one in kinds["SY"].names])
        arrays["status"] = signal_of(extent(kinds["SY"].columns), rate, units="", names=names)
    return signal, arrays, warnings


def _merged(kinds: list[Kind]) -> Kind:
    return Kind(*(sum((one[k] for one in kinds), ()) for k in range(3)))  # type: ignore[arg-type]


def _words(meta: Meta, kinds: dict[str, Kind]) -> list[tuple[str, int, list[int]]]:
    """Return name, column and enabled bits of every word of digital lines."""
    found = []
    if "XD" in kinds:
        enabled = _enabled_lines(meta, len(kinds["XD"].columns))
        for k, (name, column) in enumerate(zip(kinds["XD"].names, kinds["XD"].columns, strict=True)):
            found.append((name, column, [line - 16 * k for line in enabled if line // 16 == k]))
    if "SY" in kinds:
        # The first probes (3A) had sixteen inputs; of later ones one bit is the sync input, the others their state.
        bits = list(range(16)) if meta.device == "imec" and "imDatPrb_type" not in meta.fields else [_SYNC_BIT]
        found += [(name, column, bits) for name, column in zip(kinds["SY"].names, kinds["SY"].columns, strict=True)]
    return found


def _enabled_lines(meta: Meta, n_words: int) -> list[int]:
    """Return the lines that were acquired, of one NI device after the other; all where none are said."""
    lines: list[int] = []
    before = 0
    for device in (1, 2):
        n_bytes = int(meta.number(f"niXDBytes{device}", 0, 64, 0))
        asked = _listed(meta.fields.get(f"niXDChans{device}", ""))
        lines += [8 * before + line for line in (asked or range(8 * n_bytes)) if line < 8 * n_bytes]
        before += n_bytes
    lines = [line for line in lines if line < 16 * n_words]
    return lines or list(range(16 * n_words))


def _listed(text: str) -> list[int]:
    """Return the numbers of a list such as 0:3,7."""
    found: list[int] = []
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,3})(?::(\d{1,3}))?\s*", piece)
        if match is not None:
            found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return sorted(set(found))
