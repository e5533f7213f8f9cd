"""Folders: where strategies put the files of drawn recordings, and how those files go away again."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections import deque
from pathlib import Path

__all__ = ["Folder"]

# Making and removing a small file takes a disk 1.5 ms, as long as drawing what it holds; memory 0.05 ms. Containers
# have 64 MB of it.
_IN_MEMORY, _ROOM = "/dev/shm", 1 << 28
# Files of examples long past are removed while others are drawn: a run of a thousand examples makes a million.
_MOST_FILES = 4000


class Folder:
    """A folder of small files, each under a name of its own; in memory where there is room, gone with the process.

    Parameters
    ----------
    path : path-like, optional
        Where to put files instead; files that were put there are then left to its owner.

    Examples
    --------
    >>> folder = Folder()
    >>> folder.place(".dat").suffix
    '.dat'
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._path = None if path is None else Path(path)
        self._owner = path is None
        self._process = os.getpid()
        self._numbers = itertools.count()
        self._placed: deque[Path] = deque()

    def place(self, suffix: str = "") -> Path:
        """Return the path of a file that does not exist yet."""
        if self._path is None or self._process != os.getpid():
            self._path, self._process = Path(tempfile.mkdtemp(prefix="ecogcat-laws-", dir=_place())), os.getpid()
            atexit.register(shutil.rmtree, self._path, ignore_errors=True)
        path = self._path / f"{next(self._numbers)}{suffix}"
        self._placed.append(path)
        if self._owner and len(self._placed) > _MOST_FILES:
            self._placed.popleft().unlink(missing_ok=True)
        return path

    def write(self, data: bytes, suffix: str = ".dat") -> Path:
        """Write a file and return its path."""
        path = self.place(suffix)
        path.write_bytes(data)
        return path


def _place() -> str | None:
    if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
        return _IN_MEMORY
    return None
