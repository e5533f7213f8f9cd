"""Zarr 3 folders: what zarr-python finds in them; missing chunks; folders that are replaced, and those that are not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from ecogcat.storage.affine import AffineExtent
from ecogcat.storing import zarr as store
from tests.storing.test_write import Stop, check_edited_since, recording

zarr = pytest.importorskip("zarr", reason="an independent reader")


@pytest.fixture
def joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ec.Dataset:
    monkeypatch.setattr(store, "_PLAIN_BYTES", 1 << 13)
    monkeypatch.setattr("ecogcat.storing.packed._CHUNK_BYTES", 1 << 12)
    return ec.join(*(recording(tmp_path / f"source{k}.h5", 3000 + k, k) for k in range(2)))


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_other_programs_read_it(compression: Any, joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.zarr", compression=compression)
    opened = ec.open_recording(tmp_path / "a.zarr")
    assert ec.equals(opened, joined)
    assert isinstance(opened.signal.pieces[0].extent, AffineExtent) is (compression is None)
    group = zarr.open_group(tmp_path / "a.zarr", mode="r")
    np.testing.assert_array_equal(group["signal"][:], joined.signal.read(raw=True))
    assert group["signal"].attrs["gain"] == 0.195
    assert group["signal"].metadata.dimension_names == ("channel", "sample")
    np.testing.assert_array_equal(group["aligned/adc"][:], joined["adc"][:])
    assert group.attrs["sampling_rate"] == 1000.0
    assert not [one for one in (tmp_path / "a.zarr").rglob(".*")]


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_an_unfinished_one_of_a_recording_edited_since_starts_anew(compression: Any, tmp_path: Path) -> None:
    check_edited_since(tmp_path, tmp_path / "a.zarr", compression=compression)


def test_a_missing_chunk_is_an_error(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.zarr")
    (tmp_path / "a.zarr/signal/c/0/1").unlink()
    with pytest.raises(ec.FormatError, match="a chunk of this array is missing, and would read as zeros"):
        ec.open_recording(tmp_path / "a.zarr")


def test_a_damaged_chunk_is_an_error(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.zarr", compression="gzip")
    (tmp_path / "a.zarr/signal/c/0/1").write_bytes(b"no gzip")
    with pytest.raises(ec.FormatError, match="this chunk cannot be read"):
        ec.open_recording(tmp_path / "a.zarr").signal[:]


@pytest.mark.parametrize(
    ("member", "found"),
    [
        ("", "expected 'attributes'; found nothing of that name"),
        ("signal/", "expected 'shape'; found nothing of that name"),
        ("aligned/adc/", "expected 'shape'; found nothing of that name"),
        ("description/text/", "expected 'attributes'; found nothing of that name"),
    ],
)
def test_damaged_metadata_are_named(member: str, found: str, joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.zarr")
    place = tmp_path / f"a.zarr/{member}zarr.json"
    tree = json.loads(place.read_text())
    key = found.split("'")[1]
    damaged = {"{}": found, json.dumps({name: one for name, one in tree.items() if name != key}): found}
    damaged |= dict.fromkeys(("[]", "7", "{", ""), "expected JSON as Zarr 3 has it; found")
    for text, said in damaged.items():
        place.write_text(text)
        with pytest.raises(ec.FormatError, match=re.escape(f"{place}: this metadata of Zarr is damaged")) as caught:
            ec.open_recording(tmp_path / "a.zarr")
        assert said in str(caught.value)
        assert "HDF5" not in str(caught.value)
    place.write_text(json.dumps(tree))
    assert ec.equals(ec.open_recording(tmp_path / "a.zarr"), joined)


def test_a_damaged_description_is_named(joined: ec.Dataset, tmp_path: Path) -> None:
    ec.write(joined, tmp_path / "a.zarr")
    chunk = tmp_path / "a.zarr/description/a0/c/0"
    chunk.write_bytes(chunk.read_bytes()[:-3])
    with pytest.raises(ec.FormatError, match=re.escape(f"{chunk}: this chunk of a Zarr array is damaged")):
        ec.open_recording(tmp_path / "a.zarr")


@pytest.mark.parametrize("exchange", [True, False])
def test_folders_are_replaced_whole(
    exchange: bool, joined: ec.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(store, "_exchanged", lambda one, other: False)
    ec.write(joined, tmp_path / "a.zarr")
    other = ec.select_time(joined, 0, 10)
    ec.write(other, tmp_path / "a.zarr", overwrite=True)
    assert ec.equals(ec.open_recording(tmp_path / "a.zarr"), other)
    assert {one.name for one in tmp_path.iterdir()} == {"source0.h5", "source1.h5", "a.zarr"}


def test_a_folder_of_something_else_is_not_replaced(joined: ec.Dataset, tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "thesis.txt").write_text("all of it")
    with pytest.raises(ec.ReadOnlyError, match="is there and is no Zarr folder"):
        ec.write(joined, tmp_path / "a.zarr", overwrite=True)
    ec.write(joined, tmp_path / "b.zarr")
    with pytest.raises(ec.ReadOnlyError, match="a recording is never written over"):
        ec.write(ec.open_recording(tmp_path / "b.zarr"), tmp_path / "b.zarr", overwrite=True)


def test_an_interrupted_write_goes_on(joined: ec.Dataset, tmp_path: Path) -> None:
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        if done > total / 2:
            raise Stop

    with pytest.raises(Stop):
        ec.write(joined, tmp_path / "a.zarr", progress=stop)
    (left,) = tmp_path.glob(".a.zarr*")
    with pytest.raises(ec.FormatError, match="was not written to its end"):
        ec.open_recording(left)
    ec.write(joined, tmp_path / "a.zarr", progress=lambda done, total: told.append(done))
    assert told[0] > told[-1] / 2
    assert ec.equals(ec.open_recording(tmp_path / "a.zarr"), joined)
