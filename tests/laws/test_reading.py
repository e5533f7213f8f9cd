"""Laws of reading, over every kind of extent."""

from __future__ import annotations

import copy
import multiprocessing
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecogcat.testing import laws
from ecogcat.testing.strategies import DTYPES, EXTENT_KINDS, MAPPED_KINDS, KnownSignal, dtypes, indices, signals

every_dtype = signals(dtypes=dtypes())


@pytest.mark.parametrize("kind", EXTENT_KINDS)
@given(data=st.data())
def test_reading_is_indexing_an_array(kind: str, data: st.DataObject) -> None:
    known = data.draw(signals((kind,), dtypes=dtypes()))
    laws.reads_as_numpy(known.signal, known.values, data.draw(indices(known.values.shape)))


@given(every_dtype, st.data())
def test_reading_several_kinds_is_indexing_an_array(known: KnownSignal, data: st.DataObject) -> None:
    laws.reads_as_numpy(known.signal, known.values, data.draw(indices(known.values.shape)))
    laws.reads_as_numpy(known.signal, known.values, slice(None))


@given(signals(), st.data())
def test_a_plan_tiles_the_request(known: KnownSignal, data: st.DataObject) -> None:
    index = data.draw(indices(known.values.shape, valid=True))
    laws.plan_tiles_the_request(known.signal, index)


@given(signals(("reader", "reader_blocks", *MAPPED_KINDS)), st.data())
def test_reading_touches_nothing_outside_of_the_plan(known: KnownSignal, data: st.DataObject) -> None:
    laws.reads_only_what_is_planned(known, data.draw(indices(known.values.shape, valid=True)))


@given(every_dtype, st.sampled_from(DTYPES))
def test_reading_a_type_is_reading_and_casting(known: KnownSignal, dtype: np.dtype[Any]) -> None:
    laws.casts_as_numpy(known.signal, dtype)


@given(signals(), st.data())
def test_out_is_filled(known: KnownSignal, data: st.DataObject) -> None:
    n_channels, n_samples = known.values.shape
    rows = st.none() if not n_channels else st.none() | st.lists(st.integers(-n_channels, n_channels - 1), max_size=5)
    ends = st.integers(-n_samples - 1, n_samples + 1)
    step = data.draw(st.integers(-3, 3).filter(bool))
    laws.fills_a_given_array(known.signal, data.draw(rows), data.draw(ends), data.draw(ends | st.none()), step)


@given(every_dtype)
def test_raw_reads_stored_numbers(known: KnownSignal) -> None:
    laws.reads_stored_numbers(known)


@given(signals(), st.none() | st.integers(1, 9), st.integers(0, 8))
def test_blocks_are_the_signal(known: KnownSignal, length: int | None, overlap: int) -> None:
    laws.blocks_make_the_signal(known.signal, length, overlap if length is None else overlap % length)


@given(signals(), st.data())
def test_copies_read_the_same(known: KnownSignal, data: st.DataObject) -> None:
    index = data.draw(indices(known.values.shape, valid=True))
    for move in (laws.copied, copy.copy, copy.deepcopy):
        laws.reads_the_same_elsewhere(known.signal, index, move)


@given(signals(), st.data())
def test_threads_read_the_same(known: KnownSignal, data: st.DataObject) -> None:
    laws.reads_the_same_in_threads(known.signal, data.draw(indices(known.values.shape, valid=True)))


def read_all(known: KnownSignal) -> bool:
    """In another process: whether the signal reads as it must."""
    laws.reads_as_numpy(known.signal, known.values, slice(None))
    laws.reads_as_numpy(known.signal, known.values, (slice(None, None, -1), slice(None, None, -2)))
    return True


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_other_processes_read_the_same(method: str) -> None:
    drawn: list[KnownSignal] = []

    @given(signals(n_channels=2))
    def collect(known: KnownSignal) -> None:
        drawn.append(known)

    collect()
    for known in drawn[:5]:
        read_all(known)  # threads run, maps and files are open when the process forks
    with multiprocessing.get_context(method).Pool(1) as workers:
        assert all(workers.map(read_all, drawn[-40:]))
