"""Event offsetting and seam location against their oracles."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from ecogcat.kernels.events import locate_samples, offset_events
from tests import oracles

RECORDINGS = st.lists(st.lists(st.integers(0, 2**40), max_size=6), max_size=6)


@given(RECORDINGS, st.data())
@example([[1], [], [2, 3]], None)  # a recording without events between two with: its offset is used for none
def test_offset_events_is_the_oracle(recordings: list[list[int]], data: st.DataObject | None) -> None:
    n = len(recordings)
    if data is None:
        offsets = [100 * k for k in range(n)]
    else:
        offsets = data.draw(st.lists(st.integers(-(2**40), 2**40), min_size=n, max_size=n))
    samples = oracles.frozen([s for some in recordings for s in some], np.int64)
    stops = oracles.frozen(np.cumsum([len(some) for some in recordings]), np.int64)
    inputs = (samples, stops, oracles.frozen(offsets, np.int64))
    before = [value.tobytes() for value in inputs]
    out = np.zeros(len(samples), np.int64)
    offset_events(*inputs, out)
    assert out.tolist() == oracles.offset(recordings, offsets)
    assert [value.tobytes() for value in inputs] == before

    in_place = samples.copy()
    offset_events(in_place, *inputs[1:], in_place)
    assert in_place.tolist() == out.tolist()


@given(st.lists(st.integers(0, 2**33), min_size=1, max_size=12).filter(any), st.data())
@example([3, 0, 0, 4], None)  # parts without samples hold none
@example([0, 2], None)
@example([2, 0], None)
def test_locate_samples_is_the_oracle(lengths: list[int], data: st.DataObject | None) -> None:
    total = sum(lengths)
    edges = {e + d for e in np.cumsum([0, *lengths]).tolist() for d in (-1, 0, 1)}
    samples = sorted(e for e in edges if 0 <= e < total)
    if data is not None:
        samples += data.draw(st.lists(st.integers(0, total - 1), max_size=20))
    starts = oracles.frozen(np.cumsum([0, *lengths]), np.int64)
    wanted = oracles.frozen(samples, np.int64)
    part, local = np.zeros(len(samples), np.int64), np.zeros(len(samples), np.int64)
    locate_samples(wanted, starts, part, local)
    assert list(zip(part.tolist(), local.tolist(), strict=True)) == [oracles.locate(lengths, s) for s in samples]
    assert wanted.tolist() == samples
    assert starts.tolist() == np.cumsum([0, *lengths]).tolist()
