"""Site matching against its oracle."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from ecogcat.kernels.sites import count_codes, match_codes
from tests import oracles

N_CODES = 12
RECORDINGS = st.lists(st.lists(st.integers(0, N_CODES - 1), unique=True), max_size=5)


@given(RECORDINGS, st.lists(st.integers(0, N_CODES - 1), max_size=N_CODES))
@example([], [])
@example([[], [3]], [3, 3])
def test_match_codes_is_the_oracle(recordings: list[list[int]], wanted: list[int]) -> None:
    codes = oracles.frozen([code for some in recordings for code in some], np.int64)
    stops = oracles.frozen(np.cumsum([len(some) for some in recordings]), np.int64)
    before = codes.tobytes(), stops.tobytes()
    place, out = np.full(N_CODES, -1), np.full((len(recordings), len(wanted)), 99)
    match_codes(codes, stops, oracles.frozen(wanted, np.int64), place, out)
    assert out.tolist() == oracles.match(recordings, wanted)
    assert (place == -1).all()  # ready for the next call
    assert (codes.tobytes(), stops.tobytes()) == before


@given(st.lists(st.integers(0, N_CODES - 1)))
def test_count_codes_is_the_oracle(codes: list[int]) -> None:
    given_codes, counts = oracles.frozen(codes, np.int64), np.zeros(N_CODES, np.int64)
    count_codes(given_codes, counts)
    assert counts.tolist() == oracles.count(codes, N_CODES)
    assert given_codes.tolist() == codes
