"""Files that ecogcat wrote: HDF5, virtual HDF5, MATLAB 7.3 and Zarr; they open as the datasets that were written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.errors import EcogcatError, FormatError, RecordingNotFound, SourceChangedError
from ecogcat.formats.hdf5_fields import reading
from ecogcat.formats.hdf5_names import hdf5_names
from ecogcat.formats.registry import Format, register, stream_rows
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.handles import hdf5_file, open_hdf5
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source
from ecogcat.storage.zarr import zarr_extents
from ecogcat.storing.form import LAYOUT, Description, Placed, restored

__all__ = ["links_of", "open_own"]

_UNFINISHED = ".ecogcat-unfinished"
_MOST_ARRAYS = 1 << 20
_MOST_METADATA = 1 << 20
_TIME_FIRST = "sample, channel"
_NO_STAMP = (-1, -1, -1, -1)  # of no file: what it holds is looked at


def open_own(path: str | os.PathLike[str], *, places: Mapping[str, str] | None = None) -> Dataset:
    """Open a file that `ecogcat.write` wrote.

    Parameters
    ----------
    path : path-like
    places : mapping, optional
        Where recordings are now that a virtual file refers to at other places.

    Returns
    -------
    Dataset
        Equal to the one that was written, its samples where they are.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If it is no such file, was never finished, is damaged, or is of a later release.

    Examples
    --------
    >>> import tempfile
    >>> import ecogcat as ec
    >>> path = tempfile.mkdtemp() + "/array.h5"
    >>> ec.write(ec.from_array([[1, 2, 3]], 1000), path)
    >>> open_own(path).signal[:]
    array([[1, 2, 3]])
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.exists(path):
        raise RecordingNotFound(f"{path}: no such file")
    if path.endswith(_UNFINISHED):
        raise FormatError(
            "this was not written to its end",
            path=path,
            hint="Run the same ecogcat.write again, which goes on with it; or delete it",
        )
    if os.path.isdir(path):
        return _open_zarr(path)
    source = Source.open(path)
    with reading(path), open_hdf5(path) as file:
        description = _description(file, path)

        def extents(place: str, run: Mapping[str, Any], n_channels: int) -> Sequence[Placed]:
            if run.get("links") is not None:
                return [_linked(path, link, n_channels, places or {}) for link in run["links"]]
            data = file[place]
            extent = hdf5_extent(source, data, time_first=data.attrs.get("axes") == _TIME_FIRST)
            _check_shape(path, place, extent, n_channels, run["n_samples"])
            return [Placed(extent, run["n_samples"])]

        return restored(description, extents)


def _description(file: Any, path: str) -> Description:
    """Return what lies beside the samples; FormatError if it is not what was written."""
    _check_layout(path, file.attrs.get("ecogcat_layout"))
    group = file["description"]
    size = os.path.getsize(path)
    members = [group["text"]] + [group[f"a{k}"] for k in range(min(len(group) - 1, _MOST_ARRAYS))]
    if sum(one.size * one.dtype.itemsize for one in members) > size or any(
        one.dtype.kind not in "biufc" for one in members
    ):
        raise FormatError("its description is damaged", path=path, expected=f"at most {size:,} bytes of numbers")
    text, *arrays = [_array_of(one) for one in members]
    found = Description(text.tobytes().decode("ascii"), tuple(arrays))
    wanted = file.attrs.get("ecogcat_digest")
    return _checked(path, found, wanted.decode("ascii", "replace") if isinstance(wanted, bytes) else wanted)


def _check_layout(path: str, layout: Any) -> None:
    if layout is None:
        raise FormatError("this was not written by ecogcat", path=path, expected=f"ecogcat_layout {LAYOUT}")
    if layout != LAYOUT:
        raise FormatError(
            "this was not written by this release of ecogcat",
            path=path,
            expected=f"ecogcat_layout {LAYOUT}",
            found=layout,
            hint="A later release can read it",
        )


def _checked(path: str, found: Description, wanted: Any) -> Description:
    if found.digest != wanted:
        raise FormatError(
            "its description was altered after it was written",
            path=path,
            expected=f"digest {wanted}",
            found=found.digest,
            hint="Copy it again from where it was written, or write it again",
        )
    return found


def _open_zarr(path: str) -> Dataset:
    with reading(path):
        attributes = _zarr_metadata(path)["attributes"]
        _check_layout(path, attributes.get("ecogcat_layout"))
        names = sorted(os.listdir(os.path.join(path, "description")))
        arrays = [_zarr_array(path, f"a{k}") for k in range(sum(name.startswith("a") for name in names))]
        text = _zarr_array(path, "text").tobytes().decode("ascii")
        description = _checked(path, Description(text, tuple(arrays)), attributes.get("ecogcat_digest"))

        def extents(place: str, run: Mapping[str, Any], n_channels: int) -> Sequence[Placed]:
            folder = os.path.join(path, place)
            metadata = _zarr_metadata(folder)
            placed = [Placed(*one) for one in zarr_extents(folder, metadata)]
            if tuple(metadata["shape"]) != (n_channels, run["n_samples"]):
                raise FormatError(f"{place!r} is not as it was written", path=path, found=metadata["shape"])
            nothing = ConstantExtent(n_channels, 0, 0.0, np.dtype(metadata["data_type"]))
            return placed or [Placed(nothing, 0)]

        return restored(description, extents)


def _zarr_metadata(folder: str) -> Any:
    place = os.path.join(folder, "zarr.json")
    if not os.path.isfile(place) or os.path.getsize(place) > _MOST_METADATA:
        raise FormatError("this has no metadata of Zarr 3", path=place, expected="a small file of JSON")
    with open(place, encoding="utf-8") as file:
        return json.load(file)


def _zarr_array(path: str, name: str) -> NDArray[Any]:
    folder = os.path.join(path, "description", name)
    form = _zarr_metadata(folder)["attributes"]
    data = b""
    if form["array_shape"] and 0 in form["array_shape"]:
        return np.zeros(form["array_shape"], _number_type(form["array_type"]))
    with open(os.path.join(folder, "c", "0"), "rb") as file:
        data = file.read()
    return np.frombuffer(data, _number_type(form["array_type"])).reshape(form["array_shape"])


def _number_type(name: str) -> np.dtype[Any]:
    dtype = np.dtype(name)
    if dtype.kind not in "biufc":
        raise ValueError(f"an array of {dtype}")
    return dtype


def _array_of(member: Any) -> NDArray[Any]:
    """Return an array of a description; in MATLAB files it lies as bytes."""
    array = np.asarray(member[()])
    if "array_type" not in member.attrs:
        return array
    dtype = _number_type(str(member.attrs["array_type"]))
    return array.reshape(-1).view(dtype).reshape(tuple(member.attrs["array_shape"].tolist()))


def links_of(path: str) -> list[str]:
    """Return the places of the recordings that a virtual file refers to; none if it holds its samples itself.

    Raises
    ------
    FormatError
        If it is no file that was written here.
    """
    found: dict[str, None] = {}

    def note(place: str, run: Mapping[str, Any], n_channels: int) -> Sequence[Placed]:
        links = run.get("links") or ()
        found.update(dict.fromkeys(_place(path, link) for link in links if "path" in link))
        return [Placed(ConstantExtent(n_channels, run["n_samples"], 0.0, np.dtype("f4")), run["n_samples"])]

    with reading(path), open_hdf5(path) as file:
        restored(_description(file, path), note)
    return list(found)


def _place(path: str, link: Mapping[str, Any]) -> str:
    # Relative to where the virtual file lies, as libhdf5 looks for it.
    return os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(path)), link["path"]))


def _linked(path: str, link: Mapping[str, Any], n_channels: int, places: Mapping[str, str]) -> Placed:
    """Return where a stretch of a virtual file lies; its file has to hold what it held when it was written."""
    n_samples = link["n_samples"]
    if "constant" in link:
        return Placed(ConstantExtent(n_channels, n_samples, link["constant"], np.dtype(link["dtype"])), n_samples)
    place = _place(path, link)
    place = places.get(place, place)
    if not os.path.isfile(place):
        raise FormatError(
            "this refers to a file that is missing, and would read as zeros",
            path=path,
            expected=place,
            found="no such file",
            hint="Put it there, or say where it is now: ecogcat.relink(file, old folder, new folder)",
        )
    source = Source(place, link["size"], link["fingerprint"], _NO_STAMP)
    try:
        with hdf5_file(source) as file:  # which checks size and fingerprint
            extent = hdf5_extent(source, file[link["key"]], time_first=link["time_first"])
    except SourceChangedError as error:
        raise SourceChangedError(
            f"{path} refers to {place}, whose content is not what it was when that was written: put the recording back "
            "there, or write the dataset again"
        ) from error
    return Placed(extent, n_samples, link["start"], link["channels"])


def _check_shape(path: str, place: str, extent: Extent, n_channels: int, n_samples: int) -> None:
    if (extent.n_channels, extent.n_samples) != (n_channels, n_samples):
        raise FormatError(
            f"{place!r} is not as it was written",
            path=path,
            expected=f"{n_channels} channels of {n_samples:,} samples",
            found=f"{extent.n_channels} of {extent.n_samples:,}",
        )


def _recognises(path: str, head: bytes) -> bool:
    if path.endswith(_UNFINISHED):
        return True
    if os.path.isdir(path):
        try:
            return "ecogcat_layout" in _zarr_metadata(path)["attributes"]
        except (EcogcatError, OSError, ValueError, LookupError, TypeError):
            return False
    names = hdf5_names(path, head)
    return names is not None and "ecogcat_layout" in names.attributes


def _streams(path: str) -> list[dict[str, Any]]:
    return stream_rows(open_own(path))


register(Format("ecogcat", open_own, _recognises, _streams, "Files that ecogcat wrote", as_written=True))
