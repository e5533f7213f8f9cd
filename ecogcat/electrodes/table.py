"""Electrode table: the site and the role of each source channel, read from a CSV file."""

from __future__ import annotations

import csv
import math
import os
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from ecogcat.channels import ChannelMap
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.frozen import Frozen, Index, index_array

__all__ = ["ROLES", "ElectrodeTable", "electrode_table", "read_electrode_table"]

ROLES = ("electrode", "ground", "reference", "other")
_COLUMNS = ("channel", "role", "row", "col")
_NO_SITE = (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class ElectrodeTable(Frozen):
    """What each source channel of a recording is connected to.

    Parameters
    ----------
    channels : array_like of int, shape (n,)
        Source channels: rows or columns of the file.
    roles : sequence of str
        "electrode", "ground", "reference" or "other".
    sites : array_like of int, shape (n, 2)
        (row, col) of the electrodes; -1 for the rest.
    shape : tuple of int
        (n_rows, n_cols).
    pitch : tuple of float
        (dy, dx), mm.
    """

    channels: Index
    roles: tuple[str, ...]
    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float]

    def with_role(self, role: str) -> Index:
        """Return the positions in the table of the channels of a role."""
        return index_array([k for k, own in enumerate(self.roles) if own == role])


def electrode_table(electrode: ElectrodeTable | ChannelMap | str | os.PathLike[str]) -> ElectrodeTable:
    """Return the table of an electrode given as such, as a map of the source channels in order, or as a CSV file.

    Examples
    --------
    >>> electrode_table(ChannelMap([(0, 1), (0, 0)], (1, 2))).roles
    ('electrode', 'electrode')
    """
    if isinstance(electrode, ElectrodeTable):
        return electrode
    if not isinstance(electrode, ChannelMap):
        return read_electrode_table(electrode)
    channels = index_array(range(len(electrode)))
    return ElectrodeTable(channels, ("electrode",) * len(channels), electrode.sites, electrode.shape, electrode.pitch)


def read_electrode_table(path: str | os.PathLike[str]) -> ElectrodeTable:
    r"""Read an electrode table.

    Parameters
    ----------
    path : path-like
        CSV with the columns channel (source channel, from 0), role, row, col. Lines ``# shape: 8 8`` and
        ``# pitch_mm: 0.406`` (one number, or dy and dx) before the header give the grid; without them it is as large
        as its largest site, with a pitch of 1.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If a column is missing, or a line is not usable; the message names the line.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "grid.csv"
    >>> _ = path.write_text("# shape: 1 2\nchannel,role,row,col\n0,electrode,0,1\n1,ground,,\n")
    >>> read_electrode_table(path).shape
    (1, 2)
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(path):
        raise RecordingNotFound(
            f"{path}: no such electrode table; electrode= takes a ChannelMap or the path of a CSV file with the "
            "columns channel, role, row, col"
        )
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = list(enumerate(file, 1))
    except UnicodeDecodeError as error:
        raise FormatError("this is no electrode table: it is no text", path=path, found=str(error)) from error
    facts = _read_facts(path, [(number, line) for number, line in lines if line.startswith("#")])
    rows = _read_rows(path, [(number, line) for number, line in lines if line.strip() and not line.startswith("#")])
    sites = index_array([number for row in rows for number in row.site]).reshape(-1, 2)
    shape = facts.get("shape", tuple((sites.max(0, initial=-1) + 1).tolist()))
    pitch = facts.get("pitch_mm", (1.0, 1.0))
    seen: dict[Any, int] = {}
    for row in rows:
        if row.role == "electrode" and not (row.site[0] < shape[0] and row.site[1] < shape[1]):
            _refuse(path, row.line, "the site lies outside of the grid", f"below {shape[0]} and {shape[1]}", row.site)
        for what, value in (("source channel", row.channel), ("site", row.site)):
            if value != _NO_SITE and seen.setdefault((what, value), row.line) != row.line:
                _refuse(
                    path,
                    row.line,
                    f"this {what} is given twice",
                    "each once",
                    f"{value}, also in line {seen[what, value]}",
                )
    channels = index_array([row.channel for row in rows])
    return ElectrodeTable(channels, tuple(row.role for row in rows), sites, (int(shape[0]), int(shape[1])), pitch)


class _Row(NamedTuple):
    line: int
    channel: int
    role: str
    site: tuple[int, int]


def _refuse(path: str, line: int, message: str, expected: object, found: object) -> NoReturn:
    raise FormatError(f"line {line}: {message}", path=path, expected=expected, found=found)


def _read_facts(path: str, lines: list[tuple[int, str]]) -> dict[str, Any]:
    """Read shape and pitch from the comments."""
    facts: dict[str, Any] = {}
    for line, text in lines:
        key, _, value = text[1:].partition(":")
        key = key.strip()
        if key not in ("shape", "pitch_mm"):
            continue
        try:
            numbers = [float(number) for number in value.replace(",", " ").replace(" x ", " ").split()]
        except ValueError:
            numbers = []
        if key == "shape":
            if len(numbers) != 2 or not all(number > 0 and number.is_integer() for number in numbers):
                _refuse(
                    path, line, "the shape cannot be", "two whole numbers, rows and columns", value.strip() or "nothing"
                )
            facts[key] = (int(numbers[0]), int(numbers[1]))
        else:
            if len(numbers) not in (1, 2) or not all(number > 0 and math.isfinite(number) for number in numbers):
                _refuse(path, line, "the pitch cannot be", "one or two distances in mm", value.strip() or "nothing")
            facts[key] = (numbers[0], numbers[-1])
    return facts


def _read_rows(path: str, lines: list[tuple[int, str]]) -> list[_Row]:
    numbers = [number for number, _ in lines]
    table = [[cell.strip() for cell in cells] for cells in csv.reader(text for _, text in lines)]
    header = [cell.lower() for cell in table[0]] if table else []
    missing = [column for column in _COLUMNS if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise FormatError(f"the table lacks {', '.join(missing)}", path=path, expected=", ".join(_COLUMNS), found=found)
    rows = []
    for line, cells in zip(numbers[1:], table[1:], strict=False):
        cell = dict(zip(header, cells, strict=False))
        role = cell.get("role", "").lower()
        if role not in ROLES:
            _refuse(path, line, "unknown role", ", ".join(ROLES), role or "nothing")
        channel = _whole(path, line, cell, "channel")
        site = (_whole(path, line, cell, "row"), _whole(path, line, cell, "col")) if role == "electrode" else _NO_SITE
        rows.append(_Row(line, channel, role, site))
    return rows


def _whole(path: str, line: int, cell: dict[str, str], column: str) -> int:
    text = cell.get(column, "")
    try:
        number = float(text)  # spreadsheets write 3.0
    except ValueError:
        number = -1.0
    if not (number >= 0 and number.is_integer()):
        _refuse(path, line, f"the {column} cannot be", "a whole number from 0", text or "nothing")
    return int(number)
