"""Choice: which of the recordings or streams at a path is meant, and what to say where that is not clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ecogcat.errors import FormatError, RecordingNotFound

__all__ = ["Candidate", "Option", "SeveralFound", "choose"]

_MOST_LISTED = 24


class Candidate(Protocol):
    """One recording or stream of those at a path."""

    @property
    def places(self) -> Mapping[str, str]:
        """What chooses it: load argument -> exact value, the coarsest first."""

    @property
    def aliases(self) -> Mapping[str, tuple[str, ...]]:
        """Other values that are understood, by load argument."""

    @property
    def opens_by_default(self) -> bool:
        """Whether it has electrode channels and their samples are there."""

    @property
    def detail(self) -> str:
        """What tells it from the others beside its name, such as its size."""


class SeveralFound(FormatError):
    """Several recordings or streams lie at a path, and none was named.

    Attributes
    ----------
    choices : tuple of dict
        What to pass for each: load argument -> value.
    """

    choices: tuple[dict[str, str], ...] = ()


T = TypeVar("T")
AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


@dataclass(frozen=True)
class Option(Generic[T]):
    """Anything to choose from: a candidate for what has no names of its own."""

    value: T
    places: Mapping[str, str]
    detail: str = ""
    opens_by_default: bool = True
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def choose(candidates: Sequence[AnyCandidate], path: str, **wanted: str | int | None) -> AnyCandidate:
    """Return the one that is asked for, or the only one with electrode channels.

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
        If there is no such one; the message lists those there are.
    SeveralFound
        If several are left; the message lists what to pass for each.

    Examples
    --------
    >>> both = [Option(k, {"stream": f"ns{k}"}, f"{k} channels") for k in (2, 5)]
    >>> choose(both, "a", stream="ns5").value
    5
    >>> choose(both, "a", stream=None)
    Traceback (most recent call last):
    ecogcat.formats.choice.SeveralFound: a: several recordings or streams lie here (expected one; found
    stream='ns2' (2 channels); stream='ns5' (5 channels)). Name one with stream=
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
        listed = "; ".join(_described(one, differing) for one in left[:_MOST_LISTED])
        more = f" and {len(left) - _MOST_LISTED} more" if len(left) > _MOST_LISTED else ""
        several = SeveralFound(
            "several recordings or streams lie here",
            path=path,
            expected="one",
            found=listed + more,
            hint=f"Name one with {', '.join(f'{key}=' for key in differing) or 'its own path'}",
        )
        several.choices = tuple(
            {key: str(value) for key in differing if (value := one.places.get(key)) is not None} for one in left
        )
        raise several
    return left[0]


def _described(one: Candidate, keys: Sequence[str]) -> str:
    named = ", ".join(f"{key}={one.places.get(key)!r}" for key in keys)
    return f"{named} ({one.detail})" if one.detail else named
