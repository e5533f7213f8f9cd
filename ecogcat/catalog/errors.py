"""Errors of catalog entries: the same kinds as without a catalog, with the entry's name before the message."""

from __future__ import annotations

from ecogcat.errors import CatalogError, EcogcatError, FormatError, JoinError

__all__ = ["at_entry"]

_PLAIN = (TypeError, ValueError, IndexError, NotImplementedError)


def at_entry(error: Exception, label: str) -> Exception:
    """Return an error like `error` that says which entry it is about.

    Examples
    --------
    >>> at_entry(ValueError("no rate"), "catalog entry 'a'")
    ValueError("catalog entry 'a': no rate")
    """
    if isinstance(error, FormatError):
        return FormatError(
            f"{label}: {error.message}",
            path=error.path,
            offset=error.offset,
            expected=error.expected,
            found=error.found,
            hint=error.hint,
        )
    if isinstance(error, JoinError):
        return JoinError(f"{label}: {error}", error.plan)
    for kind in (*EcogcatError.__subclasses__(), *_PLAIN):
        if type(error) is kind:
            return kind(f"{label}: {error}")
    if isinstance(error, KeyError):
        return CatalogError(f"{label}: {error.args[0] if error.args else error}")
    error.add_note(f"in {label}")  # an error of another package: kept as it is
    return error
