"""Intan RHD2000 recordings in the traditional file format: one `.rhd`, or a folder of consecutive ones.

After a header of variable length a `.rhd` is a row of data blocks of equal size, each with 60 (version 1.x) or 128
(from 2.0) samples: the timestamps, then for each enabled channel all its samples of the block - amplifier at the full
rate, auxiliary inputs at a quarter of it, supply voltage and temperature once a block, board ADCs, and one word a
sample for all digital inputs and one for all outputs. That is block-affine: samples are read where they lie.

Source: Intan Technologies, "RHD2000 Application Note: Data File Formats", checked against recordings of versions 1.5,
3.0 and 3.3.
"""

from __future__ import annotations

import glob
import os
import re
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ecogcat.arrays import fit_aligned, signal_of
from ecogcat.dataset import Dataset
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.formats.intan_header import (
    AMPLIFIER_SCALE,
    AUX_SCALE,
    MAGIC,
    SUPPLY_SCALE,
    TEMPERATURE_SCALE,
    IntanChannel,
    IntanHeader,
    Scale,
    parse_file_name,
    read_header,
)
from ecogcat.formats.registry import Format, register
from ecogcat.join import join
from ecogcat.signal import Signal
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.bits import BitsExtent
from ecogcat.storage.source import Source

__all__ = ["open_intan"]


class _File(NamedTuple):
    """One `.rhd` file: its header, how many whole blocks it has, and the first and last of its timestamps."""

    path: str
    source: Source
    header: IntanHeader
    n_blocks: int
    left_over: int
    first: int
    last: int

    @property
    def n_samples(self) -> int:
        return self.n_blocks * self.header.samples_per_block


def open_intan(path: str | os.PathLike[str], *, recording: str | None = None) -> Dataset:
    """Open a traditional `.rhd` file, or a folder of consecutive ones, where it lies.

    Parameters
    ----------
    path : path-like
        File or folder. The files of a folder that share a base name (``NAME_YYMMDD_HHMMSS.rhd``, ``NAME_part2.rhd``)
        are consecutive pieces of one recording and open as one dataset with seams.
    recording : str, optional
        Base name, where a folder holds files of several.

    Returns
    -------
    Dataset
        Amplifier channels in uV; aligned arrays `aux`, `supply` and `adc` in V, `temperature` in degC, `dig` and
        `dig_out` (a channel an enabled line, 0 or 1), each at its own rate.

    Raises
    ------
    RecordingNotFound
        If nothing is there.
    FormatError
        If a file is no such recording, holds no whole block, or pieces do not belong together.

    Notes
    -----
    A file that was cut in the middle of a block opens with its whole blocks; how many bytes were left over is in
    ``dataset.warnings``.
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isdir(path):
        if not os.path.exists(path):
            raise RecordingNotFound(f"{path}: no such file")
        return _dataset(_examine(path), ())
    names = _pieces(path, recording)
    files = _in_order([_examine(name) for name in names])
    _check_same(files)
    clock = _common_clock(files)
    datasets = [
        _dataset(file, _jump(left, file), clock[k])
        for k, (left, file) in enumerate(zip([None, *files[:-1]], files, strict=True))
    ]
    return join(*datasets, name=_base(files[0].path) if len(files) > 1 else None)


def _pieces(folder: str, recording: str | None) -> list[str]:
    """Return the files of one recording of a folder."""
    paths = [path for path in glob.glob(os.path.join(glob.escape(folder), "*.rhd")) if not _is_hidden(path)]
    if os.path.join(folder, "info.rhd") in paths:
        raise FormatError(
            "this folder holds one file per signal type or per channel, a layout that is not supported yet",
            path=folder,
            expected="traditional .rhd files",
            found="info.rhd beside .dat files",
        )
    bases: dict[str, list[str]] = {}
    for path in sorted(paths):
        bases.setdefault(_base(path), []).append(path)
    if not bases:
        raise RecordingNotFound(f"{folder}: the folder has no .rhd file")
    if recording is None and len(bases) > 1:
        listed = ", ".join(f"{base} ({len(files)})" for base, files in bases.items())
        raise FormatError(
            f"this folder holds several recordings: {listed}", path=folder, hint="Name one with recording="
        )
    chosen = next(iter(bases)) if recording is None else recording
    if chosen not in bases:
        raise RecordingNotFound(f"{folder}: no recording {chosen!r}; there are: {', '.join(bases)}")
    return bases[chosen]


def _is_hidden(path: str) -> bool:
    return os.path.basename(path).startswith(".")


def _base(path: str) -> str:
    """Return the name that consecutive pieces of a recording share."""
    base, time = parse_file_name(path)
    return base if time is not None else re.sub(r"[-_ ]*(part|piece|seg)?[-_ ]*\d+$", "", base, flags=re.IGNORECASE)


def _examine(path: str) -> _File:
    header = read_header(path)
    source = Source.open(path)
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
    return _File(path, source, header, n_blocks, left_over, first, last)


def _in_order(files: Sequence[_File]) -> list[_File]:
    """Sort consecutive pieces: by the time in their names, else by their timestamps, else by their numbers."""

    def natural(file: _File) -> list[Any]:
        return [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", os.path.basename(file.path))]

    times = [parse_file_name(file.path)[1] for file in files]
    if all(time is not None for time in times):
        return [file for _, _, file in sorted(zip(times, map(natural, files), files, strict=True), key=lambda one: one[:2])]
    by_stamp = sorted(files, key=lambda file: file.first)
    if all(left.last < right.first for left, right in zip(by_stamp[:-1], by_stamp[1:], strict=True)):
        return by_stamp
    return sorted(files, key=natural)


def _check_same(files: Sequence[_File]) -> None:
    """Pieces of one recording have the same channels at the same rate."""
    first = files[0]
    for file in files[1:]:
        for what in ("sampling_rate", "samples_per_block", "amplifier", "aux", "supply", "adc", "digital_in", "digital_out"):
            ours, theirs = _comparable(first.header, what), _comparable(file.header, what)
            if ours != theirs:
                raise FormatError(
                    f"this file does not continue {os.path.basename(first.path)}: its {what.replace('_', ' ')} differs",
                    path=file.path,
                    expected=ours,
                    found=theirs,
                    hint="Move it to a folder of its own, or open the files one by one and join them",
                )


def _comparable(header: IntanHeader, what: str) -> Any:
    value = getattr(header, what)
    return [channel.native_name for channel in value] if isinstance(value, tuple) else value


def _common_clock(files: Sequence[_File]) -> list[np.datetime64 | None]:
    """Return when each piece began: to the sample where the timestamps run on from the first piece.

    Names carry whole seconds; the timestamps of pieces of one run count from its start.
    """
    times = [_name_time(file.path) for file in files]
    first = times[0]
    clock: list[np.datetime64 | None] = []
    for file, time in zip(files, times, strict=True):
        exact = None
        if first is not None:
            seconds = (file.first - files[0].first) / file.header.sampling_rate
            exact = first + np.timedelta64(round(seconds * 1e9), "ns")
        if exact is None or time is None or abs(exact - time) <= np.timedelta64(2, "s"):
            clock.append(exact)
        else:  # another run, whose timestamps began anew
            clock.append(time)
    return clock


def _name_time(path: str) -> np.datetime64 | None:
    time = parse_file_name(path)[1]
    return None if time is None else np.datetime64(time, "ns")


def _jump(left: _File | None, right: _File) -> tuple[str, ...]:
    """Return a warning if the timestamps do not run on from the piece before."""
    if left is None or right.first == left.last + 1:
        return ()
    n = right.first - left.last - 1
    rate = right.header.sampling_rate
    what = f"{n:,} samples ({n / rate:.3f} s) are missing" if n > 0 else f"the timestamps go back by {-n:,} samples"
    return (f"{what} between {os.path.basename(left.path)} and this file",)


def _dataset(file: _File, warnings: tuple[str, ...], clock: np.datetime64 | None = None) -> Dataset:
    header, odd = file.header, list(warnings)
    if file.left_over:
        odd.append(
            f"cut in the middle of a data block: {file.left_over:,} bytes were left over after {file.n_blocks:,} whole "
            f"blocks ({file.n_samples:,} samples)"
        )
    if file.last - file.first + 1 != file.n_samples:
        odd.append(
            f"the timestamps run from {file.first:,} to {file.last:,}, which is not {file.n_samples:,} samples: "
            "some were lost while recording"
        )
    per_block = header.samples_per_block
    signal = _array(file, header.amplifier, header.amplifier_offset, per_block, AMPLIFIER_SCALE)
    aligned = {}
    for name, array in _further_arrays(file).items():
        aligned[name], problem = fit_aligned(array, signal)
        if problem:
            odd.append(f"{name}: {problem}")
    name = os.path.splitext(os.path.basename(file.path))[0]
    return Dataset.of(
        signal,
        name=name,
        aligned=aligned,
        paths=(file.path,),
        format="intan",
        recorded_at=_name_time(file.path) if clock is None else clock,
        notes=tuple(note for note in header.notes if note),
        warnings=tuple(odd),
        metadata=_metadata(header, file.first),
    )


def _array(
    file: _File, channels: Sequence[IntanChannel], offset: int, per_block: int, scale: Scale, dtype: str = "<u2"
) -> Signal:
    """Return the channels of one kind: channel after channel within each block."""
    header = file.header
    base = header.header_bytes + offset + 2 * per_block * np.arange(len(channels))
    extent = AffineExtent(
        file.source, np.dtype(dtype), file.n_blocks * per_block, base, 2, per_block, header.block_bytes
    )
    rate = header.sampling_rate * per_block / header.samples_per_block
    names = [channel.native_name for channel in channels]
    return signal_of(extent, rate, units=scale.units, names=names, gain=scale.gain, offset=scale.offset)


def _further_arrays(file: _File) -> dict[str, Signal]:
    header = file.header
    full, arrays = header.samples_per_block, {}
    if header.aux:
        arrays["aux"] = _array(file, header.aux, header.aux_offset, header.aux_per_block, AUX_SCALE)
    if header.supply:
        arrays["supply"] = _array(file, header.supply, header.supply_offset, 1, SUPPLY_SCALE)
    if header.n_temperature:
        base = header.header_bytes + header.temperature_offset + 2 * np.arange(header.n_temperature)
        extent = AffineExtent(file.source, np.dtype("<i2"), file.n_blocks, base, 2, 1, header.block_bytes)
        scale, rate = TEMPERATURE_SCALE, header.sampling_rate / full
        arrays["temperature"] = signal_of(
            extent, rate, units=scale.units, prefix="temperature", gain=scale.gain, offset=scale.offset
        )
    if header.adc:
        arrays["adc"] = _array(file, header.adc, header.adc_offset, full, header.adc_scale)
    for name, lines, offset in (
        ("dig", header.digital_in, header.digital_in_offset),
        ("dig_out", header.digital_out, header.digital_out_offset),
    ):
        if lines:
            base = [header.header_bytes + offset]
            words = AffineExtent(file.source, np.dtype("<u2"), file.n_samples, base, 2, full, header.block_bytes)
            bits = BitsExtent(words, [line.native_order for line in lines])
            names = [line.native_name for line in lines]
            arrays[name] = signal_of(bits, header.sampling_rate, units="", names=names)
    return arrays


def _metadata(header: IntanHeader, first: int) -> dict[str, Any]:
    return {
        "version": ".".join(map(str, header.version)),
        "first_timestamp": first,
        "reference_channel": header.reference or "",
        "bandwidth_hz": header.bandwidth_hz,
        "hardware_notch_hz": header.notch_hz,
        "dsp_cutoff_hz": header.dsp_cutoff_hz if header.dsp_enabled else None,
        "impedance_ohm": tuple(channel.impedance_ohm for channel in header.amplifier),
        "custom_names": tuple(channel.custom_name for channel in header.amplifier),
    }


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        return any(not _is_hidden(name) for name in glob.glob(os.path.join(glob.escape(path), "*.rhd")))
    return head[:4] == MAGIC.to_bytes(4, "little") or (path.lower().endswith(".rhd") and head[:4] != b"\x89HDF")


def _streams(path: str) -> list[dict[str, Any]]:
    """Return the arrays of each recording that a file or folder holds."""
    if os.path.isfile(path):
        datasets = [open_intan(path)]
    else:
        names = [name for name in glob.glob(os.path.join(glob.escape(path), "*.rhd")) if not _is_hidden(name)]
        datasets = [open_intan(path, recording=base) for base in sorted({_base(name) for name in names})]
    return [
        {"stream": name, "rate": one.sampling_rate, "channels": one.n_channels, "samples": one.n_samples, "recording": d.name}
        for d in datasets
        for name, one in {"amplifier": d.signal, **d.arrays()}.items()
    ]


register(Format("intan", open_intan, _recognises, _streams, "Intan RHD2000 traditional .rhd files"))
