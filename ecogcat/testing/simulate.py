"""Simulated sessions: a few recordings in real file formats, with a catalog, of which every value is known.

What is recorded comes from `ecogcat.testing.cortex`; it is quantised to the integers a file stores *before*
the expected values are computed, so that a reader can be held to them exactly.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecogcat.formats.intan.layout import ADC_SCALES, AMPLIFIER_SCALE, AUX_SCALE, Scale
from ecogcat.testing import cortex
from ecogcat.testing.continuous import write_continuous
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulated import SimulatedArray, SimulatedRecording, SimulatedSession

__all__ = ["SimulatedArray", "SimulatedRecording", "SimulatedSession", "simulate_session"]

_Array: TypeAlias = NDArray[Any]

_FIRST_START = datetime(2026, 3, 14, 10, 21, 5)
# The lengths of the recordings of one session differ, and come back after four.
_LENGTHS = (1.0, 0.86, 1.17, 0.93)
# Two generations of Intan files in turn: blocks of 128 and of 60 samples, two scales of the ADC inputs.
_INTAN_VARIANTS = (((3, 3), 13), ((1, 5), 0))
_COUNTS = Scale(0.195, 0.0, "uV")
_OPENEPHYS_ADC, _OPENEPHYS_AUX = Scale(0.00015258789, 0.0, "V"), Scale(0.0000374, 0.0, "V")
_FIRST_NUMBERS = (0, 251_635)  # Open Ephys counts from the start of acquisition, not of recording
_SUPPLY_STORED = 44118  # 3.3 V
_METADATA = {"animal": "rat-17", "session": f"{_FIRST_START:%Y-%m-%d}", "stimulus": "pure tones"}


def simulate_session(
    folder: str | os.PathLike[str],
    formats: Sequence[str] = ("intan", "hdf5", "intan", "hdf5"),
    *,
    seed: int = 0,
    duration_s: float = 20.0,
    sampling_rate: float = 2000.0,
    without_events: Collection[int] = (),
) -> SimulatedSession:
    """Write a small session of known content in real file formats, with electrode table, events and catalog.

    Recordings of one format take turns between variants: ``"intan"`` between header versions 3.3 and 1.5,
    whose blocks and ADC scales differ; ``"hdf5"`` between contiguous int16 counts and chunked float32 in uV;
    ``"openephys"``, a folder of ``.continuous`` files, between first sample numbers.

    Parameters
    ----------
    folder : path-like
        Created when absent; files of an earlier simulation in it are replaced.
    formats : sequence of str
        Format of each recording, ``"intan"``, ``"hdf5"`` or ``"openephys"``.
    seed : int
        Same seed, same session (up to rounding between machines).
    duration_s : float
        Length of the first recording in s; the others are up to a sixth shorter or longer.
    sampling_rate : float
        In Hz.
    without_events : collection of int
        Positions of recordings in which no tone is played.

    Returns
    -------
    SimulatedSession

    Raises
    ------
    ValueError
        If a format is unknown, or the recordings would have no sample.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     session = simulate_session(folder, ("hdf5", "intan"), duration_s=2.0)
    ...     sorted(path.name for path in session.folder.iterdir())[:2]
    ['2026-03-14_10-21-05_001.h5', '2026-03-14_10-21-05_001_events.csv']
    >>> session.recordings[0].values_uV.shape
    (64, 4007)
    """
    unknown = sorted(set(formats) - set(_MAKERS))
    if unknown:
        raise ValueError(f"unknown formats {unknown}: there are {list(_MAKERS)}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    recordings: list[SimulatedRecording] = []
    start = _FIRST_START
    for i, format in enumerate(formats):
        rng = np.random.default_rng([seed, i])
        n_samples = int(duration_s * _LENGTHS[i % len(_LENGTHS)] * sampling_rate)
        if n_samples < 1:
            raise ValueError(f"duration_s={duration_s} has no sample at {sampling_rate} Hz")
        take = _Take(
            folder=folder,
            name=f"{start:%Y-%m-%d_%H-%M-%S}_{i + 1:03d}",
            start=start,
            rng=rng,
            n_samples=n_samples,
            sampling_rate=sampling_rate,
            variant=list(formats[:i]).count(format) % 2,
            tones=i not in without_events,
        )
        recording = _MAKERS[format](take)
        recording.events.to_csv(folder / f"{recording.name}_events.csv", index=False)
        recordings.append(recording)
        pause_s = int(rng.integers(120, 420))
        start += timedelta(seconds=round(recording.n_samples / sampling_rate) + pause_s)
    return SimulatedSession(
        folder=folder,
        catalog=_write_catalog(folder, recordings),
        grid=_write_grid(folder),
        recordings=tuple(recordings),
    )


def _quantise(values: NDArray[Any], scale: Scale, dtype: str, sampling_rate: float) -> SimulatedArray:
    limits = np.iinfo(dtype)
    counts = np.rint((values - scale.offset) / scale.gain).clip(limits.min, limits.max)
    return SimulatedArray(counts.astype(dtype), *scale, sampling_rate)


class _Take(NamedTuple):
    """What there is to know before a recording is drawn."""

    folder: Path
    name: str
    start: datetime
    rng: np.random.Generator
    n_samples: int
    sampling_rate: float
    variant: int
    tones: bool

    def draw(self, n_samples: int, aux_decimation: int) -> tuple[pd.DataFrame, _Array, _Array, _Array]:
        """Draw events, signal (uV), ADC and aux channels (V)."""
        rng, rate = self.rng, self.sampling_rate
        # Drawn in any case, so that a recording without tones has the background of the one with them.
        events = cortex.draw_events(rng, n_samples, rate).iloc[: None if self.tones else 0]
        signal = cortex.draw_cortex(rng, events, n_samples, rate)
        adc = cortex.draw_adc(rng, events, n_samples, rate)
        aux = cortex.draw_accelerometer(rng, -(-n_samples // aux_decimation), rate / aux_decimation)
        return events, signal, adc, aux


def _make_intan(take: _Take) -> SimulatedRecording:
    rate = take.sampling_rate
    version, board_mode = _INTAN_VARIANTS[take.variant]
    block_length = 60 if version < (2, 0) else 128
    n_blocks = max(take.n_samples // block_length, 1)
    events, signal, adc, aux = take.draw(n_blocks * block_length, aux_decimation=4)
    recording = SimulatedRecording(
        name=take.name,
        path=take.folder / f"{take.name}_{take.start:%y%m%d_%H%M%S}.rhd",
        format="intan",
        signal=_quantise(signal, AMPLIFIER_SCALE, "<u2", rate),
        adc=_quantise(adc, ADC_SCALES[board_mode], "<u2", rate),
        aux=_quantise(aux, AUX_SCALE, "<u2", rate / 4),
        events=events,
        start_time=take.start,
    )
    write_rhd(
        recording.path,
        recording.stored,
        sampling_rate=rate,
        version=version,
        adc=recording.adc.stored,
        aux=recording.aux.stored,
        supply=np.full((1, n_blocks), _SUPPLY_STORED),
        notes=(_METADATA["animal"], _METADATA["stimulus"], "simulated"),
        board_mode=board_mode,
        bandwidth_hz=(0.1, 0.375 * rate),
    )
    return recording


def _make_hdf5(take: _Take) -> SimulatedRecording:
    import h5py

    rate = take.sampling_rate
    # No round number: a length that is a multiple of nothing finds more mistakes.
    events, in_uV, adc, aux = take.draw(take.n_samples + 7, aux_decimation=4)
    signal = _quantise(in_uV, _COUNTS, "<i2", rate)
    if take.variant:
        signal = SimulatedArray(signal.values, 1.0, 0.0, "uV", rate)
    recording = SimulatedRecording(
        name=take.name,
        path=take.folder / f"{take.name}.h5",
        format="hdf5",
        signal=signal,
        adc=SimulatedArray(adc.astype("<f4"), 1.0, 0.0, "V", rate),
        aux=SimulatedArray(aux.astype("<f4"), 1.0, 0.0, "V", rate / 4),
        events=events,
        start_time=take.start,
    )
    with h5py.File(recording.path, "w") as file:
        file.create_dataset("chdata", data=recording.stored, chunks=True if take.variant else None)
        file["adc"], file["aux"], file["Fs"] = recording.adc.stored, recording.aux.stored, rate
    return recording


def _make_openephys(take: _Take) -> SimulatedRecording:
    rate = take.sampling_rate
    # Whole records: the GUI fills the last one with zeros, which would be no content.
    events, signal, adc, aux = take.draw(max(take.n_samples // 1024, 1) * 1024, aux_decimation=1)
    recording = SimulatedRecording(
        name=take.name,
        path=take.folder / take.name,
        format="openephys",
        signal=_quantise(signal, _COUNTS, "<i2", rate),
        adc=_quantise(adc, _OPENEPHYS_ADC, "<i2", rate),
        aux=_quantise(aux, _OPENEPHYS_AUX, "<i2", rate),
        events=events,
        start_time=take.start,
    )
    write_continuous(
        recording.path,
        recording.stored,
        sampling_rate=rate,
        bit_volts=_COUNTS.gain,
        adc=recording.adc.stored,
        adc_bit_volts=_OPENEPHYS_ADC.gain,
        aux=recording.aux.stored,
        aux_bit_volts=_OPENEPHYS_AUX.gain,
        version=0.6,  # whose files have a start time that can be read in one way only
        first_timestamp=_FIRST_NUMBERS[take.variant],
        start_time=take.start,
    )
    return recording


_MAKERS = {"intan": _make_intan, "hdf5": _make_hdf5, "openephys": _make_openephys}


def _write_grid(folder: Path) -> Path:
    rows = [
        f"{channel},electrode,{row},{column}" if row >= 0 else f"{channel},ground,,"
        for channel, (row, column) in enumerate(cortex.grid_sites().tolist())
    ]
    header = [
        "# shape: {} {}".format(*cortex.GRID_SHAPE),
        f"# pitch_mm: {cortex.PITCH_MM}",
        "channel,role,row,col",
    ]
    path = folder / "grid.csv"
    path.write_text("\n".join([*header, *rows]) + "\n", encoding="utf-8")
    return path


def _write_catalog(folder: Path, recordings: Sequence[SimulatedRecording]) -> Path:
    import yaml

    sources = {
        recording.name: {
            "description": f"Tones over auditory cortex, {recording.format}",
            "driver": f"ecog_{recording.format}",
            "args": {
                "urlpath": f"{{{{ CATALOG_DIR }}}}/{recording.path.name}",
                "electrode": "{{ CATALOG_DIR }}/grid.csv",
                "events": f"{{{{ CATALOG_DIR }}}}/{recording.name}_events.csv",
            },
            "metadata": {**_METADATA, "start_time": recording.start_time.isoformat()},
        }
        for recording in recordings
    }
    path = folder / "session.yaml"
    catalog = {"metadata": {"version": 1, **_METADATA}, "sources": sources}
    path.write_text(yaml.safe_dump(catalog, sort_keys=False, width=120), encoding="utf-8")
    return path
