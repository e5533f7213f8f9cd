"""Days: how many days lie between sessions, by the dates in their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

__all__ = ["session_days"]

_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")


def session_days(sessions: Sequence[str], reference: str | None = None) -> list[int]:
    """Return the day of each session, counted from the first.

    Parameters
    ----------
    sessions : sequence of str
        Names with a date in them, ``"rats/2020-03-01"``; the first date counts.
    reference : str, optional
        Text with the date that is day 0. By default that of the first session.

    Returns
    -------
    list of int
        Days before the reference are negative.

    Raises
    ------
    TypeError, ValueError
        If a name is no text, or has no date.

    Examples
    --------
    >>> session_days(["rats/2020-03-01", "rats/2020-03-02", "mice/2020-04-15_amnoise"])
    [0, 1, 45]
    >>> [f"Day {day:2}" for day in session_days(["2020-03-01", "2020-03-20"])]
    ['Day  0', 'Day 19']
    """
    if isinstance(sessions, str):
        raise TypeError(f"session_days takes a list of names, not the text {sessions!r}")
    dates = [_date(name) for name in sessions]
    if not dates:
        return []
    first = dates[0] if reference is None else _date(reference)
    return [(one - first).days for one in dates]


def _date(text: str) -> date:
    if not isinstance(text, str):
        raise TypeError(f"the name of a session is text with a date, such as 'rats/2020-03-01', not {text!r}")
    found = _DATE.search(text)
    if found is None:
        raise ValueError(f"there is no date such as 2020-03-01 in {text!r}")
    try:
        return date(*map(int, found.groups()))
    except ValueError as error:
        raise ValueError(f"{found[0]} in {text!r} is no date: {error}") from None
