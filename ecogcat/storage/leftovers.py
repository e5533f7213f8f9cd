"""Leftovers: temporary files of ours, named so that those of processes that were killed are found and removed.

Whoever ends removes its own. Who is killed (SIGKILL, the system out of memory) cannot, and what it left would fill the
memory file system. So the next process that makes a temporary file removes what belongs to the same user and names a
process, of the same system since the same start, that is no more. Containers that share a folder have process numbers
of their own, and leave each other's files alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["owned_prefix", "sweep"]

_NAME = re.compile(r"ecogcat-([0-9a-f]{16})-([1-9][0-9]*)-")


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
                if entry.stat(follow_symlinks=False).st_uid != os.getuid():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                elif entry.is_file(follow_symlinks=False):
                    os.unlink(entry.path)


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
