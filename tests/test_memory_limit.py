"""The memory limit: every public operation that allocates a whole result refuses beforehand, and names the way out."""

from __future__ import annotations

import gc
import multiprocessing
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec

N = 200_000
ALLOCATES: dict[str, Callable[[ec.Dataset], Any]] = {
    "signal[index]": lambda dataset: dataset.signal[:],
    "signal[list]": lambda dataset: dataset.signal[[1, 0], 5:],
    "signal[mask]": lambda dataset: dataset.signal[np.ones(dataset.signal.shape, bool)],
    "signal.read": lambda dataset: dataset.signal.read(dtype="f8"),
    "aligned": lambda dataset: dataset["adc"].read(),
    "np.asarray": lambda dataset: np.asarray(dataset.signal),
    "np.nanmean": lambda dataset: np.nanmean(dataset.signal),
    "mean over channels": lambda dataset: dataset.signal.mean(axis=0),
    "nanvar over channels": lambda dataset: dataset.signal.nanvar(axis=0),
    "max over channels": lambda dataset: dataset.signal.max(axis=0),
    "times": lambda dataset: dataset.times(),
    "wall-clock times": lambda dataset: dataset.times("wall"),
    "load": ec.load,
    "load shared": lambda dataset: ec.load(dataset, shared=True),
    "epochs": lambda dataset: ec.epochs(dataset, 1000, 1000),
    "partition": lambda dataset: dataset.signal.read(start=0, stop=dataset.n_samples),
}
STREAMS: dict[str, Callable[[ec.Dataset], Any]] = {
    "blocks": lambda dataset: sum(block.size for _, block in dataset.signal.blocks()),
    "mean": lambda dataset: dataset.signal.mean(),
    "nanstd": lambda dataset: dataset.signal.nanstd(axis=1),
    "max": lambda dataset: dataset.signal.max(axis=1),
    "equals": lambda dataset: ec.equals(dataset, ec.convert_units(dataset, "uV")),
    "scratch": ec.scratch,
    "write": lambda dataset: ec.scratch(dataset).signal.write(..., 1.5),
    "write a row": lambda dataset: ec.scratch(dataset).signal.write(np.s_[:, ::-3], np.ones((4, 1))),
    "detect_events": lambda dataset: ec.detect_events(dataset),
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ec.Dataset:
    """Two recordings on disk, joined, with events on every line of the way."""
    import h5py

    folder, parts = tmp_path_factory.mktemp("limit"), []
    rng = np.random.default_rng(1)
    for k in range(2):
        with h5py.File(folder / f"{k}.h5", "w") as file:
            file["Fs"] = 1000.0
            file["chdata"] = rng.normal(size=(4, N // 2)).astype("f4")
            file["adc"] = np.tile(np.repeat([0.0, 3.0], 500), (1, N // 1000)).reshape(1, -1)[:, : N // 2]
        one = ec.open_recording(folder / f"{k}.h5", start_time="2026-01-01")
        parts.append(ec.with_events(one, ec.Events(np.arange(2000, N // 2 - 2000, 100))))
    return ec.join(*parts)


def peak_of(call: Callable[[], Any]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ALLOCATES)
def test_whatever_allocates_a_whole_result_refuses_first(dataset: ec.Dataset, name: str) -> None:
    said = r"[\d,]{7,} bytes; the limit is 500,000\. .*, or raise the limit: with"

    def refused() -> None:
        with ec.options(memory_limit="500 kB"), pytest.raises(ec.MemoryLimitError, match=said):
            ALLOCATES[name](dataset)

    refused()
    allowed = 500_000 + (dataset.signal.size if name == "signal[mask]" else 0)  # the mask itself
    assert peak_of(refused) < allowed
    with ec.options(memory_limit=None):
        ALLOCATES[name](dataset)


def test_averages_are_refused_before_they_are_made(dataset: ec.Dataset) -> None:
    few = ec.with_events(dataset.replace(events=ec.Events()), ec.Events([3000, 5000], pd.DataFrame({"tone": [1, 2]})))
    epochs = ec.epochs(few, 1000, 1000)
    with (
        ec.options(memory_limit="100 kB"),
        pytest.raises(ec.MemoryLimitError, match=r"averages of 2 conditions x 4 channels x 2,000 samples take 192,000"),
    ):
        epochs.average("tone")
    assert len(epochs.average("tone")) == 2


@pytest.mark.jit
@pytest.mark.parametrize("name", STREAMS)
def test_whatever_streams_stays_within_the_limit(dataset: ec.Dataset, name: str) -> None:
    """Blocks and what is computed of one at a time take a few times the limit, not the size of the data."""
    with ec.options(memory_limit="200 kB", threads=1):
        STREAMS[name](dataset)  # compiles
        peak = peak_of(lambda: STREAMS[name](dataset))
    assert peak < 1_200_000, f"{peak:,} bytes of {dataset.signal.nbytes:,}"


@pytest.mark.jit
def test_finding_intervals_takes_no_more_for_a_longer_part_and_finds_the_same_under_any_limit() -> None:
    """Beside a block of the limit, one channel's 65,536 values, a few times in double precision."""
    data = np.random.default_rng(0).normal(size=(8, 400_000)).astype("f4")
    data[3, 200_000:200_100] += 100
    dataset = ec.from_array(data, 1000)
    found = ec.find_intervals(dataset, 20)
    assert found[["start", "stop"]].to_numpy().tolist() == [[200_000, 200_100]]
    with ec.options(memory_limit="200 kB", threads=1):
        assert ec.find_intervals(dataset, 20).equals(found)
        peak = peak_of(lambda: ec.find_intervals(dataset, 20))
    assert peak < 3_500_000, f"{peak:,} bytes of {dataset.signal.nbytes:,}"


def _sum_of(dataset: ec.Dataset) -> float:
    """In a worker: whether it maps the memory by its name, and what is in there."""
    extent: Any = dataset.signal.pieces[0].extent
    with open("/proc/self/maps") as maps:
        assert extent.name in maps.read()
    return float(dataset.signal[1, :100].sum())


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="the maps of a process are listed by Linux alone")
def test_workers_map_shared_memory_by_name_and_it_goes_when_let_go(dataset: ec.Dataset) -> None:
    shared = ec.load(dataset, shared=True)
    names = [array.pieces[0].extent.name for array in (shared.signal, shared["adc"])]  # type: ignore[attr-defined]
    with multiprocessing.get_context("spawn").Pool(2) as workers:
        sums = workers.map(_sum_of, [shared] * 4)
    assert sums == [float(dataset.signal[1, :100].sum())] * 4
    assert all(map(os.path.exists, names)), "a worker that ends does not take the memory along"
    del shared
    gc.collect()
    assert not any(map(os.path.exists, names))
    assert not [name for name in os.listdir(Path(names[0]).parent) if name == Path(names[0]).name]
