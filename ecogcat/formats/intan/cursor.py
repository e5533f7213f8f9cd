"""Reading an Intan header from its bytes: bounded, with the position that errors name."""

from __future__ import annotations

import os
import struct
from typing import Any, BinaryIO, NoReturn

from ecogcat.errors import FormatError

__all__ = ["Cursor"]

_CUT = "The file was cut or is damaged: copy it again from the acquisition computer."

# Notes and names are single lines of a dialog. More is damage, and must not become an allocation.
_MAX_STRING_BYTES = 1 << 20
_NULL_STRING = 0xFFFFFFFF


class Cursor:
    """Bounded little-endian reading, with the position that errors name."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self.file, self.path, self.position = file, path, 0
        self.size = os.fstat(file.fileno()).st_size

    def fail(self, message: str, *, at: int, expected: object, found: object, hint: str = _CUT) -> NoReturn:
        """Raise a FormatError that names the byte."""
        raise FormatError(message, path=self.path, offset=at, expected=expected, found=found, hint=hint)

    def take(self, n_bytes: int, what: str) -> bytes:
        """Return the next bytes; `what` they are, for the error if there are fewer."""
        left = self.size - self.position
        data = self.file.read(n_bytes) if n_bytes <= left else b""
        if len(data) < n_bytes:
            message = f"the file ends inside its header, in the {what}"
            self.fail(message, at=self.position, expected=f"{n_bytes} bytes", found=f"{left} bytes")
        self.position += n_bytes
        return data

    def unpack(self, layout: struct.Struct, what: str) -> tuple[Any, ...]:
        """Return the next numbers."""
        return layout.unpack(self.take(layout.size, what))

    def integer(self, what: str) -> int:
        """Return the next int16."""
        return int.from_bytes(self.take(2, what), "little", signed=True)

    def string(self, what: str) -> str | None:
        """Return the next text; None for a null string."""
        at = self.position
        n_bytes = int.from_bytes(self.take(4, what), "little")
        if n_bytes == _NULL_STRING:
            return None
        if n_bytes % 2 or n_bytes > _MAX_STRING_BYTES:
            allowed = f"an even number of bytes up to {_MAX_STRING_BYTES}"
            self.fail(f"the length of the {what} cannot be", at=at, expected=allowed, found=n_bytes)
        # A half surrogate in a note is no reason to refuse a recording.
        return self.take(n_bytes, what).decode("utf-16-le", errors="replace")

    def check_count(self, n: int, what: str, item_bytes: int, at: int) -> int:
        """Return `n` if the rest of the file has room for so many items of at least `item_bytes` each."""
        if n < 0:
            self.fail(f"the number of {what} cannot be", at=at, expected="0 or more", found=n)
        room = (self.size - self.position) // item_bytes
        if n > room:
            message = f"the file ends inside its header, among the {what}"
            self.fail(message, at=at, expected=f"{n} as announced", found=f"room for {room} at most")
        return n
