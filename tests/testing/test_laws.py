"""The laws that ship can fail: each is held to something that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.storage.source import Source
from ecogcat.testing import laws
from ecogcat.testing.lines import line_dataset
from ecogcat.testing.signals import KnownPiece, KnownSignal
from ecogcat.testing.stored import RecordingReader, Stored

A, B, C = (
    ec.from_array(
        np.arange(2.0 * n).reshape(2, n) + 100 * n,
        1000,
        name=name,
        events=ec.Events([1], {"tone": [n]}),
        aligned={"adc": np.arange(float(n))},
        channel_map=ec.ChannelMap([(0, 0), (0, 1)], (1, 2)),
    )
    for n, name in ((4, "a"), (3, "b"), (5, "c"))
)
VALUES = A.signal[:]


def short_join(*datasets: ec.Dataset, **options: Any) -> ec.Dataset:
    """Loses the last sample."""
    joined = ec.join(*datasets, **options)
    return ec.select_time(joined, 0, joined.n_samples - 1)


def swapped_join(*datasets: ec.Dataset, **options: Any) -> ec.Dataset:
    """Puts the last dataset first."""
    return ec.join(datasets[-1], *datasets[:-1], **options)


def shifted_join(*datasets: ec.Dataset, **options: Any) -> ec.Dataset:
    """Events are a sample early."""
    joined = ec.join(*datasets, **options)
    return joined.replace(events=joined.events.shift(-1))


def left_join(a: ec.Dataset, *others: ec.Dataset, **options: Any) -> ec.Dataset:
    """Forgets what nested joins were made of."""
    return ec.load(ec.join(a, *others, **options)) if len(others) > 1 else ec.join(a, *others, **options)


def known(stored: Stored, signal_piece: Piece) -> KnownSignal:
    values = stored.values[:, signal_piece.start : signal_piece.stop]
    names = tuple(map(str, range(len(values))))
    return KnownSignal(Signal((signal_piece,), 1000, "uV", names), values, (KnownPiece(signal_piece, values, stored),))


class Greedy(ReaderExtent):
    """A fallback that asks for everything, whatever is wanted."""

    def gather(self, channels: Any, samples: Any, scale: Any, out: Any, at: int, count: int) -> None:
        self.reader.read(np.arange(self.n_channels), 0, self.n_samples)
        super().gather(channels, samples, scale, out, at, count)


def greedy() -> KnownSignal:
    reader = RecordingReader(VALUES)
    extent = Greedy(reader, 2, 4, VALUES.dtype)
    return known(Stored(extent, VALUES, "reader", None, reader.requests), Piece.whole(extent))


def astray(folder: Path) -> KnownSignal:
    """A file whose numbers are not where they are said to be."""
    path = folder / "astray.dat"
    path.write_bytes(VALUES.tobytes() + bytes(99))
    extent = AffineExtent(Source.open(path), VALUES.dtype, 4, [0, 32], 8)
    places = np.array([[0], [32]]) + 8 * np.arange(1, 5)
    return known(Stored(extent, VALUES, "channel_major", places), Piece.whole(extent))


@dataclass
class Thawed:
    """A record that can be changed."""

    value: int = 1


def writes_to_input(dataset: ec.Dataset) -> None:
    dataset.signal.pieces[0].extent.data.setflags(write=True)


def changed(dataset: ec.Dataset, **options: Any) -> ec.Dataset:
    """Loads something else."""
    return ec.load(ec.from_array(dataset.signal[:] + 1, 1000, name="a"), **options)


def lengthened(signal: Signal) -> Signal:
    return ec.join_signals(signal, signal)


STEPS = np.repeat([0.0, 1.0, 0.0, 1.0], 8)
LINE = line_dataset(STEPS)


def hasty(dataset: ec.Dataset, block_length: int | None = None, **options: Any) -> ec.Events:
    """Looks at the first block alone."""
    return ec.detect_events(ec.select_time(dataset, 0, block_length or dataset.n_samples), **options)


def from_the_start(dataset: ec.Dataset, **options: Any) -> ec.Events:
    """Finds what is high where the dataset starts."""
    return ec.Events([0, *ec.detect_events(dataset, **options).sample.tolist()])


def above_half(dataset: ec.Dataset, **_: Any) -> ec.Events:
    """Knows one level, and one edge."""
    high = dataset["adc"][0] >= 0.5
    return ec.Events(np.flatnonzero(high[1:] & ~high[:-1]) + 1)


BROKEN: dict[str, Callable[[Path], object]] = {
    "reads_as_numpy": lambda _: laws.reads_as_numpy(A.signal, VALUES + 1, (0, slice(None))),
    "reads_as_numpy, type": lambda _: laws.reads_as_numpy(A.signal, VALUES.astype("f4"), 0),
    "reads_as_numpy, no error": lambda _: laws.reads_as_numpy(np.zeros((9, 9)), VALUES, 5),
    "reads_as_numpy, other error": lambda _: laws.reads_as_numpy({}, VALUES, 5),
    "reads_only_what_is_planned": lambda _: laws.reads_only_what_is_planned(greedy(), (0, 1)),
    "reads_only_what_is_planned, mapped": lambda path: laws.reads_only_what_is_planned(astray(path), (0, 1)),
    "reads_the_same_elsewhere": lambda _: laws.reads_the_same_elsewhere(A.signal, 0, lengthened),
    "join_of_one_is_itself": lambda _: laws.join_of_one_is_itself(A, short_join),
    "join_is_associative": lambda _: laws.join_is_associative(A, B, C, swapped_join),
    "join_is_associative, recipe": lambda _: laws.join_is_associative(A, B, C, left_join),
    "lengths_and_counts_add": lambda _: laws.lengths_and_counts_add(A, B, join=short_join),
    "join_reads_as_concatenated": lambda _: laws.join_reads_as_concatenated(A, B, join=swapped_join),
    "arrays_concatenate": lambda _: laws.arrays_concatenate(A, B, join=swapped_join),
    "split_undoes_join": lambda _: laws.split_undoes_join(A, B, join=swapped_join),
    "inputs_are_left_alone": lambda _: laws.inputs_are_left_alone(writes_to_input, ec.from_array([[1.0]], 1000)),
    "refuses_as_a_whole": lambda _: laws.refuses_as_a_whole(A, B),
    "gaps_leave_samples_alone": lambda _: laws.gaps_leave_samples_alone(*clocked(), join=sorted_join_of_gaps),
    "events_keep_their_samples": lambda _: laws.events_keep_their_samples(A, B, join=shifted_join),
    "tables_unite": lambda _: laws.tables_unite([A.events.table], pd.DataFrame({"tone": [4.0]})),
    "tables_unite, value": lambda _: laws.tables_unite([A.events.table], pd.DataFrame({"tone": [5]})),
    "keeping_sites_distributes_over_join": lambda _: laws.keeping_sites_distributes_over_join(
        lambda one: ec.select_time(one, 0, 1), A, B
    ),
    "fits_in_step": lambda _: laws.fits_in_step(A["adc"], A["adc"], Fraction(1, 2), 4, None),
    "cannot_be_changed": lambda _: laws.cannot_be_changed(Thawed()),
    "copies_are_equal": lambda _: laws.copies_are_equal(object()),
    "equality_follows_the_token": lambda _: laws.equality_follows_the_token(Token("x", 1), Token("x", 2)),
    "blocks_do_not_change_detection": lambda _: laws.blocks_do_not_change_detection(LINE, [3], detect=hasty),
    "detection_distributes_over_join": lambda _: laws.detection_distributes_over_join(
        LINE, LINE, channel="adc0", detect=from_the_start
    ),
    "trigger_under_events_outlives_joins": lambda _: laws.trigger_under_events_outlives_joins(
        LINE, LINE, channel="adc0", join=shifted_join
    ),
    "inverting_a_line_swaps_its_edges": lambda _: laws.inverting_a_line_swaps_its_edges(STEPS, detect=above_half),
    "gain_and_offset_do_not_change_detection": lambda _: laws.gain_and_offset_do_not_change_detection(
        STEPS, 2, 1, detect=above_half
    ),
    "loads_equal": lambda _: laws.loads_equal(A, changed),
    "loads_equal, mapped": lambda path: laws.loads_equal(mapped(path), lambda dataset, **_: dataset),
}


@dataclass(frozen=True)
class Token:
    """Equal by more than its token."""

    token: str
    value: int


def mapped(folder: Path) -> ec.Dataset:
    one = astray(folder)
    return ec.Dataset.of(one.signal, name="mapped")


def clocked() -> list[ec.Dataset]:
    clock = np.datetime64("2026-01-01", "ns")
    return [
        one.replace(parts=[one.parts[0].replace(recorded_at=clock + np.timedelta64(k, "s"))])
        for k, one in enumerate((A, B))
    ]


def sorted_join_of_gaps(*datasets: ec.Dataset, **options: Any) -> ec.Dataset:
    """Fills with something else."""
    return ec.join(*datasets, **{name: 0.0 for name in options})


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_law_is_noticed(broken: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        broken(tmp_path)


def test_opening_a_file_is_noticed(tmp_path: Path) -> None:
    dataset = mapped(tmp_path)
    path = dataset.signal.sources[0].path
    with pytest.raises(AssertionError, match="opened"):
        laws.opens_no_file(lambda _: Path(path).read_bytes(), dataset)


def test_what_is_right_passes(tmp_path: Path) -> None:
    laws.join_is_associative(A, B, C)
    laws.split_undoes_join(A, B)
    laws.gaps_leave_samples_alone(*clocked())
    laws.loads_equal(mapped(tmp_path))
    laws.blocks_do_not_change_detection(LINE, [1, 3], channel=0)
    laws.detection_distributes_over_join(LINE, LINE, channel="adc0", edge="both")
