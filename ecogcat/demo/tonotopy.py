"""Tonotopy: events found on the trigger line, conditions from tables, responses averaged; beside what was simulated."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import ecogcat as ec
from ecogcat.demo import page
from ecogcat.demo.picture import plot_tonotopy
from ecogcat.demo.tuning import Tuning, tuning_of
from ecogcat.testing import cortex
from ecogcat.testing.simulated import SimulatedSession

__all__ = ["check_tuning", "tonotopy"]

_CONDITIONS = ["tone", "level"]


def tonotopy(datasets: Sequence[ec.Dataset], session: SimulatedSession, output: Path) -> bool:
    """Recover events, conditions and best frequencies of a session, draw them, and hold them to the simulation.

    Parameters
    ----------
    datasets : sequence of Dataset
        The recordings of the session; their events are not used.
    session : SimulatedSession
    output : Path
        Folder for the picture.

    Returns
    -------
    bool
        Whether events, conditions and best tones are those simulated.
    """
    page.step("Tonotopy: events from the trigger line, conditions from the session's tables")
    page.code("def recover(recording, table):             # the recording's own events are not used")
    page.text(
        '...     events = ec.detect_events(recording, source="adc", channel=0)\n'
        "...     recording = ec.with_events(recording, events)\n"
        '...     return ec.with_conditions(recording, table[["tone", "level"]])'
    )
    page.code("dataset = ec.load(ec.join(*map(recover, recordings, tables)))  # into memory")
    tables = [pd.read_csv(session.folder / f"{one.name}_events.csv") for one in session.recordings]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the plan has said what joining leaves out
        # In memory, one kernel gathers the epochs; from the files it would be four, and each is compiled on first use.
        dataset = ec.load(ec.join(*map(_recover, datasets, tables)))
    page.code(
        'epochs = ec.epochs(dataset, 0.1, 0.4, unit="s", baseline=(-0.1, 0))',
        'average = epochs.average(by=["tone", "level"])',
    )
    epochs = ec.epochs(dataset, 0.1, 0.4, unit="s", baseline=(-0.1, 0))
    tuning = tuning_of(epochs)
    page.text(repr(epochs))
    page.text(repr(tuning.average))
    page.say(
        f"First deflections at {tuning.peak_s * 1e3:.0f} and {tuning.trough_s * 1e3:.0f} ms; "
        f"{tuning.responds.sum()} of {dataset.n_channels} sites respond."
    )
    _draw(dataset, tuning, output)

    page.step("Recovered parameters equal the simulated ones?")
    events, tones = _check_events(dataset, session), check_tuning(dataset, tuning)
    return events and tones


def _recover(recording: ec.Dataset, table: pd.DataFrame) -> ec.Dataset:
    events = ec.detect_events(recording, source="adc", channel=0)
    return ec.with_conditions(ec.with_events(recording, events), table[_CONDITIONS])


def _draw(dataset: ec.Dataset, tuning: Tuning, output: Path) -> None:
    path = output / "tonotopy.png"
    output.mkdir(parents=True, exist_ok=True)
    try:
        plot_tonotopy(dataset, tuning, path)
    except ImportError as error:
        page.say(f"not drawn: {error}")
        return
    page.say(f"written: {page.relative(path)}")


def _check_events(dataset: ec.Dataset, session: SimulatedSession) -> bool:
    """Say whether the events and conditions of the joined recordings are those simulated."""
    found = dataset.events
    starts = [part.start for part in dataset.recordings]
    simulated = pd.concat(
        [one.events.assign(sample=one.events["sample"] + start)
         for one, start in zip(session.recordings, starts, strict=True)],
        ignore_index=True,
    )  # fmt: skip
    n, n_simulated = len(found), len(simulated)
    told = f"events: {n} detected, {n_simulated} simulated"
    if n == n_simulated:
        most = int(np.abs(found.sample - simulated["sample"].to_numpy()).max(initial=0))
        alike = int((found.table[_CONDITIONS] == simulated[_CONDITIONS]).all(axis=1).sum())
        page.say(f"{told}; largest difference {most} samples: {_verdict(most == 0)}")
        page.say(f"conditions: {alike} of {n} have the tone and the level simulated: {_verdict(alike == n)}")
        return most == 0 and alike == n
    page.say(f"{told}: {_verdict(False)}")
    return False


def _verdict(same: bool) -> str:
    return "yes" if same else "NO"


def check_tuning(dataset: ec.Dataset, tuning: Tuning) -> bool:
    """Say at how many of the sites that respond the best tone is that simulated; return whether at all of them."""
    sites = np.array(dataset.channel_map)[tuning.responds]
    if not len(sites):
        page.say("best tones: no site responds")
        return False
    simulated = np.argmax([cortex.tuning(sites, tone, tuning.levels[-1]) for tone in tuning.tones], axis=0)
    right = tuning.best_tone[tuning.responds] == simulated
    octaves = np.abs(np.log2(tuning.best[tuning.responds] / tuning.tones[simulated]))
    page.say(
        f"best tones: {right.sum()} of the {len(sites)} sites that respond have the one simulated: "
        f"{_verdict(bool(right.all()))}",
        f"best frequencies: {np.median(octaves):.2f} octaves from those simulated in the median, "
        f"{octaves.max():.2f} at most",
    )
    return bool(right.all())
