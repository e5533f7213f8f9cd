"""One Neuralynx `.ncs` file: a channel, as records of 512 samples behind the text header.

A record of 1,044 bytes is a uint64 timestamp in us, the uint32 channel and rate, a uint32 number of valid samples, and
512 int16, all little-endian. Records follow on each other until the timestamps jump, or a record has fewer valid
samples than 512: what is left of it is padding. Jumps are found by bisection; in files of up to 16,384 records each is
looked at, so that padding in a record is also found where the timestamps run on as if it were full.

Source: Neuralynx, "Neuralynx Data File Formats".
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.formats.breaks import MEASURED_OVER, find_breaks, step_of
from ecogcat.formats.neuralynx.header import HEADER_BYTES, NlxHeader, read_header
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.maps import scattered_bytes
from ecogcat.storage.source import Source

__all__ = ["NcsFile", "Run", "examine"]

RECORD_BYTES, RECORD_SAMPLES = 1044, 512
_RATE_AT, _VALID_AT, _SAMPLES_AT = 12, 16, 20
_LOOKED_AT = 1 << 14
_MOST_JUMPS = 10_000
_LAST_STAMP = 1 << 62


class Run(NamedTuple):
    """Records of a file that follow on each other, all but the last of them full.

    Attributes
    ----------
    source : Source
    record : int
        The first.
    n_samples : int
    stamp, stop : float
        Timestamp of its first sample, and that of the sample after its last; us.
    """

    source: Source
    record: int
    n_samples: int
    stamp: int
    stop: float

    def extent(self, n_samples: int) -> AffineExtent:
        """Return its first samples where they lie."""
        base = [HEADER_BYTES + self.record * RECORD_BYTES + _SAMPLES_AT]
        return AffineExtent(self.source, np.dtype("<i2"), n_samples, np.array(base), 2, RECORD_SAMPLES, RECORD_BYTES)


class NcsFile(NamedTuple):
    """One `.ncs` file.

    Attributes
    ----------
    header : NlxHeader
    name : str
        The vendor's name of the channel.
    channel : str
        Number of its input.
    rate : float
        Hz.
    gain : float
        V a stored number, negative where the input was inverted.
    units : str
        "V"; "" where the header has no gain.
    runs : tuple of Run
    odd : tuple of str
    """

    header: NlxHeader
    name: str
    channel: str
    rate: float
    gain: float
    units: str
    runs: tuple[Run, ...]
    odd: tuple[str, ...]


def examine(path: str) -> NcsFile:
    """Read the header of a file, and as many timestamps as it takes to find its gaps.

    Raises
    ------
    FormatError
        If it is no such file, has no usable rate, holds no whole record, or its timestamps are of no use.
    """
    source = Source.open(path)
    header = read_header(path)
    kind, size = header.text("FileType"), header.number("RecordSize")
    if kind not in ("", "NCS", "CSC") or (size is not None and size != RECORD_BYTES):
        raise FormatError(
            "this Neuralynx file holds no continuous samples",
            path=path,
            offset=0,
            expected=f"-FileType NCS, -RecordSize {RECORD_BYTES}",
            found=f"-FileType {kind}, -RecordSize {header.text('RecordSize')}",
        )
    data = scattered_bytes(source)
    n_there, rest = divmod(source.size - HEADER_BYTES, RECORD_BYTES)
    n_records = _written(data, n_there)
    if n_records == 0:
        raise FormatError(
            "the recording has no whole record",
            path=path,
            offset=HEADER_BYTES,
            expected=f"records of {RECORD_BYTES:,} bytes",
            found=f"{source.size - HEADER_BYTES:,} bytes" + (", nothing but zeros" if n_there else ""),
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    odd = [f"cut in the middle of a record: {rest:,} bytes were left over"] if rest else []
    if n_records < n_there:
        odd.append(f"{n_there - n_records:,} records at the end were never written: they are zeros")
    rate = _rate(header, data)
    gain, units = _gain(header)
    if not units:
        odd.append("the header has no -ADBitVolts: values are the stored numbers")
    runs, problems = _runs(source, data, n_records, rate)
    name = header.text("AcqEntName", "NLX_Base_Class_Name")
    channel = header.text("ADChannel")
    return NcsFile(header, name, channel, rate, gain, units, tuple(runs), (*odd, *problems))


def _rate(header: NlxHeader, data: NDArray[np.uint8]) -> float:
    rate = header.number("SamplingFrequency")
    if rate is None:
        at = HEADER_BYTES + _RATE_AT
        rate = float(int.from_bytes(data[at : at + 4].tobytes(), "little"))
    if not 0.1 <= rate <= 1e7:
        found = header.text("SamplingFrequency") or f"{rate:g} in the first record"
        raise FormatError(
            "the sampling rate cannot be", path=header.path, offset=0, expected="-SamplingFrequency in Hz", found=found
        )
    return rate


def _gain(header: NlxHeader) -> tuple[float, str]:
    """Return V a stored number. Inverted inputs are turned back: a positive value is a positive voltage."""
    volts = header.number("ADBitVolts")
    if not volts:
        return 1.0, ""
    return (-volts if header.text("InputInverted").lower() == "true" else volts), "V"


def _written(data: NDArray[np.uint8], n_records: int) -> int:
    """Count the records before those at the end that are blank, which a crash leaves of space set aside."""

    def blank(k: int) -> bool:
        at = HEADER_BYTES + k * RECORD_BYTES
        return not data[at : at + _SAMPLES_AT].any()

    if n_records == 0 or not blank(n_records - 1):
        return n_records
    return bisect_left(range(n_records), True, key=blank)


def _column(data: NDArray[np.uint8], at: int, dtype: str, n_records: int) -> NDArray[Any]:
    """Return one field of all records, as it lies in the file."""
    return np.ndarray((n_records,), np.dtype(dtype), data, HEADER_BYTES + at, (RECORD_BYTES,))


def _runs(source: Source, data: NDArray[np.uint8], n_records: int, rate: float) -> tuple[list[Run], list[str]]:
    stamps, valid = _column(data, 0, "<u8", n_records), _column(data, _VALID_AT, "<u4", n_records)

    def stamp(k: int) -> int:
        return int(stamps[k])

    nominal = RECORD_SAMPLES * 1e6 / rate
    step = step_of(stamps.__getitem__, n_records, nominal)
    a_sample = step / RECORD_SAMPLES
    tolerance = max(a_sample / 2, 2.0)  # timestamps are rounded to 1 us
    odd = []
    if abs(step - nominal) > 1e-3 * nominal:
        odd.append(f"by its timestamps it was sampled at {1e6 / a_sample:.6g} Hz; the header says {rate:g} Hz")
    if n_records <= _LOOKED_AT:
        late = np.abs(np.diff(stamps.astype(np.float64)) - step) > tolerance
        starts = (np.flatnonzero(late | (valid[:-1] != RECORD_SAMPLES)) + 1).tolist()
        beyond = int((valid > RECORD_SAMPLES).sum())
    else:
        jumps = find_breaks(
            stamps.__getitem__,
            n_records,
            step=step,
            tolerance=tolerance,
            most=_MOST_JUMPS,
            stretches=max(64, n_records // MEASURED_OVER),
        )
        if jumps is None:
            _give_up(source, f"more than {_MOST_JUMPS:,} jumps")
        starts, beyond = jumps or [], 0
    if beyond:
        odd.append(f"{beyond:,} records have more than {RECORD_SAMPLES} valid samples: taken for full ones")
    runs = []
    for first, last in zip([0, *starts], [*starts, n_records], strict=True):
        if not 0 <= stamp(first) < _LAST_STAMP or not 0 <= stamp(last - 1) < _LAST_STAMP:
            _give_up(source, f"{stamp(first):,} us")
        at_end = min(int(valid[last - 1]), RECORD_SAMPLES)
        n = (last - 1 - first) * RECORD_SAMPLES + at_end
        if n:
            runs.append(Run(source, first, n, stamp(first), stamp(last - 1) + at_end * a_sample))
    if not runs:
        _give_up(source, "no valid sample")
    return runs, odd


def _give_up(source: Source, found: str) -> None:
    raise FormatError(
        "the records are of no use",
        path=source.path,
        offset=HEADER_BYTES,
        expected="timestamps in us",
        found=found,
        hint="Copy it again from the acquisition computer",
    )
