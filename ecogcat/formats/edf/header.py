"""The header of an EDF or BDF file: 256 bytes of text, and 256 more for each of its signals.

A file is a header and records of one duration; a record holds some samples of each signal, signal after signal, as
16-bit (EDF) or 24-bit (BDF) integers, the lowest byte first. So samples are block-affine, a block a record, and signals
of several rates lie beside each other. A number stands for

    value = (number - digital minimum) * (physical maximum - physical minimum)
            / (digital maximum - digital minimum) + physical minimum

Text fields of fixed width, padded with blanks:

=======  =====================================================================
8        version: "0", or the byte 255 and "BIOSEMI"
80, 80   who was recorded, and what: in EDF+ fields of their own, set apart by blanks
8, 8     start: dd.mm.yy (85 to 99 are of the 20th century) and hh.mm.ss
8        length of the header in bytes
44       "EDF+C", "EDF+D", "BDF+C", "BDF+D": with annotations; C continuous, D with gaps
8        number of records; -1 while recording
8, 4     duration of a record in s, and number of signals
=======  =====================================================================

and then of all signals one field after the other: label (16), transducer (80), unit (8), physical minimum and maximum
(8, 8), digital minimum and maximum (8, 8), prefiltering (80), samples a record (8), and 32 reserved.

Source: Kemp et al. 1992 (EDF), Kemp and Olivan 2003 (EDF+), https://www.edfplus.info/specs; for BDF BioSemi's page
"Which file format does BioSemi use", https://www.biosemi.com/faq/file_format.htm. Checked against recordings of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.formats.edf.field import Field, start_of
from ecogcat.storage.source import Source

__all__ = ["ANNOTATIONS", "EdfHeader", "EdfSignal", "is_edf", "read_header"]

ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
_VERSIONS = {b"0       ": 2, b"\xffBIOSEMI": 3}
_FIXED = 256
_SHORTEST, _LONGEST = 1e-4, 1e5  # duration of a record, s
_SPELLED = {"uv": "uV", "µv": "uV", "mv": "mV", "nv": "nV", "v": "V"}  # whatever the case: nobody means megavolts
_SIGNAL_FIELDS = (
    ("label", 16),
    ("transducer", 80),
    ("units", 8),
    ("physical_min", 8),
    ("physical_max", 8),
    ("digital_min", 8),
    ("digital_max", 8),
    ("prefiltering", 80),
    ("per_record", 8),
)


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """One signal of a header.

    Attributes
    ----------
    number : int
        Place in the file, from 0.
    label, transducer, units, prefiltering : str
    per_record : int
        Samples in a record.
    offset_bytes : int
        Where they lie in it.
    gain, offset : float
        value = stored * gain + offset, in `units`; 1 and 0 where the header's ranges say nothing (`units` is then "").
    range_problem : str
        What is wrong with those ranges; empty where all is well.
    """

    number: int
    label: str
    transducer: str
    units: str
    prefiltering: str
    per_record: int
    offset_bytes: int
    gain: float
    offset: float
    range_problem: str = ""

    @property
    def is_annotations(self) -> bool:
        """Whether it holds annotations instead of samples."""
        return self.label in ANNOTATIONS


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """Everything a header says.

    Attributes
    ----------
    item_bytes : int
        2 for EDF, 3 for BDF.
    kind : str
        "EDF", "BDF", "EDF+C", "EDF+D", "BDF+C" or "BDF+D".
    patient, recording : str
        Who was recorded, and what.
    started : datetime64 or None
        The header's start date and time.
    n_records : int
        As the header says; -1 while recording.
    record_s : float
        Duration of a record.
    header_bytes, record_bytes : int
    signals : tuple of EdfSignal
        Annotations included.
    warnings : tuple of str
        What is odd about the header.
    """

    item_bytes: int
    kind: str
    patient: str
    recording: str
    started: np.datetime64 | None
    n_records: int
    record_s: float
    header_bytes: int
    record_bytes: int
    signals: tuple[EdfSignal, ...]
    warnings: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the experimenter wrote: all of patient and recording field, in EDF+ what follows their fixed parts."""
        notes = []
        for text, n_fixed, start in ((self.patient, 4, ""), (self.recording, 5, "Startdate ")):
            parts = text.split(" ")
            fixed = "+" in self.kind and text.startswith(start) and len(parts) >= n_fixed
            note = " ".join(parts[n_fixed:] if fixed else parts).replace("_", " ").strip()
            notes += [note] if note.strip(" X") else []
        return tuple(notes)


def is_edf(head: bytes) -> bool:
    """Whether the first bytes of a file are such a header: version, its length, and the number of signals agree."""
    length, n_signals = head[184:192].strip(), head[252:256].strip()
    if head[:8] not in _VERSIONS or not (length.isdigit() and n_signals.isdigit()):
        return False
    return int(length) == _FIXED * (1 + int(n_signals))


def read_header(source: Source) -> EdfHeader:
    """Read the header of a file.

    Raises
    ------
    FormatError
        If it is no such file, or its header is cut or makes no sense.
    """
    with open(source.path, "rb", buffering=0) as file:
        fixed = file.read(min(_FIXED, source.size))
        version = fixed[:8]
        if version not in _VERSIONS:
            raise FormatError(
                "this is no EDF or BDF file",
                path=source.path,
                offset=0,
                expected="the version '0', or the byte 255 and 'BIOSEMI'",
                found=repr(version.decode()) if version.isascii() else version.hex(" "),
            )
        if len(fixed) < _FIXED:
            _fail_short(source, _FIXED, "its first 256 bytes")
        n_signals = Field(source, fixed, 252, 4, "number of signals").integer(least=1)
        length = Field(source, fixed, 184, 8, "length of the header").integer()
        if length != _FIXED * (1 + n_signals):
            raise FormatError(
                "the length of the header does not belong to its number of signals",
                path=source.path,
                offset=184,
                expected=f"{_FIXED * (1 + n_signals):,} bytes for {n_signals} signals",
                found=f"{length:,} bytes",
            )
        if length > source.size:
            _fail_short(source, length, f"the fields of its {n_signals} signals")
        table = _read_all(file, length - _FIXED)
    return _parse(source, _VERSIONS[version], fixed, table, n_signals)


def _read_all(file: Any, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = file.read(length - len(data))
        if not more:
            break
        data += more
    return data.ljust(length)


def _fail_short(source: Source, wanted: int, what: str) -> None:
    raise FormatError(
        f"the file ends inside its header, in {what}",
        path=source.path,
        offset=source.size,
        expected=f"a header of {wanted:,} bytes",
        found=f"{source.size:,} bytes",
        hint="Its copy failed, or the disk was full: copy it again",
    )


def _parse(source: Source, item_bytes: int, fixed: bytes, table: bytes, n_signals: int) -> EdfHeader:
    def field(at: int, width: int, what: str) -> Field:
        return Field(source, fixed, at, width, what)

    odd: list[str] = []
    record_s = field(244, 8, "duration of a record").number()
    n_records = field(236, 8, "number of records").integer(least=-1)
    reserved = field(192, 44, "reserved").text
    plain = "EDF" if item_bytes == 2 else "BDF"
    kind = reserved[:5] if re.match(r"[EB]DF\+[CD]", reserved) else plain
    signals, at = [], 0
    for k in range(n_signals):
        one = _parse_signal(source, table, n_signals, k, at, item_bytes)
        signals.append(one)
        at += one.per_record * item_bytes
    alone = all(one.is_annotations for one in signals)  # they need no duration, and 0 is common
    if record_s is None or not (_SHORTEST <= record_s <= _LONGEST or (alone and record_s >= 0)):
        raise FormatError(
            "the duration of a record cannot be",
            path=source.path,
            offset=244,
            expected=f"a number of seconds from {_SHORTEST:g} to {_LONGEST:,.0f}",
            found=repr(field(244, 8, "").text),
        )
    recording = field(88, 80, "recording").text
    started = start_of(field(168, 8, "").text, field(176, 8, "").text, recording, odd)
    return EdfHeader(
        item_bytes=item_bytes,
        kind=kind,
        patient=field(8, 80, "patient").text,
        recording=recording,
        started=started,
        n_records=n_records,
        record_s=record_s,
        header_bytes=_FIXED * (1 + n_signals),
        record_bytes=at,
        signals=tuple(signals),
        warnings=tuple(odd),
    )


def _parse_signal(source: Source, table: bytes, n_signals: int, k: int, at: int, item_bytes: int) -> EdfSignal:
    fields, start = {}, 0
    for name, width in _SIGNAL_FIELDS:
        what = f"samples a record of signal {k + 1}"
        fields[name] = Field(source, table, start + k * width, width, what, _FIXED)
        start += n_signals * width
    label = fields["label"].text
    per_record = fields["per_record"].integer()
    low, high, least, most = (
        fields[name].number() for name in ("physical_min", "physical_max", "digital_min", "digital_max")
    )
    gain, offset, units, problem = 1.0, 0.0, fields["units"].text, ""
    units = _SPELLED.get(units.lower(), units)
    if low is None or high is None or least is None or most is None or least == most or low == high:
        ranges = [fields[name].text for name in ("digital_min", "digital_max", "physical_min", "physical_max")]
        problem = "digital {} to {} for physical {} to {}".format(*ranges)
        units = ""
    else:
        gain = (high - low) / (most - least)
        offset = low - least * gain
    return EdfSignal(
        number=k,
        label=label,
        transducer=fields["transducer"].text,
        units=units,
        prefiltering=fields["prefiltering"].text,
        per_record=per_record,
        offset_bytes=at,
        gain=gain,
        offset=offset,
        range_problem="" if label in ANNOTATIONS else problem,
    )
