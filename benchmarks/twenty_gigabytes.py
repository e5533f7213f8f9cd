"""More than memory holds: ``python -m benchmarks.twenty_gigabytes [--size 20e9] [--folder DIR] [--limit "512 MB"]``.

A join of eight int16 recordings, 20 GB in all, is band-passed (2 to 200 Hz, forward and backward), resampled from 20 to
2 kHz and written to one HDF5 file, with progress bars on stderr. The recordings are sparse files, contiguous and
interleaved in turn: noise in some stretches of each, holes elsewhere, so that they take no room on the disk. What is
band-passed does: twice the size, beside a fifth of it for the file that is written; both go when it is done.

The work is done in a process of its own. Printed as JSON are its seconds by step and the peak of its memory, in bytes:
the largest resident set (VmHWM), with mapped pages, and the process's own (RssAnon). What was written is compared with
what scipy makes of the stretches that are not holes. Nothing is locked: where others work, seconds are no measure.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ecogcat as ec

N_FILES, N_CHANNELS, GAIN = 8, 64, 0.195
RATE, SLOW, EDGES = 20_000, 2_000, (2, 200)
NOISE, MARGIN = 12 * RATE, 5 * RATE  # samples of a stretch of noise; of it before and behind what is compared
STEP = RATE // SLOW


def stretches(n_samples: int) -> list[int]:
    """Where the noise of a recording begins; in a short one it is noise throughout."""
    return sorted({0, n_samples // 3 // STEP * STEP, (n_samples - NOISE) // STEP * STEP})


def noise(recording: int, start: int) -> NDArray[np.int16]:
    """Noise on a slow hill, so that it does not begin or end with a step."""
    values = np.random.default_rng([recording, start]).standard_normal((N_CHANNELS, NOISE), np.float32)
    return (values * 500 * np.hanning(NOISE).astype(np.float32)).astype(np.int16)


def make(folder: Path, n_samples: int) -> list[Path]:
    """Make the recordings: of each file only the noise is on the disk."""
    import h5py

    from ecogcat.storing.hdf5 import reach, room_for

    paths = [folder / f"recording{k}.h5" for k in range(N_FILES)]
    for k, path in enumerate(paths):
        time_first = bool(k % 2)
        shape = (n_samples, N_CHANNELS) if time_first else (N_CHANNELS, n_samples)
        with h5py.File(path, "w") as file:
            file["Fs"] = float(RATE)
            data = room_for(file, "chdata", shape, np.dtype(np.int16))
            data.attrs["gain"] = GAIN
            offset, size = data.id.get_offset(), data.id.get_storage_size()
        reach(str(path), [offset + size])
        with h5py.File(path, "r+") as file:
            for start in stretches(n_samples):
                values = noise(k, start)
                if time_first:
                    file["chdata"][start : start + NOISE] = values.T
                else:
                    file["chdata"][:, start : start + NOISE] = values
    return paths


def opened(paths: list[Path]) -> ec.Dataset:
    order = ("channels_first", "time_first")
    return ec.join(*(ec.open_recording(path, axis_order=order[k % 2]) for k, path in enumerate(paths)))


def status() -> dict[str, int]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("Rss", "VmHWM"))}


@contextmanager
def peak_of_own() -> Iterator[list[int]]:
    """Keep in a list the most anonymous memory that the process had."""
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            most[0] = max(most[0], status()["RssAnon"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        done.set()
        watcher.join()


def work(folder: Path, limit: str) -> dict[str, Any]:
    """Do it, in this process; return seconds and memory."""
    seconds, start = {}, time.perf_counter()

    def took(step: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[step], start = round(now - start, 2), now

    with ec.options(memory_limit=limit), peak_of_own() as most:
        took("import")
        dataset = opened(sorted(folder.glob("recording*.h5")))
        took("open and join")
        filtered = ec.bandpass(dataset, *EDGES, progress=True)
        took("bandpass")
        slow = ec.resample(filtered, SLOW)
        took("resample (lazy)")
        ec.write(slow, folder / "written.h5", progress=True)
        took("resample and write")
    return {"seconds": seconds, "largest resident set": status()["VmHWM"], "largest own memory": most[0]}


def compare(folder: Path, n_samples: int) -> float:
    """Return by how much of the signal's standard deviation the file differs, at most, from what scipy makes."""
    from scipy import signal

    from ecogcat.conditioning.polyphase import polyphase

    sos = signal.butter(3, EDGES, "bandpass", fs=RATE, output="sos")
    design = polyphase(Fraction(0), Fraction(STEP))
    written = ec.open_recording(folder / "written.h5")
    worst = 0.0
    for k, part in enumerate(written.parts):
        for start in stretches(n_samples):
            raw = noise(k, start) * GAIN
            passed = signal.sosfiltfilt(sos, raw, padtype=None, padlen=0)
            first = MARGIN + int(design.first[0])
            count = (NOISE - 2 * MARGIN) // STEP
            # The weights of ours, which are symmetric, in scipy's resampling; that they are right is tested elsewhere.
            wanted = signal.upfirdn(design.taps[0][::-1], passed[:, first:], 1, STEP)
            skipped = -(-(design.taps.shape[1] - 1) // STEP)
            at = part.start + (start + MARGIN) // STEP
            found = written.signal[:, at : at + count]
            worst = max(worst, float(np.abs(found - wanted[:, skipped : skipped + count]).max() / found.std()))
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.twenty_gigabytes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", type=float, default=20e9, help="bytes of the recordings (20e9)")
    parser.add_argument("--folder", type=Path, help="where recordings, scratch and result go (the temporary folder)")
    parser.add_argument("--limit", default="512 MB", help="ecogcat's memory limit")
    parser.add_argument("--work-in", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work_in is not None:
        print(json.dumps(work(asked.work_in, asked.limit)))
        return 0
    n_samples = max(3 * NOISE, int(asked.size) // (N_FILES * N_CHANNELS * 2)) // STEP * STEP
    size = n_samples * N_FILES * N_CHANNELS * 2
    if asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="twenty_gigabytes-", dir=asked.folder))
    try:
        needed, free = 2 * size + 2 * size // STEP, shutil.disk_usage(folder).free
        if needed > free:
            print(f"{folder}: {needed:,} bytes are needed, {free:,} are free; give --folder or --size", file=sys.stderr)
            return 1
        make(folder, n_samples)
        command = [
            sys.executable,
            "-m",
            "benchmarks.twenty_gigabytes",
            "--work-in",
            str(folder),
            "--limit",
            asked.limit,
        ]
        environment = {**os.environ, "TMPDIR": str(folder)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        facts = {
            "bytes": size,
            "memory limit": asked.limit,
            **json.loads(done.stdout),
            "bytes written": (folder / "written.h5").stat().st_size,
            "largest difference from scipy, in standard deviations": compare(folder, n_samples),
        }
        print(json.dumps(facts, indent=1))
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
