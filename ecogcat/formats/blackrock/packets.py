"""The data packets of a Blackrock NSx file: which run on, and where the clock jumps or begins anew.

A packet is a byte of 1, the timestamp of its first sample (uint32; uint64 from 3.0), a uint32 number of samples, and
the samples. A pause ends a packet. Systems that keep time by PTP write a packet a sample, each with its own timestamp
in ns; the jumps among those are found by bisection. Version 2.1 has no packets: all is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.formats.blackrock.nsx import NsxHeader
from ecogcat.formats.breaks import MEASURED_OVER, find_breaks, step_of
from ecogcat.storage.maps import scattered_bytes
from ecogcat.storage.source import Source

__all__ = ["Run", "Stretch", "end_stamp", "find_stretches", "samples_at"]

# Packets larger than this are few, and visited one by one.
_LARGE = 1 << 20
_MOST_RUNS = 10_000
_ONE_BY_ONE = 64
_LAST_STAMP = 1 << 62


class Run(NamedTuple):
    """Packets of one size, one behind the other.

    Attributes
    ----------
    at : int
        Byte of the first packet's header; of the first sample where there is none.
    n_packets, per_packet : int
    head : int
        Bytes of a packet's header.
    row_bytes : int
    """

    at: int
    n_packets: int
    per_packet: int
    head: int
    row_bytes: int

    @property
    def n_samples(self) -> int:
        """Samples of all packets."""
        return self.n_packets * self.per_packet

    @property
    def packet_bytes(self) -> int:
        """From one packet to the next."""
        return self.head + self.per_packet * self.row_bytes

    def part(self, first: int, last: int) -> Run:
        """Return some of the packets."""
        return self._replace(at=self.at + first * self.packet_bytes, n_packets=last - first)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples without a gap.

    Attributes
    ----------
    runs : tuple of Run
    stamps : tuple of int
        Timestamp of the first sample of each run; they never begin anew within 2**32.
    epoch : int
        How often the clock had been set back before.
    """

    runs: tuple[Run, ...]
    stamps: tuple[int, ...]
    epoch: int

    @property
    def n_samples(self) -> int:
        """Samples of all runs."""
        return sum(run.n_samples for run in self.runs)


def find_stretches(source: Source, header: NsxHeader) -> tuple[list[Stretch], list[str]]:
    """Return the stretches of an NSx file without a gap, and what is odd.

    Raises
    ------
    FormatError
        If there is no whole sample, or the timestamps are of no use.
    """
    if header.version == "2.1":
        n, rest = divmod(source.size - header.data_at, header.row_bytes)
        run = Run(header.data_at, 1, n, 0, header.row_bytes)
        stretches = [Stretch((run,), (0,), 0)] if n else []
        odd = [f"cut in the middle of a sample: {rest:,} bytes were left over"] if rest else []
    else:
        walk = _Walk(source, header)
        walk.all_packets()
        stretches, odd = walk.stretches(), walk.odd
    if not stretches:
        raise FormatError(
            "the recording has no whole sample",
            path=source.path,
            offset=header.data_at,
            expected=f"samples of {header.row_bytes:,} bytes",
            found=f"{source.size - header.data_at:,} bytes" + (f": {'; '.join(odd)}" if odd else ""),
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    return stretches, odd


@dataclass
class _Walk:
    """Goes from packet to packet, and collects the runs of each stretch."""

    source: Source
    header: NsxHeader
    odd: list[str] = field(default_factory=list)
    found: list[tuple[list[Run], list[int], int]] = field(default_factory=list)
    epoch: int = 0
    wraps: int = 0
    expected: float | None = None

    def __post_init__(self) -> None:
        self.data: NDArray[np.uint8] = scattered_bytes(self.source)
        wide = self.header.version >= "3"
        self.stamp_type = np.dtype("<u8" if wide else "<u4")
        self.head = 1 + self.stamp_type.itemsize + 4
        self.ticks = float(self.header.ticks)

    def stretches(self) -> list[Stretch]:
        return [Stretch(tuple(runs), tuple(stamps), epoch) for runs, stamps, epoch in self.found]

    def _read(self, at: int) -> tuple[int, int, int]:
        """Return flag, timestamp and number of samples of the packet at a byte."""
        raw = self.data[at : at + self.head].tobytes()
        return raw[0], int.from_bytes(raw[1:-4], "little"), int.from_bytes(raw[-4:], "little")

    def all_packets(self) -> None:
        at, size, row, empty = self.header.data_at, self.source.size, self.header.row_bytes, 0
        while at < size:
            left = size - at
            if left < self.head or self.data[at] != 1:
                what = "are no data packet" if left >= self.head else "were left over: cut in the header of a packet"
                self.odd.append(f"{left:,} bytes from byte {at:,} on {what}")
                break
            _, stamp, count = self._read(at)
            room = (left - self.head) // row
            if count == 0 and not self._is_packet(at + self.head) and room:
                # What a crash leaves: the number is written when the packet is closed.
                self.odd.append(f"the packet at byte {at:,} was never closed: taken to reach to the end of the file")
                count = room
            if count > room:
                missing, rest = count - room, left - self.head - room * row
                self.odd.append(
                    f"cut in a data packet: {missing:,} of its {count:,} samples are missing"
                    + (f", {rest:,} bytes were left over" if rest else "")
                )
                if room:
                    self._add(Run(at, 1, room, self.head, row), stamp)
                break
            run = Run(at, 1, count, self.head, row)
            if count == 0:
                empty += 1
            else:
                run = run._replace(n_packets=self._alike(run))
                self._add_run(run, stamp)
            at += run.n_packets * run.packet_bytes
        if empty:
            self.odd.append(f"{empty:,} empty data packets were passed over")

    def _is_packet(self, at: int) -> bool:
        return at == self.source.size or (at + self.head <= self.source.size and self.data[at] == 1)

    def _alike(self, run: Run) -> int:
        """Count the packets of this one's size from here on.

        A packet of that size so many sizes further on has nothing but packets of that size before it - but for sizes
        that take turns, and are in step again after some rounds: so the steps are small at first.
        """
        if run.packet_bytes > _LARGE:
            return 1
        there = (self.source.size - run.at) // run.packet_bytes

        def fits(k: int) -> bool:
            flag, _, count = self._read(run.at + k * run.packet_bytes)
            return flag == 1 and count == run.per_packet

        good, bad = 0, 1
        while bad < there and fits(bad):
            good, bad = bad, bad + 1 if bad < _ONE_BY_ONE else min(2 * bad, there)
        if bad == there and (good == there - 1 or fits(there - 1)):
            return there
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if fits(middle) else (good, middle)
        return good + 1

    def _add_run(self, run: Run, stamp: int) -> None:
        """Add packets of one size, taken apart where their timestamps jump."""
        if run.n_packets == 1:
            self._add(run, stamp)
            return
        stamps = packet_stamps(self.data, run)

        step = step_of(stamps.__getitem__, run.n_packets, run.per_packet * self.ticks)
        jumps = find_breaks(
            stamps.__getitem__,
            run.n_packets,
            step=step,
            tolerance=self.ticks,
            most=_MOST_RUNS,
            stretches=max(64, run.n_packets // MEASURED_OVER),
        )
        if jumps is None:
            self._give_up(run.at)
        for first, last in zip([0, *jumps], [*jumps, run.n_packets], strict=True):
            self._add(run.part(first, last), int(stamps[first]), int(stamps[last - 1]))

    def _add(self, run: Run, stamp: int, last: int | None = None) -> None:
        """Add a run to the stretch before it, or begin one; `last` is the timestamp of its last packet."""
        turn = 1 << (8 * self.stamp_type.itemsize)
        late = 0.0 if self.expected is None else stamp + self.wraps * turn - self.expected
        if late < -turn / 2:  # the counter ran full, which 2.x does after 40 h
            self.wraps, late = self.wraps + 1, late + turn
        if late < -self.ticks and self.expected is not None:
            self.epoch += 1
        start = stamp + self.wraps * turn
        if self.expected is None or abs(late) > self.ticks:
            self.found.append(([], [], self.epoch))
        if start >= _LAST_STAMP:
            self._give_up(run.at)
        runs, stamps, _ = self.found[-1]
        runs.append(run)
        stamps.append(start)
        if sum(len(one[0]) for one in self.found[-2:]) > _MOST_RUNS or len(self.found) > _MOST_RUNS:
            self._give_up(run.at)
        end = stamp if last is None else last
        ahead = run.n_samples if last is None else run.per_packet
        self.expected = end + self.wraps * turn + ahead * self.ticks

    def _give_up(self, at: int) -> NoReturn:
        raise FormatError(
            "the timestamps of the data packets are of no use",
            path=self.source.path,
            offset=at,
            expected=f"{self.ticks:g} from sample to sample",
            found=f"timestamps beyond all time, or more than {_MOST_RUNS:,} jumps",
            hint="Copy it again from the acquisition computer",
        )


def packet_stamps(data: NDArray[np.uint8], run: Run) -> NDArray[Any]:
    """Return the timestamps of the packets of a run, as they lie in the file."""
    dtype = np.dtype("<u8" if run.head == 13 else "<u4")
    return np.ndarray((run.n_packets,), dtype, data, run.at + 1, (run.packet_bytes,))


def end_stamp(data: NDArray[np.uint8], stretch: Stretch, ticks: float) -> float:
    """Return the timestamp that a sample after the last of a stretch would have had."""
    run, first = stretch.runs[-1], stretch.stamps[-1]
    if run.n_packets > 1:
        table = packet_stamps(data, run)
        first += int(table[-1]) - int(table[0])
    return first + run.per_packet * ticks


def samples_at(data: NDArray[np.uint8], stretch: Stretch, ticks: float, stamps: Sequence[int] | NDArray[Any]) -> Any:
    """Return the samples of a stretch that were taken closest to some timestamps, which lie within it.

    A clock of its own drifts against the sampling: where each packet has a timestamp, it is the packet's that counts.
    """
    wanted = np.asarray(stamps, np.int64)
    result = np.zeros(len(wanted), np.int64)
    before = 0
    for run, first in zip(stretch.runs, stretch.stamps, strict=True):
        here = wanted >= first
        packet, own = np.zeros(int(here.sum()), np.int64), np.full(int(here.sum()), first, np.int64)
        if run.n_packets > 1 and len(own):
            table = packet_stamps(data, run)
            shift = first - int(table[0])
            low, high = packet, np.full(len(own), run.n_packets, np.int64)
            while (high - low > 1).any():
                middle = (low + high) // 2
                reached = table[middle].astype(np.int64) + shift <= wanted[here]
                low, high = np.where(reached, middle, low), np.where(reached, high, middle)
            packet, own = low, table[low].astype(np.int64) + shift
        within = np.floor((wanted[here] - own) / ticks + 0.5).astype(np.int64)
        result[here] = before + packet * run.per_packet + within
        before += run.n_samples
    return np.clip(result, 0, before - 1)
