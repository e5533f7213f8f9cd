"""The walk that every user of the older system knows: its calls through `ecogcat.compat`, and the same in ours.

python -m tests.joining_walk          with recordings of 843,162 and 839,373 samples (files with holes)
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import ecogcat as ec

_LATER = ((2, 4), (3, 5), (4, 6), (5, 7), (6, 9))
NAMES = ["2016-09-26_15-49-32_002", *(f"2016-09-26_16-0{k}-50_{n:03}" for k, n in _LATER)]
LENGTHS = (843_162, 839_373, 840_000, 841_000, 842_000, 838_000)
RATE, EVENTS = 2000.0, 390


def simulate(folder: Path, lengths: tuple[int, ...] = LENGTHS, events: int = EVENTS) -> Path:
    """Write a session of stored downsamples, and the file of global settings that names its folder."""
    data, sessions = folder / "data", folder / "sessions" / "16017"
    data.mkdir()
    sessions.mkdir(parents=True)
    sections = "".join(f"[{name}]\ntones_tab: tones.txt\namps_tab: 50, 70\n" for name in NAMES)
    head = f"exp_path: {data}\nnwk_path: none\nheadstage: oephys\nelectrode: psv_61_intan\nresample_rate: 2000\n"
    (sessions / "2016-09-25_conf.txt").write_text(f"[session]\n{head}[spontaneous]\n")
    (sessions / "2016-09-26_conf.txt").write_text(f"[session]\n{head}exp_type: tonotopy\n{sections}")
    (sessions / "tones.txt").write_text("\n".join(str(500 * 2**k) for k in range(6)))
    for k, (name, n) in enumerate(zip(NAMES, lengths, strict=True)):
        with h5py.File(data / f"{name}_Fs2000.h5", "w") as file:
            file["Fs"] = RATE
            signal = file.create_dataset("chdata", (64, n), "f4", chunks=(1, min(n, 26_349)))
            adc = file.create_dataset("adc", (8, n), "f4", chunks=(1, min(n, 26_349)))
            file.create_dataset("aux", (3, n), "f4", chunks=(1, min(n, 26_349)))
            rng = np.random.default_rng(k)
            signal[:, :200], signal[:, -200:] = (rng.normal(size=(64, 200)).cumsum(axis=1) for _ in range(2))
            high = np.zeros(n, "f4")
            every = n // (events + 1)
            for start in range(every, every * (events + 1), every):
                high[start : start + every // 4] = 3.3
            adc[0] = high
    settings = folder / "settings.txt"
    settings.write_text(f"[globals]\nuser_sessions: {folder / 'sessions'}\n")
    return settings


def five(one: Any) -> list[Any]:
    """The five shapes that the notebook prints."""
    return [one.data.shape, one.adc.shape, one.aux.shape, one.pos_edge.shape, len(one.exp)]


def older(say: Callable[..., None]) -> dict[str, Any]:
    """The notebook's calls, as they are."""
    import matplotlib.pyplot as plt

    from ecogcat.compat import available_sessions, join_datasets, load_datasets, load_experiment_auto, session_conf

    session = available_sessions("16017")[1]
    info = session_conf(session)
    recordings = [key for key in info if "tones_tab" in info[key] and info[key].tones_tab.endswith("txt")]
    say("recordings", recordings)
    dataset = load_experiment_auto(session, recordings[0], mapped="r+")
    say("dataset", dataset)
    for name in dataset.data.aligned_arrays:
        say(name, getattr(dataset.data, name).shape)
    dataset2 = load_experiment_auto(session, recordings[1], mapped="r+")
    joined = dataset.data.join(dataset2.data)
    say("join of data", dataset.data.shape, "+", dataset2.data.shape, "=", joined.shape)
    say("buffers", type(dataset.data.data_buffer).__name__, type(joined.data_buffer).__name__)
    t1 = dataset.data.shape[1]
    seam = np.concatenate([dataset.data[0, t1 - 200 :], dataset2.data[0, :200]])
    say("the same curve across the seam", bool(np.array_equal(joined[0, t1 - 200 : t1 + 200], seam)))
    mask = dataset.data.binary_channel_mask
    mask[:10] = False
    dataset.data.set_channel_mask(mask)
    dataset.chan_map = dataset.chan_map.subset(mask)
    made = {"r+ and r+": join_datasets([dataset, dataset2])}
    figure, bar = made["r+ and r+"].chan_map.image()
    say("image", type(figure).__name__, type(bar).__name__)
    plt.close(figure)
    full = load_datasets(session, recordings[:4], load_kwargs={"mapped": "r+"})
    say("four", full.name, full.data.shape, len(full.exp))
    dataset2.data.set_channel_mask(None)
    made["r+ and r+, loaded"] = join_datasets([dataset, dataset2], source_type="loaded", popdata=False)
    dataset2 = load_experiment_auto(session, recordings[1], mapped=False)
    made["r+ and loaded, mapped"] = join_datasets([dataset, dataset2], source_type="mapped")
    dataset2 = load_experiment_auto(session, recordings[1], mapped=False)
    made["r+ and loaded, loaded"] = join_datasets([dataset, dataset2], source_type="loaded")
    made["r+ and loaded"] = join_datasets([dataset, dataset2], popdata=True, shared_mem=True, source_type="")
    for name, one in made.items():
        say(f"{name:22} {one.data.kind:7}", five(one))
    return made


def ours(say: Callable[..., None]) -> dict[str, ec.Dataset]:
    """The same walk in our own API."""
    cat = ec.open_session("16017/2016-09-26")
    say("recordings", list(cat))
    first, second, *_ = four = ec.load_session(cat, list(cat)[:4], trigger=0)
    say("adc", first["adc"].shape, "aux", first["aux"].shape)
    joined = ec.join(first, second)
    say("join", first.signal.shape, "+", second.signal.shape, "=", joined.signal.shape)
    end, begin, seam = first.signal[0, -200:], second.signal[0, :200], joined.seams[0].sample
    say("the same curve", np.array_equal(joined.signal[0, seam - 200 : seam + 200], np.append(end, begin)))
    all_four = ec.join(*four)
    say("four", all_four.name, all_four.signal.shape, len(all_four.events))
    first = ec.select_channels(first, range(10, first.n_channels))
    say("image", type(ec.plot_map(first)).__name__)
    made = {"mapped": ec.join(first, second), "r+": ec.join(ec.scratch(first), ec.scratch(second))}
    made |= {"loaded": ec.load(made["mapped"]), "r+ and loaded": ec.join(ec.scratch(first), ec.load(second))}
    for name, one in made.items():
        shapes = [one.signal.shape, one["adc"].shape, one["aux"].shape, one.events.sample.shape, len(one.events)]
        say(f"{name:13}", shapes)
    return made


def walk(
    folder: Path, say: Callable[..., None] = print, **session: Any
) -> tuple[dict[str, Any], dict[str, ec.Dataset]]:
    """Simulate a session in a folder and walk through it both ways."""
    os.environ["ECOGCAT_LAB_SETTINGS"] = str(simulate(folder, **session))
    say("-- through ecogcat.compat")
    made = older(say)
    say("-- in our own words")
    return made, ours(say)


if __name__ == "__main__":
    import matplotlib

    matplotlib.use("agg")
    with tempfile.TemporaryDirectory() as temporary:
        walk(Path(temporary))
    sys.exit(0)
