"""The demo on a simulated session: four recordings in two formats, each in two layouts."""

from __future__ import annotations

import time
from pathlib import Path

import ecogcat as ec
from ecogcat.catalog.demo import demo_catalog_path, demo_folder
from ecogcat.demo import page
from ecogcat.demo.tonotopy import tonotopy
from ecogcat.demo.tour import join, tour

__all__ = ["run_session"]

_BAD = 10
_REASON = "high impedance"


def run_session(output: Path) -> int:
    """Simulate four recordings into ``output/session`` and go through everything; return 0 if all was recovered."""
    import intake

    from ecogcat.testing.simulate import simulate_session

    page.title(f"ecogcat {ec.__version__}: four recordings, one dataset")

    page.step("A session on disk")
    began = time.perf_counter()
    session = simulate_session(output / "session")
    for recording in session.recordings:
        page.say(f"{page.relative(recording.path)}  ({recording.path.stat().st_size / 1e6:.1f} MB)")
    page.say(f"Two file formats, each in two layouts; simulated in {time.perf_counter() - began:.1f} s.")

    page.step("Opened through its catalog: headers only, no sample is read")
    path = _catalog_for(output)
    began = time.perf_counter()
    catalog = intake.open_catalog(str(path))
    names = [name for name in catalog if name.startswith("rec_")]
    datasets = [catalog[name].read() for name in names]
    spent = time.perf_counter() - began
    page.code(f'cat = intake.open_catalog("{page.relative(path)}")', "list(cat)")
    rows = []
    for name, dataset in zip(names, datasets, strict=True):
        start = str(dataset.parts[0].start_time.astype("datetime64[s]")).replace("T", " ")
        size = f"{dataset.n_channels} x {dataset.n_samples:,}"
        rows.append((name, dataset.parts[0].format, size, f"{dataset.sampling_rate:g} Hz", len(dataset.events), start))
    page.table(("entry", "format", "channels x samples", "rate", "events", "start time"), rows)
    page.say(f"opened in {spent * 1e3:.0f} ms")

    page.step(f"{_BAD} channels of {names[1]} are bad: leave them out, and say why")
    bad = [datasets[1].signal.channel_names[k] for k in range(5, 5 + 5 * _BAD, 5)]
    page.code(
        'rec_002 = cat["rec_002"].read()',
        f"bad = rec_002.signal.channel_names[5:{5 + 5 * _BAD}:5]",
        f'rec_002 = ec.mask_channels(rec_002, names=bad, reason="{_REASON}")',
    )
    datasets[1] = ec.mask_channels(datasets[1], names=bad, reason=_REASON)
    page.say(f"{names[1]} keeps {datasets[1].n_channels} channels; the file is as it was.")

    joined = join(datasets, "rec_001, rec_002, rec_003, rec_004")
    tour(joined, output)
    recovered = tonotopy(datasets, session, output)
    page.title("Next")
    page.code(
        "import intake, ecogcat as ec",
        f'cat = intake.open_catalog("{page.relative(path)}")',
        'dataset = cat["all_tones"].read()          # the join is an entry too',
        "dataset.signal[:8, 39_000:41_000]          # NumPy indexing, in uV",
        "ec.split(dataset)                          # the recordings again",
    )
    page.say(
        "Your own recordings:  make demo DATA=<folder>, or python -m ecogcat.demo <folder>",
        "On the command line:  ecogcat plan " + page.relative(path),
    )
    return 0 if recovered else 1


def _catalog_for(output: Path) -> Path:
    """Return the demo catalog; a copy beside the session where the demo does not write to its usual place."""
    path = demo_catalog_path()
    if output.resolve() == demo_folder().resolve() and path.parent.name == "catalogs":
        return path
    copy = output / "demo.yaml"
    text = path.read_text(encoding="utf-8").replace("{{ CATALOG_DIR }}/../demo/session/", "{{ CATALOG_DIR }}/session/")
    copy.write_text(text, encoding="utf-8")
    return copy
