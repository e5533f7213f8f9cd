"""A made-up auditory cortex under an 8 x 8 electrode grid: what simulated sessions record, in physical units.

Seeded and vectorised; all functions are pure but for the generator they draw from. The signal is background
activity with a 1/f spectrum that neighbouring electrodes share, mains hum, and responses to tones that are
tuned smoothly over the grid. It is meant to look right in a picture and to be found by an analysis, no more.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "GRID_SHAPE",
    "GROUND_CHANNELS",
    "LEVELS_DB",
    "N_CHANNELS",
    "PITCH_MM",
    "TONES_HZ",
    "draw_accelerometer",
    "draw_adc",
    "draw_cortex",
    "draw_events",
    "grid_sites",
    "tuning",
]

N_CHANNELS = 64
GROUND_CHANNELS = (1, 31, 63)
GRID_SHAPE = (8, 8)
PITCH_MM = 0.406
TONES_HZ = (1000.0, 2000.0, 4000.0, 8000.0, 16000.0, 32000.0)
LEVELS_DB = (30.0, 50.0, 70.0)

TONE_S = 0.05
"""Length of a tone, and of the trigger pulse that goes with it."""

_NO_ELECTRODE = ((0, 0), (0, 7), (7, 0))
_RESPONSE_S = 0.4
# Peaks of the response: latency and width in s, amplitude in uV at the best tone and the highest level.
_PEAKS = ((0.017, 0.004, 45.0), (0.036, 0.010, -150.0), (0.095, 0.030, 60.0), (0.210, 0.055, -20.0))


def grid_sites() -> NDArray[np.int64]:
    """Site of each source channel.

    Returns
    -------
    array of int64, shape (n_channels, 2)
        Row and column; -1 for the three ground channels. The wiring is scrambled, as connectors make it, and
        the same for every seed.
    """
    sites = np.array([site for site in np.ndindex(GRID_SHAPE) if site not in _NO_ELECTRODE], np.int64)
    channels = np.setdiff1d(np.arange(N_CHANNELS), GROUND_CHANNELS)
    wiring = np.full((N_CHANNELS, 2), -1, np.int64)
    # 23 and 61 have no common divisor: the products visit every site once, far apart from channel to channel.
    wiring[channels] = sites[(23 * np.arange(len(sites)) + 5) % len(sites)]
    return wiring


def draw_events(rng: np.random.Generator, n_samples: int, sampling_rate: float) -> pd.DataFrame:
    """Draw tones about once a second, every tone at every level equally often.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_samples : int
    sampling_rate : float
        In Hz.

    Returns
    -------
    DataFrame
        One row a tone: `sample` (int64), `tone` (Hz), `level` (dB). None starts within 0.5 s of either end.
    """
    n_possible = int(n_samples / sampling_rate / 0.9) + 1
    onset_s = 0.5 + np.cumsum(rng.uniform(0.9, 1.1, n_possible)) - 0.9
    sample = np.rint(onset_s * sampling_rate).astype(np.int64)
    sample = sample[sample < n_samples - 0.5 * sampling_rate]
    conditions = np.stack(np.meshgrid(TONES_HZ, LEVELS_DB), axis=-1).reshape(-1, 2)
    n_rounds = -(-len(sample) // len(conditions))
    rounds = [rng.permutation(len(conditions)) for _ in range(n_rounds)]
    order = np.concatenate(rounds) if rounds else np.zeros(0, np.int64)
    tone, level = conditions[order[: len(sample)]].T
    return pd.DataFrame({"sample": sample, "tone": tone, "level": level})


def tuning(sites: NDArray[np.int64], tone: float, level: float) -> NDArray[np.float64]:
    """Strength of the response at each site, between 0 and 1.

    The best frequency rises along one axis of the grid, in bands, one for each tone: so there is one right answer to
    which tone a site responds to best. The responsive area is an island in the middle of the grid.

    Parameters
    ----------
    sites : array of int, shape (n_channels, 2)
    tone : float
        In Hz.
    level : float
        In dB.

    Returns
    -------
    array of float64, shape (n_channels,)
    """
    row, column = sites.T / (np.array(GRID_SHAPE)[:, None] - 1) - 0.5
    along, across = column * 0.9 + row * 0.45, row * 0.9 - column * 0.45
    tones = np.log2(TONES_HZ)
    gradual = (tones[0] + tones[-1]) / 2 + along * (tones[-1] - tones[0])
    best = tones[np.abs(gradual[:, None] - tones).argmin(1)]
    tuned = np.exp(-0.5 * ((np.log2(tone) - best) / 1.1) ** 2)
    island = np.exp(-0.5 * (((across - 0.08) / 0.32) ** 2 + (along / 0.55) ** 2))
    # Louder tones drive more; 20 dB is the threshold.
    return np.asarray(tuned * island * np.clip((level - 20.0) / 50.0, 0.0, 1.0))


def draw_cortex(
    rng: np.random.Generator, events: pd.DataFrame, n_samples: int, sampling_rate: float
) -> NDArray[np.float32]:
    """Draw what the 64 source channels pick up.

    Parameters
    ----------
    rng : numpy.random.Generator
    events : DataFrame
        As `draw_events` makes it.
    n_samples : int
    sampling_rate : float
        In Hz.

    Returns
    -------
    array of float32, shape (n_channels, n_samples)
        In uV. The ground channels carry hum and amplifier noise only.
    """
    wiring = grid_sites()
    on_grid = wiring[:, 0] >= 0
    signal = rng.standard_normal((N_CHANNELS, n_samples), dtype=np.float32)
    signal *= 2.5  # amplifier noise, uV
    signal += _hum(rng, n_samples, sampling_rate)
    signal[on_grid] += _background(rng, wiring[on_grid], n_samples, sampling_rate)
    _add_responses(rng, signal, np.flatnonzero(on_grid), wiring[on_grid], events, sampling_rate)
    return signal


def _background(
    rng: np.random.Generator, sites: NDArray[np.int64], n_samples: int, sampling_rate: float
) -> NDArray[np.float32]:
    """Shape noise in the frequency domain, where 1/f is one product and neither end shows a filter."""
    from scipy import fft

    length = fft.next_fast_len(max(n_samples, 2), real=True)
    frequency = fft.rfftfreq(length, 1 / sampling_rate)
    # Power falls with f^-2.2 above 2 Hz; below, the amplifiers' high-pass (0.1 Hz) takes it down again.
    amplitude = (frequency**2 + 2.0**2) ** -0.55 * frequency / np.hypot(frequency, 0.1)
    amplitude *= 55.0 * length / (2 * np.sqrt((amplitude**2).sum()))  # uV, root mean square
    distance = PITCH_MM * np.linalg.norm(sites[:, None] - sites[None], axis=-1)
    mixing = np.linalg.cholesky(0.4 + 0.6 * np.exp(-distance / 1.4)).astype(np.float32)
    shape = (len(sites), len(frequency), 2)
    spectrum = rng.standard_normal(shape, dtype=np.float32).view(np.complex64)[..., 0]
    spectrum *= amplitude.astype(np.float32)
    mixing *= rng.lognormal(0.0, 0.12, (len(sites), 1)).astype(np.float32)  # no two contacts are alike
    background = fft.irfft(mixing @ spectrum, length, axis=1)
    return np.asarray(background[:, :n_samples], dtype=np.float32)


def _hum(rng: np.random.Generator, n_samples: int, sampling_rate: float) -> NDArray[np.float32]:
    time = np.arange(n_samples) / sampling_rate
    swell = 1 + 0.2 * np.sin(2 * np.pi * (0.07 * time + rng.random()))
    hum = np.zeros((N_CHANNELS, n_samples), np.float32)
    for harmonic, size in ((1, 5.0), (3, 1.5), (5, 0.6)):
        if 60.0 * harmonic < sampling_rate / 2:
            wave = swell * np.sin(2 * np.pi * (60.0 * harmonic * time + rng.random()))
            per_channel = size * rng.lognormal(0.0, 0.35, N_CHANNELS)
            hum += np.multiply.outer(per_channel, wave).astype(np.float32)
    return hum


def _add_responses(
    rng: np.random.Generator,
    signal: NDArray[np.float32],
    channels: NDArray[np.intp],
    sites: NDArray[np.int64],
    events: pd.DataFrame,
    sampling_rate: float,
) -> None:
    time = np.arange(int(_RESPONSE_S * sampling_rate)) / sampling_rate
    waits = np.exp(-np.maximum(_RESPONSE_S - time, 0) / 0.02)  # ends at zero, so that no response ends in a step
    trial = rng.lognormal(0.0, 0.25, len(events))
    responses: dict[tuple[float, float], NDArray[np.float32]] = {}
    for start, tone, level, size in zip(events["sample"], events["tone"], events["level"], trial, strict=True):
        if (tone, level) not in responses:
            strength = tuning(sites, tone, level)[:, None]
            since = time - 0.006 * (1 - strength)  # weak responses come late
            peaks = (peak * np.exp(-0.5 * ((since - at) / width) ** 2) for at, width, peak in _PEAKS)
            responses[tone, level] = (strength * sum(peaks) * (1 - waits)).astype(np.float32)
        stop = min(start + len(time), signal.shape[1])
        signal[channels, start:stop] += np.float32(size) * responses[tone, level][:, : stop - start]


def draw_adc(
    rng: np.random.Generator, events: pd.DataFrame, n_samples: int, sampling_rate: float
) -> NDArray[np.float64]:
    """Draw the board's analog inputs: the trigger line, and a microphone's envelope.

    Returns
    -------
    array of float64, shape (2, n_samples)
        In V. The trigger is at about 3.3 V for 50 ms from the sample of each event, near 0 V otherwise.
    """
    starts = events["sample"].to_numpy()
    gate = np.zeros(n_samples + 1)
    np.add.at(gate, starts, 1.0)
    np.add.at(gate, np.minimum(starts + max(int(TONE_S * sampling_rate), 1), n_samples), -1.0)
    gate = np.cumsum(gate)[:n_samples]
    loudness = np.zeros(n_samples)
    if len(starts):
        latest = np.maximum(np.searchsorted(starts, np.arange(n_samples), side="right") - 1, 0)
        loudness = 10 ** ((events["level"].to_numpy()[latest] - 70.0) / 40.0)
    trigger = 0.02 + 3.25 * gate + rng.normal(0.0, 0.003, n_samples)
    microphone = 0.05 + 1.2 * gate * loudness + np.abs(rng.normal(0.0, 0.02, n_samples))
    return np.stack([trigger, microphone])


def draw_accelerometer(rng: np.random.Generator, n_samples: int, sampling_rate: float) -> NDArray[np.float64]:
    """Draw the headstage's accelerometer: gravity, breathing and a few movements.

    Returns
    -------
    array of float64, shape (3, n_samples)
        In V; x, y and z.
    """
    time = np.arange(n_samples) / sampling_rate
    breathing = np.sin(2 * np.pi * (1.4 * time + rng.random()))
    axes = np.array([1.62, 1.71, 2.02])[:, None] + np.multiply.outer([0.002, 0.003, 0.008], breathing)
    axes += rng.normal(0.0, 0.0015, axes.shape)
    for start in rng.uniform(0, max(n_samples / sampling_rate, 1e-9), rng.poisson(n_samples / sampling_rate / 10)):
        since = np.maximum(time - start, 0)
        wobble = since * np.exp(-since / 0.15) * np.sin(2 * np.pi * 7 * since)
        axes += np.multiply.outer(rng.normal(0.0, 1.5, 3), wobble)
    return axes
