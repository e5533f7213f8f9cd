"""Limits: whatever would allocate more than the memory limit says so before it does, and what to do instead."""

from __future__ import annotations

from ecogcat import settings
from ecogcat.errors import MemoryLimitError

__all__ = ["refuse_beyond_limit"]


def refuse_beyond_limit(needed: int, what: str, instead: str) -> None:
    """Raise unless an array of `needed` bytes is within the memory limit.

    Parameters
    ----------
    needed : int
        Bytes.
    what : str
        What takes them, with its verb: "the times of 5 samples take".
    instead : str
        What to do instead: "read some of them".

    Raises
    ------
    MemoryLimitError

    Examples
    --------
    >>> import ecogcat as ec
    >>> with ec.options(memory_limit="1 kB"):
    ...     refuse_beyond_limit(2000, "the times of 250 samples take", "Take fewer")
    Traceback (most recent call last):
    ...
    ecogcat.errors.MemoryLimitError: the times of 250 samples take 2,000 bytes; the limit is 1,000. Take fewer, or ...
    """
    limit = settings.memory_limit()
    if limit is not None and needed > limit:
        raise MemoryLimitError(
            f"{what} {needed:,} bytes; the limit is {limit:,}. {instead}, or raise the limit: "
            "with ecogcat.options(memory_limit=None): ..."
        )
