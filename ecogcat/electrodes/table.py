"""Electrode table: the site and the role of each source channel, read from a CSV file and written to one."""

from __future__ import annotations

import csv
import math
import os
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ecogcat.electrodes.positions import raster
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.frozen import Frozen, Index, digest, freeze, index_array

__all__ = ["ROLES", "ElectrodeTable", "read_electrode_table", "write_electrode_table"]

ROLES = ("electrode", "ground", "reference", "other")
_COLUMNS = ("channel", "role", "row", "col")
_POSITIONS = ("y_mm", "x_mm")
_NO_SITE = (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class ElectrodeTable(Frozen):
    """What each source channel of a recording is connected to.

    Parameters
    ----------
    channels : array_like of int, shape (n,)
        Source channels: rows or columns of the file.
    roles : sequence of str
        "electrode", "ground", "reference" or "other": connected to nothing, or to no known site.
    sites : array_like of int, shape (n, 2)
        (row, col) of the electrodes; -1 for the rest.
    shape : tuple of int
        (n_rows, n_cols).
    pitch : tuple of float
        (dy, dx), mm.

    Raises
    ------
    ValueError
        If the lengths disagree, a role is unknown, or a channel is given twice.
    """

    channels: Index
    roles: tuple[str, ...]
    sites: Index
    shape: tuple[int, int]
    pitch: tuple[float, float]

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        channels, roles = index_array(self.channels), tuple(map(str, self.roles))
        sites = np.asarray(self.sites, np.int64).reshape(-1, 2)
        if not len(channels) == len(roles) == len(sites):
            raise ValueError(f"{len(channels)} channels have as many roles and sites, not {len(roles)}, {len(sites)}")
        if set(roles) - set(ROLES):
            raise ValueError(f"a role is one of {', '.join(ROLES)}, not {', '.join(sorted(set(roles) - set(ROLES)))}")
        if len(np.unique(channels)) != len(channels) or (channels < 0).any():
            raise ValueError("each source channel is given once, and counts from 0")
        placed = np.array([role == "electrode" for role in roles], bool).reshape(-1, 1)
        set_(self, "channels", channels)
        set_(self, "roles", roles)
        set_(self, "sites", freeze(np.where(placed, sites, -1), np.int64))
        set_(self, "shape", (int(self.shape[0]), int(self.shape[1])))
        set_(self, "pitch", (float(self.pitch[0]), float(self.pitch[1])))

    @property
    def token(self) -> str:
        """Digest of everything."""
        return digest("electrode", self.channels, self.roles, self.sites, self.shape, self.pitch)

    def __len__(self) -> int:
        return len(self.channels)

    def __eq__(self, other: object) -> bool:
        return self.token == other.token if isinstance(other, ElectrodeTable) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.token)

    def with_role(self, role: str) -> Index:
        """Return the positions in the table of the channels of a role."""
        return index_array([k for k, own in enumerate(self.roles) if own == role])


def read_electrode_table(path: str | os.PathLike[str]) -> ElectrodeTable:
    r"""Read an electrode table.

    Parameters
    ----------
    path : path-like
        CSV with the columns channel (source channel, from 0), role, row, col. Lines ``# shape: 8 8`` and
        ``# pitch_mm: 0.406`` (one number, or dy and dx) before the header give the grid; without them it is as large
        as its largest site, with a pitch of 1. Where the electrode is no grid, the columns y_mm and x_mm take the
        place of row and col: its sites are then those of the coarsest grid that its coordinates lie on.

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
    if any(row.position is not None for row in rows):
        return _rastered(path, rows)
    sites = index_array([number for row in rows for number in row.site]).reshape(-1, 2)
    shape = facts.get("shape", tuple((sites.max(0, initial=-1) + 1).tolist()))
    pitch = facts.get("pitch_mm", (1.0, 1.0))
    for row in rows:
        if row.role == "electrode" and not (row.site[0] < shape[0] and row.site[1] < shape[1]):
            _refuse(path, row.line, "the site lies outside of the grid", f"below {shape[0]} and {shape[1]}", row.site)
    return _checked(path, rows, [row.site for row in rows], shape, pitch)


def _rastered(path: str, rows: list[_Row]) -> ElectrodeTable:
    """Return the table of an electrode whose sites are coordinates."""
    placed = [row.position for row in rows if row.position is not None]
    try:
        sites, shape, pitch = raster(placed)
    except ValueError as error:
        raise FormatError("these coordinates are not usable", path=path, found=str(error)) from error
    found = iter(sites.tolist())
    return _checked(
        path, rows, [tuple(next(found)) if row.position is not None else _NO_SITE for row in rows], shape, pitch
    )


def _checked(path: str, rows: list[_Row], sites: list[Any], shape: Any, pitch: Any) -> ElectrodeTable:
    """Return the table, unless a channel or a site is given twice."""
    seen: dict[Any, int] = {}
    for row, site in zip(rows, sites, strict=True):
        for what, value in (("source channel", row.channel), ("site", site)):
            if value != _NO_SITE and seen.setdefault((what, value), row.line) != row.line:
                found = f"{value}, also in line {seen[what, value]}"
                _refuse(path, row.line, f"this {what} is given twice", "each once", found)
    roles = tuple(row.role for row in rows)
    return ElectrodeTable(index_array([row.channel for row in rows]), roles, np.array(sites), shape, pitch)


def write_electrode_table(table: ElectrodeTable, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    r"""Write an electrode table as CSV; `read_electrode_table` reads an equal one.

    Parameters
    ----------
    table : ElectrodeTable
    path : path-like
    overwrite : bool
        Write over a file that is there.

    Raises
    ------
    FileExistsError
        If it is there and `overwrite` does not say so.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "grid.csv"
    >>> table = ElectrodeTable([0, 1], ("electrode", "ground"), [(0, 1), (-1, -1)], (1, 2), (0.4, 0.4))
    >>> write_electrode_table(table, path)
    >>> path.read_text().splitlines()
    ['# shape: 1 2', '# pitch_mm: 0.4 0.4', 'channel,role,row,col', '0,electrode,0,1', '1,ground,,']
    >>> read_electrode_table(path) == table
    True
    """
    lines = [f"# shape: {table.shape[0]} {table.shape[1]}", f"# pitch_mm: {table.pitch[0]!r} {table.pitch[1]!r}"]
    lines.append(",".join(_COLUMNS))
    for channel, role, (row, col) in zip(table.channels.tolist(), table.roles, table.sites.tolist(), strict=True):
        lines.append(f"{channel},{role},{row},{col}" if role == "electrode" else f"{channel},{role},,")
    with open(os.path.expanduser(path), "w" if overwrite else "x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


class _Row(NamedTuple):
    line: int
    channel: int
    role: str
    site: tuple[int, int]
    position: tuple[float, float] | None


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
    free = set(_POSITIONS) <= set(header) and not {"row", "col"} & set(header)
    columns = (*_COLUMNS[:2], *_POSITIONS) if free else _COLUMNS
    missing = [column for column in columns if column not in header]
    if missing:
        found = ", ".join(header) or "nothing"
        raise FormatError(f"the table lacks {', '.join(missing)}", path=path, expected=", ".join(columns), found=found)
    rows = []
    for line, cells in zip(numbers[1:], table[1:], strict=False):
        cell = dict(zip(header, cells, strict=False))
        role = cell.get("role", "").lower()
        if role not in ROLES:
            _refuse(path, line, "unknown role", ", ".join(ROLES), role or "nothing")
        channel = _whole(path, line, cell, "channel")
        site, position = _NO_SITE, None
        if role == "electrode" and free:
            position = (_millimetres(path, line, cell, "y_mm"), _millimetres(path, line, cell, "x_mm"))
        elif role == "electrode":
            site = (_whole(path, line, cell, "row"), _whole(path, line, cell, "col"))
        rows.append(_Row(line, channel, role, site, position))
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


def _millimetres(path: str, line: int, cell: dict[str, str], column: str) -> float:
    text = cell.get(column, "")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        _refuse(path, line, f"the {column} cannot be", "a number of mm", text or "nothing")
    return number
