"""Headstages: a small recording of known triggers, as each of the lab's systems leaves it where a session points."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__all__ = ["write_headstage"]

_HIGH = 20  # samples that a trigger is high


def write_headstage(
    folder: str | os.PathLike[str],
    name: str,
    headstage: str,
    triggers: Sequence[int] = (),
    *,
    n_samples: int = 6000,
    sampling_rate: float = 1000.0,
) -> Path:
    """Write a recording of 64 channels (active arrays: 80 cells) in the format of a headstage.

    Parameters
    ----------
    folder : path-like
        The session's; created when absent.
    name : str
        Of the recording.
    headstage : str
        ``oephys``, ``intan_rhd`` (packed into HDF5), ``blackrock``, a ``mux...`` or a ``zif...``.
    triggers : sequence of int
        Samples at which the trigger goes high.
    n_samples : int
    sampling_rate : float
        In Hz.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If there is no writer for the headstage.

    Examples
    --------
    >>> import tempfile
    >>> import ecogcat as ec
    >>> dataset = ec.open_recording(write_headstage(tempfile.mkdtemp(), "rec", "oephys", [100, 900]))
    >>> dataset.signal.shape, ec.detect_events(dataset).sample
    ((64, 6000), array([100, 900]))
    """
    import h5py

    rng = np.random.default_rng(len(name))
    line = np.zeros(n_samples, "f4")
    for start in triggers:
        line[start : start + _HIGH] = 3.3
    place = Path(folder) / "blackrock" if headstage == "blackrock" else Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{name}.h5"
    counts = rng.integers(-2000, 2000, (64, n_samples)).astype("i2")
    with h5py.File(path, "w") as file:
        if headstage == "oephys":
            file["chdata"], file["adc"], file["Fs"] = counts, line[None], sampling_rate
        elif headstage == "intan_rhd":
            file.attrs["JSON_header"] = f'{{"sample_rate": {sampling_rate}}}'
            file["amplifier_data"], file["board_adc_data"] = counts, line[None]
        elif headstage == "blackrock":
            file["data"], file["Fs"], file["trig_idx"] = counts, [[sampling_rate]], np.array(triggers, "f8")
        elif headstage.startswith(("mux", "zif")):
            n_rows, n_columns, n_inputs = (16, 4, 3) if headstage.startswith("mux") else (8, 10, 2)
            cells = rng.normal(0, 1e-3, (n_rows * (n_columns + n_inputs), n_samples)).astype("f4")
            cells[n_rows * n_columns : n_rows * (n_columns + 1)] = line  # the first column behind those of electrodes
            file["data"], file["Fs"] = cells, sampling_rate
            file["numRow"], file["numCol"], file["numChan"] = n_rows, n_columns, n_columns + n_inputs
        else:
            raise ValueError(f"no recording of headstage {headstage!r} is written; oephys, intan_rhd, mux6, ... are")
    return path
