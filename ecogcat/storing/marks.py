"""Marks: how far an unfinished file got, written behind its end, so that a killed write can be gone on with.

A mark counts if the same machine is still up (what a killed process wrote is in the system's cache), or if what it
tells was synced to disk. Where marks are damaged, of other content, or of files that were modified since, writing
starts anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from functools import cache

from ecogcat.frozen import digest

__all__ = ["Mark", "begin_marks", "read_at", "read_front_mark", "read_mark", "write_at", "write_mark"]

_BYTES = 512


@dataclass(frozen=True, slots=True)
class Mark:
    """How far writing got.

    Attributes
    ----------
    key : str
        Digest of all that is written, and how.
    size : int
        Bytes of the file when it is whole.
    at : int
        Where the mark lies: behind the file, and behind a note of where its samples go.
    done, synced : int
        Bytes of samples written, or chunks, in the order in which they are; and those that were synced to disk.
    boot : str
        Which start of the system it was written under; empty where that is not known.
    """

    key: str
    size: int
    at: int
    done: int = 0
    synced: int = 0
    boot: str = ""

    @property
    def sure(self) -> int:
        """Bytes, or chunks, that are there for sure."""
        return self.done if self.boot and self.boot == boot_id() else self.synced

    def after(self, done: int) -> Mark:
        """Return the mark after more of them, not synced yet."""
        return replace(self, done=done, boot=boot_id())

    def all_synced(self) -> Mark:
        """Return the mark after everything written so far was synced."""
        return replace(self, synced=self.done)


@cache
def boot_id() -> str:
    """Return what names this start of the system; empty where it has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def begin_marks(descriptor: int, key: str, size: int, places: dict[str, int]) -> Mark:
    """Note behind a file of `size` bytes where its samples go, and put the first mark behind that."""
    note = json.dumps(places).encode("ascii")
    write_at(descriptor, note, size)
    mark = Mark(key, size, size + len(note), boot=boot_id())
    write_mark(descriptor, mark)
    return mark


def write_mark(descriptor: int, mark: Mark) -> None:
    """Put a mark in its place."""
    text = json.dumps(asdict(mark))
    write_at(descriptor, json.dumps([digest(text), text]).encode("ascii").ljust(_BYTES), mark.at)


def read_mark(descriptor: int, key: str) -> tuple[Mark, dict[str, int]] | None:
    """Return the mark of an unfinished file and where its samples go; None if it has none, or one of other content."""
    at = os.fstat(descriptor).st_size - _BYTES
    if at < 0:
        return None
    try:
        seal, text = json.loads(read_at(descriptor, _BYTES, at))
        mark = Mark(**json.loads(text))
        if seal != digest(text) or mark.key != key or mark.at != at or not mark.sure:
            return None
        places = json.loads(read_at(descriptor, at - mark.size, mark.size))
    except (ValueError, TypeError):
        return None
    return mark, places


def read_front_mark(descriptor: int, key: str) -> Mark | None:
    """Return the mark at the front of a file that grows; None if it has none, or one of other content."""
    try:
        seal, text = json.loads(read_at(descriptor, _BYTES, 0))
        mark = Mark(**json.loads(text))
    except (ValueError, TypeError):
        return None
    return mark if seal == digest(text) and mark.key == key and mark.sure else None


def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of some bytes at a place of a file."""
    view = memoryview(data).cast("B")
    while len(view):
        if hasattr(os, "pwrite"):
            count = os.pwrite(descriptor, view, offset)
        else:  # Windows
            os.lseek(descriptor, offset, os.SEEK_SET)
            count = os.write(descriptor, view)
        view, offset = view[count:], offset + count


def read_at(descriptor: int, count: int, offset: int) -> bytes:
    """Return bytes from a place of a file, fewer at its end."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    parts = []
    while count and (some := os.read(descriptor, count)):
        parts.append(some)
        count -= len(some)
    return b"".join(parts)
