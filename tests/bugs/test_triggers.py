"""E1, L1, C8: triggers - few events, lines of different height, drifts, missing values, bounces, missing lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import ecogcat as ec
from ecogcat.testing.strategies import line_dataset


def square(n: int, starts: Any, width: int = 5, high: float = 1.0) -> NDArray[np.float64]:
    line = np.zeros(n)
    for start in starts:
        line[start : start + width] = high
    return line


BOUNCING = square(3000, range(100, 2900, 100))
BOUNCING[102::100] = 0

E1: dict[str, tuple[NDArray[Any], dict[str, Any], list[int]]] = {
    "no events": (np.zeros(500), {}, []),
    "one event": (square(500, [100]), {}, [100]),
    "two events": (square(500, [100, 300]), {}, [100, 300]),
    "no events, regular": (np.zeros(500), {"regular": "drop"}, []),
    "one event, regular": (square(500, [100]), {"regular": "drop"}, [100]),
    "high from the start": (square(500, [0, 100, 200, 300]), {}, [100, 200, 300]),
    "irregular": (square(1000, [100, 130, 400, 430, 900]), {}, [100, 130, 400, 430, 900]),
    "two rates": (
        square(1200, [100, 200, 300, 400, 500, 515, 530, 1000]),
        {},
        [100, 200, 300, 400, 500, 515, 530, 1000],
    ),
    "inverted, rising": (1 - square(1000, [100, 300, 500, 700]), {}, [105, 305, 505, 705]),
    "inverted, falling": (1 - square(1000, [100, 300, 500, 700]), {"edge": "falling"}, [100, 300, 500, 700]),
    "high for long": (square(10000, [1000, 4000, 7000], 1500), {}, [1000, 4000, 7000]),
    "booleans": (square(500, [100, 200, 300, 400]).astype(bool), {}, [100, 200, 300, 400]),
    "counts": ((square(500, [100, 200, 300, 400]) * 16000).astype("i2"), {}, [100, 200, 300, 400]),
    "drift of three times the height": (
        square(5000, range(500, 4600, 1000), 50) + np.linspace(0, 3, 5000),
        {},
        [500, 1500, 2500, 3500, 4500],
    ),
    "NaN": (np.where(np.arange(500) == 3, np.nan, square(500, [100, 200, 300])), {}, [100, 200, 300]),
    "lines of different height": (
        np.stack([square(2000, [200, 600, 1000, 1400]), square(2000, [400, 800, 1200, 1600], high=10)]),
        {"channel": [0, 1]},
        list(range(200, 1601, 200)),
    ),
    "bounces": (BOUNCING, {"debounce": 20}, list(range(100, 2900, 100))),
}


@pytest.mark.parametrize(("line", "options", "want"), E1.values(), ids=E1.keys())
def test_e1_events_of_every_line(line: NDArray[Any], options: dict[str, Any], want: list[int]) -> None:
    """None or one event, or NaN, raised; the lower of two lines was lost; a drift gave wrong events."""
    assert ec.detect_events(line_dataset(line), **options).sample.tolist() == want


def packed(folder: Path, starts: list[int]) -> ec.Dataset:
    path = folder / "rec.h5"
    with h5py.File(path, "w") as file:
        file["Fs"], file["chdata"] = 1000.0, np.zeros((64, 400), "i2")
        file["adc"] = square(400, starts)[None]
    return ec.open_recording(path)


@pytest.mark.parametrize("starts", [[], [100], [50, 150, 250, 350]])
def test_l1_recordings_with_few_events(tmp_path: Path, starts: list[int]) -> None:
    """Loading a recording with no event or one failed."""
    dataset = packed(tmp_path, starts)
    found = ec.with_events(dataset, ec.detect_events(dataset))
    assert found.events.sample.tolist() == starts


def test_l1_a_missing_line_is_said_to_be_missing(tmp_path: Path) -> None:
    """A missing trigger channel was an error about a variable of the program."""
    with pytest.raises(IndexError, match=r"no channel 3 in 'adc'; there are: 0 \("):
        ec.detect_events(packed(tmp_path, [100]), channel=3)


def test_c8_a_line_that_one_recording_lacks() -> None:
    """An array in one of two recordings made the join fail; kept, it has events in the part that has it."""
    a, b = ec.from_array(np.zeros((1, 300)), 1000, name="a"), line_dataset(square(500, [100, 300]), name="b")
    joined = ec.join(a, b, aligned="outer")
    assert ec.detect_events(joined).sample.tolist() == [400, 600]
    with pytest.raises(KeyError, match="no array 'adc' to find events on; there are: signal"):
        ec.detect_events(ec.join(a, b))
