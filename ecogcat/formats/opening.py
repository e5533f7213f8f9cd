"""Opening: a recording by its path, its format found by content, its load arguments checked."""

from __future__ import annotations

import difflib
import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.loading import apply_load_arguments
from ecogcat.formats.registry import Format, argument_names, detect, find_format, load_arguments_of, not_found
from ecogcat.formats.remote import bring, brought
from ecogcat.storage.cache import until_it_stays
from ecogcat.storage.disk import path_text
from ecogcat.storage.urls import is_url

__all__ = ["load_arguments", "open_recording", "streams"]

_STREAM_COLUMNS = ("stream", "rate", "channels", "samples", "node", "experiment", "recording")


def open_recording(
    path: str | os.PathLike[str],
    format: str | None = None,
    electrode: Any = None,
    stream: str | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
    **load_arguments: Any,
) -> Dataset:
    """Open a recording where it lies; only headers are read.

    Parameters
    ----------
    path : path-like
        A file, or the folder that a recording is. Of a URL (``"s3://lab/day/rec.rhd"``) the recording is brought to a
        local cache, whole, and opened there.
    format : str, optional
        "intan", "edf", "nwb", ...; found by the file's content by default.
    electrode : str, ChannelMap or path, optional
        Which source channel is which site: a name of ``ecogcat.electrodes()``, a map, or a table of your own; see
        ``ecogcat.load_arguments``.
    stream : str, optional
        For paths that hold several streams of electrode channels; ``ecogcat.streams(path)`` lists them.
    storage_options : mapping, optional
        What the store of a URL is reached with, as fsspec takes it: keys, endpoints; of no matter for local paths. A
        table (electrode, events, judgements) in another store than the recording is asked for without them.
    **load_arguments
        What the format takes, such as node, recording, channels, units; ``ecogcat.load_arguments("intan")`` lists them.

    Returns
    -------
    Dataset
        Mapped: samples stay on disk until they are read.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If the file is not what its format says, with file, byte, expectation, finding and remedy.
    TypeError
        If a load argument does not exist.

    Examples
    --------
    >>> import pathlib, tempfile, h5py
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "rec_001.h5"
    >>> with h5py.File(path, "w") as file:
    ...     file["chdata"], file["Fs"] = [[0, 100, 200]], 1000.0
    >>> open_recording(path).signal[:]
    array([[ 0. , 19.5, 39. ]], dtype=float32)
    """

    def opened() -> Dataset:
        with brought(path, {"electrode": electrode, **load_arguments}, storage_options) as (place, given, told):
            return told(_opened(_place(place), format, stream, given))

    return until_it_stays(opened)


def _opened(place: str, format: str | None, stream: str | None, given: dict[str, Any]) -> Dataset:
    with _readable(place):
        found = _format(place, format)
    common, own = _sorted_arguments(found, given)
    if stream is not None:
        own["stream"] = stream
        if "stream" not in inspect.signature(found.open).parameters:
            raise TypeError(
                f"{found.name} recordings hold one stream of electrode channels: leave stream= away; "
                "what lies beside them is in dataset.aligned"
            )
    with _readable(place):
        dataset = found.open(place, **own)
        lost = _broken_links(place, found)
    if lost:
        first, *others = dataset.parts
        dataset = dataset.replace(parts=[first.replace(warnings=(*first.warnings, *lost)), *others])
    if found.as_written and common.get("units") is None:
        common["units"] = dataset.units
    return apply_load_arguments(dataset, place, **common)


def _place(path: str | os.PathLike[str]) -> str:
    return os.path.abspath(os.path.expanduser(path_text(path)))


def _format(place: str, format: str | None) -> Format:
    if format is None:
        return detect(place)
    known = find_format(format)
    if not os.path.exists(place):
        raise RecordingNotFound(not_found(place))
    return known


@contextmanager
def _readable(place: str) -> Iterator[None]:
    """Name the file that the system does not let us read."""
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else place
        raise FormatError(
            "this cannot be read",
            path=name,
            found=error.strerror or str(error),
            hint="Is it a file that you may read, and is the disk that it lies on there?",
        ) from error


def _broken_links(place: str, format: Format) -> list[str]:
    """Return a warning for every link in the folder of a recording that should be one of its files, but leads nowhere.

    Readers list the files that are there; recordings are kept as links into an archive, which may not be mounted.
    """
    if not format.suffixes or not os.path.isdir(place):
        return []
    with os.scandir(place) as entries:
        links = [one for one in entries if one.is_symlink() and one.name.lower().endswith(format.suffixes)]
    broken = sorted(one.name for one in links if not os.path.exists(one.path))
    return [f"{name} is a link that leads nowhere: nothing of it is here" for name in broken]


def _sorted_arguments(format: Format, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell the arguments that every format takes from those of this one."""
    common, own = argument_names(apply_load_arguments), argument_names(format.open)
    for name in given:
        if name not in common | own:
            near = difflib.get_close_matches(name, sorted(common | own), 1)
            hint = f"; did you mean {near[0]}?" if near else f"; it takes {', '.join(sorted(common | own))}"
            raise TypeError(f"{format.name} recordings take no load argument {name!r}{hint}")
    # A format that knows more of its electrodes than a table says places them itself; its trigger is no line of `adc`.
    common = common - (own & {"electrode", "trigger"})
    return (
        {name: value for name, value in given.items() if name in common},
        {name: value for name, value in given.items() if name in own},
    )


def load_arguments(format: str) -> pd.DataFrame:
    """List what a format can be told when a recording is opened.

    Parameters
    ----------
    format : str
        "intan", "edf", "nwb", ...

    Returns
    -------
    DataFrame
        Columns argument, type, default, meaning.

    Examples
    --------
    >>> load_arguments("intan")["argument"].tolist()[:2]
    ['recording', 'electrode']
    """
    tables = [load_arguments_of(find_format(format).open), load_arguments_of(apply_load_arguments)]
    return pd.concat(tables).drop_duplicates("argument", ignore_index=True)


def streams(
    path: str | os.PathLike[str], format: str | None = None, *, storage_options: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """List what a path holds.

    Parameters
    ----------
    path : path-like
    format : str, optional
        Found by content by default.
    storage_options : mapping, optional
        As of ``ecogcat.open_recording``, for a URL.

    Returns
    -------
    DataFrame
        Columns stream, rate (Hz), channels, samples, node, experiment, recording; one row a stream.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If no format recognises it, or the file is not what its format says.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhd(f"{folder}/a.rhd", [[0] * 128] * 4, aux=[[0] * 32] * 3)
    ...     streams(folder)[["stream", "channels", "samples", "recording"]]
          stream  channels  samples recording
    0  amplifier         4      128         a
    1        aux         3       32         a
    """
    if isinstance(path, str) and is_url(path):

        def listed() -> pd.DataFrame:
            copy = bring(path, storage_options)
            with copy.in_words():
                return streams(copy.path, format)

        return until_it_stays(listed)
    place = _place(path)
    with _readable(place):
        return pd.DataFrame(_format(place, format).streams(place), columns=list(_STREAM_COLUMNS))
