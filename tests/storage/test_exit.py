"""The end of a process that has read HDF5: it ends, and well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

SCRIPT = """
import sys
import ecogcat as ec
dataset = ec.open_recording(sys.argv[1])
print(dataset.signal[0, :3].tolist())
"""


def test_a_process_that_has_read_compressed_hdf5_ends_well(tmp_path: Path) -> None:
    """Nothing of libhdf5 is left to be called after Python has ended."""
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "chdata", data=np.arange(3000, dtype="f4").reshape(2, -1), chunks=(1, 100), compression="gzip"
        )
        file["Fs"] = 1000.0
    run = subprocess.run([sys.executable, "-c", SCRIPT, path], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "[0.0, 1.0, 2.0]\n", "")
