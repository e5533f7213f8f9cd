"""Electrode table: the site and the role of each source channel, read from a CSV file."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.frozen import Frozen, Index, index_array

__all__ = ["ROLES", "ElectrodeTable", "read_electrode_table"]

ROLES = ("electrode", "ground", "reference", "other")


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


def read_electrode_table(path: str | os.PathLike[str]) -> ElectrodeTable:
    """Read an electrode table.

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
    >>> _ = path.write_text("# shape: 1 2\\nchannel,role,row,col\\n0,electrode,0,1\\n1,ground,,\\n")
    >>> read_electrode_table(path).shape
    (1, 2)
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(path):
        raise RecordingNotFound(
            f"{path}: no such electrode table; electrode= takes a ChannelMap or the path of a CSV file with the columns "
            "channel, role, row, col"
        )
    facts: dict[str, list[float]] = {}
    skipped = 0
    with open(path, encoding="utf-8-sig") as file:
        for line in file:
            if not line.startswith("#"):
                break
            skipped += 1
            key, _, value = line[1:].partition(":")
            if key.strip() in ("shape", "pitch_mm"):
                try:
                    facts[key.strip()] = [float(number) for number in value.replace(",", " ").split()]
                except ValueError:
                    raise FormatError(f"{key.strip()} is no number", path=path, found=line.strip()) from None
    try:
        table = pd.read_csv(path, skiprows=skipped)
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise FormatError("this is no electrode table", path=path, found=str(error)) from error
    missing = [column for column in ("channel", "role", "row", "col") if column not in table.columns]
    if missing:
        found = ", ".join(map(str, table.columns))
        raise FormatError(f"the table lacks {', '.join(missing)}", path=path, expected="channel, role, row, col", found=found)
    roles = tuple(str(role).strip().lower() for role in table["role"])
    is_site = np.array([role == "electrode" for role in roles], bool)
    for k, role in enumerate(roles):
        if role not in ROLES:
            raise FormatError(f"line {k + skipped + 2}: unknown role", path=path, expected=" or ".join(ROLES), found=role)
    try:
        channels = table["channel"].astype("int64").to_numpy()
        sites = np.column_stack([table[axis].mask(~is_site, -1).astype("int64") for axis in ("row", "col")])
    except (TypeError, ValueError) as error:
        raise FormatError("channel, row and col are whole numbers", path=path, found=str(error)) from error
    if len(np.unique(channels)) != len(channels) or (channels < 0).any():
        raise FormatError("each source channel is listed once, counted from 0", path=path)
    if (sites[is_site] < 0).any():
        raise FormatError("an electrode has a row and a col", path=path)
    shape = facts.get("shape") or (sites.max(0) + 1 if len(sites) else [0, 0])
    pitch = facts.get("pitch_mm") or [1.0]
    if len(shape) != 2 or len(pitch) not in (1, 2):
        raise FormatError("a shape has two numbers, a pitch one or two", path=path, found=str(facts))
    return ElectrodeTable(
        index_array(channels), roles, index_array(sites), (int(shape[0]), int(shape[1])), (pitch[0], pitch[-1])
    )
