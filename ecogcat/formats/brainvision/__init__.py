"""BrainVision recordings: a header (`.vhdr`), markers (`.vmrk`) and samples (`.eeg`, `.dat`, `.avg`) side by side."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.brainvision.header import is_header, read_header
from ecogcat.formats.brainvision.recording import dataset_of
from ecogcat.formats.brainvision.sections import find_beside, read_text, split_sections
from ecogcat.formats.choice import Option, choose
from ecogcat.formats.registry import Format, not_found, register, stream_rows

__all__ = ["open_brainvision"]

_DATA = (".eeg", ".dat", ".avg", ".seg", ".vmrk")


def open_brainvision(path: str | os.PathLike[str], *, recording: str | None = None) -> Dataset:
    r"""Open a BrainVision recording where it lies.

    Parameters
    ----------
    path : path-like
        The header, or the data or marker file that goes with it, or a folder.
    recording : str, optional
        Name of the header without its suffix, where a folder holds several.

    Returns
    -------
    Dataset
        Signal: the channels that measure a voltage; all others are aligned arrays (`aux`, and by unit where they have
        several). A part a segment, each with the wall-clock time of its New Segment marker. Events: all other markers,
        with `type`, `description`, `size` (samples) and `channel` (from 1; 0 for all).

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If the header makes no sense, names a data file that is not there, or holds no sample; or a folder several.
    TypeError
        If `recording` is given with a file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.eeg").write_bytes(bytes([1, 0, 2, 0, 255, 255, 16, 0]))
    >>> lines = ["Brain Vision Data Exchange Header File Version 1.0", "[Common Infos]", "DataFile=$b.eeg"]
    >>> lines += ["NumberOfChannels=2", "SamplingInterval=1000", "[Binary Infos]", "BinaryFormat=INT_16"]
    >>> _ = (folder / "a.vhdr").write_text("\n".join([*lines, "[Channel Infos]", "Ch1=Fp1,,0.5", "Ch2=Cz,,2,µV"]))
    >>> dataset = open_brainvision(folder / "a.vhdr")
    >>> dataset.sampling_rate, dataset.signal.channel_names, dataset.signal[:]
    (1000.0, ('Fp1', 'Cz'), array([[ 0.5, -0.5],
           [ 4. , 32. ]], dtype=float32))
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if os.path.isdir(path):
        return dataset_of(read_header(_chosen(path, recording)))
    if not os.path.exists(path):
        raise RecordingNotFound(not_found(path))
    if recording is not None:
        raise TypeError(f"recording={recording!r} names one of a folder's recordings; {path} is one file")
    return dataset_of(read_header(_header_for(path)))


def _header_for(path: str) -> str:
    """Return the header to read for a file: itself, or the one that names it."""
    header = _header_of(path)
    if header is None and path.lower().endswith(_DATA):
        listed = ", ".join(f"{name}.vhdr" for name in _recordings(os.path.dirname(path)))
        raise FormatError(
            "no BrainVision header names this file",
            path=path,
            expected=f"a .vhdr beside it with DataFile={os.path.basename(path)}",
            found=f"{listed}, which name other files" if listed else "no .vhdr beside it",
            hint="If it was renamed, write its present name after DataFile= (and MarkerFile=) in its header",
        )
    return header or path


def _header_of(path: str) -> str | None:
    """Return the header that a data or marker file goes with; None for a header itself, or where there is none."""
    base, suffix = os.path.splitext(path)
    if suffix.lower() not in _DATA:
        return None
    folder = os.path.dirname(path)
    for header in sorted(_headers(folder), key=lambda one: os.path.splitext(one)[0] != base):
        try:
            common = split_sections(read_text(header)).get("common infos", {})
        except FormatError:  # another recording's header, as far as anybody knows: opening it says what is wrong
            continue
        named = [find_beside(header, common.get(key, "")) for key in ("datafile", "markerfile")]
        if path in named:
            return header
    return None


def _headers(folder: str) -> list[str]:
    names = [name for name in sorted(os.listdir(folder)) if name.lower().endswith(".vhdr") and not name.startswith(".")]
    found = []
    for path in (os.path.join(folder, name) for name in names):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                found += [path] if is_header(file.read(256)) else []
    return found


def _recordings(folder: str) -> dict[str, str]:
    return {os.path.splitext(os.path.basename(path))[0]: path for path in _headers(folder)}


def _chosen(folder: str, recording: str | None) -> str:
    recordings = _recordings(folder)
    if not recordings:
        raise RecordingNotFound(f"{folder}: the folder has no BrainVision header (.vhdr)")
    options = [Option(path, {"recording": name}) for name, path in recordings.items()]
    return choose(options, folder, recording=recording).value


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return bool(_headers(path))
    return is_header(head) or _header_of(path) is not None


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the arrays of each recording that a file or folder holds."""
    headers = list(_recordings(path).values()) if os.path.isdir(path) else [_header_for(path)]
    datasets = [dataset_of(read_header(header)) for header in headers]
    return [row for one in datasets for row in stream_rows(one, recording=one.name)]


_TITLE = "BrainVision .vhdr headers with .eeg and .vmrk files"
register(Format("brainvision", open_brainvision, _recognises, _streams, _TITLE, (".vhdr", ".vmrk", ".eeg")))
