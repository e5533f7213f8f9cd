"""Every format, every variant of it, held to the one conformance suite; and the suite held to noticing breaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.hdf5 import open_hdf5
from ecogcat.formats.intan import open_intan
from ecogcat.testing import check_format, damage, simulate_session
from ecogcat.testing.rhd import write_rhd
from tests.conftest import shared_path
from tests.formats.recordings import VERSIONS, draw_intan, intan_values, scaled, write_lab_hdf5, write_pieces

REAL = (
    "intan_sampledata_r.rhd",
    "ephys2_sampledata.rhd",
    "ephys2_r4_210612_195804_part.rhd",
    "derived_consecutive_128ch",
    "derived_consecutive_32ch",
)


@pytest.mark.parametrize("version", VERSIONS)
def test_intan(version: tuple[int, int], tmp_path: Path) -> None:
    stored = draw_intan(version, n_blocks=4)
    board_mode = 13 if version >= (1, 3) else 0
    write_rhd(tmp_path / "a.rhd", **stored, version=version, sampling_rate=1000.0, board_mode=board_mode)
    # Damage takes a second or two: the oldest header, the shorter block with all fields, and the newest.
    damage = version in ((1, 0), (1, 5), (3, 3))
    check_format(open_intan, tmp_path / "a.rhd", expected=intan_values(stored, board_mode), damage=damage)


def test_folder_of_intan_files(tmp_path: Path) -> None:
    stored = write_pieces(tmp_path / "day", ["rat_231117_052500.rhd", "rat_231117_052501.rhd", "rat_231117_052502.rhd"])
    check_format(open_intan, tmp_path / "day", expected=intan_values(stored))
    check_format(ec.open_recording, tmp_path / "day", expected=intan_values(stored), damage=False, seed=1)


@pytest.mark.parametrize("name", REAL)
def test_real_intan_recordings(name: str, tmp_path: Path, jit_off: bool) -> None:
    path = shared_path(f"recordings/intan/{name}")
    if not jit_off:
        check_format(ec.open_recording, path, damage=False)
        return
    # Kernels run as Python: the first blocks of each file will do.
    target = tmp_path / name
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        place = target / file.name if path.is_dir() else target
        place.parent.mkdir(exist_ok=True)
        header = ec.formats.intan.header.read_header(file)
        place.write_bytes(file.read_bytes()[: header.header_bytes + 2 * header.block_bytes])
    check_format(ec.open_recording, target, damage=False)


def test_intan_file_cut_in_a_block(tmp_path: Path) -> None:
    stored = draw_intan(n_blocks=3)
    write_rhd(tmp_path / "a.rhd", **stored)
    data = (tmp_path / "a.rhd").read_bytes()
    (tmp_path / "a.rhd").write_bytes(data[:-100])
    whole = {name: values[:, : values.shape[1] * 2 // 3] for name, values in intan_values(stored).items()}
    check_format(open_intan, tmp_path / "a.rhd", expected=whole, damage=False)


@pytest.mark.parametrize("dtype", ["<i2", "<f4"])
@pytest.mark.parametrize("kind", ["contiguous", "chunked", "gzip"])
def test_lab_hdf5(kind: str, dtype: str, tmp_path: Path) -> None:
    expected = write_lab_hdf5(tmp_path / "a.h5", kind, dtype)
    check_format(open_hdf5, tmp_path / "a.h5", expected=expected, damage=dtype == "<i2")


@pytest.mark.parametrize("chunks", [None, (50, 2)])
@pytest.mark.parametrize("dtype", [">i2", "<i4", "<f8", "<u2"])
def test_generic_hdf5(dtype: str, chunks: tuple[int, int] | None, tmp_path: Path) -> None:
    stored = np.random.default_rng(1).integers(0, 3000, (333, 5)).astype(dtype)
    with h5py.File(tmp_path / "a.hdf", "w", userblock_size=512) as file:
        file.create_dataset("raw/ecog", data=stored, chunks=chunks)
        file["raw"].attrs["rate"] = 500.0
        file["sync"] = np.arange(333) % 2
    reader = partial(
        open_hdf5,
        data="raw/ecog",
        axis_order="time_first",
        scale=0.25,
        offset=-10.0,
        sampling_rate="raw/rate",
        aligned={"dig": "sync"},
    )
    expected = {"signal": scaled(stored.T, (0.25, -10.0)), "dig": np.arange(333)[None] % 2}
    check_format(reader, tmp_path / "a.hdf", expected=expected, damage=False)


def test_simulated_sessions(tmp_path: Path) -> None:
    session = simulate_session(tmp_path, duration_s=0.3)
    for recording in session.recordings:
        expected = {"signal": recording.values_uV, "adc": recording.adc.values, "aux": recording.aux.values}
        check_format(ec.open_recording, recording.path, expected=expected, damage=False)


# What the suite has to notice ---------------------------------------------------------------------


def _float64(path: Path) -> ec.Dataset:
    dataset = open_intan(path)
    return dataset.replace(
        signal=dataset.signal.replace(pieces=[p.astype(np.dtype("f8")) for p in dataset.signal.pieces])
    )


def _reads_samples(path: Path) -> ec.Dataset:
    path.read_bytes()
    return open_intan(path)


def _dig_as_float(path: Path) -> ec.Dataset:
    dataset = open_intan(path)
    dig = dataset["dig"]
    dig = dig.replace(pieces=[piece.astype(np.dtype("f4")) for piece in dig.pieces])
    return dataset.replace(aligned={**dataset.aligned, "dig": dig})


def _off_by_one_sample(path: Path) -> ec.Dataset:
    dataset = open_intan(path)
    signal = dataset.signal
    pieces = [piece.cut(0, 1) for piece in signal.pieces] + [
        piece.cut(0, piece.n_samples - 1) for piece in signal.pieces
    ]
    return dataset.replace(signal=signal.replace(pieces=pieces))


_numbers = count()


def _names_by_turns(path: Path) -> ec.Dataset:
    dataset = open_intan(path)
    names = [f"x{next(_numbers)}" for _ in range(dataset.n_channels)]
    return dataset.replace(signal=dataset.signal.replace(channel_names=names))


def _drops_a_channel(path: Path) -> ec.Dataset:
    return ec.select_channels(open_intan(path), slice(1, None))


def _writes_beside(path: Path) -> ec.Dataset:
    path.with_suffix(".index").touch()
    return open_intan(path)


def _touches(path: Path) -> ec.Dataset:
    path.touch()
    return open_intan(path)


def _says_nothing(path: Path) -> ec.Dataset:
    dataset = open_intan(path)
    return dataset.replace(parts=[part.replace(warnings=()) for part in dataset.parts])


def _lets_errors_through(path: Path) -> ec.Dataset:
    try:
        return open_intan(path)
    except ec.FormatError as error:
        raise ValueError("unpack requires a buffer of 4 bytes") from error


def _names_no_file(path: Path) -> ec.Dataset:
    try:
        return open_intan(path)
    except ec.FormatError as error:
        raise ec.FormatError("this is broken", path="a file") from error


def _allocates(path: Path) -> ec.Dataset:
    dataset = open_intan(path)
    if dataset.sampling_rate != 1000.0:
        bytearray(1 << 27)
    return dataset


def _without_check(path: Path) -> ec.Dataset:
    """Notices no change: what it read once it keeps."""
    dataset = open_intan(path)
    loaded = ec.load(dataset)
    source = dataset.signal.pieces[0].extent.source

    def kept(signal: ec.Signal) -> ec.Signal:
        return signal.replace(pieces=[replace(piece, extent=_Kept(piece.extent, source)) for piece in signal.pieces])

    arrays = {name: kept(array) for name, array in loaded.aligned.items()}
    return loaded.replace(signal=kept(loaded.signal), aligned=arrays)


class _Kept:
    """An extent that claims to read a file."""

    def __init__(self, extent: Any, source: Any) -> None:
        self.extent, self.sources = extent, (source,)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.extent, name)

    def __reduce__(self) -> Any:
        return _Kept, (self.extent, *self.sources)


BREACHES: dict[Callable[[Path], ec.Dataset], str] = {
    _reads_samples: "opening read",
    _float64: "values are float32, not float64",
    lambda path: ec.convert_units(open_intan(path), "mV"): "mV instead of uV",
    lambda path: ec.load(open_intan(path)): "the samples lie in no file",
    lambda path: open_intan(path).signal: "a reader returns a Dataset, not Signal",
    _dig_as_float: "digital lines 'dig' are float32",
    _off_by_one_sample: "values of signal",
    _names_by_turns: "another token",
    _drops_a_channel: "of 5 channels 4 are handed out",
    _without_check: "was read without an error",
    _writes_beside: "left something changed",
    _touches: "left something changed",
    _says_nothing: "opens without a warning though samples are gone",
    _lets_errors_through: "ValueError: unpack requires a buffer",
    _names_no_file: "the error does not name a.rhd",
    _allocates: "bytes of memory taken",
}


@pytest.mark.parametrize(
    ("reader", "message"),
    [
        pytest.param(reader, message, id=message[:24], marks=[pytest.mark.jit] if reader is _allocates else [])
        for reader, message in BREACHES.items()
    ],
)
def test_the_suite_notices(
    reader: Callable[[Path], ec.Dataset], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("_N_CUTS", 60), ("_N_CORRUPTED", 300)):  # as shipped: few show a header that is trusted
        monkeypatch.setattr(damage, name, number)
    stored = draw_intan(n_blocks=3)
    path = tmp_path / "a.rhd"
    n_blocks = 60 if reader is _reads_samples else 3
    if n_blocks > 3:  # more than headers are allowed to be
        stored = draw_intan(n_blocks=n_blocks, n=16)
    write_rhd(path, **stored, sampling_rate=1000.0)
    in_damage = reader in (_says_nothing, _lets_errors_through, _names_no_file, _allocates)
    with pytest.raises(AssertionError, match=message):
        check_format(reader, path, expected={"signal": intan_values(stored)["signal"]}, damage=in_damage)


def test_the_suite_takes_a_missing_array_for_a_breach(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", np.zeros((2, 128)))
    with pytest.raises(AssertionError, match="no array 'adc'; there are: signal"):
        check_format(open_intan, tmp_path / "a.rhd", expected={"adc": np.zeros((1, 128))}, damage=False)
