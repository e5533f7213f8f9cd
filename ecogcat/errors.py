"""What goes wrong, said once: the exceptions of ecogcat, each naming file, expectation, finding and remedy.

Wrong *arguments* (an index out of range, a mask of the wrong length, a unit that does not exist) raise the built-in
`IndexError`, `ValueError` and `TypeError`, as NumPy would; the classes here are about files, joins and limits.
"""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

__all__ = [
    "CatalogError",
    "EcogcatError",
    "FormatError",
    "JoinError",
    "MemoryLimitError",
    "ReadOnlyError",
    "RecordingNotFound",
    "SourceChangedError",
]


class EcogcatError(Exception):
    """Base of every error that ecogcat raises about files, joins and limits.

    Attributes
    ----------
    status : int or None
        What a web server answered, of errors about URLs.
    """

    status: int | None = None


class FormatError(EcogcatError):
    """A file is not what its format says it should be.

    Parameters
    ----------
    message : str
        What is wrong, in one sentence without the file name.
    path : path-like
        The file.
    offset : int, optional
        Byte offset at which the finding was made.
    expected, found : object, optional
        What the format asks for there, and what the file has.
    hint : str, optional
        What to do about it.

    Examples
    --------
    >>> print(FormatError("this is no Intan file", path="a.rhd", offset=0, expected="0xc6912702", found="0x0"))
    a.rhd: this is no Intan file (at byte 0; expected 0xc6912702; found 0x0)
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | PathLike[str],
        offset: int | None = None,
        expected: object = None,
        found: object = None,
        hint: str | None = None,
    ) -> None:
        self.message, self.path, self.offset = message, fspath(path), offset
        self.expected, self.found, self.hint = expected, found, hint
        facts = [
            f"at byte {offset:,}" if offset is not None else "",
            f"expected {expected}" if expected is not None else "",
            f"found {found}" if found is not None else "",
        ]
        detail = "; ".join(fact for fact in facts if fact)
        text = f"{self.path}: {message}" + (f" ({detail})" if detail else "")
        super().__init__(text + (f". {hint}" if hint else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments do not survive the default pickling of exceptions; worker processes need them to.
        return _rebuild_format_error, (self.message, self.path, self.offset, self.expected, self.found, self.hint)


def _rebuild_format_error(
    message: str, path: str, offset: int | None, expected: object, found: object, hint: str | None
) -> FormatError:
    return FormatError(message, path=path, offset=offset, expected=expected, found=found, hint=hint)


class RecordingNotFound(EcogcatError):
    """No recording lies at any of the places looked at; the message lists them all."""


class JoinError(EcogcatError):
    """Datasets cannot be joined as asked; `plan` holds every mismatch of every part.

    Parameters
    ----------
    message : str
        The summary, every mismatch included.
    plan : JoinPlan, optional
        The plan that could not be carried out.
    """

    def __init__(self, message: str, plan: Any = None) -> None:
        super().__init__(message)
        self.plan = plan

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.plan)


class SourceChangedError(EcogcatError):
    """A source file shrank, was altered, moved or went missing since it was opened."""


class MemoryLimitError(EcogcatError):
    """A read would need more memory than `ecogcat.options(memory_limit=...)` allows."""


class ReadOnlyError(EcogcatError):
    """A write would touch samples that ecogcat must never change."""


class CatalogError(EcogcatError):
    """A catalog, or an entry of one, cannot be used as written."""
