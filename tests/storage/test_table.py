"""Tables of blocks: what the laws do not ask of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecogcat.errors import FormatError
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.source import Source
from ecogcat.storage.table import TableExtent
from tests.storage.test_affine import read


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "a.dat").write_bytes(np.arange(100, dtype="u1").tobytes())
    return Source.open(tmp_path / "a.dat")


def table(source: Source, **changes: Any) -> TableExtent:
    values: dict[str, Any] = {
        "dtype": np.dtype(">u2"),
        "n_samples": 7,
        "base": [2, 0],
        "origin": [60, 1, 30],
        "sample_stride": 4,
        "block_len": 3,
    }
    return TableExtent(source, **(values | changes))


def test_blocks_lie_where_the_table_says(source: Source) -> None:
    data = np.arange(100)
    places = [60 + 4 * k for k in range(3)] + [1 + 4 * k for k in range(3)] + [30]
    expected = [[data[place + base] * 256 + data[place + base + 1] for place in places] for base in (2, 0)]
    assert read(table(source)).tolist() == expected
    assert table(source).block_samples == 3


def test_equal_distances_are_what_an_affine_extent_reads(source: Source) -> None:
    regular = table(source, origin=[0, 20, 40])
    affine = AffineExtent(source, regular.dtype, 7, regular.base, 4, 3, 20)
    assert np.array_equal(read(regular), read(affine))


def test_tokens_follow_the_layout(source: Source) -> None:
    tokens = {
        table(source, **changes).token for changes in ({}, {"origin": [60, 1, 31]}, {"n_samples": 6}, {"base": [0, 2]})
    }
    assert len(tokens) == 4
    assert table(source).token in tokens


@pytest.mark.parametrize(
    "changes", [{"origin": [60, 1, 97]}, {"origin": [60, 90, 1]}, {"base": [-2, 0], "origin": [0, 1, 2]}]
)
def test_nothing_lies_outside_of_the_file(changes: dict[str, Any], source: Source) -> None:
    with pytest.raises(FormatError, match="7 samples of 2 channels do not fit into the file"):
        table(source, **changes)


@pytest.mark.parametrize("changes", [{"block_len": 0}, {"sample_stride": -1}, {"n_samples": -1}])
def test_lengths_are_not_negative(changes: dict[str, Any], source: Source) -> None:
    with pytest.raises(ValueError, match="lengths and strides of an extent are not negative"):
        table(source, **changes)


@pytest.mark.parametrize("changes", [{"n_samples": 10}, {"origin": []}])
def test_there_are_blocks_for_all_samples(changes: dict[str, Any], source: Source) -> None:
    with pytest.raises(ValueError, match=r"samples do not lie in [03] blocks of 3 samples"):
        table(source, **changes)
