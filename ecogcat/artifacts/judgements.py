"""Judgements: which channels of which recordings somebody judged to be bad, kept in a table beside the catalog.

The table is a CSV file that people may edit by hand: a row a judgement, with the recording (``*`` for all), the channel
(by source channel, by site, or by name: the first that is given counts), the reason, who said so, and when.
"""

from __future__ import annotations

import csv
import getpass
import io
import os
from collections.abc import Sequence
from datetime import date as calendar
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from ecogcat.checks import check_dataset, check_writable
from ecogcat.csvfiles import read_csv
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.parts import Part
from ecogcat.select import leave_out, listed_channels

__all__ = ["judgements_beside", "leave_out_judged", "mark_channels", "read_judgements"]

_COLUMNS = ("recording", "source_channel", "name", "row", "col", "reason", "author", "date")
_NUMBERS = ("source_channel", "row", "col")
_ALL = "*"


def judgements_beside(catalog: str | os.PathLike[str]) -> str:
    """Return where the judgements on a catalog's recordings are kept: ``day.channels.csv`` beside ``day.yaml``.

    Examples
    --------
    >>> judgements_beside("/data/day.yaml")
    '/data/day.channels.csv'
    """
    path = os.fspath(catalog)
    stem, suffix = os.path.splitext(path)
    return path if suffix.lower() == ".csv" else f"{stem if suffix.lower() in ('.yaml', '.yml') else path}.channels.csv"


def mark_channels(
    table: str | os.PathLike[str],
    dataset: Dataset,
    channels: ArrayLike | slice | None = None,
    *,
    sites: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    reason: str,
    author: str | None = None,
    date: str | None = None,
) -> pd.DataFrame:
    """Write down that channels are bad; ``judgements=`` leaves them out when recordings are opened.

    Parameters
    ----------
    table : path-like
        A catalog (``day.yaml``: the table is ``day.channels.csv`` beside it) or the table itself. Rows are added at its
        end; what is there stays. It is made if it is not there.
    dataset : Dataset
        The recording, or a join: then the channels are marked in each of its recordings.
    channels : int, slice, array_like of int, or mask, optional
        The bad channels, by index; a mask has True for a bad one.
    sites : array_like of int, shape (n, 2), optional
        Their (row, col) instead.
    names : sequence of str, optional
        Their names instead.
    reason : str
        Why.
    author : str, optional
        Who says so; by default the name of the user's account.
    date : str, optional
        When; today by default.

    Returns
    -------
    DataFrame
        The rows that were added: recording, source_channel, name, row, col, reason, author, date.

    Raises
    ------
    IndexError, KeyError, ValueError
        If a channel does not exist, or there is no reason.
    RecordingNotFound
        If the catalog does not exist.
    FormatError
        If the table that is there is none of judgements.

    Examples
    --------
    >>> import tempfile
    >>> import ecogcat as ec
    >>> table = os.path.join(tempfile.mkdtemp(), "day.channels.csv")
    >>> dataset = ec.from_array([[1.0], [2.0]], 1000, name="rec_001")
    >>> ec.mark_channels(table, dataset, names=["ch1"], reason="broken lead", author="mt").recording.tolist()
    ['rec_001']
    >>> leave_out_judged(dataset, table).n_channels
    1
    """
    check_dataset(dataset, "mark_channels")
    check_writable(table, "table of judgements")
    if not reason.strip():
        raise ValueError("a judgement has a reason: nobody will know it in a year")
    catalog = os.path.abspath(os.path.expanduser(os.fspath(table)))
    if catalog.lower().endswith((".yaml", ".yml")) and not os.path.exists(catalog):
        raise RecordingNotFound(f"{catalog}: no such catalog; nobody would read judgements beside it")
    index = listed_channels(dataset, channels, sites, names)
    author = _account() if author is None else author
    date = calendar.today().isoformat() if date is None else date
    rows = []
    for part in dataset.parts:
        if part.kind != "recording":
            continue
        for place in part.rows[index].tolist():
            if place >= 0:
                site = ("", "") if part.opened.sites is None else part.opened.sites[place].tolist()
                channel = (int(part.opened.source[place]), part.opened.names[place], *site)
                rows.append((part.name, *channel, reason, author, date))
    rows = list(dict.fromkeys(rows))
    _append(judgements_beside(catalog), rows)
    return _typed(pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object).astype(str))


def read_judgements(table: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table of judgements.

    Parameters
    ----------
    table : path-like
        The table, or the catalog that it lies beside.

    Returns
    -------
    DataFrame
        recording, source_channel, name, row, col, reason, author, date. Numbers that are not given are NA, texts "".

    Raises
    ------
    RecordingNotFound
        If there is no such table.
    FormatError
        If it is none of judgements, or a row says nothing of use.
    """
    path = os.path.abspath(os.path.expanduser(judgements_beside(table)))
    try:
        frame = read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    except FileNotFoundError:
        raise RecordingNotFound(f"{path}: no such table of judgements; ecogcat.mark_channels writes one") from None
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise FormatError("this is no table of judgements", path=path, found=str(error)) from error
    expected = "columns recording, reason, and source_channel, name or row and col"
    identified = {"source_channel", "name"} & set(frame.columns) or {"row", "col"} <= set(frame.columns)
    if not {"recording", "reason"} <= set(frame.columns) or not identified:
        found = ", ".join(map(str, frame.columns))
        raise FormatError("this is no table of judgements", path=path, expected=expected, found=found)
    for column in _COLUMNS:
        if column not in frame.columns:
            frame[column] = ""
    # The first line may be there once more: two people made the table at one moment.
    frame = frame[(frame["recording"] != "recording") | (frame["reason"] != "reason")]
    for line, row in zip(frame.index + 2, frame.itertuples(index=False), strict=True):
        numbers = [getattr(row, column) for column in _NUMBERS]
        wrong = [number for number in numbers if number and not number.isdecimal()]
        if wrong or not row.recording or not (row.source_channel or row.name or (row.row and row.col)):
            found = repr(",".join(map(str, row)))
            raise FormatError(
                f"line {line} is no judgement", path=path, expected="a recording and a channel", found=found
            )
    return _typed(frame[list(_COLUMNS)].reset_index(drop=True))


def leave_out_judged(dataset: Dataset, table: str | os.PathLike[str]) -> Dataset:
    """Leave out the channels that a table says are bad in a recording.

    Parameters
    ----------
    dataset : Dataset
        A recording, known to the table by its name or by that of one of its parts.
    table : path-like
        See `read_judgements`.

    Returns
    -------
    Dataset
        ``dropped`` says why each is left out, who said so, and when. A judgement on a channel that the recording does
        not have is a warning of its first part.

    Raises
    ------
    RecordingNotFound, FormatError
        If the table is not there or not usable.
    """
    frame = read_judgements(table)
    known = {_ALL, dataset.name, *(part.name for part in dataset.parts)}
    unknown: list[Any] = []
    reasons: dict[int, str] = {}  # of the channels that were opened; the first judgement on one counts
    rows: list[Any] = list(frame[frame["recording"].isin(known)].itertuples(index=False))
    for row in rows:
        place = _opened_row(dataset.parts[0], row)
        if place is None:
            unknown.append(row)
        else:
            signed = ", ".join(text for text in (row.author, row.date) if text)
            reasons.setdefault(place, f"{row.reason} ({signed})" if signed else row.reason)
    places = enumerate(dataset.parts[0].rows.tolist())
    dataset = leave_out(dataset, {row: reasons[place] for row, place in places if place in reasons})
    if unknown:
        named = ", ".join(row.name or _number(row) for row in unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        first, *others = dataset.parts
        warning = f"{len(unknown)} judgements name channels that are not here: {named}"
        dataset = dataset.replace(parts=(first.replace(warnings=(*first.warnings, warning)), *others))
    return dataset


def _opened_row(part: Part, row: Any) -> int | None:
    """Return which of the channels that were opened a judgement is about."""
    opened = part.opened
    if not pd.isna(row.source_channel):
        found = (opened.source == int(row.source_channel)).nonzero()[0]
    elif not pd.isna(row.row) and not pd.isna(row.col):
        if opened.sites is None:
            return None
        found = (opened.sites == (int(row.row), int(row.col))).all(1).nonzero()[0]
    else:
        return opened.names.index(row.name) if row.name in opened.names else None
    return int(found[0]) if len(found) else None


def _number(row: Any) -> str:
    return f"site ({row.row}, {row.col})" if pd.isna(row.source_channel) else f"source channel {row.source_channel}"


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = {column: pd.to_numeric(frame[column].replace("", pd.NA)).astype("Int64") for column in _NUMBERS}
    return frame.assign(**numbers)


def _append(path: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows in one write, so that those of two people who write at once are both there."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if os.path.exists(path) and os.path.getsize(path):
        read_judgements(path)
        with open(path, encoding="utf-8-sig", newline="") as file:
            content = file.read()
        columns = [column.strip() for column in next(csv.reader(content.splitlines()))]
        if not content.endswith("\n"):
            text.write("\n")
    else:
        columns = list(_COLUMNS)
        writer.writerow(columns)
    lacking = [column for column in _COLUMNS if column not in columns]
    if lacking:
        raise FormatError(
            "the table has no place for all of a judgement",
            path=path,
            expected=", ".join(_COLUMNS),
            found=", ".join(columns),
            hint=f"Add {', '.join(lacking)} to its first line, and as many commas to the others",
        )
    for row in rows:
        values = dict(zip(_COLUMNS, row, strict=True))
        writer.writerow([values.get(column, "") for column in columns])
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        return ""
