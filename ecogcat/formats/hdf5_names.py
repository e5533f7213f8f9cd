"""What lies at the top of an HDF5 file: looked at once, however many formats ask whether the file is theirs."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple

from ecogcat.errors import FormatError
from ecogcat.formats.hdf5_fields import reading
from ecogcat.storage.handles import open_hdf5

__all__ = ["SIGNATURE", "Names", "hdf5_names", "is_hdf5"]

SIGNATURE = b"\x89HDF\r\n\x1a\n"


class Names(NamedTuple):
    """Names of the datasets and groups at the top of a file, and of its attributes."""

    members: frozenset[str]
    attributes: frozenset[str]


def is_hdf5(head: bytes) -> bool:
    """Whether a file begins as HDF5 files do, MATLAB's and others with a user block in front among them.

    Examples
    --------
    >>> is_hdf5(SIGNATURE), is_hdf5(bytes(512) + SIGNATURE), is_hdf5(bytes(99) + SIGNATURE)
    (True, True, False)
    """
    return any(head.startswith(SIGNATURE, at) for at in (0, 512, 1024, 2048))


def hdf5_names(path: str, head: bytes) -> Names | None:
    """Return the names at the top of a file; None if it is no HDF5 file, damaged, or was never closed.

    Parameters
    ----------
    path : str
    head : bytes
        The first 4,096 bytes of the file.

    Examples
    --------
    >>> import h5py, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with h5py.File(f"{folder}/a.h5", "w") as file:
    ...         file["data"], file.attrs["unit"] = [1, 2], "V"
    ...     hdf5_names(f"{folder}/a.h5", SIGNATURE)
    Names(members=frozenset({'data'}), attributes=frozenset({'unit'}))
    """
    if not is_hdf5(head):
        return None
    try:
        found = os.stat(path)
        return _names(path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    except (FormatError, OSError):
        return None


@lru_cache(maxsize=1)  # all formats are asked about one file before the next
def _names(path: str, *_of_its_state: int) -> Names:
    with reading(path), open_hdf5(path) as file:
        return Names(frozenset(file), frozenset(file.attrs))
