"""The demo: what a newcomer runs first must end well, and say what is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import intake
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.demo import main
from ecogcat.demo.picture import plot_tonotopy
from ecogcat.demo.tonotopy import check_tuning, tonotopy
from ecogcat.demo.tuning import tuning_of
from ecogcat.testing.simulate import simulate_session
from tests.conftest import shared_path


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecogcat.demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "88", "MPLBACKEND": "agg"},
    )


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("a folder")
    done = run("--output", "the demo", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "the demo", done.stdout


def test_the_tour_shows_everything(toured: tuple[Path, str]) -> None:
    folder, text = toured
    assert max(map(len, text.splitlines())) <= 100
    for shown in (
        "rec_002 keeps 51 channels",
        "4 datasets can be joined -> 51 channels",
        "without rec_002 you keep 61 channels; with them 51",
        "51 channels x 158,350 samples",
        "equal the two recordings read alone: yes",
        "ec.locate(dataset",
        "77 events",
        "10 of rec_002: high impedance",
        "10 of rec_004: not in rec_002",
        "written: the demo/overview.png",
        "written: the demo/tonotopy.png",
        "events: 77 detected, 77 simulated; largest difference 0 samples: yes",
        "conditions: 77 of 77 have the tone and the level simulated: yes",
    ):
        assert shown in text, shown
    assert (folder / "overview.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "overview.png").stat().st_size > 100_000
    assert (folder / "tonotopy.png").stat().st_size > 50_000


def test_the_tonotopy_is_that_simulated(toured: tuple[Path, str]) -> None:
    text = " ".join(toured[1].split())
    said = re.search(r"best tones: (\d+) of the (\d+) sites that respond have the one simulated: yes", text)
    assert said is not None
    right, responding = map(int, said.groups())
    assert right == responding >= 35


@pytest.mark.jit
def test_the_code_of_the_tonotopy_works(toured: tuple[Path, str]) -> None:
    folder, text = toured
    step = text.partition("Tonotopy:")[2].partition("Recovered parameters")[0]
    lines = [line[7:] for line in step.splitlines() if line.startswith(("   >>> ", "   ... "))]
    cat = intake.open_catalog(str(folder / "session" / "session.yaml"))
    tables = [pd.read_csv(folder / "session" / f"{name}_events.csv") for name in cat]
    names = {"ec": ec, "recordings": [cat[name].read() for name in cat], "tables": tables}
    exec("\n".join(lines), names)
    average = names["average"]
    assert isinstance(average, ec.Average)
    assert average.mean.shape == (18, 61, 1000)
    assert average.counts.sum() == 77


@pytest.fixture(scope="module")
def recorded(toured: tuple[Path, str]) -> ec.Dataset:
    joined = intake.open_catalog(str(toured[0] / "demo.yaml"))["all_tones"].read()
    assert isinstance(joined, ec.Dataset)
    return joined


def epochs_of(dataset: ec.Dataset) -> ec.Epochs:
    return ec.epochs(dataset, 0.1, 0.1, unit="s", baseline=(-0.1, 0))  # as in the tour, but for the late response


@pytest.mark.jit
def test_the_tuning_comes_from_the_samples(recorded: ec.Dataset) -> None:
    found = tuning_of(epochs_of(recorded))
    assert found.areas.shape == (61, 6, 3)
    assert np.isnan(found.best[~found.responds]).all()
    assert (found.best_tone[~found.responds] == -1).all()
    best = found.best[found.responds]
    assert (best >= 1000).all()
    assert (best <= 32000).all()

    # The tones an octave lower, in name only: so are the best frequencies.
    table, samples = recorded.events.table, recorded.events.sample
    halved = ec.with_events(recorded, ec.Events(samples, table.assign(tone=table["tone"] / 2)))
    assert np.allclose(tuning_of(epochs_of(halved)).best * 2, found.best, equal_nan=True)

    # The tones in the opposite order: the map is turned round.
    mirrored = ec.with_events(recorded, ec.Events(samples, table.assign(tone=32e6 / table["tone"])))
    assert np.allclose(32e6 / tuning_of(epochs_of(mirrored)).best, found.best, equal_nan=True)

    # 0.4 s before the tones nothing responds to them.
    early = ec.with_events(recorded, ec.Events(samples - 800, table))
    assert tuning_of(epochs_of(early)).responds.sum() <= 1


@pytest.mark.jit
def test_events_and_conditions_that_are_not_those_simulated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = simulate_session(tmp_path, ("hdf5", "intan"))
    cat = intake.open_catalog(str(session.catalog))
    datasets = [cat[name].read() for name in cat]
    one = session.recordings[0]
    late = one.events.assign(sample=one.events["sample"] + 3)
    late.loc[2, "tone"] = 123.0
    others = session.recordings[1:]
    wrong = replace(session, recordings=(replace(one, events=late), *others))
    assert not tonotopy(datasets, wrong, tmp_path / "out")
    text = capsys.readouterr().out
    assert "largest difference 3 samples: NO" in text
    assert "conditions: 35 of 36 have the tone and the level simulated: NO" in text
    fewer = replace(session, recordings=(replace(one, events=one.events[:-1]), *others))
    assert not tonotopy(datasets, fewer, tmp_path / "out")
    assert "events: 36 detected, 35 simulated: NO" in capsys.readouterr().out


def test_a_session_in_which_nothing_responds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recorded: ec.Dataset
) -> None:
    early = ec.with_events(recorded, ec.Events(recorded.events.sample - 800, recorded.events.table))
    found = tuning_of(epochs_of(early))
    silent = found._replace(responds=np.zeros(61, bool), best=np.full(61, np.nan))
    plot_tonotopy(early, silent, tmp_path / "none.png")
    assert (tmp_path / "none.png").stat().st_size > 10_000
    assert not check_tuning(early, silent)
    assert "no site responds" in capsys.readouterr().out

    found = tuning_of(epochs_of(recorded))
    assert check_tuning(recorded, found)
    assert not check_tuning(recorded, found._replace(best=found.best * 2))  # an octave too high


def test_what_it_says_to_type_next_works(toured: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, text = toured
    monkeypatch.chdir(folder.parent)
    lines = [line.strip().removeprefix(">>> ") for line in text.partition("Next\n")[2].splitlines() if ">>>" in line]
    assert len(lines) == 5
    names: dict[str, object] = {}
    for line in lines:
        exec(line, names)
    assert names["dataset"] == ec.join(*ec.load_session(names["cat"]))


def test_the_catalog_it_leaves_is_the_demo_catalog(toured: tuple[Path, str]) -> None:
    folder, _ = toured
    cat = intake.open_catalog(str(folder / "demo.yaml"))
    assert list(cat) == ["rec_001", "rec_002", "rec_003", "rec_004", "all_tones"]
    four = [cat[name].read() for name in list(cat)[:4]]
    assert cat["all_tones"].read() == ec.join(*four)
    assert [len(one.events) for one in four] == [19, 17, 23, 18]
    assert {one.n_channels for one in four} == {61}
    session = intake.open_catalog(str(folder / "session" / "session.yaml"))
    assert [session[name].read() for name in session] == four, "demo.yaml lists the files that are simulated"


def test_a_folder_of_consecutive_files(tmp_path: Path) -> None:
    done = run(shared_path("recordings/intan/derived_consecutive_128ch"), "-o", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 consecutive files opened as one dataset" in done.stdout
    assert "equal the two recordings read alone: yes" in done.stdout
    assert (tmp_path / "overview.png").exists()


def test_a_folder_of_many_recordings(tmp_path: Path) -> None:
    done = run(shared_path("recordings/intan"), "-o", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for shown in (
        "2 other files are no recording of a known format.",
        "Joined, 3 of the 7",
        "What was not joined with these, and why",
    ):
        assert shown in done.stdout, shown


def test_a_folder_of_damaged_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(shared_path("recordings/refuse")), "-o", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "3 cannot be opened:" in text
    assert "5,447 bytes were left over" in " ".join(text.split())


def test_a_folder_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "The folder holds no file." in capsys.readouterr().out
    (tmp_path / "notes.txt").write_text("nothing")
    assert main([str(tmp_path)]) == 1
    assert "1 other file is no recording" in capsys.readouterr().out
    assert main([str(tmp_path / "none")]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_a_folder_whose_recordings_do_not_join(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import h5py

    data = tmp_path / "two rates"
    data.mkdir()
    for name, rate in (("a", 1000.0), ("b", 2000.0), ("c", 1000.0)):
        with h5py.File(data / f"{name}.h5", "w") as file:
            file["chdata"], file["Fs"] = np.random.default_rng(0).standard_normal((3, 4000)), rate
    assert main([str(data), "-o", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "Joined, 2 of the 3" in text
    assert "CANNOT be joined like this" in text
    assert "sampling rate" in text


def test_without_matplotlib(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 50)), 1000.0
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main([str(tmp_path), "-o", str(tmp_path / "out")]) == 0
    assert "ecogcat[plot]" in capsys.readouterr().out
