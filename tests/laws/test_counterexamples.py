"""What the laws found, pinned: each was wrong once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat.arrays import signal_of
from ecogcat.piece import Piece
from ecogcat.signal import Signal
from ecogcat.storage.memory import MemoryExtent
from ecogcat.testing import laws


def recording(values: object, name: str, *, units: str = "uV", **fields: object) -> ec.Dataset:
    return ec.from_array(np.asarray(values), 1000, units=units, name=name, **fields)  # type: ignore[arg-type]


def test_integers_converted_and_back_are_integers() -> None:
    """They came back as float32: the type of a unit's detour was kept."""
    whole = recording([[1, 2, 3]], "a")
    back = ec.convert_units(ec.convert_units(whole, "mV"), "uV")
    assert back.signal.dtype == np.int64
    assert back == whole
    b = recording(np.array([[4, 5]], np.int16), "b", units="mV")
    joined = ec.join(whole, b)
    assert joined.signal[0].tolist() == [1.0, 2.0, 3.0, 4000.0, 5000.0]
    assert ec.split(joined)[1].signal.dtype == np.int16


def test_half_precision_does_not_overflow_in_another_unit() -> None:
    """A float16 of 100 mV read as inf uV."""
    half = recording(np.array([[100.0]], np.float16), "a", units="mV")
    assert ec.convert_units(half, "uV").signal[0, 0] == 100_000


def test_reading_a_narrower_type_rounds_as_casting_does() -> None:
    """An int64 beside a float was rounded once, to float32; reading and casting rounds to float64 first."""
    number = 2**60 + 2**36 + 1  # to float64, then a tie to even; rounded at once it goes up
    pieces = (Piece.whole(MemoryExtent(np.array([[number]]))), Piece.whole(MemoryExtent(np.array([[0.5]]))))
    signal = Signal(pieces, 1000, "uV", ("a",))
    assert signal.dtype == np.float64
    laws.casts_as_numpy(signal, np.float32)


def test_a_stretch_without_samples_has_no_say_in_the_type() -> None:
    """The type of a signal depended on stretches of no samples, which a cut leaves out."""
    pieces = (Piece.whole(MemoryExtent(np.zeros((1, 3), "f4"))), Piece.whole(MemoryExtent(np.zeros((1, 0), "f8"))))
    signal = Signal(pieces, 1000, "uV", ("a",))
    assert signal.dtype == np.float32
    a, b = ec.Dataset.of(signal, name="a"), recording(np.zeros((1, 0), "f8"), "b", names=["a"])
    assert ec.join(a, b).signal.dtype == np.float32
    laws.split_undoes_join(a, b)
    laws.split_undoes_join(b, a)
    laws.cuts_join_back(ec.join(a, b), [1])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_split_gives_interval_columns_back(order: tuple[int, int]) -> None:
    """Both parts came back with the columns of either."""
    table = pd.DataFrame({"start": [0], "stop": [2], "label": ["artifact"], "score": np.array([1], np.int8)})
    some = (recording([[1.0, 2.0]], "a").replace(intervals=table), recording([[3.0, 4.0]], "b"))
    plain = some[1].replace(intervals=table[["start", "stop", "label"]])
    laws.split_undoes_join(*(((some[0], plain)[k]) for k in order))
    laws.first_part_is_the_first_dataset(*(((some[0], plain)[k]) for k in order))


def test_a_unit_in_place_is_that_of_the_parts_too() -> None:
    """Converting a join to the unit that it has left its parts, once split, in theirs; ground stayed as it was."""
    a, b = recording([[1.0]], "a"), recording([[1.0]], "b", units="mV")
    assert [one.units for one in ec.split(ec.convert_units(ec.join(a, b), "uV"))] == ["uV", "uV"]
    ground = signal_of(MemoryExtent(np.array([[2.0]])), 1000, units="mV")
    assert ec.convert_units(a.replace(ground=ground), "uV").ground[0, 0] == 2000.0


def test_missing_words_are_equal_however_they_were_joined() -> None:
    """A missing word was None or NaN, depending on the order of joining; `ec.equals` told them apart."""
    a, b, c = (recording([[0.0]], name) for name in "abc")
    a = a.replace(events=ec.Events([0], pd.DataFrame({"word": pd.Series(["x"], dtype="str")})))
    b = b.replace(events=ec.Events([0], pd.DataFrame({"tone": [1]})))
    c = c.replace(events=ec.Events([0], pd.DataFrame({"word": pd.Series([None], dtype="object")})))
    laws.join_is_associative(a, b, c)
    table = ec.join(ec.join(a, b), c).events.table
    assert table["word"].tolist() == ["x", None, None]
    nothing = a.replace(events=ec.Events([0], {"word": np.array([np.nan], object)}))
    assert ec.equals(nothing, a.replace(events=ec.Events([0], {"word": np.array([None], object)})))


def test_filled_gaps_have_a_type_of_their_own() -> None:
    """The type of a filled gap was that of what was joined with it: joining was not associative."""
    clock = np.datetime64("2026-01-01T00:00:00", "ns")
    some = []
    for k, dtype in enumerate(("f4", "f4", "f8")):
        one = recording(np.zeros((1, 2), dtype), "abc"[k])
        some.append(one.replace(parts=[one.parts[0].replace(recorded_at=clock + np.timedelta64(5 * k, "ms"))]))

    def join(*datasets: ec.Dataset) -> ec.Dataset:
        return ec.join(*datasets, gaps="nan")

    laws.join_is_associative(*some, join=join)
    laws.gaps_leave_samples_alone(*some, fill=0.1)
    assert ec.join(*some, gaps=0.1).signal[0, 3] == 0.1


def test_arrays_within_extents_are_read_only() -> None:
    """Those of the layout could be written to."""
    extent = MemoryExtent(np.zeros((2, 3)))
    laws.cannot_be_changed(extent)
    laws.cannot_be_changed(extent._layout)


def test_numbers_beside_words_are_joined_alike_in_any_order() -> None:
    """An integer became a float where it met a float first, and stayed an integer where it met a word at once."""
    a, b, c = (
        recording([[0.0]], name).replace(events=ec.Events([0], {"level": [level]}))
        for name, level in (("a", "loud"), ("b", 3), ("c", 0.5))
    )
    laws.join_is_associative(a, b, c)
    assert [type(level) for level in ec.join(a, ec.join(b, c)).events.table["level"]] == [str, int, float]


def test_of_two_mistakes_in_an_index_numpys_is_named() -> None:
    """A step of 0 beside a number out of range is a ValueError."""
    values = np.zeros((1, 1))
    laws.reads_as_numpy(recording(values, "a").signal, values, (None, slice(None, None, 0), [1]))


@pytest.mark.parametrize("index", [(..., 0, 0), (0, 0, ...), (0, ..., 0), (0, 0), ([0], 0), (np.array(0), 0, ...)])
def test_an_ellipsis_makes_an_array_of_one_value(index: object) -> None:
    """It was a number, where NumPy gives an array of no axes."""
    values = np.ones((1, 1))
    laws.reads_as_numpy(recording(values, "a").signal, values, index)


def test_no_samples_are_the_same_whichever_cut_made_them() -> None:
    """An aligned array without a sample kept the piece it was cut from: cuts of cuts differed from cuts."""
    supply = [Signal((Piece.whole(MemoryExtent(np.array([[k]]))),), 1000 / 60, "V", ("supply",)) for k in range(3)]
    lengths = 1, 7, 1
    parts = [
        recording(np.zeros((1, n)), name, aligned={"supply": array})
        for n, name, array in zip(lengths, "abc", supply, strict=True)
    ]
    joined = ec.join(*parts)
    once = ec.select_time(joined, 2, 3)
    assert once["supply"].shape == (1, 0)
    assert ec.select_time(ec.select_time(joined, 2, 9), 0, 1) == once


def test_a_condition_missing_beside_numbers_and_beside_text_is_missing() -> None:
    """The law itself told NumPy's true from Python's."""
    a = recording([[0.0]], "a", events=ec.Events([0], {"tone": [np.nan]}))
    b = recording([[0.0]], "b", events=ec.Events([0], {"tone": [1], "go": [True]}))
    laws.cut_is_the_middle_of_the_array(ec.join(a, b), 0, 1)


def test_a_channel_that_lacks_is_nan_where_the_type_has_one() -> None:
    """Read as 0 from integers, it is NaN in what is loaded as floats: the law had it 0."""
    whole = recording(np.array([[1, 2], [3, 4]]), "a")
    lacking = whole.replace(signal=whole.signal.take([-1, 1], names=whole.signal.channel_names))
    assert lacking.signal[:].tolist() == [[0, 0], [3, 4]]
    np.testing.assert_array_equal(ec.load(lacking, dtype="f8").signal[:], [[np.nan, np.nan], [3, 4]])
    laws.loads_equal(lacking, dtype=np.float64)


def test_a_channel_that_lacks_in_an_integer_part_of_floats() -> None:
    whole = recording(np.array([[1.5], [2.5]], "f4"), "a")
    lacking = recording(np.array([[False], [True]]), "b")
    lacking = lacking.replace(signal=lacking.signal.take([-1, 1], names=lacking.signal.channel_names))
    both = ec.join(whole, lacking, match="name")
    laws.loads_equal(both, dtype=np.float64)
    np.testing.assert_array_equal(ec.load(both, dtype="f8").signal[:], [[1.5, np.nan], [2.5, 1]])


def test_a_wrong_mask_is_found_before_a_wrong_slice_beside_it() -> None:
    """Of two mistakes in one index the other was raised."""
    signal = recording([[1.0]], "a").signal
    laws.reads_as_numpy(signal, signal.read(), (np.array([False, False]), slice(None, None, 0)))
