"""Relink of virtual files: recordings that moved are found and held to what they were, or nothing is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import ecogcat as ec
from ecogcat.cli.commands import ecogcat
from tests.storing.test_write import recording


@pytest.fixture
def joined(tmp_path: Path) -> ec.Dataset:
    (tmp_path / "rig").mkdir()
    found = ec.join(*(recording(tmp_path / "rig" / f"{k}.h5", 3000 + k, k) for k in range(3)))
    ec.write(found, tmp_path / "all.vds.h5")
    return found


def test_a_folder_that_moved(joined: ec.Dataset, tmp_path: Path) -> None:
    values = ec.load(joined)
    with h5py.File(tmp_path / "all.vds.h5") as file:
        before = file["signal"][:]
    shutil.move(tmp_path / "rig", tmp_path / "archive")
    with pytest.raises(ec.FormatError, match=r"refers to a file that is missing.*ecogcat\.relink\(file"):
        ec.open_recording(tmp_path / "all.vds.h5")
    moved = ec.relink(tmp_path / "all.vds.h5", tmp_path / "rig", tmp_path / "archive")
    assert [(one.entry, one.new, one.exists) for one in moved] == [
        (f"{k}.h5", str(tmp_path / "archive" / f"{k}.h5"), True) for k in range(3)
    ]
    opened = ec.open_recording(tmp_path / "all.vds.h5")
    assert ec.equals(opened, values)
    assert opened == joined, "the same recipe over the same content"
    assert opened.parts[2].paths == (str(tmp_path / "archive" / "2.h5"),)
    with h5py.File(tmp_path / "all.vds.h5") as file:
        np.testing.assert_array_equal(file["signal"][:], before, err_msg="other programs find them, too")
        assert not any(Path(one.file_name).is_absolute() for one in file["signal"].virtual_sources())
    assert ec.relink(tmp_path / "all.vds.h5", tmp_path / "rig", tmp_path / "archive") == []


def test_the_virtual_file_alone_moved(joined: ec.Dataset, tmp_path: Path) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    shutil.move(tmp_path / "all.vds.h5", tmp_path / "far" / "away" / "all.vds.h5")
    place = tmp_path / "far" / "away" / "all.vds.h5"
    assert len(ec.relink(place, tmp_path / "far" / "away" / "rig", tmp_path / "rig")) == 3
    assert ec.equals(ec.open_recording(place), joined)


def test_one_file_that_was_renamed(joined: ec.Dataset, tmp_path: Path) -> None:
    shutil.move(tmp_path / "rig" / "1.h5", tmp_path / "one.h5")
    (one,) = ec.relink(tmp_path / "all.vds.h5", tmp_path / "rig" / "1.h5", tmp_path / "one.h5")
    assert (one.entry, one.old) == ("one.h5", str(tmp_path / "rig" / "1.h5"))
    opened = ec.open_recording(tmp_path / "all.vds.h5")
    assert [Path(source.path).name for source in opened.signal.sources] == ["0.h5", "one.h5", "2.h5"]


@pytest.mark.parametrize(
    ("harm", "kind", "said"),
    [
        ("altered", ec.SourceChangedError, r"archive.1\.h5, whose content is not what it was"),
        ("missing", ec.FormatError, r"refers to a file that is missing.*archive.1\.h5"),
    ],
)
def test_what_is_not_what_it_was_changes_nothing(
    joined: ec.Dataset, tmp_path: Path, harm: str, kind: type[Exception], said: str
) -> None:
    shutil.move(tmp_path / "rig", tmp_path / "archive")
    if harm == "altered":
        recording(tmp_path / "archive" / "1.h5", 3001, 9)
    else:
        (tmp_path / "archive" / "1.h5").unlink()
    before = (tmp_path / "all.vds.h5").read_bytes()
    with pytest.raises(kind, match=said):
        ec.relink(tmp_path / "all.vds.h5", tmp_path / "rig", tmp_path / "archive")
    assert (tmp_path / "all.vds.h5").read_bytes() == before
    assert not [one for one in tmp_path.iterdir() if "unfinished" in one.name]


def test_files_that_refer_to_none(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "copy.h5")
    with pytest.raises(ec.FormatError, match="holds its samples itself"):
        ec.relink(tmp_path / "copy.h5", tmp_path / "rig", tmp_path)
    with pytest.raises(ec.FormatError, match=r"0\.h5: this was not written by ecogcat"):
        ec.relink(tmp_path / "rig" / "0.h5", tmp_path / "rig", tmp_path)


def test_the_command(joined: ec.Dataset, tmp_path: Path) -> None:
    shutil.move(tmp_path / "rig", tmp_path / "archive")
    line = ["relink", str(tmp_path / "all.vds.h5"), str(tmp_path / "rig"), str(tmp_path / "archive")]
    done = CliRunner().invoke(ecogcat, line)
    assert done.exit_code == 0, done.output
    assert f"ok     0.h5: {tmp_path / 'archive' / '0.h5'}" in done.stdout
    assert "3 paths of" in done.stdout
    done = CliRunner().invoke(ecogcat, line)
    assert done.exit_code == 1
    assert f"they lie in {tmp_path / 'archive'}\n" in done.stderr


def test_virtual_files_that_a_catalog_lists(joined: ec.Dataset, tmp_path: Path) -> None:
    values = ec.load(joined)
    (tmp_path / "other").mkdir()
    shutil.move(tmp_path / "rig" / "0.h5", tmp_path / "other" / "0.h5")
    ec.write(ec.open_recording(tmp_path / "rig" / "1.h5"), tmp_path / "rig" / "one.vds.h5")
    ec.write(ec.open_recording(tmp_path / "rig" / "2.h5"), tmp_path / "two.vds.h5")
    text = "sources:\n"
    for name in ("rig/2.h5", "all.vds.h5", "rig/one.vds.h5", "two.vds.h5"):
        text += f"  {name[-8:]}:\n    driver: ecog_{'ecogcat' if 'vds' in name else 'hdf5'}\n"
        text += f'    args: {{urlpath: "{{{{ CATALOG_DIR }}}}/{name}"}}\n'
    catalog = tmp_path / "s.yaml"
    catalog.write_text(text)
    shutil.move(tmp_path / "rig", tmp_path / "archive")
    before = (tmp_path / "two.vds.h5").read_bytes()
    line = ["relink", str(catalog), str(tmp_path / "rig"), str(tmp_path / "archive")]
    shutil.copy(catalog, tmp_path / "copy.yaml")
    (kept,) = ec.relink(tmp_path / "copy.yaml", *line[2:], virtual=False)[1:]
    assert (kept.new, (tmp_path / "two.vds.h5").read_bytes()) == ("{{ CATALOG_DIR }}/archive/one.vds.h5", before)
    done = CliRunner().invoke(ecogcat, line)
    assert done.exit_code == 1, "a recording of all.vds.h5 is neither at its old place nor at its new one"
    lines = done.output.splitlines()
    assert lines[:2] == [
        "ok     rig/2.h5: {{ CATALOG_DIR }}/archive/2.h5",
        "ok     e.vds.h5: {{ CATALOG_DIR }}/archive/one.vds.h5",
    ]
    assert lines[2].startswith(f"FAILS  l.vds.h5 (all.vds.h5): {tmp_path / 'all.vds.h5'} is as it was: ")
    assert "0.h5" in lines[2]
    assert lines[3:] == [
        f"ok     o.vds.h5 (two.vds.h5): {tmp_path / 'archive' / '2.h5'}",
        *("", f"3 paths of {catalog} changed"),
    ]
    opened = {name: ec.load_session(catalog, name)[0].n_samples for name in ("e.vds.h5", "o.vds.h5")}
    assert opened == {"e.vds.h5": 3001, "o.vds.h5": 3002}
    shutil.move(tmp_path / "other" / "0.h5", tmp_path / "archive" / "0.h5")
    assert CliRunner().invoke(ecogcat, line).exit_code == 0, "the rest of it, though no path of the catalog itself"
    assert ec.equals(ec.load_session(catalog, "l.vds.h5")[0], values)
