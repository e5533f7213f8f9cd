"""National Instruments TDMS files: those of the lab's multiplexing instruments, and waveforms in general."""

from __future__ import annotations

import math
import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.choice import Option, choose
from ecogcat.formats.registry import Format, register
from ecogcat.formats.tdms.dataset import dataset_of
from ecogcat.formats.tdms.segments import TAG, TdmsContent, read_content
from ecogcat.formats.tdms.streams import Stream, streams_of
from ecogcat.storage.source import Source
from ecogcat.units import default_units

__all__ = ["open_tdms"]


def open_tdms(
    path: str | os.PathLike[str],
    *,
    stream: str | None = None,
    sampling_rate: float | None = None,
    multiplexed: bool | None = None,
) -> Dataset:
    r"""Open a TDMS file where it lies.

    Parameters
    ----------
    path : path-like
        The file.
    stream : str, optional
        Name of a stream: the group, and where a group has several rates or units, these. See ``ecogcat.streams``.
    sampling_rate : float, optional
        Hz, where the file does not say it (by `wf_increment`), or says it wrongly; of a multiplexed group that of
        frames.
    multiplexed : bool, optional
        Whether the columns of a group with `nrRows`, `nrColumns`, `SamplingRate` and `OverSampling` are taken apart
        into `nrRows` channels each. By default they are.

    Returns
    -------
    Dataset
        Digital lines are the aligned array `dig`. Of a multiplexed group, channel = column * nrRows + row at
        SamplingRate / (OverSampling * nrRows) Hz, columns by `NI_ArrayColumn`, and columns from `nrColumns` on are the
        aligned array `bnc`, at the columns' own rate. Properties of the file and the group are in `metadata`.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no such file, has no samples or no rate, or several streams and none is named.

    Notes
    -----
    A file whose writer crashed opens as far as it is whole; what is not is in ``dataset.warnings``. Times are kept as
    TDMS keeps them: universal time, not local time. A start time that changes in the course of a file is a seam.
    Scales that are no line (thermocouples, tables) are worked out by npTDMS: ``pip install 'ecogcat[tdms]'``.

    Examples
    --------
    >>> import struct, tempfile
    >>> def text(words):
    ...     return struct.pack("<I", len(words)) + words.encode()
    >>> path = tempfile.mkdtemp() + "/a.tdms"
    >>> data = struct.pack("<3d", 0.5, 1, 1.5)
    >>> index = struct.pack("<IIIQ", 20, 10, 1, 3)  # bytes of this index, doubles, one dimension, three values
    >>> properties = struct.pack("<I", 1) + text("wf_increment") + struct.pack("<Id", 10, 0.001)
    >>> about = struct.pack("<I", 1) + text("/'scope'/'probe'") + index + properties
    >>> lead_in = b"TDSm" + struct.pack("<IIQQ", 2 + 4 + 8, 4713, len(about + data), len(about))
    >>> with open(path, "wb") as file:
    ...     _ = file.write(lead_in + about + data)
    >>> dataset = open_tdms(path)
    >>> dataset.sampling_rate, dataset.signal.channel_names, dataset.signal[0]
    (1000.0, ('probe',), array([0.5, 1. , 1.5], dtype=float32))
    """
    source, content = _content(path)
    if sampling_rate is not None and not (math.isfinite(sampling_rate) and sampling_rate > 0):
        raise ValueError(f"sampling_rate is a positive number of Hz, not {sampling_rate!r}")
    chosen = _chosen(source.path, content, streams_of(content, multiplexed), stream)
    return dataset_of(source, content, chosen, sampling_rate)


def _content(path: str | os.PathLike[str]) -> tuple[Source, TdmsContent]:
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    source = Source.open(path)
    return source, read_content(path, source.size)


def _chosen(path: str, content: TdmsContent, streams: list[Stream], wanted: str | None) -> Stream:
    """Return the stream that is asked for, or the only one with electrodes."""
    if not streams:
        raise FormatError(
            "the file holds no sample",
            path=path,
            expected="channels of numbers",
            found="; ".join([f"{len(content.indexes)} channels, none with values", *content.warnings[:1]]),
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    # Decimated copies and logic lines alone are opened where there is nothing else.
    likely = [one for one in streams if one.analog and not one.copy]
    likely = likely or [one for one in streams if not one.copy] or streams
    voltages = [one for one in likely if default_units(one.units) == "uV"]
    by_default = voltages if len(voltages) == 1 else likely
    options = [
        Option(one, {"stream": one.name}, f"{len(one.channels)} channels, {one.rate:g} Hz", one in by_default)
        for one in streams
    ]
    return choose(options, path, stream=wanted).value


def _recognises(path: str, head: bytes) -> bool:
    return head.startswith(TAG)


def _streams(path: str) -> list[dict[str, Any]]:
    _, content = _content(path)
    rows = []
    for one in streams_of(content):
        n_channels, n_samples, how = len(one.channels), one.n_values, one.multiplex
        if how is not None and one.analog and how.n_rows > 1 and n_channels <= how.n_columns + how.n_bnc:
            n_channels, n_samples = min(n_channels, how.n_columns) * how.n_rows, n_samples // how.n_rows
        rows.append({"stream": one.name, "rate": one.rate, "channels": n_channels, "samples": n_samples})
    return rows


register(Format("tdms", open_tdms, _recognises, _streams, "National Instruments TDMS files", (".tdms",)))
