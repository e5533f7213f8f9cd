"""Golden vectors of the older system: what is expected of each, and the electrode tables that they name."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import SHARED


def golden(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said of a golden vector, and what is expected of it."""
    with np.load(path.parent / "expected.npz") as expected:
        return json.loads((path.parent / "meta.json").read_text()), dict(expected)


@dataclass(frozen=True)
class Table(os.PathLike[str]):
    """The table of an electrode, by its name in a case's label and its path for the reader."""

    name: str

    def __fspath__(self) -> str:
        return str(SHARED / f"reference/electrodes/{self.name}.csv")

    def __str__(self) -> str:
        return self.name

    def channels(self, *roles: str) -> list[int]:
        """Read the source channels of some roles, in the order of the table."""
        with open(self, newline="") as file:
            return [int(one["channel"]) for one in csv.DictReader(file) if one["role"] in roles]
