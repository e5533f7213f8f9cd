"""Blackrock recordings: the NSx files of one base name, and the NEV file beside them."""

from __future__ import annotations

import os
import re
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.blackrock.nev import NEV_MAGIC
from ecogcat.formats.blackrock.nsx import NSX_MAGIC
from ecogcat.formats.blackrock.recording import NsxFile, dataset_of, examine, examine_nev
from ecogcat.formats.choice import Option, choose
from ecogcat.formats.registry import Format, register

__all__ = ["open_blackrock"]

_NSX = re.compile(r"(?P<base>.+)\.(?P<stream>ns[1-9])", re.IGNORECASE | re.DOTALL)


def open_blackrock(path: str | os.PathLike[str], *, stream: str | None = None, recording: str | None = None) -> Dataset:
    """Open the NSx files of one recording where they lie.

    Parameters
    ----------
    path : path-like
        One of its files (``day1.ns5``, ``day1.nev``), their common name (``day1``), or the folder that they lie in.
    stream : str, optional
        "ns1" to "ns6", where several files of one recording have electrodes.
    recording : str, optional
        Common name of the files, where a folder holds those of several recordings.

    Returns
    -------
    Dataset
        Electrode channels, by their labels; the aligned array `adc` with the analog inputs of the same file, and those
        of another file of the recording at its own rate. Where no file has an electrode the analog inputs are the
        signal. The digital inputs of the NEV file are the events (`line`, `value`), its comments the notes; a pause, a
        jump or a setting back of the clock is a seam.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If a file is no NSx file, is damaged in its headers, holds no sample, or several recordings or streams could be
        meant and none is named.

    Notes
    -----
    Times are UTC, as the files have them. Values are scaled by the ranges in the headers of the channels. Files of
    version 2.1 have none: theirs is that of the NEV file's spikes (nV a count), as the vendor's own software takes it;
    without a NEV file the stored numbers are handed out, without a unit. Either is said in the warnings. Events lie
    among spikes: to find them, the NEV file is gone through, unless it has more than 4 GiB.

    Examples
    --------
    >>> import struct, tempfile
    >>> from pathlib import Path
    >>> basic = struct.pack("<8s2BI16s256sII8HI", b"NEURALCD", 2, 3, 314 + 66, b"", b"", 30, 30000, *[0] * 8, 1)
    >>> scale = struct.pack("<2sH16s2B4h16sIIHIIH", b"CC", 1, b"elec1", 1, 1, -8000, 8000, -2000, 2000, b"uV", *[0] * 6)
    >>> packet = struct.pack("<BII3h", 1, 0, 3, -4, 0, 4)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.ns2").write_bytes(basic + scale + packet)
    ...     dataset = open_blackrock(Path(folder, "a.ns2"))
    ...     dataset.sampling_rate, dataset.signal.channel_names, dataset.signal[0]
    (1000.0, ('elec1',), array([-1.,  0.,  1.], dtype=float32))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    base, named = _base_of(path, recording)
    folder, name = os.path.split(base)
    files, nev_path = _recordings(folder).get(name, {}), _nev_of(base)
    if not files:
        _refuse_nev_alone(path, folder)
    chosen = stream if stream is not None else named
    nev, odd = examine_nev(nev_path)
    if chosen is not None:
        key = choose([Option(key, {"stream": key}) for key in files], path, stream=chosen.lower()).value
        file = examine(key, files[key], nev)
    else:
        examined = [examine(key, place, nev) for key, place in files.items()]
        file = choose([_option(one) for one in examined], path, stream=None).value
    others = []
    for key, place in files.items():
        if key != file.stream and file.rows(analog=False):
            try:
                others.append(examine(key, place, nev))
            except FormatError as error:
                odd = "; ".join(one for one in (odd, f"{key} is left out: {error.message}") if one)
    others = [one for one in others if not one.rows(analog=False)]
    return dataset_of(file, name, nev, others, odd)


def _base_of(path: str, recording: str | None) -> tuple[str, str | None]:
    """Return the common path of a recording's files, and the stream if it is one of them that was named."""
    if os.path.isdir(path):
        found = _recordings(path)
        if not found:
            raise RecordingNotFound(f"{path}: the folder has no NSx file")
        options = [Option(name, {"recording": name}, ", ".join(files)) for name, files in found.items()]
        return os.path.join(path, choose(options, path, recording=recording).value), None
    if recording is not None:
        raise TypeError(f"recording={recording!r} names one of a folder's recordings; {path} is one file")
    match = _NSX.fullmatch(os.path.basename(path))
    if os.path.isfile(path):
        stem = os.path.splitext(path)[0]
        return stem, None if match is None else match["stream"].lower()
    if os.path.basename(path) in _recordings(os.path.dirname(path)):
        return path, None
    raise RecordingNotFound(f"{path}: no such file")


def _recordings(folder: str) -> dict[str, dict[str, str]]:
    """Return the NSx files of a folder: base name -> stream -> path."""
    found: dict[str, dict[str, str]] = {}
    if not os.path.isdir(folder):
        return found
    for name in sorted(os.listdir(folder)):
        match = _NSX.fullmatch(name)
        path = os.path.join(folder, name)
        if match is not None and not name.startswith(".") and os.path.isfile(path):
            found.setdefault(match["base"], {})[match["stream"].lower()] = path
    return found


def _nev_of(base: str) -> str | None:
    for path in (base + ".nev", base + ".NEV"):
        if os.path.isfile(path):
            return path
    return None


def _option(file: NsxFile) -> Option[NsxFile]:
    size = f"{len(file.header.channels)} channels, {file.header.sampling_rate:g} Hz"
    return Option(file, {"stream": file.stream}, size, bool(file.rows(analog=False)))


def _refuse_nev_alone(path: str, folder: str) -> None:
    with open(path, "rb") as file:
        head = file.read(8)
    if head in NSX_MAGIC:
        raise FormatError(
            "an NSx file is known by its name", path=path, expected="a name that ends in .ns1 to .ns9", found=path
        )
    beside = [os.path.basename(place) for files in _recordings(folder).values() for place in files.values()]
    raise FormatError(
        "this file has no NSx file beside it" if head in NEV_MAGIC else "this is no Blackrock file",
        path=path,
        offset=0,
        expected="samples in a file .ns1 to .ns6 of the same name",
        found=", ".join(beside) or "none in its folder",
        hint="Open that one" if beside else "Copy it there",
    )


def _recognises(path: str, head: bytes) -> bool:
    if not os.path.isdir(path):
        return head[:8] in NSX_MAGIC or head[:8] in NEV_MAGIC
    return any(_has_magic(place) for files in _recordings(path).values() for place in files.values())


def _has_magic(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(8) in NSX_MAGIC
    except OSError:  # what is wrong with it is said where it is opened
        return False


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the NSx files of each recording of a folder, or those that belong to a file."""
    path = os.path.abspath(path)
    if os.path.isdir(path):
        found = {os.path.join(path, name): files for name, files in _recordings(path).items()}
    else:
        base, _ = _base_of(path, None)
        found = {base: _recordings(os.path.dirname(base)).get(os.path.basename(base), {})}
        if not found[base]:
            _refuse_nev_alone(path, os.path.dirname(path))
    rows = []
    for base, files in found.items():
        nev, _ = examine_nev(_nev_of(base))
        for key, place in files.items():
            file = examine(key, place, nev)
            rows.append(
                {
                    "stream": key,
                    "rate": file.header.sampling_rate,
                    "channels": len(file.header.channels),
                    "samples": file.n_samples,
                    "recording": os.path.basename(base),
                }
            )
    return rows


register(
    Format(
        "blackrock",
        open_blackrock,
        _recognises,
        _streams,
        "Blackrock NSx files .ns1 to .ns6",
        (".ns1", ".ns2", ".ns3", ".ns4", ".ns5", ".ns6"),
    )
)
