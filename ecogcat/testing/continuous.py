"""Writing folders of Open Ephys ``.continuous`` files from stored integers.

For tests and simulated sessions: what is written is known to the last bit, which no recording offers. The layout is
that of `ecogcat.formats.openephys`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["write_continuous"]

_BLOCK = 1024
_MARKER = bytes([*range(9), 255])


def write_continuous(
    folder: str | os.PathLike[str],
    stored: ArrayLike,
    *,
    sampling_rate: float = 30000.0,
    bit_volts: float = 0.195,
    adc: ArrayLike | None = None,
    adc_bit_volts: float = 0.00015258789,
    aux: ArrayLike | None = None,
    aux_bit_volts: float = 0.0000374,
    stream: str = "100",
    experiment: int = 1,
    version: float = 0.4,
    first_timestamp: int = 0,
    gaps: Mapping[int, int] | None = None,
    recordings: Sequence[int] = (),
    events: Sequence[tuple[int, int, int]] | None = None,
    messages: Sequence[tuple[int, str]] | None = None,
    board_rate: int | None = None,
    structure: bool = False,
    start_time: datetime = datetime(2026, 3, 14, 10, 21, 5),
) -> None:
    """Write the files of one stream of one experiment from the integers that they are to store.

    Parameters
    ----------
    folder : path-like
        Folder to write to; made if it is not there. Other files in it are left as they are.
    stored : array_like of int16, shape (n_channels, n_samples)
        The electrode channels, CH1 and on. The last record is filled with zeros, as the GUI does.
    sampling_rate : float
        In Hz.
    bit_volts, adc_bit_volts, aux_bit_volts : float
        What a count means: in uV for electrode channels, in V for the others.
    adc, aux : array_like of int16, shape (n, n_samples), optional
        Channels ADC1 and on, AUX1 and on.
    stream : str
        With what the names begin: "100", or "100_example-data" as from GUI 0.6 on.
    experiment : int
        From the second on its number stands behind the names.
    version : float
        Of the format: 0.1 has no recording numbers, 0.6 has other dates, messages and names of sidecar files.
    first_timestamp : int
        Sample number of the first sample.
    gaps : mapping of int to int, optional
        By record, how many samples are missing before it.
    recordings : sequence of int
        Records with which a new recording begins.
    events : sequence of (timestamp, line, state), optional
        TTL lines, counted from 1.
    messages : sequence of (timestamp, text), optional
        What the experimenter noted.
    board_rate : int, optional
        For settings.xml: position of the sampling rate in the board's list, from 1.
    structure : bool
        Write the file that lists the others.
    start_time : datetime
        When recording was begun.

    Raises
    ------
    ValueError
        If shapes differ in length, or values do not fit 16 bits.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_continuous(folder, np.zeros((2, 1500)), adc=np.zeros((1, 1500)))
    ...     for path in sorted(Path(folder).iterdir()):
    ...         print(path.name, path.stat().st_size - 1024 - 2 * 2070)
    100_ADC1.continuous 0
    100_CH1.continuous 0
    100_CH2.continuous 0
    """
    place, suffix = Path(folder), "" if experiment == 1 else f"_{experiment}"
    place.mkdir(parents=True, exist_ok=True)
    channels = _integers("stored", stored, None)
    n_samples = channels.shape[1]
    n_records = -(-n_samples // _BLOCK)
    leads = _leads(n_records, first_timestamp, gaps or {}, recordings)
    kinds = {
        "CH": (channels, bit_volts),
        "ADC": (_integers("adc", adc, n_samples), adc_bit_volts),
        "AUX": (_integers("aux", aux, n_samples), aux_bit_volts),
    }
    listed = []
    for kind, (array, gain) in kinds.items():
        for k, samples in enumerate(array, 1):
            name = f"{stream}_{kind}{k}{suffix}.continuous"
            header = _header(f"{kind}{k}", "Continuous", sampling_rate, gain, version, start_time)
            (place / name).write_bytes(header + _records(samples, leads, version))
            listed.append((f"{kind}{k}", gain, name))
    events_name = f"{stream if version >= 0.6 else 'all_channels'}{suffix}.events"
    if events is not None:
        header = _header("Events", "Event", sampling_rate, 1.0, version, start_time)
        (place / events_name).write_bytes(header + _events(events, leads, version))
    if messages is not None:
        comma = "," if version >= 0.6 else ""
        lines = [f"{first_timestamp}{comma} Start Time for {stream} @ {sampling_rate:g} Hz"]
        lines += [f"{stamp}{comma} {text}" for stamp, text in messages]
        (place / f"messages{suffix}.events").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if board_rate is not None:
        (place / f"settings{suffix}.xml").write_text(_settings(board_rate, start_time), encoding="utf-8")
    if structure:
        name = "structure" if version >= 0.6 else "Continuous_Data"
        text = _structure(listed, stream, experiment, sampling_rate, events_name if events is not None else None)
        (place / f"{name}{suffix}.openephys").write_text(text, encoding="utf-8")


def _integers(name: str, values: ArrayLike | None, n_samples: int | None) -> NDArray[Any]:
    if values is None:
        return np.zeros((0, n_samples or 0), ">i2")
    array = np.asarray(values)
    if array.ndim != 2 or (n_samples is not None and array.shape[1] != n_samples):
        raise ValueError(f"{name} has shape {array.shape}, not (n, {n_samples or 'n_samples'})")
    stored = array.astype(">i2")
    if not np.array_equal(stored, array):
        raise ValueError(f"{name} has values that are no integers of 16 bits")
    return stored


def _leads(n_records: int, first: int, gaps: Mapping[int, int], recordings: Sequence[int]) -> list[tuple[int, int]]:
    """Return timestamp and recording number of each record."""
    leads, stamp = [], first
    for record in range(n_records):
        stamp += gaps.get(record, 0)
        leads.append((stamp, sum(record >= begin for begin in recordings)))
        stamp += _BLOCK
    return leads


def _records(samples: NDArray[Any], leads: Sequence[tuple[int, int]], version: float) -> bytes:
    """Build the records: a structured type without padding *is* a record's layout."""
    number = [("recording", "<u2")] if version >= 0.2 else []
    kind = np.dtype(
        [("timestamp", "<i8"), ("count", "<u2"), *number, ("samples", ">i2", _BLOCK), ("marker", "u1", len(_MARKER))]
    )
    records = np.zeros(len(leads), kind)
    records["timestamp"] = [stamp for stamp, _ in leads]
    records["count"] = _BLOCK
    if number:
        records["recording"] = [recording for _, recording in leads]
    padded = np.zeros(len(leads) * _BLOCK, ">i2")
    padded[: len(samples)] = samples
    records["samples"] = padded.reshape(-1, _BLOCK)
    records["marker"] = np.frombuffer(_MARKER, np.uint8)
    return records.tobytes()


def _header(channel: str, kind: str, rate: float, gain: float, version: float, start: datetime) -> bytes:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day = f"{start.day}-{months[start.month - 1]}-{start.year}"
    if version >= 0.6:
        created = f"{day:0>11} {start:%H:%M:%S}"
    else:  # without zeros in front
        created = f"{day} {start.hour}{start.minute}{start.second}"
    fields = {
        "format": "'Open Ephys Data Format'",
        "version": f"{version:g}",
        "header_bytes": "1024",
        "description": "'written by ecogcat.testing'",
        "date_created": f"'{created}'",
        "channel": f"'{channel}'",
        "channelType": f"'{kind}'",
        "sampleRate": np.format_float_positional(rate, trim="-"),
        "blockLength": str(_BLOCK),
        "bufferSize": str(_BLOCK),
        "bitVolts": np.format_float_positional(gain, trim="-"),
    }
    return "".join(f"header.{key} = {value};\n" for key, value in fields.items()).encode().ljust(1024)


def _events(events: Sequence[tuple[int, int, int]], leads: Sequence[tuple[int, int]], version: float) -> bytes:
    number = [("recording", "<u2")] if version >= 0.2 else []
    names = ("type", "node", "state", "line")
    kind = np.dtype([("timestamp", "<i8"), ("position", "<i2"), *((name, "u1") for name in names), *number])
    records = np.zeros(len(events), kind)
    for record, (stamp, line, state) in zip(records, events, strict=True):
        record["timestamp"], record["type"], record["node"] = stamp, 3, 100
        record["line"], record["state"] = line - 1, state
        if number:
            record["recording"] = max([own for begin, own in leads if begin <= stamp], default=0)
    return records.tobytes()


def _settings(board_rate: int, start: datetime) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    date = f"{start.day} {months[start.month - 1]} {start.year} {start.hour}:{start:%M:%S}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<SETTINGS>\n'
        f"  <INFO><VERSION>0.4.4</VERSION><DATE>{date}</DATE></INFO>\n"
        f'  <SIGNALCHAIN><PROCESSOR name="Sources/Rhythm FPGA"><EDITOR SampleRate="{board_rate}"/></PROCESSOR>'
        "</SIGNALCHAIN>\n</SETTINGS>\n"
    )


def _structure(
    listed: Sequence[tuple[str, float, str]], stream: str, experiment: int, rate: float, events: str | None
) -> str:
    channels = "".join(
        f'      <CHANNEL name="{name}" bitVolts="{gain}" filename={quoteattr(file)} position="1024"/>\n'
        for name, gain, file in listed
    )
    further = "" if events is None else f"      <EVENTS filename={quoteattr(events)}/>\n"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EXPERIMENT version="0.4" number="{experiment}">\n'
        f'  <RECORDING number="0" samplerate="{rate:g}">\n    <PROCESSOR id={quoteattr(stream)}>\n'
        f"{channels}{further}    </PROCESSOR>\n  </RECORDING>\n</EXPERIMENT>\n"
    )
