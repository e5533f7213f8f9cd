"""Open Ephys recordings in the format of a `.continuous` file a channel, as the GUI has written them since 2012."""

from __future__ import annotations

import os
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.choice import choose
from ecogcat.formats.ddc_board import N_CHANNELS, check_quantity, count_scale
from ecogcat.formats.openephys.files import NODE, SUFFIX, candidates, find_nodes, parse_name
from ecogcat.formats.openephys.recording import CountScale, dataset_of
from ecogcat.formats.openephys.records import BLOCK, MAGIC
from ecogcat.formats.openephys.stream import examine_stream
from ecogcat.formats.registry import Format, register

__all__ = ["open_openephys"]


def open_openephys(
    path: str | os.PathLike[str],
    *,
    stream: str | None = None,
    node: str | None = None,
    experiment: int | str | None = None,
    recording: int | str | None = None,
    charge_range: int | None = None,
    quantity: str = "current",
) -> Dataset:
    """Open a folder of `.continuous` files where it lies.

    Parameters
    ----------
    path : path-like
        The folder, or the one above it with folders called "Record Node 101"; or any of its `.continuous` files, for
        the stream and experiment of that file.
    stream : str, optional
        With what the names of its files begin ("100", "100_example-data"), where several have electrode channels.
    node : str, optional
        "Record Node 101", where there are several.
    experiment : int, optional
        The number behind the names of files, 1 where there is none; where there are several.
    recording : int, optional
        Number of one recording of the experiment; without it all open as one dataset with seams.
    charge_range : int, optional
        The range of the DDC board (0 to 5, or 7) whose numbers the first 64 electrode channels hold: -32768 to 32768,
        as the headers scale them, are its lowest to its highest charge. Channels after them are the aligned array
        `trigger`, in counts.
    quantity : {"current", "charge"}
        What to make of these numbers: nA, or pC.

    Returns
    -------
    Dataset
        Electrode channels in uV, by the numbers of their names; aligned arrays `adc` and `aux` in V; events of the TTL
        lines, with line (counted from 1, as the GUI does), state and node (id of the processor). One part a stretch in
        which the timestamps run on.

    Raises
    ------
    RecordingNotFound
        If nothing is there, or nothing of that name or number.
    FormatError
        If there are several recordings (they are listed), or a file is damaged.
    ValueError
        If there is no such range of charge, or quantity.

    Notes
    -----
    After a crash channels are of unequal length: what all of them have opens. A channel whose timestamps are not those
    of the others is left out. When recording stops the GUI fills the last record with zeros; they are kept. All of it
    is said in ``dataset.warnings``.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from ecogcat.testing.continuous import write_continuous
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_continuous(folder, np.ones((2, 2048)), adc=np.ones((1, 2048)), gaps={1: 500})
    ...     dataset = open_openephys(folder)
    >>> (
    ...     dataset.signal.shape,
    ...     dataset["adc"].shape,
    ...     dataset.signal.channel_names,
    ...     [seam.sample for seam in dataset.seams],
    ... )
    ((2, 2048), (1, 2048), ('CH1', 'CH2'), [1024])
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(place):
        raise RecordingNotFound(f"{place}: nothing is there")
    if os.path.isfile(place):
        name = parse_name(os.path.basename(place))
        if name is None:
            raise FormatError(
                "this file goes with the channels of a recording",
                path=place,
                expected=f"a folder of {SUFFIX} files, or one of them",
                found=os.path.basename(place),
                hint="Open the folder",
            )
        place, stream = os.path.dirname(place), name.stream if stream is None else stream
        experiment = name.experiment if experiment is None else experiment
    check_quantity(quantity)
    found = candidates(place)
    if not found:
        raise RecordingNotFound(f"{place}: the folder has no {SUFFIX} file, nor has a folder in it called {NODE} ...")
    examined = examine_stream(choose(found, place, node=node, stream=stream, experiment=experiment).value)
    scale = None
    if charge_range is not None:
        scale = CountScale(*count_scale(charge_range, quantity, examined.sampling_rate), N_CHANNELS)
    return dataset_of(examined, recording, scale)


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return bool(find_nodes(path))
    # Events and spikes begin so, too: they are no recording by themselves.
    return head.startswith(MAGIC) and parse_name(os.path.basename(path)) is not None


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the kinds of channels of every recording of every stream that has electrode channels."""
    rows = []
    found = candidates(path if os.path.isdir(path) else os.path.dirname(path))
    for one in [one for one in found if one.opens_by_default] or found:
        choice = one.value
        stream = examine_stream(choice)
        for recording in stream.recordings:
            records = sum(one.stop - one.first for one in stream.stretches if one.recording == recording)
            for kind, files in stream.files.items():
                if files:
                    rows.append(
                        {
                            "stream": choice.stream if kind == "CH" else kind.lower(),
                            "rate": stream.sampling_rate,
                            "channels": len(files),
                            "samples": BLOCK * records,
                            "node": choice.node,
                            "experiment": choice.experiment,
                            "recording": recording,
                        }
                    )
    return rows


register(
    Format(
        "openephys",
        open_openephys,
        _recognises,
        _streams,
        "folders of Open Ephys .continuous files",
        (SUFFIX,),
    )
)
