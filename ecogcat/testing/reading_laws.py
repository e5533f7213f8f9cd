"""Laws of reading: what NumPy would give, by a plan that is carried out to the letter, wherever it is read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ecogcat.reading.execute import execute
from ecogcat.signal import Signal
from ecogcat.storage import reader as fallback
from ecogcat.storage.maps import source_bytes
from ecogcat.storage.memory import MemoryExtent
from ecogcat.storage.reader import ReaderExtent
from ecogcat.testing.sameness import assert_arrays_same
from ecogcat.testing.signals import KnownPiece, KnownSignal
from ecogcat.testing.stored import Request
from ecogcat.testing.tracking import tracked_items

__all__ = [
    "blocks_make_the_signal",
    "casts_as_numpy",
    "copied",
    "fills_a_given_array",
    "plan_tiles_the_request",
    "reads_as_numpy",
    "reads_only_what_is_planned",
    "reads_stored_numbers",
    "reads_the_same_elsewhere",
    "reads_the_same_in_threads",
]

# A turned square of interleaved channels is loaded whole: up to this many elements beside one that is asked for.
_SQUARE = 8


def copied(value: Any) -> Any:
    """Return what a worker process would receive: the value pickled and unpickled."""
    return ForkingPickler.loads(bytes(ForkingPickler.dumps(value)))


def reads_as_numpy(array: Any, values: NDArray[Any], index: Any) -> None:
    """Assert ``array[index] == values[index]``: same values, shape and type, or an error of the same type.

    Parameters
    ----------
    array : Signal, or anything indexed as an array is
    values : ndarray, shape (n_channels, n_samples)
        What it holds.
    index : anything
    """
    try:
        expected = values[index]
    except Exception as error:
        try:
            got = array[index]
        except Exception as found:
            assert type(found) is type(error), f"{index!r}: raised {found!r} where NumPy raises {error!r}"
            return
        raise AssertionError(f"{index!r}: gave {got!r} where NumPy raises {error!r}") from error
    got = array[index]
    scalar = not isinstance(expected, np.ndarray)
    assert scalar != isinstance(got, np.ndarray), f"{index!r}: a {type(got)} where NumPy gives a {type(expected)}"
    assert_arrays_same(got, expected, repr(index))


def plan_tiles_the_request(signal: Signal, index: Any) -> None:
    """Assert that the spans of a plan fill every place of the output once, in order, with the sample asked for."""
    plan = signal.plan(index)
    n_rows = len(plan.channels)
    filled = np.zeros((n_rows, plan.n_columns), np.int64)
    channels, samples = np.full((2, *filled.shape), -1, np.int64)
    lengths = np.diff(signal.starts)
    reached = 0
    for span in plan.spans:
        local = np.array(span.samples, np.int64)
        assert len(local) == span.n_samples > 0, "an empty span"
        assert 0 <= local.min() <= local.max() < lengths[span.piece], f"{span} leaves its piece"
        columns = np.arange(plan.n_columns)[span.out]
        assert len(columns) == span.n_samples, f"{span} does not fill its columns"
        if isinstance(span.out, slice):
            assert columns[0] == reached, f"{span} is out of order"
            reached = int(columns[-1]) + 1
        filled[:, columns] += 1
        channels[:, columns] = plan.channels[:, None] if span.row < 0 else span.row
        samples[:, columns] = local + signal.starts[span.piece]
    assert (filled == 1).all(), "a place is not filled once"
    if plan.flipped:
        channels, samples = channels[:, ::-1], samples[:, ::-1]
    rows, times = np.indices(signal.shape, np.int64)
    assert_arrays_same(channels.reshape(plan.shape), np.asarray(rows[index]), f"channels of {index!r}")
    assert_arrays_same(samples.reshape(plan.shape), np.asarray(times[index]), f"samples of {index!r}")


def reads_only_what_is_planned(known: KnownSignal, index: Any) -> None:
    """Assert that reading touches the samples of the plan and no others.

    A mapped layout: every element of the plan, and nothing beside it but what is loaded in the same square of
    interleaved channels. A reader: the plan's channels; stretches that begin and end with a sample of the plan, have no
    hole larger than is worth a request, and never ask twice for one.
    """
    signal = known.signal
    plan = signal.plan(index)
    for _, stored in ((one.piece, one.stored) for one in known.pieces):
        if stored.requests is not None:
            stored.requests.clear()
    with tracked_items() as touched:
        execute(plan, signal.pieces, None, signal.dtype, signal.dtype, raw=False)
    for k, one in enumerate(known.pieces):
        wanted: list[tuple[set[int], set[int]]] = []
        for span in plan.spans:
            if span.piece == k:
                rows = plan.channels if span.row < 0 else np.array([span.row])
                channels = {int(channel) for channel in one.piece.channels[rows] if channel >= 0}
                wanted.append((channels, set((np.array(span.samples, np.int64) + one.piece.start).tolist())))
        if one.stored.requests is not None and isinstance(one.piece.extent, ReaderExtent):
            gap = max(fallback._JOIN_GAP, one.piece.extent.block_samples)
            _assert_requested(one.stored.requests, wanted, gap)
        elif one.stored.places is not None:
            _assert_touched(one, wanted, touched)


def _assert_requested(requests: list[Request], wanted: list[tuple[set[int], set[int]]], gap: int) -> None:
    channels: set[int] = set().union(*(some for some, _ in wanted))
    samples: set[int] = set().union(*(some for _, some in wanted)) if channels else set()
    got: set[int] = set()
    for request in requests:
        assert set(request.channels) <= channels, f"{request} asks for channels that are not planned"
        assert list(request.channels) == sorted(set(request.channels)), f"{request}: channels do not ascend"
        assert {request.start, request.stop - 1} <= samples, f"{request} reaches beyond what is planned"
        inside = sorted(one for one in samples if request.start <= one < request.stop)
        holes = [b - a for a, b in pairwise(inside)]
        assert max(holes, default=1) <= gap, f"{request} bridges a hole that is larger than {gap}"
        if len(wanted) == 1:
            stretch = set(range(request.start, request.stop))
            assert not stretch & got, f"{request} asks again for what was read"
        got |= set(inside)
    assert got == samples, "not all that is planned was asked for"


def _assert_touched(known: KnownPiece, wanted: list[tuple[set[int], set[int]]], touched: set[int]) -> None:
    extent, places = known.piece.extent, known.stored.places
    assert places is not None
    if not places.size:
        return
    buffer = extent.data if isinstance(extent, MemoryExtent) else source_bytes(extent.sources[0])
    start = int(buffer.__array_interface__["data"][0])
    size = extent.dtype.itemsize
    planned: set[int] = set()
    for channels, samples in wanted:
        planned.update(places[np.ix_(sorted(channels), sorted(samples))].ravel().tolist())
    here = {address - start for address in touched if 0 <= address - start < buffer.nbytes}
    by_byte = any(place + 1 in here for place in planned) if size > 1 else False
    needed = {place + k for place in planned for k in range(size if by_byte else 1)}
    assert needed <= here, "not all that is planned was read"
    near = {place + k * size for place in planned for k in range(-_SQUARE + 1, _SQUARE)}
    interleaved = known.stored.kind != "memory" and not by_byte
    beside = here - needed - (near if interleaved else set())
    assert not beside, f"bytes {sorted(beside)[:5]} were read, and are not planned"


def casts_as_numpy(signal: Signal, dtype: DTypeLike) -> None:
    """Assert ``signal.read(dtype=d) == signal.read().astype(d)``, or TypeError where NumPy's same-kind rule has one."""
    values = signal.read()
    if not np.can_cast(values.dtype, dtype, "same_kind"):
        try:
            signal.read(dtype=dtype)
        except TypeError:
            return
        raise AssertionError(f"read {values.dtype} as {dtype}")
    with np.errstate(all="ignore"):
        expected = values.astype(dtype)
        got = signal.read(dtype=dtype)
    assert_arrays_same(got, expected, f"read as {dtype}")


def fills_a_given_array(signal: Signal, channels: Any, start: int, stop: int | None, step: int) -> None:
    """Assert that ``read(out=)`` fills `out`, a view with strides of its own, returns it, and touches nothing else."""
    expected = signal.read()[channels, start:stop:step] if channels is not None else signal.read()[:, start:stop:step]
    frame = np.zeros((expected.shape[0] + 2, 2 * expected.shape[1] + 3), signal.dtype)
    out = frame[1 : 1 + expected.shape[0], 1 : 1 + 2 * expected.shape[1] : 2]
    got = signal.read(channels, start, stop, step, out=out)
    assert got is out, "read(out=) returns another array"
    assert_arrays_same(got.copy(), expected, "read(out=)")
    out[...] = 0
    assert not frame.any(), "read(out=) wrote outside of it"


def reads_stored_numbers(known: KnownSignal) -> None:
    """Assert that ``read(raw=True)`` gives the stored numbers, and TypeError where the pieces store several types."""
    signal = known.signal
    native = [one.stored.values.dtype for one in known.pieces]
    if len(set(native)) > 1:
        try:
            signal.read(raw=True)
        except TypeError:
            return
        raise AssertionError(f"raw=True read stored {native} as one type")
    rows = []
    for one in known.pieces:
        stored = one.stored.values[:, one.piece.start : one.piece.stop]
        values = np.zeros((signal.n_channels, stored.shape[1]), native[0])
        values[...] = np.nan if native[0].kind in "fc" else 0
        has = one.piece.channels >= 0
        values[has] = stored[one.piece.channels[has]]
        rows.append(values)
    assert_arrays_same(signal.read(raw=True), np.concatenate(rows, axis=1), "stored numbers")


def blocks_make_the_signal(signal: Signal, length: int | None = None, overlap: int = 0) -> None:
    """Assert that blocks, their overlaps taken off, put one after the other are the signal."""
    values, reached = signal.read(), 0
    parts = [values[:, :0]]
    for start, block in signal.blocks(length, overlap):
        assert start == max(0, reached - overlap), f"a block starts at {start} where {reached} samples are done"
        assert length is None or block.shape[1] <= length, f"a block of {block.shape[1]} samples"
        parts.append(block[:, reached - start :])
        reached = start + block.shape[1]
    assert_arrays_same(np.concatenate(parts, axis=1), values, "blocks")


def reads_the_same_elsewhere(signal: Signal, index: Any, move: Callable[[Any], Any] = copied) -> None:
    """Assert that a signal which went through `move` (by default: pickled) reads as it did, and is equal."""
    other = move(signal)
    assert other == signal, "the copy is not equal"
    assert_arrays_same(other[index], signal[index], repr(index))


def reads_the_same_in_threads(signal: Signal, index: Any, n_threads: int = 4) -> None:
    """Assert that several threads that read at once all get what one gets."""
    expected = signal[index]
    results: list[Any] = [None] * n_threads
    start = threading.Barrier(n_threads)

    def read(k: int) -> None:
        start.wait()
        try:
            results[k] = signal[index]
        except BaseException as error:
            results[k] = error

    threads = [threading.Thread(target=read, args=(k,)) for k in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        assert not isinstance(result, BaseException), f"a thread failed: {result!r}"
        assert_arrays_same(result, expected, repr(index))
