"""Facts: the electrode tables beside the project, read by a few lines of their own."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from tests.conftest import SHARED

FOLDER = SHARED / "reference/electrodes"


class Fact(NamedTuple):
    """One electrode of the index, and its rows: (channel, role, row, col), numbers as in the file."""

    name: str
    index: dict[str, str]
    rows: list[tuple[int, str, float, float]]

    @property
    def free(self) -> bool:
        return self.index["coordinate_type"] == "coordinates"

    def channels(self, *roles: str) -> list[int]:
        return [channel for channel, role, _, _ in self.rows if role in roles]

    def sites(self) -> list[tuple[float, float]]:
        return [(row, col) for _, role, row, col in self.rows if role == "electrode"]


def read(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def facts() -> dict[str, Fact]:
    """All of the index, by name; nothing where it is absent."""
    if not (FOLDER / "index.csv").exists():
        return {}
    found = {}
    for index in read(FOLDER / "index.csv"):
        rows = [
            (int(one["channel"]), one["role"], float(one["row"] or -1), float(one["col"] or -1))
            for one in read(FOLDER / index["file"])
        ]
        found[index["name"]] = Fact(index["name"], index, rows)
    return found
