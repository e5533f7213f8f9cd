"""Load arguments: given directly, by an entry, by a session's defaults and in the call, they do the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml

import ecogcat as ec
from ecogcat.formats.loading import apply_load_arguments
from ecogcat.formats.registry import argument_names, formats
from ecogcat.testing.headstages import write_headstage

Make = Callable[[ec.Dataset], ec.Dataset]
TRIGGERS = (120, 180, 240, 300, 360)


def detected(dataset: ec.Dataset) -> ec.Dataset:
    return ec.with_events(dataset, ec.detect_events(dataset, "adc", 0))


# Value; another one, which it wins over; what it does to the recording as it lies in the file, by public functions.
ARGUMENTS: dict[str, tuple[Any, Any, Make]] = {
    "units": ("mV", "V", lambda one: ec.convert_units(one, "mV")),
    "channels": ([5, 3], [1], lambda one: ec.select_channels(one, [5, 3])),
    "dtype": ("f8", "f4", lambda one: one),
    "bandpass": ([5, 200], [10, -1], lambda one: ec.bandpass(one, 5, 200)),
    "notches": ([60, 120], [50], lambda one: ec.notch(one, (60, 120))),
    "resample_rate": (250, 500, lambda one: ec.resample(one, 250)),
    "remove_mean": (True, False, ec.remove_mean),
    "reference": ("common", 3, lambda one: ec.rereference(one, "common")),
    "snip_transient": (0.1, 0.05, lambda one: ec.select_time(one, 100, one.n_samples)),
    "mapped": (False, True, ec.load),
    "trigger": (0, None, detected),
    "start_time": ("2026-03-14 10:21:05", "2020-01-01", lambda one: one),
    "electrode": ("psv_61_intan", "ratv4_intan", lambda one: one),
}
SAMPLES = [name for name in ARGUMENTS if name not in ("trigger", "start_time", "electrode", "dtype")]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_headstage(tmp_path_factory.mktemp("load"), "rec", "oephys", TRIGGERS, n_samples=400)


@pytest.fixture
def entry(recording: Path, tmp_path: Path) -> Callable[..., Any]:
    """Make a catalog of one recording, with arguments of its own and of the session."""

    def make(own: dict[str, Any] | None = None, defaults: dict[str, Any] | None = None) -> Any:
        path = tmp_path / "session.yaml"
        args = {"urlpath": str(recording), **(own or {})}
        content = {
            "metadata": {"version": 1, "ecog": {"defaults": defaults or {}}},
            "sources": {"rec": {"driver": "ecog_hdf5", "args": args}},
        }
        path.write_text(yaml.safe_dump(content))
        return ec.open_session(path)["rec"]

    return make


def holds(dataset: ec.Dataset, name: str, want: ec.Dataset) -> None:
    """Assert that a dataset is what the argument makes of the recording."""
    assert dataset.events == want.events
    assert dataset.sampling_rate == want.sampling_rate
    if name == "electrode":
        assert dataset.channel_map is not None
        assert dataset.channel_map.sites.tolist() == ec.electrode("psv_61_intan").sites.tolist()
    elif name == "dtype":
        assert dataset.signal.dtype == np.float64
    elif name == "start_time":
        assert dataset.parts[0].start_time == np.datetime64("2026-03-14T10:21:05")
    else:
        assert ec.equals(dataset, want)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_does_the_same_wherever_it_is_said(name: str, recording: Path, entry: Callable[..., Any]) -> None:
    value, other, _ = ARGUMENTS[name]
    plain = ec.open_recording(recording)
    ways = {
        "directly": ec.open_recording(recording, **{name: value}),
        "the entry": entry({name: value}).read(),
        "the session": entry(None, {name: value}).read(),
        "the entry over the session": entry({name: value}, {name: other}).read(),
        "the call over both": entry({name: other}, {name: other})(**{name: value}).read(),
        "the call over the session": entry(None, {name: other})(**{name: value}).read(),
    }
    want = ARGUMENTS[name][2](plain)
    for dataset in ways.values():
        holds(dataset, name, want)
        assert (dataset == ways["directly"]) or name == "mapped"
    if name not in ("dtype", "units"):  # these always have a value: None is the usual one
        assert ec.equals(entry({name: value})(**{name: None if name != "mapped" else True}).read(), plain)


@pytest.mark.parametrize("name", [*SAMPLES, "trigger"])
def test_discovering_reads_headers_and_partitions_have_the_values(
    name: str, entry: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = entry({name: ARGUMENTS[name][0]})
    with monkeypatch.context() as patch:
        patch.setattr("ecogcat.signal.execute", None)
        found = source.discover()
    dataset = source.read()
    values = dataset.signal[:]
    assert (found["shape"], found["metadata"]["sampling_rate"]) == (values.shape, dataset.sampling_rate)
    assert (found["dtype"], found["metadata"]["units"]) == (values.dtype, dataset.units)
    assert found["metadata"]["n_events"] == (None if name == "trigger" else len(dataset.events))
    np.testing.assert_array_equal(source.to_dask().compute(), values)
    blocks = [source.read_partition(k) for k in range(found["npartitions"])]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), values)
    np.testing.assert_array_equal(np.concatenate(list(source.read_chunked()), axis=1), values)


def test_the_order_in_which_they_are_done(recording: Path) -> None:
    done = ec.open_recording(
        recording,
        electrode="psv_61_intan",
        channels=range(40),
        trigger=0,
        resample_rate=500,
        bandpass=(2, 100),
        notches=60,
        reference="common",
        snip_transient=0.5,
        units="mV",
    )
    want = detected(ec.open_recording(recording, electrode="psv_61_intan", channels=range(40), units="mV"))
    want = ec.rereference(ec.notch(ec.bandpass(ec.resample(want, 500), 2, 100), 60), "common")
    assert want.events.sample.tolist() == [sample // 2 for sample in TRIGGERS]
    assert done.n_samples == want.n_samples  # the first event is within a second of the start: nothing is cut off
    assert done.transient_snipped
    np.testing.assert_allclose(done.signal[:], want.signal[:], rtol=1e-6, atol=1e-9)
    assert done.events == want.events
    steps = "resampled from 1000 Hz to 500 Hz", "not in channels=", "bandpass 2 to 100 Hz", "notch 60", "common average"
    at = [next(k for k, step in enumerate(done.history) if text in step) for text in steps]
    assert at == sorted(at)


def test_a_transient_is_cut_off_up_to_a_second_before_the_first_event(tmp_path: Path) -> None:
    late = write_headstage(tmp_path, "late", "oephys", [4000, 7000, 9000], n_samples=12000)
    assert ec.open_recording(late, snip_transient=True).n_samples == 7000  # five seconds
    assert ec.open_recording(late, snip_transient=True, trigger=0).events.sample.tolist() == [1000, 4000, 6000]
    assert ec.open_recording(late, snip_transient=2.5, trigger=0).events.sample.tolist() == [1500, 4500, 6500]


@pytest.mark.parametrize(
    ("asked", "ran"),
    [
        ({"bandpass": (2, 100)}, "a bandpass"),
        ({"notches": 60, "remove_mean": True}, "a notch and the mean"),
        ({"reference": "common"}, None),
    ],
)
def test_what_ran_over_a_transient_is_warned_of(
    asked: dict[str, Any], ran: str | None, recording: Path, entry: Callable[..., Any]
) -> None:
    for dataset in (
        ec.open_recording(recording, snip_transient=0.1, **asked),
        entry(asked, {"snip_transient": 0.1}).read(),
    ):
        said = [text for text in dataset.parts[0].warnings if "took in" in text]
        assert len(said) == (ran is not None)
        if ran is not None:
            assert said[0].startswith(f"snip_transient: {ran} took in the 0.1 s that were then cut off")
    assert not ec.open_recording(recording, **asked).parts[0].warnings


def test_scratch_copies_are_written_to(recording: Path, entry: Callable[..., Any]) -> None:
    before = recording.read_bytes()
    for source in (entry({"mapped": "r+"}), entry(None, {"mapped": "r+"}), entry()(mapped="r+", bandpass=(5, 100))):
        dataset = source.read()
        dataset.signal.write((3, slice(10, 20)), 5)
        assert (dataset.signal[3, 10:20] == 5).all()
        assert source.discover()["shape"] == (64, 400)
    assert recording.read_bytes() == before
    with pytest.raises(ec.ReadOnlyError):
        entry().read().signal.write((0, 0), 1)


def test_filters_look_at_the_past_alone_if_asked(recording: Path) -> None:
    plain = ec.open_recording(recording)
    causal = ec.open_recording(recording, bandpass=(2, 100), notches=60, causal=True)
    assert ec.equals(causal, ec.notch(ec.bandpass(plain, 2, 100, causal=True), 60, causal=True))


def test_a_line_of_another_array(tmp_path: Path) -> None:
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 400), "f4"), 1000.0
        file["dig"] = np.repeat([[0, 1, 0, 1], [0, 0, 1, 1]], 100, axis=1).astype("u1")
    assert ec.open_recording(path, trigger="dig:0").events.sample.tolist() == [100, 300]
    assert ec.open_recording(path, trigger="dig:1").events.sample.tolist() == [200]
    assert ec.open_recording(path, trigger=["dig:0", "dig:1"]).events.sample.tolist() == [100]  # any of them is high


def test_events_as_samples(recording: Path, entry: Callable[..., Any]) -> None:
    for samples in ([100, 200], (100, 200), np.array([100, 200])):
        for dataset in (ec.open_recording(recording, events=samples), entry()(events=samples).read()):
            assert dataset.events.sample.tolist() == [100, 200]
    assert entry({"events": [100, 200]}).read().events.sample.tolist() == [100, 200]
    assert ec.open_recording(recording, events=[100, 200], resample_rate=500).events.sample.tolist() == [50, 100]


def test_a_line_without_two_levels_is_warned_of(tmp_path: Path, entry: Callable[..., Any]) -> None:
    path = tmp_path / "rec.h5"
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 400), "f4"), 1000.0
        file["dig"] = np.repeat([[0, 0, 0, 0], [0, 0, 1, 1]], 100, axis=1).astype("u1")
    for trigger, names in (("dig:0", "dig0"), (["dig:0"], "dig0"), ("dig:1", None), (["dig:0", "dig:1"], None)):
        dataset = ec.open_recording(path, trigger=trigger)
        assert len(dataset.events) == (names is None)
        want = () if names is None else (f"no two levels on {names}: no events were found",)
        assert dataset.parts[0].warnings == want
    lines = {"source": "dig", "channel": 0}
    assert entry({"urlpath": str(path), "triggers": lines}).read().parts[0].warnings == (
        "no two levels on dig0: no events were found",
    )
    assert ec.detect_events(ec.open_recording(path), "dig", 0).sample.tolist() == []


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"mapped": "yes"}, ValueError, "mapped is True (on disk), False (in memory) or 'r+' (a copy to write to)"),
    ({"mapped": "r"}, ValueError, "mapped is True"),
    ({"bandpass": 5}, ValueError, "bandpass is (lo, hi) in Hz, -1 for a side that stays open, not 5"),
    ({"bandpass": (5, 10, 20)}, ValueError, "bandpass is (lo, hi) in Hz"),
    ({"bandpass": ("5", "10")}, ValueError, "bandpass is (lo, hi) in Hz"),
    ({"bandpass": (5, 500)}, ValueError, "an edge at 500 Hz is not below 500 Hz"),
    ({"bandpass": (20, 10)}, ValueError, "the lower edge of a bandpass lies below the upper one"),
    ({"notches": 500}, ValueError, "a line at 500 Hz cannot be taken out of rec"),
    ({"resample_rate": 0}, ValueError, "a rate is a positive number of Hz, not 0"),
    ({"resample_rate": "2e3"}, TypeError, "a rate is a positive number of Hz, not '2e3': write 2000, without quotes"),
    ({"units": "mv"}, ValueError, "did you mean 'mV'?"),
    ({"units": "UV"}, ValueError, "did you mean 'uV'?"),
    ({"resample_rate": "fast"}, TypeError, "a rate is a positive number of Hz, not 'fast'"),
    ({"resample_filter": "butter"}, ValueError, "one of 'polyphase', 'chebyshev1', 'chebyshev2', 'none', not 'butter'"),
    ({"resample_filter": True}, TypeError, "the filter of resampling is one of 'polyphase'"),
    (
        {"resample_filter": "none", "resample_rate": 300},
        ValueError,
        "no whole multiple of 300 Hz, but of 333.3333333 Hz",
    ),
    ({"remove_mean": "no"}, TypeError, "remove_mean= is True or False, not 'no'"),
    ({"others_as_ground": 1}, TypeError, "others_as_ground= is True or False, not 1"),
    ({"reference": "mean"}, KeyError, "no reference 'mean': it is common, regress, reference_channels, or a channel"),
    ({"reference": True}, TypeError, "not True"),
    ({"reference": 64}, IndexError, "64"),
    ({"reference": "reference_channels"}, ValueError, "rec has no reference channels"),
    ({"snip_transient": -1}, ValueError, "snip_transient is a number of seconds, or True, not -1"),
    ({"snip_transient": 1e4}, ValueError, "cuts 10000 s off, and nothing of rec would be left, which is 0.4 s long"),
    ({"snip_transient": "5"}, TypeError, "snip_transient is a number of seconds, or True, not '5'"),
    ({"events": [100, 400]}, ValueError, "events= has samples from 100 to 400; those of rec are 0 to 399"),
    ({"events": 100}, TypeError, "events= is Events, a list of samples or a table's path, not 100"),
    ({"trigger": "ADC9"}, KeyError, "ADC9"),
    ({"trigger": 1}, IndexError, "1"),
    ({"trigger": "dgi:0"}, KeyError, "trigger='dgi:0': rec has no array 'dgi'; there are: adc"),
    ({"trigger": ["dig:3", 0]}, KeyError, "trigger='dig:3': rec has no array 'dig'; there are: adc"),
    ({"trigger": 0.5}, TypeError, "trigger= names lines by number or name, such as 0, 'ADC1' or 'dig:3', not 0.5"),
    ({"trigger": True}, TypeError, "trigger= names lines by number or name, such as 0, 'ADC1' or 'dig:3', not True"),
    ({"channels": [64]}, IndexError, "rec has no source channels [64]; it has 64, from 0 to 63"),
    ({"channels": []}, ValueError, "channels= keeps at least one source channel"),
    ({"units": "kg"}, ValueError, "kg"),
    ({"dtype": "i2"}, TypeError, "values are floating-point numbers, not int16"),
    ({"start_time": "yesterday morning"}, ValueError, "start_time is a date and time such as"),
    ({"connectors": ["intan64"]}, ValueError, "connectors= says how an electrode is wired"),
    ({"bandpas": (5, 100)}, TypeError, "hdf5 recordings take no load argument 'bandpas'; did you mean bandpass?"),
    ({"resample": 100}, TypeError, "did you mean resample_rate?"),
    ({"save_downsamp": True}, TypeError, "did you mean save_downsampled?"),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), WRONG)
def test_a_wrong_value_is_one_clear_error(
    arguments: dict[str, Any], kind: type[Exception], message: str, recording: Path, entry: Callable[..., Any]
) -> None:
    with pytest.raises(kind, match=re.escape(message)):
        ec.open_recording(recording, **arguments)
    if "save_downsamp" not in arguments:  # session files have that name: the catalog says how to leave it out
        with pytest.raises((kind, ec.CatalogError), match=re.escape(message)) as caught:
            entry()(**arguments).read()
        assert "catalog entry 'rec'" in str(caught.value) or "catalog entry 'rec'" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("name", formats())
def test_they_are_all_listed(name: str) -> None:
    table = ec.load_arguments(name).set_index("argument")
    assert argument_names(apply_load_arguments) <= set(table.index)
    for argument, row in table.iterrows():
        assert row["type"], argument
        assert len(row["meaning"]) > 10, argument


def test_names_of_session_files_are_no_load_arguments_of_the_call() -> None:
    assert not {"usefs", "local_ref", "car", "save_downsamp"} & argument_names(apply_load_arguments)
