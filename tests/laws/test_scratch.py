"""Laws of scratch copies, over every kind of extent, index and value."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.conditioning.conversion import signal_in_units
from ecogcat.testing import laws
from ecogcat.testing.strategies import KnownDataset, KnownSignal, datasets, dtypes, indices, joinable, signals


@pytest.fixture(autouse=True)
def numpys_warnings() -> Iterator[None]:
    """NumPy warns where values do not fit a type; what they become is compared all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        yield


def scratch_of(*known: KnownSignal) -> ec.Signal:
    """A signal joined of a scratch copy each."""
    copies = [ec.scratch(ec.Dataset.of(one.signal, name=f"s{k}")).signal for k, one in enumerate(known)]
    return copies[0].replace(pieces=[piece for copy in copies for piece in copy.pieces])


@st.composite
def written(draw: st.DrawFn, shape: tuple[int, int], *, fitting: bool = False) -> tuple[Any, Any]:
    """An index, and values for it: a number, or an array that broadcasts to it, or does not."""
    index = draw(indices(shape, valid=fitting))
    number = st.integers(-3, 3) | st.floats(-100, 100, width=32)
    try:
        result = np.zeros(shape)[index].shape
    except (IndexError, ValueError, TypeError):
        return index, draw(number)
    form = list(result[draw(st.integers(0, len(result))) :])
    form = [1 if draw(st.integers(0, 3)) == 0 else n for n in form]
    mask = isinstance(index, np.ndarray) and index.ndim == 2  # for which NumPy takes no further axis
    kind = draw(st.sampled_from(["f8", "f4", "i2", "?", "list", "number"]))
    single = fitting and not result  # which NumPy takes no array with an axis for
    if not mask and not single and kind != "list" and draw(st.integers(0, 5)) == 0:
        form.insert(0, 1)
    if not fitting and 0 not in result and draw(st.integers(0, 5)) == 0:  # lists of nothing take anything empty
        form.append(draw(st.integers(0, 3)))
    values = np.random.default_rng(draw(st.integers(0, 99))).normal(0, 50, form)
    if kind == "number":
        return index, draw(number)
    return index, values.tolist() if kind == "list" and values.size else values.astype(kind.replace("list", "f8"))


@given(st.lists(signals(dtypes=dtypes(), n_channels=3, lacking=False), min_size=1, max_size=3), st.data())
def test_writing_is_assigning_to_an_array(known: list[KnownSignal], data: st.DataObject) -> None:
    one = scratch_of(known[0])
    laws.writes_as_numpy(one, *data.draw(written(one.shape)))
    same = [other for other in known if other.signal.dtype == known[0].signal.dtype]
    joined = scratch_of(*same)
    for _ in range(3):
        laws.writes_as_numpy(joined, *data.draw(written(joined.shape)))
    rows = data.draw(st.permutations(range(3)))
    laws.writes_as_numpy(joined.take(rows[:2]), *data.draw(written((2, joined.n_samples))))
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, joined.n_samples)] * 2)))
    if start < stop:
        laws.writes_as_numpy(joined.cut(start, stop), *data.draw(written((3, stop - start))))


ONES = [6.0, 6, "6", True, 6j, None, [6.0], [[6.0]], [], [1.0, 2.0], "six"]
ONES += [np.array(6.0), np.array([6.0]), np.array([[6.0]]), np.array([[[6.0]]]), np.zeros(0), np.array([6], object)]


@pytest.mark.parametrize("values", ONES, ids=repr)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2", "c8", "?"])
def test_one_sample_takes_what_numpy_takes(values: Any, dtype: str) -> None:
    """Whether an array of one number is taken for it depends on NumPy's release."""
    integer = np.array(1)
    for index in [(0, 0), (-1, np.int16(2)), (integer, integer), (integer, 0), (0, 1, ...), (..., 0, 1), (0, ..., -1)]:
        signal = ec.scratch(ec.from_array(np.zeros((2, 3), dtype), 1000)).signal
        laws.writes_as_numpy(signal, index, values)
        laws.writes_as_numpy(signal.take([1, 0]), index, values)


@given(signals(n_channels=2), st.lists(st.integers(-9, 8), min_size=1, max_size=30), st.integers(0, 99))
@example(None, [0, 0, -9, 0], 1)
def test_of_places_named_twice_the_last_value_stays(known: KnownSignal | None, some: list[int], seed: int) -> None:
    signal = ec.scratch(ec.from_array(np.zeros((9, 9)), 1000)).signal if known is None else scratch_of(known)
    values = np.random.default_rng(seed).normal(size=len(some))
    if signal.n_samples >= 9:
        laws.writes_as_numpy(signal, np.s_[0, some], values)
        laws.writes_as_numpy(signal, np.s_[:, some], values)
        laws.writes_as_numpy(signal, (np.zeros(len(some), int), some), values)
    if signal.n_channels >= 9:
        laws.writes_as_numpy(signal, (some, slice(None, None, -2)), values[:, None])
        laws.writes_as_numpy(signal, (some, 0), values)


@given(
    signals(dtypes=dtypes("f"), n_channels=2, units="uV", lacking=False), st.data(), st.sampled_from(["mV", "V", "nV"])
)
def test_writing_through_units(known: KnownSignal, data: st.DataObject, units: str) -> None:
    signal = scratch_of(known)
    if signal.dtype.itemsize >= 4 and np.isfinite(signal.read()).all():
        index, values = data.draw(written(signal.shape, fitting=True))
        laws.writes_through_units(signal, signal_in_units(signal, units), index, values)


@given(datasets(), st.data())
def test_a_write_is_its_own_alone(known: KnownDataset, data: st.DataObject) -> None:
    laws.a_write_is_its_own_alone(known.dataset, *data.draw(written(known.values.shape)))


@given(joinable())
def test_a_scratch_copy_equals_its_dataset(known: tuple[KnownDataset, ...]) -> None:
    laws.scratch_equals(ec.join(*(one.dataset for one in known)))


@given(signals(n_channels=2, lacking=False), signals(n_channels=2), st.permutations(range(4)), st.data())
def test_what_is_read_only_is_refused(a: KnownSignal, b: KnownSignal, order: list[int], data: st.DataObject) -> None:
    b = KnownSignal(
        b.signal.replace(pieces=[one.astype(a.signal.dtype) for one in b.signal.pieces]), b.values, b.pieces
    )
    pieces = [scratch_of(a).pieces, b.signal.pieces, scratch_of(a).pieces, a.signal.pieces]
    mixed = a.signal.replace(pieces=[piece for k in order for piece in pieces[k]])
    if {piece.extent.dtype for piece in mixed.pieces if piece.n_samples} == {mixed.dtype}:
        for _ in range(3):
            laws.refuses_what_is_read_only(mixed, *data.draw(written(mixed.shape, fitting=True)))


@given(joinable(), st.data())
def test_joining_a_scratch_copy_is_joining_its_dataset(known: tuple[KnownDataset, ...], data: st.DataObject) -> None:
    originals = [one.dataset for one in known]
    mixed = [ec.scratch(one) if data.draw(st.booleans()) else one for one in originals]
    arrays = [array for one in originals for array in [("signal", one.signal), *one.arrays().items()]]
    units = {(name, array.units) for name, array in arrays}
    if len(units) == len({name for name, _ in units}):  # a copy of what is then converted is rounded twice
        assert ec.equals(ec.join(*mixed), ec.join(*originals))
