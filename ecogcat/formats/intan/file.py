"""One traditional `.rhd` or `.rhs` file of Intan's RHD2000 or RHS2000 system, as a dataset.

After a header of variable length it is a row of data blocks of equal size, each with 60 (RHD2000 of version 1.x) or
128 samples: the timestamps, then for each enabled channel all its samples of the block - amplifier at the full rate,
(RHS2000) DC amplifier and words of stimulation, auxiliary inputs at a quarter of the rate, supply voltage and
temperature once a block, board ADCs, (RHS2000) analog outputs, and one word a sample for all digital inputs and one for
all outputs. That is block-affine: samples are read where they lie.

Source: Intan Technologies, "RHD2000 Application Note: Data File Formats", checked against recordings of versions 1.5,
3.0 and 3.3; "RHS2000 Application Note: Data File Formats", checked against the vendor's RHX software.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecogcat.arrays import signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError
from ecogcat.formats.intan.common import metadata_of, names_of, renamed, signed_stamp
from ecogcat.formats.intan.gaps import Gap, find_gaps, no_gaps, parted
from ecogcat.formats.intan.header import (
    AMPLIFIER_SCALE,
    AUX_SCALE,
    DC_SCALE,
    SUPPLY_SCALE,
    TEMPERATURE_SCALE,
    IntanChannel,
    IntanHeader,
    Scale,
    parse_file_name,
    read_header,
)
from ecogcat.formats.intan.stim import stim_arrays
from ecogcat.frozen import index_array
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.source import Source

__all__ = ["IntanFile", "dataset_of", "examine", "name_time"]


class IntanFile(NamedTuple):
    """One `.rhd` or `.rhs` file: its header, how many whole blocks it has, and the first and last of its timestamps."""

    path: str
    source: Source
    header: IntanHeader
    n_blocks: int
    left_over: int
    first: int
    last: int

    @property
    def n_samples(self) -> int:
        """Samples of the whole blocks."""
        return self.n_blocks * self.header.samples_per_block


def examine(path: str) -> IntanFile:
    """Read the header of a file, and two of its timestamps.

    Raises
    ------
    RecordingNotFound
        If there is no such file, or it cannot be read.
    FormatError
        If it is no such file, or holds no whole block.

    Examples
    --------
    >>> import os, tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.rhd")
    ...     write_rhd(path, np.full((2, 256), 32768), first_timestamp=1000)
    ...     examine(path)[3:]
    (2, 0, 1000, 1255)
    """
    source = Source.open(path)
    header = read_header(path)
    n_blocks, left_over = header.whole_blocks(source.size)
    if n_blocks == 0:
        raise FormatError(
            "the recording has no whole data block",
            path=path,
            offset=header.header_bytes,
            expected=f"blocks of {header.block_bytes:,} bytes",
            found=f"{left_over:,} bytes",
            hint="It was stopped or crashed right after it was started; leave it out",
        )
    stamp = struct.Struct("<i" if header.timestamp_dtype.kind == "i" else "<I")
    with open(path, "rb") as file:
        file.seek(header.header_bytes + header.timestamp_offset)
        (first,) = stamp.unpack(file.read(4))
        end = header.timestamp_offset + 4 * (header.samples_per_block - 1)
        file.seek(header.header_bytes + (n_blocks - 1) * header.block_bytes + end)
        (last,) = stamp.unpack(file.read(4))
    return IntanFile(path, source, header, n_blocks, left_over, first, last)


def name_time(path: str) -> np.datetime64 | None:
    """Return the wall-clock time that the name of a file or folder carries.

    Examples
    --------
    >>> str(name_time("rat_231117_052500.rhd"))[:19]
    '2023-11-17T05:25:00'
    """
    time = parse_file_name(path)[1]
    return None if time is None else np.datetime64(time, "ns")


def dataset_of(file: IntanFile, warnings: Sequence[str] = (), clock: np.datetime64 | None = None) -> Dataset:
    """Return the dataset of one file.

    Parameters
    ----------
    file : IntanFile
    warnings : sequence of str
        What is odd about its place among other files.
    clock : datetime64, optional
        Wall-clock time of its first sample; by default that of its name.

    Examples
    --------
    >>> import os, tempfile
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.rhd")
    ...     write_rhd(path, np.full((2, 128), 32769), sampling_rate=1000.0)
    ...     dataset_of(examine(path)).signal[:, :2]
    array([[0.195, 0.195],
           [0.195, 0.195]], dtype=float32)
    """
    header, odd = file.header, list(warnings)
    if file.left_over:
        odd.append(
            f"cut in the middle of a data block: {file.left_over:,} bytes were left over after {file.n_blocks:,} whole "
            f"blocks ({file.n_samples:,} samples)"
        )
    gaps = _gaps(file)
    if gaps is None:
        odd.append(no_gaps(file.first, file.last, file.n_samples))
    per_block = header.samples_per_block
    signal = _array(file, header.amplifier, header.amplifier_offset, per_block, AMPLIFIER_SCALE)
    odd += renamed(header.amplifier)
    name = os.path.splitext(os.path.basename(file.path))[0]
    dataset = Dataset.of(
        signal,
        name=name,
        aligned=_further_arrays(file),  # in step as they are: whole blocks of all
        paths=(file.path,),
        format="intan",
        recorded_at=name_time(file.path) if clock is None else clock,
        notes=tuple(note for note in header.notes if note),
        warnings=tuple(odd),
        metadata=metadata_of(header, file.first, "traditional"),
    )
    return parted(dataset, gaps) if gaps else dataset


def _gaps(file: IntanFile) -> list[Gap] | None:
    """Find gaps in the timestamps; opened only if the first and the last show that there are any."""
    if signed_stamp(file.last - file.first + 1 - file.n_samples) == 0:
        return []
    header, stamp = file.header, struct.Struct("<i" if file.header.timestamp_dtype.kind == "i" else "<I")
    with open(file.path, "rb") as stream:

        def at(sample: int) -> int:
            block, within = divmod(sample, header.samples_per_block)
            stream.seek(header.header_bytes + block * header.block_bytes + header.timestamp_offset + 4 * within)
            return int(stamp.unpack(stream.read(4))[0])

        return find_gaps(at, file.n_samples)


def _array(
    file: IntanFile, channels: Sequence[IntanChannel], offset: int, per_block: int, scale: Scale, dtype: str = "<u2"
) -> Signal:
    """Return the channels of one kind."""
    header = file.header
    rate = header.sampling_rate * per_block / header.samples_per_block
    return signal_of(
        _extent(file, len(channels), offset, per_block, dtype),
        rate,
        units=scale.units,
        names=names_of(channels),
        gain=scale.gain,
        offset=scale.offset,
    )


def _extent(file: IntanFile, n_channels: int, offset: int, per_block: int, dtype: str = "<u2") -> AffineExtent:
    """Return stored numbers of two bytes, channel after channel within each block."""
    header = file.header
    base = header.header_bytes + offset + 2 * per_block * np.arange(n_channels)
    n_samples = file.n_blocks * per_block
    return AffineExtent(file.source, np.dtype(dtype), n_samples, base, 2, per_block, header.block_bytes)


def _further_arrays(file: IntanFile) -> dict[str, Signal]:
    header = file.header
    full = header.samples_per_block
    arrays: dict[str, Signal] = {}
    if header.aux:
        arrays["aux"] = _array(file, header.aux, header.aux_offset, header.aux_per_block, AUX_SCALE)
    if header.supply:
        arrays["supply"] = _array(file, header.supply, header.supply_offset, 1, SUPPLY_SCALE)
    if header.n_temperature:
        extent, scale = _extent(file, header.n_temperature, header.temperature_offset, 1, "<i2"), TEMPERATURE_SCALE
        rate = header.sampling_rate / full
        arrays["temperature"] = signal_of(
            extent, rate, units=scale.units, prefix="temperature", gain=scale.gain, offset=scale.offset
        )
    if header.adc:
        arrays["adc"] = _array(file, header.adc, header.adc_offset, full, header.adc_scale)
    if header.dac:
        arrays["dac"] = _array(file, header.dac, header.dac_offset, full, header.adc_scale)
    if header.stimulator is not None and header.amplifier:
        if header.stimulator.dc_saved:
            arrays["dc"] = _array(file, header.amplifier, header.dc_offset, full, DC_SCALE)
        words = _extent(file, len(header.amplifier), header.stim_offset, full)
        arrays |= stim_arrays(words, header.stimulator, names_of(header.amplifier), header.sampling_rate)
    for name, lines, offset in (
        ("dig", header.digital_in, header.digital_in_offset),
        ("dig_out", header.digital_out, header.digital_out_offset),
    ):
        if lines:
            bits = BitsExtent(_extent(file, 1, offset, full), index_array([line.native_order for line in lines]))
            arrays[name] = signal_of(bits, header.sampling_rate, units="", names=names_of(lines))
    return arrays
