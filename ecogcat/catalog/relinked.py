"""Relinked: one path of a catalog, or of a virtual file, that was changed, or was left for a reason."""

from __future__ import annotations

from dataclasses import dataclass

from ecogcat.storage.urls import shown_url

__all__ = ["Relinked"]


@dataclass(frozen=True, slots=True, repr=False)
class Relinked:
    """One path that was changed, or that may have to be, and was left.

    Attributes
    ----------
    entry : str
        In a virtual file, the name of the recording's file; of what holds for all recordings, and of what was left,
        where that stands, such as ``metadata: ecog: roots``.
    old, new : str
        As the catalog has them; in a virtual file, the places.
    exists : bool
        Whether something is at the new place; true of a URL, where nobody looks before it is opened.
    problem : str
        Why it was left as it is; empty of what was changed.

    Examples
    --------
    >>> Relinked("a", "sftp://me:word@host/a.rhd", "/data/a.rhd", True)
    Relinked(entry='a', old='sftp://host/a.rhd', new='/data/a.rhd', exists=True, problem='')
    """

    entry: str
    old: str
    new: str
    exists: bool
    problem: str = ""

    def __repr__(self) -> str:
        old, new = shown_url(self.old), shown_url(self.new)
        said = f"entry={self.entry!r}, old={old!r}, new={new!r}, exists={self.exists!r}, problem={self.problem!r}"
        return f"Relinked({said})"
