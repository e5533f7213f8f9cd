"""Files that ecogcat wrote: HDF5, virtual HDF5, MATLAB 7.3 and Zarr; they open as the datasets that were written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.hdf5_fields import reading
from ecogcat.formats.hdf5_names import hdf5_names
from ecogcat.formats.registry import Format, register, stream_rows
from ecogcat.storage.constant import ConstantExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.handles import hdf5_file, open_hdf5
from ecogcat.storage.hdf5 import hdf5_extent
from ecogcat.storage.source import Source
from ecogcat.stored import LAYOUT, Description, Placed, restored

__all__ = ["open_own"]

_UNFINISHED = ".ecogcat-unfinished"
_MOST_ARRAYS = 1 << 20
_TIME_FIRST = "sample, channel"
_NO_STAMP = (-1, -1, -1, -1)  # of no file: what it holds is looked at


def open_own(path: str | os.PathLike[str]) -> Dataset:
    """Open a file that `ecogcat.write` wrote.

    Parameters
    ----------
    path : path-like

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
    source = Source.open(path)
    with reading(path), open_hdf5(path) as file:
        description = _description(file, path)

        def extents(place: str, run: Mapping[str, Any], n_channels: int) -> Sequence[Placed]:
            if run.get("links") is not None:
                return [_linked(path, link, n_channels) for link in run["links"]]
            data = file[place]
            extent = hdf5_extent(source, data, time_first=data.attrs.get("axes") == _TIME_FIRST)
            _check_shape(path, place, extent, n_channels, run["n_samples"])
            return [Placed(extent, run["n_samples"])]

        return restored(description, extents)


def _description(file: Any, path: str) -> Description:
    """Return what lies beside the samples; FormatError if it is not what was written."""
    layout = file.attrs.get("ecogcat_layout")
    if layout != LAYOUT:
        raise FormatError(
            "this was not written by this release of ecogcat",
            path=path,
            expected=f"ecogcat_layout {LAYOUT}",
            found=layout,
            hint="A later release can read it",
        )
    group = file["description"]
    size = os.path.getsize(path)
    members = [group["text"]] + [group[f"a{k}"] for k in range(min(len(group) - 1, _MOST_ARRAYS))]
    if sum(one.size * one.dtype.itemsize for one in members) > size or any(
        one.dtype.kind not in "biufc" for one in members
    ):
        raise FormatError("its description is damaged", path=path, expected=f"at most {size:,} bytes of numbers")
    text, *arrays = [_array_of(one) for one in members]
    found = Description(text.tobytes().decode("ascii"), tuple(arrays))
    if found.digest != file.attrs.get("ecogcat_digest"):
        raise FormatError(
            "its description was altered after it was written",
            path=path,
            expected=f"digest {file.attrs.get('ecogcat_digest')}",
            found=found.digest,
            hint="Copy it again from where it was written, or write it again",
        )
    return found


def _array_of(member: Any) -> NDArray[Any]:
    """Return an array of a description; in MATLAB files it lies as bytes."""
    array = np.asarray(member[()])
    if "array_type" not in member.attrs:
        return array
    dtype = np.dtype(str(member.attrs["array_type"]))
    if dtype.kind not in "biufc":
        raise ValueError(f"an array of {dtype}")
    return array.reshape(-1).view(dtype).reshape(tuple(member.attrs["array_shape"].tolist()))


def _linked(path: str, link: Mapping[str, Any], n_channels: int) -> Placed:
    """Return where a stretch of a virtual file lies; its file has to hold what it held when it was written."""
    n_samples = link["n_samples"]
    if "constant" in link:
        return Placed(ConstantExtent(n_channels, n_samples, link["constant"], np.dtype(link["dtype"])), n_samples)
    # Relative to where the virtual file lies, as libhdf5 looks for it.
    place = os.path.normpath(os.path.join(os.path.dirname(os.path.realpath(path)), link["path"]))
    if not os.path.isfile(place):
        raise FormatError(
            "this refers to a file that is missing, and would read as zeros",
            path=path,
            expected=place,
            found="no such file",
            hint="Put it there, or write the dataset again from where it lies now",
        )
    source = Source(place, link["size"], link["fingerprint"], _NO_STAMP)
    with hdf5_file(source) as file:  # which checks size and fingerprint
        extent = hdf5_extent(source, file[link["key"]], time_first=link["time_first"])
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
    names = hdf5_names(path, head)
    return names is not None and "ecogcat_layout" in names.attributes


def _streams(path: str) -> list[dict[str, Any]]:
    return stream_rows(open_own(path))


register(Format("ecogcat", open_own, _recognises, _streams, "Files that ecogcat wrote", as_written=True))
