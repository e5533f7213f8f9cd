"""Leftovers: temporary files of ours, named so that those of processes that were killed are found and removed.

Whoever ends removes its own. Who is killed (SIGKILL, the system out of memory) cannot, and what it left would fill the
memory file system. So the next process that makes a temporary file removes what belongs to the same user and names a
process, of the same system since the same start, that is no more. Containers that share a folder have process numbers
of their own, and leave each other's files alone.

What is written beside its target is hidden there under such a name, too, and removed by the next write of that target.
The folder may be on a disk that several machines share: of what another machine, or this one before its last start,
left there, what nobody has touched for a day is nobody's any more.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from ecogcat.storage.unfinished import unfinished_path

__all__ = ["owned_prefix", "sweep", "unfinished_of_mine"]

_NAME = re.compile(r"ecogcat-([0-9a-f]{16})-([1-9][0-9]*)-")
_ABANDONED = 24 * 3600  # seconds


def owned_prefix() -> str:
    """Return how the names of this process's temporary files begin."""
    return f"ecogcat-{_numbering()}-{os.getpid()}-" if _numbering() else "ecogcat-"


def sweep(folder: str) -> None:
    """Remove from a folder what processes of this user left that were killed.

    Parameters
    ----------
    folder : str
        That of temporary files, or a memory file system. Where process numbers say nothing, nothing is removed.
    """
    if not _numbering():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            match = _NAME.match(entry.name)
            if match is None or match[1] != _numbering() or _runs(int(match[2])):
                continue
            with suppress(FileNotFoundError):  # another process sweeps, too
                if not _is_mine(entry.stat(follow_symlinks=False)):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                elif entry.is_file(follow_symlinks=False):
                    os.unlink(entry.path)


def unfinished_of_mine(place: str) -> str:
    """Return a name, hidden beside a target, that no other process or thread writes to.

    What processes of this user that are no more left beside that target is removed.
    """
    kind = f".{_numbering() or '0' * 16}-{os.getpid():x}-{threading.get_native_id() & 0xFFFFFFFF:x}"
    mine = unfinished_path(place, kind)
    folder, name = os.path.split(mine)
    before, after = name.rsplit(kind, 1)
    pattern = re.compile(re.escape(before) + r"\.([0-9a-f]{16})-([0-9a-f]+)-[0-9a-f]+" + re.escape(after))
    with suppress(OSError), os.scandir(folder or os.curdir) as entries:  # whoever writes there finds what is wrong
        for entry in entries:
            match = pattern.fullmatch(entry.name)
            # Under this very name writes nobody but us: it is of a process that had our number.
            if match is not None and (entry.name == name or not _in_use(entry, match[1], int(match[2], 16))):
                with suppress(FileNotFoundError):  # another process sweeps, too
                    os.unlink(entry.path)
    return mine


def _in_use(entry: os.DirEntry[str], numbering: str, process: int) -> bool:
    status = entry.stat(follow_symlinks=False)
    if not entry.is_file(follow_symlinks=False) or not _is_mine(status):
        return True
    if numbering == _numbering():
        return _runs(process)
    return time.time() - status.st_mtime < _ABANDONED


def _is_mine(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


@cache
def _numbering() -> str:
    """Return a digest of what numbers processes here: a start of a system, and a container in it; "" if unknown."""
    try:
        start = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
    return hashlib.blake2b(f"{start} {space}".encode(), digest_size=8).hexdigest()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's; no number of a process
        return True
    return True
