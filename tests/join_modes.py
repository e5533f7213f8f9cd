"""The ways of joining: mapped, loaded and scratch copies on both sides, of equal values; run it to see the table.

python -m tests.join_modes
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

import ecogcat as ec
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.scratch import ScratchExtent
from ecogcat.tabulate import text_table

MODES: dict[str, Any] = {"mapped": True, "loaded": False, "r+": "r+"}


class Joined(NamedTuple):
    """One combination, and what came of it."""

    left: str
    right: str
    dataset: ec.Dataset
    kinds: tuple[str, ...]
    equal: bool


def kind_of(signal: ec.Signal) -> tuple[str, ...]:
    """How each part of a signal is held."""
    names = {MemoryExtent: "loaded", ScratchExtent: "r+"}
    return tuple(names.get(type(piece.extent), "mapped") for piece in signal.pieces)


def record(folder: Path) -> tuple[Path, Path]:
    """Two recordings in the lab's layout, of different lengths."""
    rng, paths = np.random.default_rng(7), []
    for name, n in (("first", 900), ("second", 700)):
        paths.append(folder / f"{name}.h5")
        with h5py.File(paths[-1], "w") as file:
            file["Fs"] = 2000.0
            file["chdata"] = rng.integers(-2000, 2000, (8, n)).astype("i2")
            file["adc"] = rng.normal(size=(2, n))
    return paths[0], paths[1]


def combinations(folder: Path) -> list[Joined]:
    """Join the two recordings in every way, and load what is joined as well."""
    first, second = record(folder)
    with h5py.File(first) as a, h5py.File(second) as b:
        want = np.concatenate([a["chdata"][:], b["chdata"][:]], axis=1) * 0.195
        adc = np.concatenate([a["adc"][:], b["adc"][:]], axis=1)
    made = []
    for left, right in itertools.product(MODES, MODES):
        joined = ec.join(ec.open_recording(first, mapped=MODES[left]), ec.open_recording(second, mapped=MODES[right]))
        loaded = ec.load(joined)
        same = np.array_equal(joined.signal[:], want.astype("f4")) and np.array_equal(
            joined["adc"][:], adc.astype("f4")
        )
        same = same and ec.equals(joined, loaded) and ec.equals(joined, ec.scratch(joined))
        made.append(Joined(left, right, joined, kind_of(joined.signal), same))
    return made


def table(made: list[Joined]) -> str:
    """The combinations as text."""
    rows = []
    for one in made:
        shape = " x ".join(map(str, one.dataset.signal.shape))
        writes = "yes" if one.dataset.signal.writeable else "no"
        rows.append([one.left, one.right, " + ".join(one.kinds), shape, writes, "equal" if one.equal else "DIFFERENT"])
    return text_table(["left", "right", "the join holds", "shape", "can be written to", "values"], rows)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print(table(combinations(Path(temporary))))
