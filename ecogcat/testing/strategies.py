"""Hypothesis strategies: every kind of extent, signal and dataset, drawn together with what reading it must give.

Each strategy of samples returns a record of two things: the lazy object, and its values as an array that was made
without it. Files are put into a temporary folder that is removed when the process ends, or into one of your own.

Examples
--------
>>> from hypothesis import given
>>> from ecogcat.testing.strategies import signals
>>> @given(signals())
... def check(known):
...     assert known.signal[:].shape == known.values.shape
>>> check()
"""

from ecogcat.testing.conditions import channel_maps, condition_tables, events, intervals, positions
from ecogcat.testing.datasets import RATIOS, KnownDataset, Shared, datasets, joinable, shared_terms
from ecogcat.testing.electrodes import electrode_tables
from ecogcat.testing.extents import EXTENT_KINDS, MAPPED_KINDS, extents
from ecogcat.testing.folders import Folder
from ecogcat.testing.indices import indices
from ecogcat.testing.lines import KnownLine, line_dataset, logic_lines
from ecogcat.testing.signals import REAL_DTYPES, KnownPiece, KnownSignal, physical, pieces, signals
from ecogcat.testing.stored import DTYPES, Dice, RecordingReader, Request, Stored, dtypes, numbers

__all__ = [
    "DTYPES",
    "EXTENT_KINDS",
    "MAPPED_KINDS",
    "RATIOS",
    "REAL_DTYPES",
    "Dice",
    "Folder",
    "KnownDataset",
    "KnownLine",
    "KnownPiece",
    "KnownSignal",
    "RecordingReader",
    "Request",
    "Shared",
    "Stored",
    "channel_maps",
    "condition_tables",
    "datasets",
    "dtypes",
    "electrode_tables",
    "events",
    "extents",
    "indices",
    "intervals",
    "joinable",
    "line_dataset",
    "logic_lines",
    "numbers",
    "physical",
    "pieces",
    "positions",
    "shared_terms",
    "signals",
]
