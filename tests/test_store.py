"""Loading to memory, and the comparison of what two datasets hold."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.dataset import Dataset
from tests.bugs.recordings import Recordings, assert_same, counting, grid


@pytest.fixture
def mapped(tmp_path: Path) -> Dataset:
    """Two mapped recordings of other gain, joined, with everything that a dataset may have."""
    make = Recordings(tmp_path)
    parts = []
    for k, gain in enumerate((0.195, 3.0)):
        extras = {name: make.signal(np.full((1, 9), k, "i2")) for name in ("adc", "ground", "reference")}
        one = make.dataset(
            (counting(3, 9) * 7).astype("i2"), name=f"rec{k}", gain=gain, channel_map=grid([0, 1, 2]),
            aligned={"adc": extras["adc"]}, ground=extras["ground"], reference_channels=extras["reference"],
            events=ec.Events([1, 8], {"tone": [5, 6]}),
            intervals=pd.DataFrame({"start": [0], "stop": [3], "label": ["x"]}),
        )  # fmt: skip
        parts.append(one)
    return ec.join(*parts)


@pytest.mark.parametrize("shared", [False, True])
def test_loading_changes_nothing_but_the_place(mapped: Dataset, shared: bool) -> None:
    loaded = ec.load(mapped, shared=shared)
    assert ec.equals(loaded, mapped)
    assert ec.equals(mapped, loaded)
    assert len(mapped.signal.sources) == 2
    for name, array in {"signal": loaded.signal, **loaded.arrays()}.items():
        assert array.sources == (), name
        assert_same(array[...], ({"signal": mapped.signal} | mapped.arrays())[name][...])
    assert loaded.parts[0].history == (*mapped.parts[0].history, "loaded to memory")
    assert loaded.seams == mapped.seams
    assert ec.equals(pickle.loads(pickle.dumps(loaded)), mapped)
    assert [one.name for one in ec.split(loaded)] == ["rec0", "rec1"]


def test_loading_as_another_type(mapped: Dataset) -> None:
    """Values are decoded in that type: they do not pass through the narrower one."""
    loaded = ec.load(mapped, dtype="f8")
    stored = counting(3, 9) * 7
    assert_same(loaded.signal[...], np.concatenate([stored * 0.195, stored * 3.0], axis=1))
    assert_same(loaded.signal.read(dtype="f4"), mapped.signal[...])
    assert_same(ec.load(mapped, dtype="f4").signal[...], mapped.signal[...])
    assert loaded["adc"].dtype == np.int16
    assert not ec.equals(loaded, mapped)
    with pytest.raises(TypeError, match="cannot load values of type float32 as int16"):
        ec.load(mapped, dtype="i2")


def test_loading_within_the_limit(mapped: Dataset) -> None:
    total = mapped.signal.nbytes + sum(array.nbytes for array in mapped.arrays().values())
    with ec.options(memory_limit=total):
        assert ec.equals(ec.load(mapped), mapped)
    with (
        ec.options(memory_limit=total - 1),
        pytest.raises(
            ec.MemoryLimitError, match=rf"loading rec0\+rec1 takes {total} bytes; the limit is {total - 1}\."
        ),
    ):
        ec.load(mapped)


def test_progress_is_reported_and_changes_nothing(mapped: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, int]] = []
    with ec.options(memory_limit=10**6):
        assert ec.equals(ec.load(mapped, progress=lambda done, total: seen.append((done, total))), mapped)
    total = seen[0][1]
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert ec.equals(ec.load(mapped, progress=True), mapped)
    assert "loading" in capsys.readouterr().err
    assert ec.equals(ec.load(mapped, progress=False), mapped)
    assert capsys.readouterr().err == ""


def test_progress_that_fails_leaves_nothing_behind(mapped: Dataset) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ec.load(mapped, shared=True, progress=stop)
    assert ec.equals(ec.load(mapped), mapped)


def test_nothing_loads_as_nothing() -> None:
    for shape in ((0, 5), (3, 0)):
        for shared in (False, True):
            dataset = ec.from_array(np.empty(shape), 1000)
            assert ec.equals(ec.load(dataset, shared=shared, progress=lambda *_: None), dataset)


def changed(values: Any, at: Any, value: Any) -> Any:
    values = np.array(values)
    values[at] = value
    return values


BASE: dict[str, Any] = {"aligned": {"adc": np.arange(9.0)}, "events": ec.Events([3], {"tone": [1]})}
DATA = changed(counting(3, 9), (1, 4), np.nan)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        *((changed(DATA, (2, 8), -1.0), {}), (changed(DATA, (1, 4), 0.0), {}), (DATA[:, :8], {}), (DATA[:2], {})),
        *((DATA.astype("f4"), {}), (DATA, {"units": "mV"}), (DATA, {"names": ["a", "b", "c"]})),
        *((DATA, {"events": [3]}), (DATA, {"events": ec.Events([4], {"tone": [1]})})),
        *((DATA, {"events": ec.Events([3], {"tone": [2]})}), (DATA, {"events": None})),
        *((DATA, {"aligned": {}}), (DATA, {"aligned": {"aux": np.arange(9.0)}})),
        *((DATA, {"aligned": {"adc": np.ones(9)}}), (DATA, {"channel_map": grid([0, 1, 2])})),
    ],
)
def test_what_differs_is_not_equal(data: Any, fields: dict[str, Any]) -> None:
    one = ec.from_array(DATA, 1000, **BASE)
    other = ec.from_array(data, 1000, **(BASE | fields))
    assert not ec.equals(one, other)
    assert not ec.equals(other, one)
    assert ec.equals(one, ec.from_array(DATA, 1000, **BASE))


def test_rates_intervals_and_seams_are_compared(mapped: Dataset) -> None:
    assert not ec.equals(ec.from_array(DATA, 1000), ec.from_array(DATA, 1001))
    assert not ec.equals(mapped, mapped.replace(intervals=None))
    parts = np.split(DATA, [4], axis=1)
    joined = ec.join(*(ec.from_array(part, 1000) for part in parts))
    assert not ec.equals(joined, ec.from_array(DATA, 1000))
    assert not ec.equals(joined, ec.join(*(ec.from_array(part, 1000) for part in np.split(DATA, [5], axis=1))))


def test_values_are_compared_to_the_last_block() -> None:
    """Streamed in blocks: a difference in the last sample, and in a later block, counts."""
    full = counting(2, 1000)
    one, other = ec.from_array(full, 1000), ec.from_array(changed(full, (1, 999), -1), 1000)
    with ec.options(memory_limit=2 * 8 * 7):
        assert not ec.equals(one, other)
        assert ec.equals(one, ec.join(one))
        assert ec.equals(one, ec.from_array(np.asfortranarray(full), 1000))
