"""INI sessions converted to YAML: reopened they give the same datasets, and nothing is left out unsaid."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import intake
import pytest
import yaml
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.catalog.laboptions import LATER
from ecogcat.cli.commands import ecogcat
from ecogcat.testing.headstages import write_headstage
from ecogcat.testing.rhd import write_rhd
from tests.catalog.lab_examples import SESSIONS, lab_with_files


def triggers_of(session: str, recording: str) -> list[int]:
    return list(range(300, 300 + 24 * 50, 50))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return lab_with_files(tmp_path_factory.mktemp("lab"), triggers_of, n_samples=1600)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    write_headstage(tmp_path / "local", "rec", "oephys", [100, 300])
    path = tmp_path / "day.txt"
    path.write_text(
        "[session]\nexp_path: local\nnwk_path: net\nheadstage: oephys\ntrigger_idx: 0\n[rec]\ntones_tab: 1, 2\n"
    )
    return path


@pytest.mark.parametrize(
    "session", [pytest.param(name, marks=[pytest.mark.jit] if name.startswith("rats") else []) for name in SESSIONS]
)
def test_reopened_an_example_gives_the_same_datasets(session: str, lab: dict[str, Any], tmp_path: Path) -> None:
    ini = ec.open_session(session, **lab)
    path = tmp_path / "session.yaml"
    notes = ec.convert_session(session, path, **lab)
    assert notes == ()
    cat = ec.open_session(path)
    plain = intake.open_catalog(str(path))
    assert list(cat) == list(ini) == list(plain)
    for name in ini:
        assert cat[name].metadata.items() >= ini[name].options.items()
        if name == "bad_table":
            for one in (ini, cat, plain):
                with pytest.raises(ValueError, match=r"mod_freq_tab: 'missing_file\.txt' is neither"):
                    one[name].read()
            continue
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(?s).*conditions repeated")
            a, b, c = (one[name](mapped=True, store_path=None).read() for one in (ini, cat, plain))
        assert a == b == c
        assert ec.equals(a, b)
        assert a.events == b.events
        assert (a.name, a.units, a.warnings) == (b.name, b.units, b.warnings)
        assert dict(a.metadata) == dict(b.metadata)
    first = "awake_1" if session == "rats/2020-03-01" else next(iter(ini))
    asked = {key: value for key, value in _asked(cat, first).items() if key in LATER}
    if session == "rats/2020-03-01":  # said under our names
        assert asked["bandpass"] == [2, 300]
        assert asked["notches"] == [60.0, 120.0, 180.5]
        assert asked["resample_rate"] == 1000


def _asked(cat: Any, name: str) -> dict[str, Any]:
    return {**cat[name]._shared().defaults, **cat[name]._arguments}


def test_what_all_recordings_share_is_said_once(lab: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "session.yaml"
    ec.convert_session("rats/2020-03-01", path, **lab)
    content = yaml.safe_load(path.read_text())
    ecog = content["metadata"]["ecog"]
    assert (ecog["session"], ecog["group"]) == ("2020-03-01", "rats")
    assert [Path(one).name for one in ecog["roots"]] == ["2020-03-01", "2020-03-01 rat A"]
    assert [Path(one).name for one in ecog["tables"]] == ["rats"]
    assert ecog["defaults"]["electrode"] == "psv_61_intan"
    assert ecog["defaults"]["triggers"] == {"source": "adc", "channel": 0}
    args = content["sources"]["awake_2"]["args"]
    assert args["urlpath"] == "awake_2.h5"
    assert args["units"] == "mV"
    assert args["conditions"]["amps_tab"] == "70"
    assert "electrode" not in args


def test_recordings_that_are_not_there_are_guessed_and_told(day: Path, tmp_path: Path) -> None:
    (tmp_path / "local" / "rec.h5").rename(tmp_path / "away.h5")
    (note,) = ec.convert_session(day, tmp_path / "day.yaml")
    assert note.startswith("rec: it is not on disk now, and taken to be rec.h5; nothing is at ")
    cat = ec.open_session(tmp_path / "day.yaml")
    with pytest.raises(ec.RecordingNotFound, match=r"local/rec\.h5 nor at .*net/rec\.h5"):
        cat["rec"].read()
    (tmp_path / "net").mkdir()
    (tmp_path / "away.h5").rename(tmp_path / "net" / "rec.h5")
    assert cat["rec"].read() == ec.open_session(day)["rec"].read()


def test_consecutive_files_and_options_without_a_name(tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "local").mkdir()
    for stamp in ("260314_102105", "260314_102205"):
        write_rhd(tmp_path / "local" / f"long_{stamp}.rhd", np.zeros((64, 256)), adc=np.zeros((1, 256)))
    path = tmp_path / "d.txt"
    path.write_text(
        "[session]\nexp_path: gone\nnwk_path: local\nheadstage: intan_rhd\ndownsamp: 4\nconnections: 1\nunits: mV\n"
        "[DEFAULT]\nunits: uV\n[long]\n"
    )
    notes = ec.convert_session(path, tmp_path / "d.yaml")
    assert notes == (
        "long: units: [session] says 'mV', [DEFAULT] 'uV'; [session] holds",
        "long: ecogcat does not do connections (1,): reading is refused until it is left out",
    )
    ini, cat = ec.open_session(path)["long"], ec.open_session(tmp_path / "d.yaml")["long"]
    with pytest.raises(ec.CatalogError, match=r"connections \[1\]; to open .* cat\['long'\]\(connections=None\)"):
        cat.read()
    assert cat(connections=None).read() == ini(connections=None).read()
    assert cat(connections=None).read().sampling_rate == 5000


def test_a_converted_session_may_be_moved(day: Path, tmp_path: Path) -> None:
    ec.convert_session(day, tmp_path / "elsewhere" / "day.yaml")
    assert ec.open_session(tmp_path / "elsewhere" / "day.yaml")["rec"].read() == ec.open_session(day)["rec"].read()


def test_what_reading_would_write_is_left_out_and_told(day: Path, tmp_path: Path) -> None:
    day.write_text(day.read_text().replace("[rec]", "resample_rate: 250\nsave_downsamp: True\n[rec]"))
    done = CliRunner().invoke(ecogcat, ["convert-session", str(day), "-o", str(tmp_path / "day.yaml")])
    assert "rec: save_downsamp is left out, as reading a YAML catalog writes nothing by itself" in done.output
    converted = ec.open_session(tmp_path / "day.yaml")["rec"].read()
    assert not list((tmp_path / "local").glob("*_Fs*"))
    assert converted.sampling_rate == 250
    assert ec.equals(converted, ec.open_session(day)["rec"].read())


def test_what_is_not_converted(day: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"day\.json: a catalog is a \.yaml file"):
        ec.convert_session(day, tmp_path / "day.json")
    with pytest.raises(TypeError, match=r"a session is a path, not Dataset: convert_session\(session, output\)"):
        ec.convert_session(ec.from_array([[0.0]], 1000), tmp_path / "day.yaml")  # type: ignore[arg-type]
    ec.convert_session(day, tmp_path / "day.yaml")
    with pytest.raises(FileExistsError, match="there is a file already; overwrite=True"):
        ec.convert_session(day, tmp_path / "day.yaml")
    ec.convert_session(day, tmp_path / "day.yaml", overwrite=True)
    for path in (tmp_path / "day.yaml", tmp_path):
        with pytest.raises(ec.CatalogError, match="this is no INI session"):
            ec.convert_session(path, tmp_path / "b.yaml")
    day.write_text("[session]\nexp_path: x\nheadstage: cereplex\n[rec]\n")
    with pytest.raises(ec.CatalogError, match="headstage 'cereplex' is not known"):
        ec.convert_session(day, tmp_path / "c.yaml")
    day.write_text("[session]\nexp_path: x\nheadstage: oephys\nelectrode: '{{ env(HOME) }}'\n[rec]\n")
    with pytest.raises(ec.CatalogError, match="would be a template in a YAML catalog"):
        ec.convert_session(day, tmp_path / "c.yaml")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["day.txt", "day.yaml", "local"]


def test_the_command(day: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    output = str(tmp_path / "day.yaml")
    done = run(ecogcat, ["convert-session", str(day), "-o", output])
    assert (done.exit_code, done.stdout, done.stderr) == (
        0,
        f"{output}\nnext: ecogcat ls {output}, ecogcat check {output}\n",
        "",
    )
    assert ec.open_session(output)["rec"].read() == ec.open_session(day)["rec"].read()
    again = run(ecogcat, ["convert-session", str(day), "-o", output])
    assert (again.exit_code, again.stderr) == (
        1,
        f"error: {output}: there is a file already; --overwrite replaces it\n",
    )
    (tmp_path / "local" / "rec.h5").unlink()
    told = run(ecogcat, ["convert-session", str(day), "-o", output, "--overwrite"])
    assert (told.exit_code, told.stderr.startswith("note: rec: it is not on disk now")) == (0, True)
    nowhere = run(ecogcat, ["convert-session", "nothing", "-o", str(tmp_path / "b.yaml"), "--roots", str(tmp_path)])
    assert (nowhere.exit_code, nowhere.stderr.startswith("error: nothing: no such session")) == (1, True)
    assert run(ecogcat, ["convert-session", str(day)]).exit_code == 2
