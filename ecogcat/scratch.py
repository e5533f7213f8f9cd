"""Scratch copies: a dataset's samples in a private file, where they may be written to."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import nullcontext, suppress
from dataclasses import replace

from ecogcat.checks import check_dataset
from ecogcat.checksums import with_checksums
from ecogcat.dataset import Dataset
from ecogcat.piece import Piece
from ecogcat.progress import Progress, Report
from ecogcat.signal import Signal
from ecogcat.storage import maps
from ecogcat.storage.atomic import put_in_place
from ecogcat.storage.disk import check_may_write, named_when_full, path_text, private_folder
from ecogcat.storage.scratch import ScratchExtent, ScratchFile, make_scratch_file
from ecogcat.storage.unfinished import disguised, held, unfinished_path

__all__ = ["COPIED", "scratch"]

COPIED = "copied to scratch"
"""What the history says of it."""


def scratch(dataset: Dataset, path: str | os.PathLike[str] | None = None, progress: Progress = None) -> Dataset:
    """Make a private copy of a dataset that can be written to; sources never are.

    Parameters
    ----------
    dataset : Dataset
        Its signal and all arrays beside it are copied, as the values they read as.
    path : path-like, optional
        Where the copy goes (an HDF5 file; nothing may be there), to be kept. By default it lies in a temporary folder
        of its own, which only you can look into, and is removed when nobody uses the dataset any more, when the process
        ends at the latest.
    progress : bool or callable, optional
        True shows a bar; a callable gets (bytes done, bytes in all).

    Returns
    -------
    Dataset
        Equal to `dataset` until it is written to, with ``dataset.signal.write(index, values)`` or
        ``dataset["adc"].write(index, values)``. What is cut or joined of it looks at the same samples. Its token is its
        own: no other dataset is ``==`` to it.

    Raises
    ------
    FileExistsError
        If something is at `path`.
    OSError
        If the disk has no room for the copy, or the folder is read-only.

    Examples
    --------
    >>> import ecogcat as ec
    >>> dataset = ec.from_array([[1.0, 2.0, 3.0]], 1000)
    >>> copy = ec.scratch(dataset)
    >>> copy.signal.write((0, slice(None, None, 2)), -1)
    >>> copy.signal[:], dataset.signal[:]
    (array([[-1.,  2., -1.]]), array([[1., 2., 3.]]))
    """
    check_dataset(dataset, "scratch")
    path = None if path is None else path_text(path)
    arrays = {"signal": dataset.signal, **dataset.arrays()}
    report = Report(sum(array.nbytes for array in arrays.values()), progress, "copying")
    try:
        with named_when_full(f"a scratch copy in {tempfile.gettempdir() if path is None else path}"):
            copied = _temporary(arrays, report) if path is None else _kept(path, arrays, report)
    finally:
        report.close()
    signal = copied.pop("signal")
    ground, reference = copied.pop("ground", None), copied.pop("reference_channels", None)
    parts = [part.replace(history=(*part.history, COPIED)) for part in with_checksums(dataset)]
    return dataset.replace(signal=signal, parts=parts, aligned=copied, ground=ground, reference_channels=reference)


def _temporary(arrays: dict[str, Signal], report: Report) -> dict[str, Signal]:
    folder = private_folder()
    path = os.path.join(folder, "scratch.h5")
    try:
        _, extents = _filled(path, arrays, report, kept=False)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _signals(arrays, extents)


def _kept(path: str, arrays: dict[str, Signal], report: Report) -> dict[str, Signal]:
    check_may_write(path)
    path = os.path.abspath(os.path.expanduser(path))
    _refuse_to_replace(path)
    if not os.path.isdir(os.path.dirname(path)):
        raise FileNotFoundError(f"{path}: there is no folder {os.path.dirname(path)} to make a scratch copy in")
    unfinished = unfinished_path(path, ".scratch")
    with held(unfinished, mode=0o600) as descriptor:
        try:
            os.ftruncate(descriptor, 0)  # what a killed process left takes no room
            file, extents = _filled(unfinished, arrays, report, kept=True)
            _refuse_to_replace(path)
            put_in_place(unfinished, path)
        except BaseException:
            with suppress(FileNotFoundError):  # it may have its name already
                os.unlink(unfinished)
            raise
    moved = replace(file, path=path)
    return _signals(arrays, {key: one.moved(moved) for key, one in extents.items()})


def _refuse_to_replace(path: str) -> None:
    if os.path.lexists(path):
        raise FileExistsError(f"{path} is there already: give the scratch copy another name, or remove that one first")


def _filled(
    path: str, arrays: dict[str, Signal], report: Report, *, kept: bool
) -> tuple[ScratchFile, dict[str, ScratchExtent]]:
    names = _names(arrays)
    forms = {names[key]: (array.shape, array.dtype) for key, array in arrays.items()}
    file, made = make_scratch_file(path, forms, {"Fs": arrays["signal"].sampling_rate}, kept=kept)
    extents = {key: made[name] for key, name in names.items()}
    with disguised(path) if kept else nullcontext():
        for key, array in arrays.items():
            _fill(array, file, extents[key], report)
        file.flush()
    return file, extents


def _signals(arrays: dict[str, Signal], extents: dict[str, ScratchExtent]) -> dict[str, Signal]:
    return {key: array.replace(pieces=(Piece.whole(extents[key]),)) for key, array in arrays.items()}


def _names(arrays: dict[str, Signal]) -> dict[str, str]:
    """Name the HDF5 dataset of each array: as the lab does, so that a kept copy opens as a recording."""
    # Integers under the lab's name would be counts of its amplifier.
    names = {"signal": "chdata" if arrays["signal"].dtype.kind == "f" else "data"}
    for key in arrays:
        name = key.replace("/", "_")
        while key != "signal" and name in {"", ".", "Fs", *names.values()}:
            name += "_"
        names.setdefault(key, name)
    return names


def _fill(array: Signal, file: ScratchFile, extent: ScratchExtent, report: Report) -> None:
    if array.size:
        out, length = extent.array(), array.block_length()
        for start in range(0, array.n_samples, length):
            stop = min(array.n_samples, start + length)
            array.read(start=start, stop=stop, out=out[:, start:stop])
            file.release()
            maps.relieve()
            report.add(array.n_channels * (stop - start) * array.dtype.itemsize)
