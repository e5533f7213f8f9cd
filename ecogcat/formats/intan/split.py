"""An Intan recording as a folder: `info.rhd` or `info.rhs`, and one `.dat` file per signal type or per channel.

The info file is the header of the traditional format alone. Samples are plain little-endian numbers of two bytes, frame
after frame in a file per signal type, in the order of the header's enabled channels:

============  ===========================  ==================================================================
array         per signal type, channel     what is stored
============  ===========================  ==================================================================
(timestamps)  time.dat                     int32 of each sample; from 0, negative before a trigger
signal        amplifier.dat, amp-A-000     int16 of 0.195 uV, without the offset of the traditional format
highpass      highpass.dat, high-A-000     the same, filtered by the software; if asked for
lowpass       lowpass.dat, low-A-000       the same, at a rate divided by a power of two; if asked for
dc            dcamplifier.dat, dc-A-000    RHS2000: uint16, inverted, around 512
stim          stim.dat, stim-A-000         RHS2000: words of current and flags; no file of channels that may not
aux           auxiliary.dat, aux-A-AUX1    uint16 at a quarter of the rate, every value stored four times
supply        supply.dat, vdd-A-VDD1       uint16, every value stored as many times as a data block has samples
adc, dac      analogin.dat, analogout.dat  uint16; files of channels are board-ANALOG-IN-1 and so on
dig, dig_out  digitalin.dat, digitalout    a word of all 16 lines, also those not enabled; a line's file: 0 or 1
============  ===========================  ==================================================================

The vendor repeats aux and supply samples so that they line up with time.dat; recordings begin with a data block, so
the repeats are aligned. They are handed out once each, at their own rate, as from a traditional file. Should a glance
at the first and last samples show otherwise, the array is handed out as it is stored, and a warning says so.

Source: Intan Technologies, "RHD2000 Application Note: Data File Formats" and "RHS2000 Application Note: Data File
Formats"; the vendor's RHX software, which writes these files; checked against recordings of version 3.3.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.intan.common import metadata_of, names_of, renamed, signed_stamp
from ecogcat.formats.intan.file import name_time
from ecogcat.formats.intan.gaps import Gap, find_gaps, no_gaps, parted
from ecogcat.formats.intan.header import read_header
from ecogcat.formats.intan.layout import (
    AMPLIFIER_SCALE,
    AUX_SCALE,
    DC_SCALE,
    SUPPLY_SCALE,
    IntanChannel,
    IntanHeader,
    Scale,
)
from ecogcat.formats.intan.splitfiles import KINDS, Kind, Stored, find_stored, listed, live_notes
from ecogcat.formats.intan.stim import stim_arrays
from ecogcat.frozen import index_array
from ecogcat.signal import Signal
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.extent import Extent
from ecogcat.storage.source import Source

__all__ = ["SplitFolder", "examine_split", "info_of", "split_dataset"]

_INFO = ("info.rhd", "info.rhs")
_TIME = "time.dat"
_SIGNED = Scale(0.195, 0.0, AMPLIFIER_SCALE.units)
_LARGEST_FACTOR = 128  # of the rates of lowpass files that the software offers


class SplitFolder(NamedTuple):
    """One folder: its header, its `.dat` files, and the first and last of its timestamps."""

    path: str
    info: str
    header: IntanHeader
    entries: frozenset[str]
    per_channel: bool
    n_stamps: int | None
    first: int
    last: int


def info_of(folder: str) -> str | None:
    """Return the path of the info file that makes a folder such a recording; None if it is none."""
    found = (os.path.join(folder, name) for name in _INFO)
    return next((path for path in found if os.path.isfile(path)), None)


def examine_split(folder: str) -> SplitFolder:
    """Read the header of a folder, list its files, and read two timestamps.

    Raises
    ------
    RecordingNotFound
        If it has no info file.
    FormatError
        If that is no Intan header, or no file of samples lies beside it.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.rhd_folder import write_rhd_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhd_folder(folder, np.zeros((2, 256), "i2"), first_timestamp=1000)
    ...     examine_split(folder)[-4:]
    (False, 256, 1000, 1255)
    """
    info = info_of(folder)
    if info is None:
        raise RecordingNotFound(f"{folder}: no {' or '.join(_INFO)}")
    header = read_header(info)
    entries = frozenset(name for name in os.listdir(folder) if name.endswith(".dat"))
    per_type = any(kind.file in entries for kind in KINDS)
    if not per_type and not any(name.startswith(kind.prefix) for name in entries for kind in KINDS):
        first = f"amp-{header.amplifier[0].native_name}.dat" if header.amplifier else "board-ANALOG-IN-1.dat"
        raise FormatError(
            f"{os.path.basename(info)} is a header alone: every file of samples is missing",
            path=info,
            expected=f"beside it amplifier.dat, or {first} and so on",
            found=", ".join(sorted(entries)) or "no .dat file",
            hint="Copy the whole folder from the acquisition computer",
        )
    n_stamps, first_stamp, last_stamp = None, 0, 0
    if _TIME in entries:
        n_stamps, first_stamp, last_stamp = _stamps(os.path.join(folder, _TIME), header)
    return SplitFolder(folder, info, header, entries, not per_type, n_stamps, first_stamp, last_stamp)


def _stamps(path: str, header: IntanHeader) -> tuple[int, int, int]:
    """Return how many timestamps a file has, the first and the last."""
    n = Source.open(path).size // 4
    if n == 0:
        return 0, 0, 0
    stamp = struct.Struct("<i" if header.timestamp_dtype.kind == "i" else "<I")
    with open(path, "rb") as file:
        (first,) = stamp.unpack(file.read(4))
        file.seek(4 * (n - 1))
        (last,) = stamp.unpack(file.read(4))
    return n, first, last


def split_dataset(folder: SplitFolder, warnings: Sequence[str] = (), clock: np.datetime64 | None = None) -> Dataset:
    """Return the dataset of one folder.

    Parameters
    ----------
    folder : SplitFolder
    warnings : sequence of str
        What is odd about its place among other folders.
    clock : datetime64, optional
        Wall-clock time of its first sample; by default that of its name.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.testing.rhd_folder import write_rhd_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhd_folder(folder, [[0, 100]], per_channel=True)
    ...     split_dataset(examine_split(folder)).signal[:]
    array([[ 0. , 19.5]], dtype=float32)
    """
    reading = _Reading(folder, list(warnings))
    name, stored = reading.signal()
    channels = stored.of(folder.header.amplifier)
    rate = folder.header.sampling_rate
    if name == "lowpass":
        rate /= reading.factor(stored)
    signal = signal_of(stored.extent("<i2"), rate, units=_SIGNED.units, names=names_of(channels), gain=_SIGNED.gain)
    reading.odd += renamed(channels)
    arrays = {}
    for key, array in reading.arrays(name, stored).items():
        arrays[key], odd = fit_aligned(array, signal)
        reading.odd += [f"{key}: {odd}"] if odd else []
    gaps = reading.gaps(stored.frames, reading.factor(stored) if name == "lowpass" else 1)
    notes, odd_notes = live_notes(folder.path, folder.header.notes)
    first = None if folder.n_stamps is None else folder.first
    layout = "one file per channel" if folder.per_channel else "one file per signal type"
    dataset = Dataset.of(
        signal,
        name=os.path.basename(folder.path),
        source_channels=stored.channels,
        aligned=arrays,
        paths=(*reading.paths, folder.info),
        format="intan",
        recorded_at=name_time(folder.path) if clock is None else clock,
        notes=notes,
        warnings=(*reading.odd, *odd_notes),
        metadata=metadata_of(folder.header, first, layout),
    )
    return parted(dataset, gaps) if gaps else dataset


class _Reading:
    """What of a folder was found so far: the files in use, and what is odd about them."""

    def __init__(self, folder: SplitFolder, odd: list[str]) -> None:
        self.folder, self.header, self.odd, self.paths = folder, folder.header, odd, list[str]()
        self.aux_beside = False

    def stored(self, kind: Kind, n_columns: int | None = None) -> Stored | None:
        """Find the files of a kind, and note them and what is odd about them."""
        folder = self.folder
        channels = getattr(self.header, kind.channels)
        found = find_stored(folder.path, folder.entries, folder.per_channel, kind, channels, n_columns)
        if found is not None:
            self.odd += found.odd
            self.paths += [source.path for source in found.sources]
        return found

    def signal(self) -> tuple[str, Stored]:
        """Return the electrode channels, and which of their files it is: as recorded, else as filtered."""
        folder, header = self.folder, self.header
        if not header.amplifier:  # board inputs alone: as many samples as timestamps, of no channel
            time = os.path.join(folder.path, _TIME)
            if not folder.n_stamps:
                raise FormatError("there is no timestamp", path=time, expected="time.dat", found="no sample")
            return "signal", Stored((), (Source.open(time),), 0, folder.n_stamps, ())
        self.aux_beside = self._has_aux_beside()
        for kind in KINDS[:3]:
            n_columns = len(header.amplifier) + (len(header.aux) if self.aux_beside and kind is KINDS[0] else 0)
            found = self.stored(kind, n_columns)
            if found is None:
                continue
            if found.frames == 0:
                raise FormatError(
                    "the recording has no whole sample",
                    path=found.shortest.path,
                    expected=f"samples of {2 * found.n_columns:,} bytes",
                    found=f"{found.shortest.size:,} bytes",
                    hint="It was stopped or crashed right after it was started; leave it out",
                )
            if kind is not KINDS[0]:
                self.odd.append(f"the unfiltered samples were not saved: these are the {kind.array} filtered ones")
            return kind.array, found
        raise FormatError(
            f"the amplifier's samples are missing: {listed(KINDS[0].files(folder.per_channel, header.amplifier))}",
            path=folder.path,
            expected=f"samples of {len(header.amplifier)} channels, as {os.path.basename(folder.info)} says",
            found=", ".join(sorted(folder.entries)[:8]),
            hint="Copy the whole folder from the acquisition computer",
        )

    def _has_aux_beside(self) -> bool:
        """Whether aux samples follow the amplifier's in each frame of amplifier.dat, as the software offers."""
        folder, header = self.folder, self.header
        if folder.per_channel or not header.aux or "auxiliary.dat" in folder.entries:
            return False
        path = os.path.join(folder.path, "amplifier.dat")
        if not folder.n_stamps or not os.path.isfile(path):
            return False
        frame = 2 * (len(header.amplifier) + len(header.aux))
        return os.path.getsize(path) == frame * folder.n_stamps

    def factor(self, stored: Stored) -> int:
        """Return by what the rate of lowpass files is divided: the power of two nearest to what their length says."""
        if not self.folder.n_stamps or not stored.frames:
            return 1
        ratio = min(max(self.folder.n_stamps / stored.frames, 1.0), _LARGEST_FACTOR)
        return int(1 << round(math.log2(ratio)))

    def arrays(self, used: str, signal: Stored) -> dict[str, Signal]:
        """Return what there is beside the signal; what the header lists and is not there is named."""
        arrays: dict[str, Signal] = {}
        for kind in KINDS:
            channels: tuple[IntanChannel, ...] = getattr(self.header, kind.channels)
            if kind.array in ("signal", used) or not channels:
                continue
            if kind.array == "aux" and self.aux_beside:
                extent = signal.extent("<i2", first=len(self.header.amplifier), n=len(channels), step=4)
                # Stored with the amplifier's offset taken off them, too.
                scale = Scale(AUX_SCALE.gain, 32768 * AUX_SCALE.gain, AUX_SCALE.units)
                arrays["aux"] = self._scaled(extent, self.header.sampling_rate / 4, scale, channels)
                continue
            stored = self.stored(kind)
            if stored is not None and stored.frames:
                arrays |= self._array(kind, stored, stored.of(channels))
            elif stored is not None:
                name = os.path.basename(stored.shortest.path)
                self.odd.append(f"{name} holds no whole sample: {kind.array} is left out")
            elif self._expected(kind):
                names = kind.files(self.folder.per_channel, channels)
                are = "is" if len(names) == 1 else "are"
                self.odd.append(f"{listed(names)} {are} missing: {kind.array} is left out")
        others = self.folder.entries - {_TIME} - {os.path.basename(path) for path in self.paths}
        if others:
            files = "file is" if len(others) == 1 else "files are"
            self.odd.append(f"{len(others)} {files} not read: {listed(sorted(others))}")
        return arrays

    def _expected(self, kind: Kind) -> bool:
        """Whether a recording with such channels has such files without more ado."""
        stimulator = self.header.stimulator
        if kind.array == "dc":
            return stimulator is not None and stimulator.dc_saved
        if kind.array == "stim":  # no file of a channel that may not stimulate
            return stimulator is not None and not self.folder.per_channel
        return kind.array not in ("highpass", "lowpass")

    def _array(self, kind: Kind, stored: Stored, channels: Sequence[IntanChannel]) -> dict[str, Signal]:
        header, rate, name = self.header, self.header.sampling_rate, kind.array
        if name in ("dig", "dig_out"):
            lines = stored.extent("<u2", n=1)
            if not self.folder.per_channel:
                lines = BitsExtent(lines, index_array([line.native_order for line in channels]))
            return {name: signal_of(lines, rate, units="", names=names_of(channels))}
        if name == "stim" and header.stimulator is not None:
            return stim_arrays(stored.extent("<u2"), header.stimulator, names_of(channels), rate)
        if name in ("highpass", "lowpass"):
            factor = self.factor(stored) if name == "lowpass" else 1
            return {name: self._scaled(stored.extent("<i2"), rate / factor, _SIGNED, channels)}
        scale = {"aux": AUX_SCALE, "supply": SUPPLY_SCALE, "dc": DC_SCALE}.get(name, header.adc_scale)
        step = {"aux": 4, "supply": header.samples_per_block}.get(name, 1)
        if step > 1 and not stored.repeats(step):
            self.odd.append(f"{name}: values are not stored {step} times each; handed out as stored, at {rate:g} Hz")
            step = 1
        return {name: self._scaled(stored.extent("<u2", step=step), rate / step, scale, channels)}

    def _scaled(self, extent: Extent, rate: float, scale: Scale, channels: Sequence[IntanChannel]) -> Signal:
        names = names_of(channels)
        return signal_of(extent, rate, units=scale.units, names=names, gain=scale.gain, offset=scale.offset)

    def gaps(self, n_samples: int, factor: int) -> list[Gap]:
        """Find gaps in the timestamps of the signal, and note timestamps that do not go with it."""
        folder = self.folder
        if folder.n_stamps is None:
            self.odd.append(f"{_TIME} is missing: whether samples were lost while recording is unknown")
            return []
        path = os.path.join(folder.path, _TIME)
        self.paths.append(path)
        if factor == 1 and folder.n_stamps != n_samples:
            self.odd.append(f"{_TIME} has {folder.n_stamps:,} timestamps for {n_samples:,} samples")
        if not folder.n_stamps or signed_stamp(folder.last - folder.first + 1 - folder.n_stamps) == 0:
            return []
        with open(path, "rb") as file:

            def at(sample: int) -> int:
                file.seek(4 * sample)
                return int.from_bytes(file.read(4), "little")

            gaps = find_gaps(at, folder.n_stamps)
        if gaps is None:
            self.odd.append(no_gaps(folder.first, folder.last, folder.n_stamps))
            return []
        if factor > 1:  # of filtered samples at a lower rate: between two of them
            self.odd.append(f"samples were lost at {len(gaps)} places of the recording")
            return []
        return [gap for gap in gaps if gap.sample < n_samples]
