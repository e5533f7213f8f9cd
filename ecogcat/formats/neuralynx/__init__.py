"""Neuralynx recordings: a folder of `.ncs` files, a channel each, with `Events.nev` beside them."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.choice import Option, SeveralFound, choose
from ecogcat.formats.neuralynx.folder import Stream, find_streams, ncs_files
from ecogcat.formats.neuralynx.header import MAGIC, read_header
from ecogcat.formats.neuralynx.recording import dataset_of, find_events
from ecogcat.formats.registry import Format, register

__all__ = ["open_neuralynx"]


def open_neuralynx(path: str | os.PathLike[str], *, stream: str | None = None) -> Dataset:
    r"""Open a folder of `.ncs` files, or one of them, where they lie.

    Parameters
    ----------
    path : path-like
        The folder; its `Events.nev`; or one `.ncs` file, of which then this channel alone is opened.
    stream : str, optional
        Channels of one rate and with the same gaps, such as "2000hz"; by default those of the rate that most have.

    Returns
    -------
    Dataset
        A channel a file, by the vendor's names; channels of other rates with the same gaps as aligned arrays at their
        own rate (`rate_32000hz`). Gaps and padded records are seams. The records of `Events.nev` are the events
        (`event_id`, `ttl`, `event_string`).

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If a file is damaged in its header, holds no whole record, or several streams could be meant.

    Notes
    -----
    Values are those at the electrode: where the header says ``-InputInverted True``, stored numbers are of the opposite
    sign. Files of one channel that follow on each other in time (``CSC1.ncs``, ``CSC1_0001.ncs``) are pieces of it. Of
    files that hold one channel over the same time, the one of the channel's name is taken. Files of a header and
    nothing else are left out. A file that has more than 16,384 records is not read through: that a record is not full
    is seen there by the jump of the timestamps behind it.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from pathlib import Path
    >>> text = "######## Neuralynx Data File Header\n-AcqEntName CSC1\n-SamplingFrequency 1000\n-ADBitVolts 1e-7\n"
    >>> dtype = [("stamp", "<u8"), ("channel", "<u4"), ("rate", "<u4"), ("valid", "<u4"), ("samples", "<i2", 512)]
    >>> records = np.array([(0, 0, 1000, 512, np.arange(512)), (512000, 0, 1000, 100, np.arange(512))], dtype)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "CSC1.ncs").write_bytes(text.encode().ljust(16384, b"\0") + records.tobytes())
    ...     dataset = open_neuralynx(folder)
    ...     dataset.signal.shape, dataset.units, dataset.signal[:, 20]
    ((1, 612), 'V', array([2.e-06], dtype=float32))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    streams, odd, folder = _find(path)
    chosen = _chosen(streams, stream, path)
    events, problems = find_events(_events_of(folder))
    single = os.path.isfile(path) and path.lower().endswith(".ncs")
    name = os.path.splitext(os.path.basename(path))[0] if single else os.path.basename(folder)
    others = [one for one in streams if one is not chosen]
    return dataset_of(chosen, name, others, events, [*odd, *problems])


def _find(path: str) -> tuple[list[Stream], list[str], str]:
    """Return the streams of a path, what is odd, and the folder."""
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file or folder")
    if os.path.isdir(path):
        folder, files = path, ncs_files(path)
    else:
        folder = os.path.dirname(path)
        kind = read_header(path).text("FileType")
        files = ncs_files(folder) if kind == "Event" or path.lower().endswith(".nev") else [path]
    if not files:
        raise FormatError(
            "there is no file of samples here", path=path, expected="files .ncs", found="none", hint="Copy them here"
        )
    streams, odd = find_streams(files)
    return streams, odd, folder


def _chosen(streams: list[Stream], wanted: str | None, path: str) -> Stream:
    if wanted is not None:
        options = [Option(one, {"stream": one.name}) for one in streams]
        return choose(options, path, stream=wanted.lower()).value
    first = streams[0]
    rivals = [one for one in streams[1:] if one.rate == first.rate and not one.copies]
    if rivals:
        several = SeveralFound(
            "the channels of this folder do not have the same gaps",
            path=path,
            expected="one stream",
            found="; ".join(f"stream={one.name!r} ({len(one.channels)} channels)" for one in (first, *rivals)),
            hint="Name one with stream=",
        )
        several.choices = tuple({"stream": one.name} for one in (first, *rivals))
        raise several
    return first


def _events_of(folder: str) -> str | None:
    """Return the file of events of a folder: the one called so, else the only one."""
    names = [name for name in sorted(os.listdir(folder)) if name.lower().endswith(".nev") and not name.startswith(".")]
    named = [name for name in names if name.lower() == "events.nev"]
    chosen = named or (names if len(names) == 1 else [])
    return os.path.join(folder, chosen[0]) if chosen else None


def _recognises(path: str, head: bytes) -> bool:
    if not os.path.isdir(path):
        return head.startswith(MAGIC)
    return any(_has_magic(file) for file in ncs_files(path)[:3])


def _has_magic(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:  # what is wrong with it is said where it is opened
        return False


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the channels of each rate that have the same gaps."""
    path = os.path.abspath(path)
    streams, _, folder = _find(path)
    return [
        {
            "stream": one.name,
            "rate": one.rate,
            "channels": len(one.channels),
            "samples": sum(one.lengths),
            "recording": os.path.basename(folder),
        }
        for one in streams
    ]


register(Format("neuralynx", open_neuralynx, _recognises, _streams, "Neuralynx folders of .ncs files", (".ncs",)))
