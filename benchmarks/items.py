"""The work items: for each, what it is measured against and the calls that do it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from benchmarks.data import ELECTRODES, KEPT, N_SOURCE, RATE, Recordings
from benchmarks.limits import KINDS, Limit
from benchmarks.peers import Hand, Virtual
from benchmarks.timing import seconds, warm_up

WINDOWS, STEP, PICKED = 200, 10, 20
EVENTS, BEFORE, AFTER = 390, 200, 800  # events of a recording (fewer of a short one); samples of an epoch
ONE_REQUEST = (
    "its limit is 200 windows on one thread, divided by 200: a window is one request, and ours reads it on one"
)

Call = Callable[[], Any]


@dataclass(frozen=True)
class Item:
    """One work item in one layout.

    Attributes
    ----------
    calls : mapping of column to callable
        "h5py", "virtual", "ours", "out"; each does the work once and returns its result.
    limit : Limit or callable, optional
        A limit program; or a call that does what no program of this kind can do without.
    windows : int
        Larger than 1: a call does this many reads, one after the other, and the median time of one read counts. Then it
        takes the number of the read.
    expected : callable, optional
        Gives what every call has to return.
    """

    name: str
    layout: str
    title: str
    calls: dict[str, Callable[..., Any]]
    limit: Limit | Call | None = None
    windows: int = 1
    expected: Callable[[], Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name and layout, as they are asked for on the command line."""
        return f"{self.name}/{self.layout}" if self.layout else self.name

    def measure(self, column: str) -> float:
        """Return the seconds that a column takes."""
        call = self.calls[column]
        if self.windows == 1:
            return seconds(call)
        warm_up(lambda: call(0))
        times = []
        for k in range(self.windows):
            start = time.perf_counter()
            result = call(k)
            times.append(time.perf_counter() - start)
            del result
        return statistics.median(times)

    def result(self, column: str) -> Any:
        """Return what a column computes; of many reads, those of the first and the last."""
        call = self.calls[column]
        return call() if self.windows == 1 else [np.array(call(k)) for k in (0, self.windows - 1)]


def reading_items(recordings: Recordings, truth: Callable[[], NDArray[np.float32]]) -> list[Item]:
    """Return W2 to W7 on one layout; `truth` gives all electrodes of both recordings joined."""
    layout, kind, total, seam = recordings.layout, KINDS[recordings.layout], recordings.total, recordings.n_samples
    all61, kept51 = recordings.joined(masked=False), recordings.joined(masked=True)
    hand, virtual = Hand(recordings), Virtual(recordings)
    masked = len(ELECTRODES) - len(KEPT)

    def touched(*shape: int) -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    def item(
        name: str, title: str, limit: Limit, source: Any, rows: Any, picked: Any, t: slice, notes: Any = ()
    ) -> Item:
        start, stop, step = t.indices(total)
        out = touched(len(rows), len(range(start, stop, step)))
        channels = np.arange(len(ELECTRODES))[np.isin(ELECTRODES, rows)] if picked is None else picked
        calls = {
            "h5py": lambda: hand.read(rows, start, stop, step),
            "virtual": lambda: virtual.read(rows, start, stop, step),
            "ours": lambda: source.read(picked, start, stop, step),
            "out": lambda: source.read(picked, start, stop, step, out=out),
        }
        return Item(name, layout, title, calls, limit, expected=lambda: truth()[channels, t], notes=notes)

    window = 2 * int(RATE)  # 2 s
    picked = np.random.default_rng(6).permutation(len(ELECTRODES))[:PICKED]
    stretch = min(100_000, total // 2)
    items = [
        item("W2", "whole joined signal, 51 channels", Limit("limit", (kind, N_SOURCE, len(KEPT), total)),
             kept51, KEPT, None, np.s_[:]),
        item("W3 seam", "2 s of 61 channels across the seam",
             Limit("limit", (kind, N_SOURCE, len(ELECTRODES), total, WINDOWS, window), WINDOWS, threads=1),
             all61, ELECTRODES, None, np.s_[seam - window // 2 : seam + window // 2], (ONE_REQUEST,)),
        random_windows(recordings, all61, hand, virtual, truth),
        item("W4", "one channel, whole length", Limit("limit", (kind, N_SOURCE, 1, total)),
             all61, ELECTRODES[20:21], [20], np.s_[:], ("its limit runs on one thread: limit.c shares rows out",)),
        item("W6 stride", "every tenth sample of 51 channels",
             Limit("stride_limit", (kind, N_SOURCE, len(KEPT), total, STEP)), kept51, KEPT, None, np.s_[::STEP]),
        item("W6 permuted", "20 permuted channels x 100,000 samples across the seam",
             Limit("limit", (kind, N_SOURCE, PICKED, total, 1, stretch)),
             all61, ELECTRODES[picked], picked, np.s_[seam - stretch // 2 : seam - stretch // 2 + stretch]),
    ]  # fmt: skip
    deviation = Item(
        "W7",
        layout,
        "standard deviation of 51 channels, streamed",
        {"h5py": lambda: hand.std(KEPT), "ours": lambda: kept51.std(1)},
        Limit("limit", (kind, N_SOURCE, len(KEPT), total)),
        expected=lambda: truth()[masked:].std(1, dtype=np.float64),
        notes=("its limit is reading all of it into memory, as in W2",),
    )
    return [*items, epochs_item(recordings, hand, virtual, truth), deviation]


def random_windows(recordings: Recordings, signal: ec.Signal, hand: Hand, virtual: Virtual, truth: Any) -> Item:
    """Return the random windows of W3."""
    total, length = recordings.total, min(int(RATE), recordings.total // 4)
    starts = np.random.default_rng(3).integers(0, total - length, WINDOWS).tolist()
    out = np.zeros((len(ELECTRODES), length), np.float32)
    calls = {
        "h5py": lambda k: hand.read(ELECTRODES, starts[k], starts[k] + length),
        "virtual": lambda k: virtual.read(ELECTRODES, starts[k], starts[k] + length),
        "ours": lambda k: signal[:, starts[k] : starts[k] + length],
        "out": lambda k: signal.read(None, starts[k], starts[k] + length, out=out),
    }
    arguments = (KINDS[recordings.layout], N_SOURCE, len(ELECTRODES), total, WINDOWS, length)
    return Item(
        "W3 random",
        recordings.layout,
        "200 random windows of 1 s, 61 channels: median latency",
        calls,
        Limit("limit", arguments, WINDOWS, threads=1),
        windows=WINDOWS,
        expected=lambda: [truth()[:, start : start + length] for start in (starts[0], starts[-1])],
        notes=(ONE_REQUEST,),
    )


def epochs_item(recordings: Recordings, hand: Hand, virtual: Virtual, truth: Any) -> Item:
    """Return W5: windows of both recordings, around events at random places."""
    n, masked = recordings.n_samples, len(ELECTRODES) - len(KEPT)
    rng = np.random.default_rng(5)
    n_events = min(EVENTS, n // 400)
    events = np.concatenate([k * n + np.sort(rng.integers(BEFORE, n - AFTER, n_events)) for k in range(2)])
    dataset = ec.with_events(recordings.dataset(masked=True), events)
    shape = (len(events), len(KEPT), BEFORE + AFTER)
    out = np.zeros(shape, np.float32)

    def windows(read: Callable[[int, int], Any]) -> NDArray[np.float32]:
        result = np.empty(shape, np.float32)
        for k, event in enumerate(events.tolist()):
            result[k] = read(event - BEFORE, event + AFTER)
        return result

    return Item(
        "W5",
        recordings.layout,
        f"{len(events)} epochs of 51 channels, -200..+800 samples",
        {
            "h5py": lambda: windows(lambda start, stop: hand.read(KEPT, start, stop)),
            "virtual": lambda: windows(lambda start, stop: virtual.read(KEPT, start, stop)),
            "ours": lambda: ec.epochs(dataset, BEFORE, AFTER).data,
            "out": lambda: ec.epochs(dataset, BEFORE, AFTER, out=out).data,
        },
        Limit("limit", (KINDS[recordings.layout], N_SOURCE, len(KEPT), recordings.total, *shape[::2])),
        expected=lambda: windows(lambda start, stop: truth()[masked:, start:stop]),
    )
