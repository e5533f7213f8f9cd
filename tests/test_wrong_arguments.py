"""What is no dataset, no file and no number: said in words, by every public function, with what to do instead."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import intake
import numpy as np
import pandas as pd
import pytest

import ecogcat as ec
from ecogcat import checks

PYTHONS_OWN = re.compile(r"has no attribute|takes no keyword|unexpected keyword|not iterable|os\.PathLike object|Errno")


def dataset(n_channels: int = 4) -> ec.Dataset:
    events = ec.Events([10, 50], pd.DataFrame({"tone": [500.0, 1000.0], "who": ["a", "b"]}))
    return ec.from_array(np.zeros((n_channels, 100), "f4"), 100.0, events=events)


def takers() -> list[tuple[str, str]]:
    """Every public function that takes a dataset, with each argument that is one."""
    functions = [(name, getattr(ec, name)) for name in ec.__all__ if inspect.isfunction(getattr(ec, name))]
    return [
        (name, parameter.name)
        for name, function in functions
        for parameter in inspect.signature(function).parameters.values()
        if str(parameter.annotation).startswith("Dataset")
    ]


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "array": (lambda: np.zeros((4, 100)), r"an array of shape \(4, 100\): make it one with ecogcat\.from_array"),
    "path": (lambda: "day 1/rec_001.rhd", r"the path 'day 1/rec_001\.rhd': open it with ecogcat\.open_recording"),
    "Path": (lambda: Path("rec.rhd"), "open it with ecogcat.open_recording"),
    "signal": (lambda: dataset().signal, "a signal: give the dataset"),
    "list": (lambda: [dataset(), dataset()], r"a list of 2: .*ecogcat\.join|a list; unpack it"),
    "catalog": (lambda: intake.catalog.Catalog(name="day"), r"a catalog: .*ecogcat\.load_session"),
    "source": (lambda: intake.open_ecog_hdf5("a.h5"), r"an entry of a catalog: open it with \.read\(\)"),
    "None": (lambda: None, "not None"),
    "number": (lambda: 3, "not 3"),
    "mapping": (lambda: {"a": 1}, "not a dict"),
}
OTHERS: dict[str, dict[str, Any]] = {
    **{"convert_units": {"units": "mV"}, "epochs": {"before": 1, "after": 1}, "locate": {"samples": [1]}},
    **{"mark_channels": {"table": "t.csv", "reason": "x"}, "mask_impedance": {"impedances": "a.csv", "above": 1}},
    **{
        "sample_at": {"part": 0, "file_sample": 0},
        "select_time": {"start": 0, "stop": 1},
        "with_events": {"events": [1]},
    },
    **{"bandpass": {"lo": 1, "hi": 2}, "notch": {"lines": 10}, "resample": {"rate": 50}, "write": {"path": "a.h5"}},
    **{"with_conditions": {"columns": {}}, "with_intervals": {"table": pd.DataFrame()}},
}


def test_the_functions_are_found() -> None:
    assert len({name for name, _ in takers()}) >= 23


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize(("name", "argument"), takers())
def test_what_is_no_dataset(name: str, argument: str, kind: str) -> None:
    make, said = WRONG[kind]
    function = getattr(ec, name)
    parameters = inspect.signature(function).parameters
    if parameters[argument].kind is inspect.Parameter.VAR_POSITIONAL:
        with pytest.raises(TypeError, match=said) as caught:
            function(make())
    else:
        required = {
            one.name for one in parameters.values() if one.default is one.empty and one.kind is not one.VAR_KEYWORD
        }
        others = {other: dataset() for other in required if str(parameters[other].annotation) == "Dataset"}
        others.update(OTHERS.get(name, {}))
        assert required <= {*others, argument}, "a new function: say in OTHERS what else it needs"
        with pytest.raises(TypeError, match=said) as caught:
            function(**{**others, argument: make()})
    assert not PYTHONS_OWN.search(str(caught.value))
    assert "\n" not in str(caught.value)


def test_what_is_no_signal() -> None:
    with pytest.raises(TypeError, match=r"join_signals takes signals, not a dataset: give its \.signal"):
        ec.join_signals(dataset())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="join_signals takes signals, not an array"):
        ec.join_signals(np.zeros(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ec.convert_units(dataset(), 3), "units= is text such as 'mV', not 3"),  # type: ignore[arg-type]
        (lambda: checks.check_number(True, "before"), "before= is a number, not True"),
        (lambda: checks.check_number(None, "before"), "before= is a number, not None"),
        (lambda: checks.check_text(None, "label", "sleep"), "label= is text such as 'sleep', not None"),
        (lambda: checks.check_path(3, "out", none=True), "out= is a path or None, not 3"),
        (lambda: checks.check_flag(1, "mapped"), "mapped= is True or False, not 1"),
        (lambda: checks.check_mapping(3, "columns", "{}"), "columns= has names with values"),
        (lambda: ec.read_intervals(3), "path= is a path, not 3"),  # type: ignore[arg-type]
    ],
)
def test_options_of_a_wrong_type(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_what_is_right_passes() -> None:
    for number in (1, 1.5, np.float32(2), np.int64(3), np.array(4.0)):
        checks.check_number(number, "x")
    checks.check_number(None, "x", none=True)
    checks.check_flag(np.True_, "x")
    checks.check_text("a", "x", "b")
    checks.check_text(None, "x", "b", none=True)
    checks.check_path(Path("a"), "x")


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda path: ec.read_intervals(path, 100.0), "table of intervals"),
        (lambda path: ec.with_conditions(dataset(), path), "table of conditions"),
    ],
)
def test_files_that_are_not_there(call: Callable[[Path], Any], what: str, tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match=f"nope.csv: no such {what}$"):
        call(tmp_path / "nope.csv")
    with pytest.raises(ec.RecordingNotFound, match=f"no such {what}: this is a folder"):
        call(tmp_path)


@pytest.mark.parametrize(
    ("call", "name", "what"),
    [
        (lambda path: ec.epochs(dataset(), 1, 1, out=path), "a.npy", "file of epochs"),
        (lambda path: ec.epochs(dataset(), 1, 1, out=path), "a.h5", "file of epochs"),
        (lambda path: ec.plot_overview(dataset(), path), "a.png", "figure"),
        (lambda path: ec.mark_channels(path, dataset(), [0], reason="x"), "a.csv", "table of judgements"),
        (lambda path: ec.to_probeinterface("psv_61_intan", path), "a.json", "probe"),
    ],
)
def test_folders_that_are_not_there(call: Callable[[Path], Any], name: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "none" / name
    with pytest.raises(FileNotFoundError) as caught:
        call(path)
    assert str(caught.value) == f"{path}: the {what} cannot be written: there is no folder {path.parent}; make it first"


@pytest.mark.parametrize("query", ["tone == '500'", "'500' == tone", "tone != 'a'", "tone in ['500']", "tone > '1'"])
def test_a_column_of_numbers_is_not_compared_with_text(query: str) -> None:
    with pytest.warns(UserWarning, match=r"'tone' is a column of numbers, '.*' is text: write it without quotes"):
        dataset().events.select(query)


def test_columns_that_compare_with_text() -> None:
    events = dataset().events
    assert events.select("who == 'a'").sample.tolist() == [10]
    mixed = ec.Events([1, 2, 3], pd.DataFrame({"x": pd.Series([1, "a", None], dtype=object)}))
    assert mixed.select("x == 'a'").sample.tolist() == [2], "text beside numbers is no error"
    numbers = ec.Events([1, 2], pd.DataFrame({"x": pd.Series([1, None], dtype=object)}))
    with pytest.warns(UserWarning, match="column of numbers"):
        numbers.select("x == 'a'")
    missing = ec.Events([1, 2], pd.DataFrame({"x": [np.nan, np.nan]}))
    assert len(missing.select("x == 'a'")) == 0, "nothing is known of a column without values"


def test_what_is_meant_is_said_where_it_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = ec.from_array(np.zeros((2, 100)), 1000)
    with pytest.raises(TypeError, match=r"^join takes no argument 'gap'; did you mean 'gaps'\?$"):
        ec.join(dataset, dataset, gap="nan")
    with pytest.raises(TypeError, match=r"ecogcat\.bandpass\(dataset, 2, 200\).*got \(2, 200\) \(tuple\)$"):
        ec.bandpass(dataset, (2, 200))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="sampling_rate= is a number, not '1000'"):
        ec.from_array(np.zeros((2, 100)), "1000")  # type: ignore[arg-type]
    text = "a memory limit is bytes, text such as '2 GiB', or None, not True"
    with pytest.raises(ValueError, match=text), ec.options(memory_limit=True):
        dataset.signal[:]
    monkeypatch.setenv("ECOGCAT_MEMORY_LIMIT", "lots")
    with pytest.raises(ValueError, match=r"^the environment's ECOGCAT_MEMORY_LIMIT: 'lots' is no size"):
        dataset.signal[:]
