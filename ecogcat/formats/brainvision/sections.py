"""Text files of BrainVision: read whatever their encoding, split into sections; and the files that they name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from ecogcat.errors import FormatError, RecordingNotFound

__all__ = ["Sections", "find_beside", "read_text", "split_sections", "there_is"]

Sections = Mapping[str, Mapping[str, str]]

_MOST_BYTES = 64 << 20


def read_text(path: str) -> str:
    """Return the text of a header or marker file, whatever its encoding.

    Raises
    ------
    RecordingNotFound
        If it cannot be read.
    FormatError
        If it is no text.
    """
    try:
        size = os.path.getsize(path)
        if size > _MOST_BYTES:
            found = f"{size:,} bytes"
            raise FormatError(
                "this is too long for a header", path=path, expected="some kilobytes of text", found=found
            )
        with open(path, "rb") as file:
            data = file.read(size)
    except OSError as error:
        raise RecordingNotFound(f"{path}: cannot be opened: {error.strerror}") from error
    if b"\0" in data[:256]:
        raise FormatError(
            "this is no text in UTF-8 or Latin-1", path=path, offset=data.index(b"\0"), found="a zero byte"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def split_sections(text: str) -> dict[str, dict[str, str]]:
    """Return sections of keys and values, both in lower case but for the values; of a comment the text, under ""."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    in_comment = False
    for line in text.splitlines():
        head = re.fullmatch(r"\s*\[([^\]]+)\]\s*", line)
        if head:
            in_comment = head[1].strip().lower() == "comment"
            section = sections.setdefault(head[1].strip().lower(), {})
        elif in_comment:
            section[""] = section.get("", "") + line + "\n"
        elif "=" in line and not line.lstrip().startswith(";"):
            key, _, value = line.partition("=")
            section.setdefault(key.strip().lower(), value.strip())
    return sections


def find_beside(header: str, named: str) -> str | None:
    """Return the path of a file that a header names, None if it is not there; only its folder is looked at."""
    folder, own = os.path.split(header)
    base = os.path.splitext(own)[0]
    name = re.split(r"[/\\]", named.replace("$b", base))[-1]
    path = os.path.join(folder, name)
    return path if name and "\0" not in name and os.path.isfile(path) else None


def there_is(header: str, suffixes: tuple[str, ...]) -> str:
    """Say which files of some kinds lie beside a header, those with its own name first."""
    folder, own = os.path.split(header)
    base = os.path.splitext(own)[0]
    names = [name for name in sorted(os.listdir(folder)) if name.lower().endswith(suffixes)]
    names.sort(key=lambda name: not name.startswith(base))
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"beside the header: {listed}" if names else f"no {' or '.join(suffixes)} file beside the header"
