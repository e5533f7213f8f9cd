"""Laws of storing, over datasets of every kind of extent, joined or not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.storing import blocks, packed, zarr
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, datasets, joinable


def _join(known: tuple[KnownDataset, ...]) -> ec.Dataset:
    return ec.join(*(one.dataset for one in known))


joined = joinable().map(_join)
joined_hdf5 = joinable(kinds=("hdf5_contiguous", "hdf5_chunked")).map(_join)


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Let a few dozen samples take several blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", 100)
        patch.setattr(blocks, "_ROW_BYTES", 24)
        patch.setattr(packed, "_CHUNK_BYTES", 40)
        patch.setattr(zarr, "_PLAIN_BYTES", 60)
        patch.setattr(os, "fsync", lambda descriptor: None)  # no power is cut here
        yield


# Each example writes and opens a file: a tenth of a second.
fewer = settings(max_examples=max(20, settings.default.max_examples // 4))


def check(dataset: ec.Dataset, name: str, **options: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        laws.opens_as_written(dataset, Path(folder) / name, **options)
        assert len(list(Path(folder).iterdir())) == 1, "something was left beside it"


def check_virtual(dataset: ec.Dataset) -> None:
    try:
        check(dataset.replace(aligned={}, ground=None, reference_channels=None), "a.vds.h5")
    except ValueError as error:  # two pieces of one type and scale are rare
        if "cannot be part of a virtual dataset" not in str(error):
            raise
        reject()


@fewer
@given(datasets())
def test_hdf5_opens_as_written(known: KnownDataset) -> None:
    check(known.dataset, "a.h5")


@fewer
@given(datasets())
def test_compressed_hdf5_opens_as_written(known: KnownDataset) -> None:
    check(known.dataset, "a.h5", compression="gzip")


@fewer
@given(datasets(), st.sampled_from([None, "gzip"]))
def test_matlab_opens_as_written(known: KnownDataset, compression: str | None) -> None:
    check(known.dataset, "a.mat", compression=compression)


@fewer
@given(datasets(), st.sampled_from([None, "gzip"]))
def test_zarr_opens_as_written(known: KnownDataset, compression: str | None) -> None:
    check(known.dataset, "a.zarr", compression=compression)


@settings(fewer, suppress_health_check=[HealthCheck.filter_too_much])
@given(datasets(("hdf5_contiguous", "hdf5_chunked")))
def test_virtual_hdf5_opens_as_written(known: KnownDataset) -> None:
    check_virtual(known.dataset)


@fewer
@given(joined, st.sampled_from(["a.h5", "a.mat", "a.zarr"]), st.sampled_from([None, "gzip"]))
def test_joined_opens_as_written(dataset: ec.Dataset, name: str, compression: str | None) -> None:
    check(dataset, name, compression=compression)


@settings(fewer, suppress_health_check=[HealthCheck.filter_too_much])
@given(joined_hdf5)
def test_joined_virtual_hdf5_opens_as_written(dataset: ec.Dataset) -> None:
    check_virtual(dataset)


@fewer
@given(datasets())
def test_writing_changes_no_source(known: KnownDataset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        laws.writing_changes_no_source(known.dataset, Path(folder) / "a.h5")
