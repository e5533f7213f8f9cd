"""The work items on raw vendor files: samples as acquisition systems leave them, opened and read where they lie."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec
from benchmarks.data import GAIN, N_SOURCE, RATE, stored, warm
from benchmarks.items import ONE_REQUEST, WINDOWS, Item
from benchmarks.limits import Limit
from ecogcat.arrays import signal_of
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source
from ecogcat.testing.continuous import write_continuous
from ecogcat.testing.rhd import write_rhd

N_PROBE = 384

LAYOUTS = {
    "interleaved": "384 channels interleaved, int16: SpikeGLX, Open Ephys binary",
    "continuous": "64 files of big-endian records of 1,024 samples: Open Ephys .continuous",
    "rhd": "blocks of 128 samples of 64 channels and a timestamp: Intan .rhd",
    "edf": "records of one second of 64 channels: EDF",
}


def raw_items(folder: Path, n_samples: int, layouts: Iterable[str] = LAYOUTS) -> list[Item]:
    """Return reading everything, and random windows, of some raw layouts."""
    items = []
    n_samples = n_samples // 128 * 128  # whole blocks
    for layout in layouts:
        path = folder / f"raw_{n_samples}" / layout
        if not path.exists():
            part = path.with_name(path.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            _WRITE[layout](part, n_samples)
            part.rename(path)
        for file in sorted(path.iterdir()):
            warm(file)
        items += _items(layout, LAYOUTS[layout], _OPEN[layout](path))
    return items


def _items(layout: str, title: str, signal: ec.Signal) -> list[Item]:
    kind = "i2x" if layout == "interleaved" else "i2"
    n, total = signal.shape
    length = min(int(RATE), total // 4)
    starts = np.random.default_rng(3).integers(0, total - length, WINDOWS).tolist()
    out, window = np.zeros(signal.shape, np.float32), np.zeros((n, length), np.float32)

    def expected(start: int, stop: int) -> NDArray[np.float32]:
        return (_numbers(layout, n, total)[:, start:stop] * GAIN).astype(np.float32)

    whole: dict[str, Callable[..., Any]] = {"ours": lambda: signal.read(), "out": lambda: signal.read(out=out)}
    windows: dict[str, Callable[..., Any]] = {
        "ours": lambda k: signal[:, starts[k] : starts[k] + length],
        "out": lambda k: signal.read(None, starts[k], starts[k] + length, out=window),
    }
    return [
        Item("raw whole", layout, f"everything of {title}", whole, Limit("limit", (kind, n, n, total)),
             expected=lambda: expected(0, total)),
        Item("raw random", layout, f"200 random windows of 1 s: {title}", windows,
             Limit("limit", (kind, n, n, total, WINDOWS, length), WINDOWS, threads=1), windows=WINDOWS,
             expected=lambda: [expected(start, start + length) for start in (starts[0], starts[-1])],
             notes=(ONE_REQUEST,)),
    ]  # fmt: skip


def _numbers(layout: str, n_channels: int, n_samples: int) -> NDArray[np.int16]:
    """Return what the files store; a probe has the numbers of one recording several times over."""
    numbers = np.array([row for _, row in stored(0, n_samples)])
    return np.concatenate([numbers] * (n_channels // N_SOURCE)) if layout == "interleaved" else numbers


def _write_interleaved(folder: Path, n_samples: int) -> None:
    numbers = np.ascontiguousarray(_numbers("interleaved", N_PROBE, n_samples).T)
    numbers.tofile(folder / "probe.bin")


def _open_interleaved(folder: Path) -> ec.Signal:
    source = Source.open(folder / "probe.bin")
    n_samples = source.size // (2 * N_PROBE)
    extent = AffineExtent(source, np.dtype("<i2"), n_samples, 2 * np.arange(N_PROBE), 2 * N_PROBE)
    return signal_of(extent, RATE, units="uV", gain=GAIN)


def _write_continuous(folder: Path, n_samples: int) -> None:
    numbers = _numbers("continuous", N_SOURCE, n_samples)
    write_continuous(folder, numbers[:, : n_samples // 1024 * 1024], sampling_rate=RATE, bit_volts=GAIN)


def _write_rhd(folder: Path, n_samples: int) -> None:
    numbers = _numbers("rhd", N_SOURCE, n_samples).astype(np.int32) + (1 << 15)
    write_rhd(folder / "a.rhd", numbers.astype(np.uint16), sampling_rate=RATE)


def _write_edf(folder: Path, n_samples: int) -> None:
    length = int(RATE)
    n_records = n_samples // length
    numbers = _numbers("edf", N_SOURCE, n_samples)[:, : n_records * length]
    low, high = -(1 << 15), (1 << 15) - 1
    head = ["0", "X X X X", "Startdate 14-MAR-2026 X X X", "14.03.26", "10.21.05"]
    head += [256 * (1 + N_SOURCE), "", n_records, 1, N_SOURCE]
    widths = 8, 80, 80, 8, 8, 8, 44, 8, 8, 4
    fields: list[tuple[int, list[Any]]] = [(width, [value]) for width, value in zip(widths, head, strict=True)]
    physical = round(low * GAIN, 3), round(high * GAIN, 3)
    columns = [[f"EEG {k}" for k in range(N_SOURCE)], "", "uV", *physical, low, high, "", length, ""]
    for width, column in zip((16, 80, 8, 8, 8, 8, 8, 80, 8, 32), columns, strict=True):
        fields.append((width, column if isinstance(column, list) else [column] * N_SOURCE))
    with open(folder / "a.edf", "wb") as file:
        for width, values in fields:
            file.write(b"".join(str(value).encode().ljust(width) for value in values))
        records = numbers.reshape(N_SOURCE, n_records, length).transpose(1, 0, 2)
        np.ascontiguousarray(records).tofile(file)


def _open(folder: Path) -> ec.Signal:
    files = sorted(folder.iterdir())
    return ec.open_recording(files[0] if len(files) == 1 else folder).signal


_WRITE = {
    "interleaved": _write_interleaved,
    "continuous": _write_continuous,
    "rhd": _write_rhd,
    "edf": _write_edf,
}
_OPEN = {"interleaved": _open_interleaved, "continuous": _open, "rhd": _open, "edf": _open}
