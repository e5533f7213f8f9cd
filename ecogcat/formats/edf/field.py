"""Fields of an EDF header: text of fixed width, numbers and dates in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ecogcat.errors import FormatError
from ecogcat.storage.source import Source

__all__ = ["Field", "start_of"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LARGEST = 1e30  # of any quantity; beyond it gains would overflow


@dataclass(frozen=True, slots=True)
class Field:
    """One field of text, which may be asked for a number.

    Attributes
    ----------
    source : Source
        The file, for messages.
    data : bytes
        The header, or the part of it that begins at byte `file_at` of the file.
    at, width : int
    what : str
        What it says, for messages.
    """

    source: Source
    data: bytes
    at: int
    width: int
    what: str
    file_at: int = 0

    @property
    def text(self) -> str:
        """Return the text without blanks around it."""
        raw = self.data[self.at : self.at + self.width].split(b"\0")[0]
        try:
            return raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip()

    def number(self) -> float | None:
        """Return a decimal number, None if it is none; some systems write a comma for the point."""
        text = self.text.replace(",", ".")
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
            return None
        number = float(text)
        return number if abs(number) < _LARGEST else None

    def integer(self, least: int = 0) -> int:
        """Return a whole number; FormatError if it is none, or less than `least`."""
        number = self.number()
        # No more than fields of 8 digits can say; 1e70 is a number, too, but of no recording.
        if number is None or number != int(number) or not least <= number < 10**8:
            raise FormatError(
                f"the {self.what} cannot be",
                path=self.source.path,
                offset=self.file_at + self.at,
                expected=f"a whole number from {least}",
                found=repr(self.text),
            )
        return int(number)


def start_of(date: str, time: str, recording: str, odd: list[str]) -> np.datetime64 | None:
    """Return the start; the recording field of EDF+ has the year in four digits."""
    short = re.fullmatch(r"(\d\d?)\D(\d\d?)\D(\d\d)", date, re.ASCII)
    clock = re.fullmatch(r"(\d\d?)\D(\d\d?)\D(\d\d?)", time, re.ASCII)
    full = re.match(r"Startdate (\d\d?)-([A-Za-z]{3})-(\d{4})(?: |$)", recording, re.ASCII)
    day = month = year = 0
    if short:
        day, month, year = (int(part) for part in short.groups())
        year += 1900 if year >= 85 else 2000
    if full and full[2].upper() in _MONTHS:
        exact = int(full[1]), _MONTHS.index(full[2].upper()) + 1, int(full[3])
        if short and (*exact[:2], exact[2] % 100) != (day, month, year % 100):
            odd.append(
                f"the header starts on {date!r}, its recording field on {full[0].strip()!r}: the latter is taken"
            )
        day, month, year = exact
    try:
        hour, minute, second = (int(part) for part in clock.groups()) if clock else (-1, 0, 0)
        if not 1900 <= year <= 2200:  # nanoseconds do not reach much farther
            raise ValueError(year)
        return np.datetime64(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", "ns")
    except ValueError:
        odd.append(f"the header has no start date and time: {date!r}, {time!r}")
        return None
