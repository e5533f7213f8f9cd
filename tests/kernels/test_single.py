"""Single precision: the same float32 as double precision gives, or it is not used."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ecogcat.arrays import signal_of
from ecogcat.kernels.gather import SINGLE, gather_range
from ecogcat.storage import single
from ecogcat.storage.memory import MemoryExtent
from tests import oracles

SMALL = ("i1", "u1", "<i2", ">i2", "<u2", ">u2")


def every(dtype: np.dtype[np.generic]) -> np.ndarray:
    info = np.iinfo(dtype)
    return np.arange(info.min, info.max + 1).astype(dtype)


@pytest.mark.parametrize("dtype", SMALL)
@pytest.mark.parametrize(("gain", "offset"), [(0.195, 0.0), (-0.25, 0.0), (312.5e-6, 32768 * -312.5e-6), (0.25, -1.75)])
def test_the_kernel_gives_the_float32_of_double_precision(dtype: str, gain: float, offset: float) -> None:
    stored = every(np.dtype(dtype))[:: 257 if dtype[-1] == "2" else 1]
    src, zero = oracles.frozen(stored.view(stored.dtype.newbyteorder("="))), oracles.frozen([0], np.int64)
    out = np.empty((1, len(stored)), np.float32)
    scale = SINGLE, oracles.frozen([gain]), oracles.frozen([offset])
    swapped = not stored.dtype.isnative
    gather_range(src, zero, zero, zero[None], len(src), 0, 1, 0, 1, len(src), swapped, *scale, 0, len(src), out)
    np.testing.assert_array_equal(out[0], (stored.astype(np.float64) * gain + offset).astype(np.float32))
    assert not np.signbit(out[out == 0]).any(), "double precision has no negative zero"


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(st.sampled_from(SMALL), numbers, numbers, st.booleans())
@example("<i2", 0.1, 0.05, False)
@example("<u2", 0.195, 32768.0, True)
@example("<i2", 1e300, 0.0, True)
@example("<i2", 1e-44, 0.0, True)
@example("<i2", 5e-324, 0.0, True)
@example("<i2", 0.0, 3.0, False)
def test_what_is_read_is_the_float32_of_double_precision(dtype: str, gain: float, offset: float, whole: bool) -> None:
    """Whatever is decided: an offset of whole counts, as devices have, or any."""
    if whole:
        offset = float(np.clip(np.rint(offset), -(1 << 23), 1 << 23)) * gain
        assume(np.isfinite(offset))
    stored = every(np.dtype(dtype))[::11]
    signal = signal_of(MemoryExtent(stored[None]), 1000.0, units="uV", gain=gain, offset=offset)
    with np.errstate(all="ignore"):
        expected = (stored.astype(np.float64) * gain + offset).astype(np.float32)
        np.testing.assert_array_equal(signal[0], expected)


def test_it_is_used_for_the_gains_of_devices_and_no_others(jit_off: bool) -> None:
    def suffices(dtype: str, gain: list[float], offset: list[float]) -> bool:
        return single.single_suffices(np.dtype(dtype), np.array(gain), np.array(offset))

    devices = [
        ("i2", 0.195, 0.0),
        ("u2", 0.195, -32768 * 0.195),
        ("u2", 312.5e-6, -32768 * 312.5e-6),
        ("i2", 0.25, 0.0),
    ]
    for dtype, gain, offset in devices:
        assert suffices(dtype, [gain] * 4, [offset] * 4) is not jit_off
    assert not suffices("i2", [0.1], [0.05])  # half a count
    assert not suffices("i4", [0.195], [0.0])
    assert not suffices("f4", [0.195], [0.0])
    assert not suffices("i2", [0.0], [0.0])
    assert not suffices("i2", list(np.linspace(0.1, 0.2, 9)), [0.0] * 9)


def test_without_a_fused_multiply_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "_has_fused", lambda: False)
    assert not single.single_suffices(np.dtype("i2"), np.array([0.195]), np.array([0.0]))
