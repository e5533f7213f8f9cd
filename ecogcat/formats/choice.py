"""Choice: which of the streams that a path holds is meant, and what to say where that is not clear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from ecogcat.errors import FormatError, RecordingNotFound

__all__ = ["Candidate", "choose"]


class Candidate(Protocol):
    """One stream of a recording."""

    @property
    def places(self) -> dict[str, str]:
        """What chooses it: load argument -> exact value, the coarsest first."""

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Other values that are understood, by load argument."""

    @property
    def opens_by_default(self) -> bool:
        """Whether it has electrode channels and their samples are there."""


AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


def choose(candidates: Sequence[AnyCandidate], path: str, **wanted: str | int | None) -> AnyCandidate:
    """Return the one stream that is asked for, or the only one with electrode channels.

    Parameters
    ----------
    candidates : sequence of Candidate
        At least one.
    path : str
        For messages.
    **wanted
        Load arguments as they were given; None for one that was not.

    Raises
    ------
    RecordingNotFound
        If there is no such stream; the message lists those there are.
    FormatError
        If several are left.
    """
    left = list(candidates)
    for key, value in wanted.items():
        if value is None:
            continue
        exact = [one for one in left if one.places.get(key) == str(value)]
        kept = exact or [one for one in left if str(value) in one.aliases.get(key, ())]
        if not kept:
            listed = ", ".join(dict.fromkeys(repr(one.places[key]) for one in left if key in one.places))
            raise RecordingNotFound(f"{path}: there is no {key} {str(value)!r}; there are: {listed or 'none'}")
        left = kept
    if wanted.get("stream") is None and len(left) > 1:
        left = [one for one in left if one.opens_by_default] or left
    if len(left) > 1:
        differing = [key for key in left[0].places if len({one.places.get(key) for one in left}) > 1]
        listed = "; ".join(", ".join(f"{key}={one.places.get(key)!r}" for key in differing) for one in left[:24])
        more = f" and {len(left) - 24} more" if len(left) > 24 else ""
        raise FormatError(
            "several recordings or streams of electrode channels lie here",
            path=path,
            expected="one",
            found=listed + more,
            hint=f"Name one with {', '.join(f'{key}=' for key in differing) or 'its own path'}",
        )
    return left[0]
