"""SpikeGLX recordings: Neuropixels probes and National Instruments devices; gates and triggers of a run as one."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError, RecordingNotFound
from ecogcat.formats.choice import choose
from ecogcat.formats.registry import Format, register
from ecogcat.formats.spikeglx.dataset import dataset_of
from ecogcat.formats.spikeglx.files import RunStream, find_streams, parse_name

__all__ = ["open_spikeglx"]


def open_spikeglx(path: str | os.PathLike[str], *, stream: str | None = None, recording: str | None = None) -> Dataset:
    r"""Open a stream of a SpikeGLX run where it lies.

    Parameters
    ----------
    path : path-like
        Folder of a run, of a gate or of a probe: the files of consecutive gates and triggers open as one dataset with
        seams. Or one `.bin` or `.meta` file.
    stream : str, optional
        "imec0.ap", "imec0.lf", "nidq", "obx0.obx".
    recording : str, optional
        Name of the run, where a folder holds several.

    Returns
    -------
    Dataset
        Neural channels in uV; beside the action potential band of a probe its `lf` band at its own rate, where the path
        is a folder; analog inputs `adc` in V; digital lines `dig` (those that were enabled; of a probe its
        sync input); `status`, the words of a probe's state as they are. Of a stream without neural channels the analog
        inputs are the signal.

    Raises
    ------
    RecordingNotFound
        If nothing is there, a stream's data files are missing, or nothing has that name (those there are are listed).
    FormatError
        If several streams are meant, or a file is not what it should be.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> meta = ["typeThis=nidq", "nSavedChans=2", "snsMnMaXaDw=0,0,1,1", "niSampRate=1000", "niAiRangeMax=5"]
    >>> meta += ["fileSizeBytes=12", "niXDBytes1=1", "niXDChans1=0:1"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.array([[16384, 1], [0, 2], [-32768, 3]], "<i2").tofile(f"{folder}/rat_g0_t0.nidq.bin")
    ...     _ = pathlib.Path(folder, "rat_g0_t0.nidq.meta").write_text("\n".join(meta))
    ...     dataset = open_spikeglx(folder)
    ...     dataset.signal[:].tolist(), dataset["dig"][:].tolist()
    ([[2.5, 0.0, -5.0]], [[1, 0, 1], [0, 1, 1]])
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: nothing is there")
    found = _found(path)
    low = {one: beside for one in found if (beside := _low_band(one, found)) is not None}
    # Unless it is asked for, the low band goes with the other.
    candidates = [one for one in found if stream is not None or one not in low.values()]
    chosen = choose(candidates, path, recording=recording, stream=stream)
    return dataset_of(chosen, low.get(chosen))


def _low_band(stream: RunStream, found: list[RunStream]) -> RunStream | None:
    """Return the local field potentials that go with the action potentials of the same probe."""
    probe, _, band = stream.stream.rpartition(".")
    beside = (one for one in found if (one.run, one.stream) == (stream.run, f"{probe}.lf"))
    return next(beside, None) if band == "ap" and stream.opens_by_default else None


def _found(path: str) -> list[RunStream]:
    found = find_streams(path)
    if not found:
        piece = parse_name(path)
        if piece is not None:
            raise RecordingNotFound(f"{piece.meta_path}: this file is missing; {path} cannot be read without it")
        raise RecordingNotFound(f"{path}: no RUN_g0_t0.imec0.ap.meta or other file of a SpikeGLX run is here")
    return found


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isfile(path):
        piece = parse_name(path)
        if piece is None or not os.path.isfile(piece.meta_path):
            return False
        if path.endswith(".meta"):
            return b"nSavedChans=" in head or b"fileCreateTime=" in head or b"snsApLfSy=" in head
        return True
    return bool(find_streams(path))


def _streams(path: str) -> list[dict[str, Any]]:
    """Return every stream; samples are those of all pieces, 0 where the data files are missing."""
    rows = []
    for one in _found(path):
        row: dict[str, Any] = {"rate": float("nan"), "channels": 0, "samples": 0, **one.places}
        try:
            meta = one.pieces[0].meta
            kinds = meta.kinds()
            row["channels"] = sum(len(kind.columns) for name, kind in kinds.items() if name not in ("SY", "XD"))
            row["rate"], row["samples"] = meta.rate, sum(piece.n_samples for piece in one.pieces)
        except EcogcatError:
            rows.append(row)  # a listing shows what is there, also what cannot be opened
            continue
        rows.append(row)
    return rows


register(Format("spikeglx", open_spikeglx, _recognises, _streams, "SpikeGLX .bin and .meta files", (".meta",)))
