"""Whatever neo reads: the fallback where no format of ours recognises a recording (TDT, Plexon, Axona and others)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.choice import Option, choose
from ecogcat.formats.neo.dataset import NeoStream, dataset_of, streams_of
from ecogcat.formats.neo.reader import Recipe, library, opened, prepared
from ecogcat.formats.registry import Format, register

__all__ = ["open_neo"]

# It makes numbers of anything, and has to be told how many channels there are.
_NEVER_OFFERED = ("RawBinarySignalRawIO",)
_VOLTAGES_OF_ELECTRODES = ("uV", "mV", "nV")

# What formats of ours did not recognise is damaged, or no recording: neo would guess. By name, these can be had.
_GUESSING = frozenset(
    f"{name}RawIO"
    for name in (
        *("Blackrock", "BrainVision", "EDF", "Example", "Intan", "Neuralynx", "OpenEphys", "OpenEphysBinary"),
        "SpikeGLX",
    )
)


def open_neo(
    path: str | os.PathLike[str],
    *,
    rawio: str | None = None,
    stream: str | None = None,
    block: int | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Dataset:
    r"""Open a recording through one of neo's readers.

    Parameters
    ----------
    path : path-like
        File or folder.
    rawio : str, optional
        Name of the reader ("PlexonRawIO", "TdtRawIO"); by default the first that neo offers for the path's suffix and
        that can read the headers.
    stream : str, optional
        Name of the stream. See ``ecogcat.streams``.
    block : int, optional
        Number of the block, where the reader finds several.
    arguments : mapping, optional
        Further arguments of the reader.

    Returns
    -------
    Dataset
        A part a segment. Events of neo's have the columns `channel` and `label`; its epochs are intervals. Gains and
        offsets are those of the header. Channels that measure something else than the first are aligned arrays by
        their unit.

    Raises
    ------
    ImportError
        If neo is not installed: ``pip install 'ecogcat[neo]'``.
    RecordingNotFound
        If nothing is there.
    FormatError
        If neo cannot read it, or finds several streams or blocks and none is named.

    Notes
    -----
    All that neo reads is read through neo: every process opens the recording once more, and threads take turns. How
    much of a file is read when it is opened, and what becomes of damaged ones, is up to neo.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> path = tempfile.mkdtemp() + "/a.raw"
    >>> np.array([[1, 10], [2, 20], [3, 30]], "<i2").tofile(path)
    >>> open_neo(path, rawio="RawBinarySignalRawIO", arguments={"sampling_rate": 500.0}).signal.read(raw=True)
    array([[ 1,  2,  3],
           [10, 20, 30]], dtype=int16)
    """
    recipe = _recipe(path, rawio, arguments)
    number = _block(recipe, block)
    return dataset_of(recipe, _chosen(recipe, streams_of(recipe, number), stream), number)


def _recipe(path: str | os.PathLike[str], rawio: str | None, arguments: Mapping[str, Any] | None) -> Recipe:
    """Return how to read a path: by the reader named, or the first that can."""
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: nothing is there")
    names = _offered(path) if rawio is None else [_named(rawio)]
    refused: list[FormatError] = []
    for name in names:
        try:
            recipe = prepared(name, _place(path, name), arguments or {})
            with opened(recipe) as one:
                if rawio is not None or len(one.rawio.header["signal_channels"]):
                    return recipe
        except FormatError as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    raise FormatError(
        "neo cannot read this",
        path=path,
        expected="a recording with signals of " + (" or ".join(names) or "any of neo's readers"),
        found="; ".join(f"{error.message}: {error.found}" for error in refused) or "none that reads such files",
        hint="Name a reader with rawio=",
    )


def _offered(path: str) -> list[str]:
    """Return the readers that neo offers for a path, but for such as guess.

    For a file, those of folders would; and the one of headerless files takes any .bin, .dat or .raw for two channels
    at 10 kHz: it is used where it is named, by who knows what is in the file.
    """
    offered = [cls for cls in library().get_rawio(path, exclusive_rawio=False) if cls.__name__ not in _NEVER_OFFERED]
    return [cls.__name__ for cls in offered if cls.rawmode != "one-dir" or os.path.isdir(path)]


def _named(rawio: str) -> str:
    names: dict[str, str] = {cls.__name__.lower(): cls.__name__ for cls in library().rawiolist}
    known = names.get(rawio.lower()) or names.get(f"{rawio.lower()}rawio")
    if known is None:
        raise ValueError(f"neo has no reader {rawio!r}; it has {', '.join(names.values())}")
    return known


def _place(path: str, name: str) -> str:
    """Return the file or the folder that a reader wants."""
    rawmode = getattr(library(), name).rawmode
    if rawmode == "one-dir" and os.path.isfile(path):
        return os.path.dirname(path)
    if rawmode != "one-dir" and os.path.isdir(path):
        endings = tuple(f".{one.lower()}" for one in getattr(library(), name).extensions)
        inside = [one for one in sorted(os.listdir(path)) if one.lower().endswith(endings) and one[0] != "."]
        stems = {os.path.splitext(one)[0] for one in inside}
        if len(stems) == 1:
            return os.path.join(path, inside[0])
    return path


def _block(recipe: Recipe, block: int | None) -> int:
    with opened(recipe) as one:
        n_blocks = one.rawio.block_count()
    if not n_blocks:
        raise FormatError("this recording holds no signals", path=recipe.path, expected="a block", found="none")
    return choose([Option(k, {"block": str(k)}) for k in range(n_blocks)], recipe.path, block=block).value


def _chosen(recipe: Recipe, streams: list[NeoStream], wanted: str | None) -> NeoStream:
    """Return the stream that is asked for, or the only one that could be of electrodes."""
    if not streams:
        raise FormatError("this recording holds no signals", path=recipe.path, expected="a stream", found="none")
    # Inputs beside the electrodes are in volts.
    options = [
        Option(
            one,
            {"stream": one.name},
            f"{len(one.channels)} channels, {one.rate:g} Hz",
            one.units in _VOLTAGES_OF_ELECTRODES,
        )
        for one in streams
    ]
    return choose(options, recipe.path, stream=wanted).value


def _recognises(path: str, head: bytes) -> bool:
    """Whether one of neo's readers can read the headers: what it offers for a suffix is no more than a guess."""
    try:
        return _recipe(path, None, None).rawio not in _GUESSING
    except (ImportError, FormatError):
        return False


def _streams(path: str) -> list[dict[str, Any]]:
    recipe = _recipe(path, None, None)
    with opened(recipe) as one:
        n_blocks = one.rawio.block_count()
    return [
        {
            "stream": one.name,
            "rate": one.rate,
            "channels": len(one.channels),
            "samples": sum(one.sizes),
            "recording": str(block) if n_blocks > 1 else None,
        }
        for block in range(n_blocks)
        for one in streams_of(recipe, block)
    ]


register(Format("neo", open_neo, _recognises, _streams, "whatever neo reads", general=True, last=True))
