"""Recordings through neo: its integers, scales, segments and events; threads, processes, and what cannot be read."""

from __future__ import annotations

import builtins
import gc
import io
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import neo.rawio
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.formats.neo import open_neo
from ecogcat.formats.neo import reader as reader_module
from ecogcat.formats.neo.reader import NeoReader, Recipe, opened, sources_of
from ecogcat.formats.registry import detect, formats
from ecogcat.testing import check_format
from ecogcat.testing.rhd import write_rhd
from tests.conftest import ROOT, shared_path

# Neo's readers leave files open that nothing names any more.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _files_closed() -> Iterator[None]:
    """Have what neo left open closed here, not in a later test that does not expect the warning."""
    yield
    reader_module._readers.clear()
    gc.collect()


# Reader, path below recordings, stream, further arguments.
REAL: dict[str, tuple[str, str, str | None, dict[str, Any]]] = {
    "blackrock 2.1": ("BlackrockRawIO", "blackrock/blackrock_2_1/l101210-001.ns2", None, {}),
    "blackrock pause": ("BlackrockRawIO", "blackrock/segment/PauseCorrect/pause_correct.ns2", None, {}),
    "blackrock 3.0": ("BlackrockRawIO", "blackrock/test_BRSMPGRP_raw.ns3", None, {}),
    "intan": ("IntanRawIO", "intan/intan_sampledata_r.rhd", "RHD2000 amplifier channel", {}),
    "intan aux": ("IntanRawIO", "intan/intan_sampledata_r.rhd", "RHD2000 auxiliary input channel", {}),
    "open ephys": ("OpenEphysRawIO", "openephys_legacy/Record Node 101", None, {}),
    "open ephys, two starts": (
        "OpenEphysRawIO",
        "openephys_legacy/OpenEphys_SampleData_2_(multiple_starts)",
        None,
        {"ignore_timestamps_errors": True},
    ),
    "open ephys binary": ("OpenEphysBinaryRawIO", "openephys_binary/v0.4.4.1_with_video_tracking", None, {}),
    "spikeglx": ("SpikeGLXRawIO", "spikeglx/Noise4Sam_g0", "nidq", {}),
    "brainvision": ("BrainVisionRawIO", "brainvision/antio_CA_208/test_CA_208.vhdr", None, {}),
    "neuralynx": (
        "NeuralynxRawIO",
        "neuralynx/mne_neuralynx",
        None,
        {"include_filenames": ["LAHC1.ncs", "LAHC2.ncs", "Events.nev"], "gap_tolerance_ms": 1.0},
    ),
}


def by_neo(name: str, path: Path, **arguments: Any) -> Any:
    cls = getattr(neo.rawio, name)
    rawio = cls(**{"dirname" if cls.rawmode == "one-dir" else "filename": str(path)}, **arguments)
    rawio.parse_header()
    return rawio


def stream_of(rawio: Any, name: str | None) -> int:
    names = rawio.header["signal_streams"]["name"].tolist()
    likely = [k for k, _ in enumerate(names) if name is None or names[k] == name]
    return likely[0]


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest) -> tuple[str, Path, str | None, dict[str, Any]]:
    rawio, path, stream, arguments = REAL[request.param]
    return rawio, shared_path(f"recordings/{path}"), stream, arguments


def test_integers_scales_and_segments_are_neos(real: tuple[str, Path, str | None, dict[str, Any]]) -> None:
    name, path, stream, arguments = real
    rawio = by_neo(name, path, **arguments)
    index = stream_of(rawio, stream)
    dataset = ec.open_recording(path, format="neo", rawio=name, stream=stream, arguments=arguments)
    header = rawio.header["signal_channels"]
    channels = header[header["stream_id"] == rawio.header["signal_streams"]["id"][index]]
    chunks = [
        rawio.get_analogsignal_chunk(0, segment, stream_index=index).T for segment in range(rawio.segment_count(0))
    ]
    stored = np.concatenate(chunks, axis=1)
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert dataset.signal.read(raw=True).dtype == stored.dtype.newbyteorder("=")
    assert [part.n_samples for part in dataset.parts] == [chunk.shape[1] for chunk in chunks]
    assert dataset.sampling_rate == channels["sampling_rate"][0]
    exponent = ec.units.power_of_ten(str(channels["units"][0]), dataset.units)
    gain, offset = channels["gain"][:, None] * 10.0**exponent, channels["offset"][:, None] * 10.0**exponent
    assert np.array_equal(dataset.signal.read(), (stored * gain + offset).astype("f4"))
    assert len(dataset.signal.channel_names) == len(set(dataset.signal.channel_names)) == len(channels)


# Not BrainVision: neo has read the markers' file and forgotten its name, so that a copy would lack it.
CONFORMING = ["blackrock 2.1", "blackrock pause", "blackrock 3.0", "intan", "spikeglx", "neuralynx"]


@pytest.mark.parametrize("key", CONFORMING)
def test_real_recordings_conform(key: str, tmp_path: Path) -> None:
    name, path, stream, arguments = REAL[key]
    target = _small_copy(shared_path(f"recordings/{path}"), key, tmp_path)
    check_format(partial(open_neo, rawio=name, stream=stream, arguments=arguments), target, damage=False)


def _small_copy(path: Path, key: str, folder: Path) -> Path:
    """Copy what belongs to a recording and no more; what lies beside it takes time to compare."""
    if path.is_dir():
        wanted = ("LAHC1.ncs", "LAHC2.ncs", "Events.nev") if key == "neuralynx" else None
        kept = (lambda _, names: [one for one in names if wanted and one not in wanted]) if wanted else None
        return Path(shutil.copytree(path, folder / path.name, ignore=kept))
    for one in path.parent.iterdir():
        if one.stem == path.stem:
            shutil.copy(one, folder / one.name)
            (folder / one.name).chmod(0o644)
    return folder / path.name


def test_events_are_placed_on_samples() -> None:
    path = shared_path("recordings/blackrock/blackrock_2_1/l101210-001.ns2")
    rawio = by_neo("BlackrockRawIO", path)
    expected = []
    for k, channel in enumerate(rawio.header["event_channels"]):
        stamps, _, labels = rawio.get_event_timestamps(0, 0, k)
        times = rawio.rescale_event_timestamp(stamps, "float64", k)
        expected += [(round(time * 1000), channel["name"], label) for time, label in zip(times, labels, strict=True)]
    events = open_neo(path).events
    rows = [(int(sample), *row) for sample, row in zip(events.sample, events.table.to_numpy().tolist(), strict=True)]
    assert len(rows) == 8
    assert rows == sorted(expected)
    assert list(events.table.columns) == ["channel", "label"]


def test_pauses_are_seams_with_a_clock() -> None:
    dataset = open_neo(shared_path("recordings/blackrock/segment/PauseCorrect/pause_correct.ns2"))
    (seam,) = dataset.seams
    rawio = by_neo("BlackrockRawIO", shared_path("recordings/blackrock/segment/PauseCorrect/pause_correct.ns2"))
    begins = [rawio.get_signal_t_start(0, k, 0) for k in (0, 1)]
    assert seam.gap_s == pytest.approx(begins[1] - begins[0] - 4.0, abs=1e-8)
    assert str(dataset.parts[0].recorded_at)[:19] == "2018-03-01T12:36:16"
    assert [part.metadata["segment"] for part in dataset.parts] == [0, 1]
    assert dataset.parts[0].metadata["rawio"] == "BlackrockRawIO"


# A reader of our own making, to say what no file at hand does -------------------------------------


class _Made(neo.rawio.ExampleRawIO):
    """Neo's example, whose signals are made up, with a path that exists."""

    units = ("uV",) * 16
    blocks = 1

    def _parse_header(self) -> None:
        super()._parse_header()
        self.header["nb_block"] = self.blocks
        self.header["nb_segment"] = [2, 3][: self.blocks] or [2]
        for k, unit in enumerate(self.units):
            self.header["signal_channels"]["units"][k] = unit


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    def make(**fields: Any) -> Path:
        cls = type("MadeRawIO", (_Made,), {"rawmode": "one-file", "extensions": ["made"], **fields})
        monkeypatch.setattr(neo.rawio, "MadeRawIO", cls, raising=False)
        monkeypatch.setattr(neo.rawio, "rawiolist", [*neo.rawio.rawiolist, cls])
        monkeypatch.setattr(neo.rawio, "get_rawio", lambda path, exclusive_rawio: [cls])
        reader_module._readers.clear()
        path = tmp_path / "a.made"
        path.write_bytes(b"made up")
        return path

    return make


def test_streams_blocks_events_and_epochs(made: Callable[..., Path]) -> None:
    path = made()
    listed = ec.streams(path, format="neo")
    assert listed[["stream", "rate", "channels", "samples"]].values.tolist() == [
        ["stream 0", 10000.0, 8, 200000],
        ["stream 1", 10000.0, 8, 200000],
    ]
    with pytest.raises(
        ec.FormatError, match=r"streams lie here \(expected one; found stream='stream 0' \(8 channels, 10000 Hz\)"
    ):
        open_neo(path)
    with pytest.raises(ec.RecordingNotFound, match="there is no stream 'x'"):
        open_neo(path, stream="x")
    with pytest.raises(ec.RecordingNotFound, match="there is no block '5'; there are: '0'"):
        open_neo(path, stream="stream 1", block=5)
    dataset = open_neo(path, stream="stream 1")
    assert len(dataset.parts) == 2
    rawio = neo.rawio.MadeRawIO(str(path))
    rawio.parse_header()
    start = rawio.get_signal_t_start(0, 0, 1)
    stamps, _, labels = rawio.get_event_timestamps(0, 0, 0)
    first = dataset.events.table["label"][: len(stamps)].tolist()
    assert first == labels.tolist()
    times = rawio.rescale_event_timestamp(stamps, "float64", 0)
    assert dataset.events.sample[: len(stamps)].tolist() == [round((time - start) * 10000) for time in times]
    stamps, lengths, labels = rawio.get_event_timestamps(0, 0, 1)
    spans = dataset.intervals
    assert spans["label"].tolist()[: len(labels)] == labels.tolist()
    seconds = rawio.rescale_epoch_duration(lengths, "float64", 1)
    assert ((spans["stop"] - spans["start"]).to_numpy()[: len(labels)] == np.round(seconds * 10000)).all()


def test_several_blocks_are_asked_for(made: Callable[..., Path]) -> None:
    path = made(blocks=2)
    with pytest.raises(
        ec.FormatError, match=r"streams lie here \(expected one; found block='0'; block='1'\). Name one with block="
    ):
        open_neo(path, stream="stream 0")
    assert len(open_neo(path, stream="stream 0", block=1).parts) == 3
    assert ec.streams(path, format="neo")["recording"].tolist() == ["0", "0", "1", "1"]


def test_units_of_other_channels(made: Callable[..., Path]) -> None:
    path = made(units=("uV", "mV", "V", "degC", "uV", "uV", "uV", "degC") + ("uV",) * 8)
    plain = open_neo(path, stream="stream 1").signal.read(raw=True)[:, :9]
    dataset = open_neo(path, stream="stream 0")
    assert dataset.n_channels == 6
    assert list(dataset.aligned) == ["in_degc"]
    assert dataset["in_degc"].n_channels == 2
    assert dataset.parts[0].opened.source.tolist() == [0, 1, 2, 4, 5, 6]
    gain = 1000.0 / 2**16
    stored = plain[0]
    for row, factor in ((0, 1), (1, 1e3), (2, 1e6)):
        assert np.array_equal(dataset.signal[row, :9], (stored * (gain * factor)).astype("f4"))


def test_a_likely_stream_is_opened(made: Callable[..., Path]) -> None:
    assert open_neo(made(units=("uV",) * 8 + ("V",) * 8)).parts[0].metadata["stream"] == "stream 0"


def test_names_given_twice(made: Callable[..., Path]) -> None:
    def twice(self: Any) -> None:
        _Made._parse_header(self)
        self.header["signal_channels"]["name"][:3] = ["a", "a", ""]

    dataset = open_neo(made(_parse_header=twice), stream="stream 0")
    assert dataset.signal.channel_names[:4] == ("a", "ch1", "ch2", "ch3")
    assert "channel names missing or given twice, renamed: ch1 for 'a', ch2 for ''" in dataset.warnings[0]


def test_segments_without_samples(made: Callable[..., Path]) -> None:
    path = made(_get_signal_size=lambda self, block, segment, stream: 0)
    with pytest.raises(ec.FormatError, match=r"stream 'stream 0' holds no sample .* found 2 segments of none"):
        open_neo(path, stream="stream 0")
    path = made(_get_signal_size=lambda self, block, segment, stream: 100 * segment)
    dataset = open_neo(path, stream="stream 0")
    assert dataset.n_samples == 100
    assert any("1 of 2 segments hold no sample" in text for text in dataset.warnings)
    assert any("events lie outside of the samples: left out" in text for text in dataset.warnings)
    assert any("epochs do not lie in the samples: left out" in text for text in dataset.warnings)


def test_scales_that_are_no_numbers(made: Callable[..., Path]) -> None:
    def without(self: Any) -> None:
        _Made._parse_header(self)
        self.header["signal_channels"]["gain"][2] = np.nan

    with pytest.raises(ec.FormatError, match="a channel's scale is no number"):
        open_neo(made(_parse_header=without), stream="stream 0")


def test_errors_of_neo_are_errors_of_ours(made: Callable[..., Path]) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise AssertionError("a\nlong   story" + "." * 500)

    for name in ("_parse_header", "_get_signal_size", "_event_count"):
        path = made(**{name: fails})
        with pytest.raises(
            ec.FormatError, match=r"neo's MadeRawIO cannot read this \(found AssertionError: a long story"
        ):
            open_neo(path, rawio="MadeRawIO", stream="stream 0")
    path = made(_get_analogsignal_chunk=fails)
    with pytest.raises(
        ec.FormatError, match=r"cannot read samples 0 to 5 \(found AssertionError: a long story"
    ) as caught:
        open_neo(path, stream="stream 0").signal[:, :5]
    assert "\n" not in str(caught.value)


def test_what_neo_warns_of_is_kept(made: Callable[..., Path]) -> None:
    def warns(self: Any) -> None:
        import warnings

        warnings.warn("the clock is\nodd", UserWarning, stacklevel=1)
        warnings.warn("will go away", DeprecationWarning, stacklevel=1)
        _Made._parse_header(self)

    dataset = open_neo(made(_parse_header=warns), stream="stream 0")
    assert "the clock is odd" in dataset.parts[0].warnings
    assert not any("go away" in text for text in dataset.warnings)


# Which reader -------------------------------------------------------------------------------------


def test_neo_is_asked_last(tmp_path: Path) -> None:
    assert list(formats())[-1] == "neo"
    path = tmp_path / "a.plx"
    path.write_bytes(b"PLEX" + bytes(200))
    with pytest.raises(ec.FormatError, match="no format recognises this"):
        ec.open_recording(path)
    write_rhd(tmp_path / "a.rhd", np.zeros((2, 256)))
    assert detect(str(tmp_path / "a.rhd")).name == "intan"
    (tmp_path / "b.rhd").write_bytes(b"not at all" * 100)
    with pytest.raises(ec.FormatError, match="this is no Intan file"):
        ec.open_recording(tmp_path / "b.rhd")


def test_bytes_that_could_be_anything_are_not_guessed_at(tmp_path: Path) -> None:
    for name in ("a.raw", "a.bin", "a.dat"):
        (tmp_path / name).write_bytes(bytes(400))
        for where in (tmp_path / name, tmp_path):
            with pytest.raises(ec.FormatError, match="no format recognises this"):
                ec.open_recording(where)


def test_what_only_neo_recognises_is_opened(made: Callable[..., Path]) -> None:
    dataset = ec.open_recording(made(), stream="stream 0")
    assert dataset.parts[0].format == "neo"


def test_readers_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    np.arange(20, dtype="<i2").tofile(path)
    for name in ("RawBinarySignalRawIO", "rawbinarysignal", "rawbinarysignalrawio"):
        dataset = open_neo(path, rawio=name, arguments={"sampling_rate": 500.0, "nb_channel": 4})
        assert dataset.signal.shape == (4, 5)
        assert dataset.sampling_rate == 500.0
    with pytest.raises(ValueError, match=r"neo has no reader 'Magic'; it has .*PlexonRawIO"):
        open_neo(path, rawio="Magic")
    with pytest.raises(ValueError, match="but not use_cache"):
        open_neo(path, rawio="RawBinarySignalRawIO", arguments={"use_cache": True})
    with pytest.raises(ec.FormatError, match=r"unexpected keyword argument 'colour'"):
        open_neo(path, rawio="RawBinarySignalRawIO", arguments={"colour": 1})
    with pytest.raises(ec.RecordingNotFound, match="nothing is there"):
        open_neo(tmp_path / "none")
    (tmp_path / "notes.xyz").write_text("words")
    with pytest.raises(ec.FormatError, match=r"any of neo's readers; found none that reads such files"):
        open_neo(tmp_path / "notes.xyz")


def test_a_folder_for_a_reader_of_files_and_a_file_for_one_of_folders(tmp_path: Path) -> None:
    original = shared_path("recordings/blackrock/test_BRSMPGRP_raw.ns3")
    shutil.copy(original, tmp_path)
    assert np.array_equal(open_neo(tmp_path).signal[:], open_neo(original).signal[:])
    folder = shared_path("recordings/openephys_binary/v0.4.4.1_with_video_tracking")
    inside = folder / "settings.xml"
    dataset = open_neo(inside, rawio="OpenEphysBinaryRawIO")
    assert dataset.parts[0].paths == open_neo(folder).parts[0].paths
    with pytest.raises(ec.FormatError, match="cannot read this"):
        open_neo(inside)  # of a file nobody can tell that its folder is meant


class _Holds:
    extensions = ("ns2", "nev")

    def __init__(self, **held: Any) -> None:
        vars(self).update(held)


def test_files_of_a_recording(tmp_path: Path) -> None:
    for name in ("a.ns2", "a.nev", "a.txt", "ab.ns2", "b/c.dat", "b/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")

    def names(path: Path, **held: Any) -> list[str]:
        return [os.path.relpath(one.path, tmp_path) for one in sources_of(str(path), _Holds(**held))]

    assert names(tmp_path / "a.ns2") == ["a.ns2", "a.nev"]
    assert names(tmp_path) == ["a.nev", "a.ns2", "a.txt", "ab.ns2", "b/c.dat"]
    mapped = np.memmap(tmp_path / "b" / "c.dat", "u1", "r")
    assert names(tmp_path, maps={0: [mapped]}) == ["b/c.dat"]
    with open(tmp_path / "a.txt", "rb") as file:
        circle: list[Any] = [file, "/no/such/file", str(tmp_path / "none"), tmp_path / "ab.ns2"]
        circle.append(circle)
        assert names(tmp_path, files=(circle, str(tmp_path / "ab.ns2"))) == ["a.txt", "ab.ns2"]


# Threads and processes ----------------------------------------------------------------------------


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "a.raw"
    np.random.default_rng(0).integers(-999, 999, (5000, 4), dtype="<i2").tofile(path)
    return path


def _open_raw(path: Path) -> ec.Dataset:
    return open_neo(path, rawio="RawBinarySignalRawIO", arguments={"sampling_rate": 1000.0, "nb_channel": 4})


def test_threads_share_one_reader(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, whole = _open_raw(raw), np.fromfile(raw, "<i2").reshape(-1, 4).T
    reader_module._readers.clear()
    makes: list[str] = []
    make = Recipe.make
    monkeypatch.setattr(Recipe, "make", lambda self: makes.append(self.rawio) or make(self))
    starts = np.random.default_rng(1).integers(0, 4900, 200).tolist()
    with ThreadPoolExecutor(8) as pool:
        for start, values in zip(starts, pool.map(lambda k: dataset.signal[:, k : k + 100], starts), strict=True):
            assert np.array_equal(values, whole[:, start : start + 100])
    assert makes == ["RawBinarySignalRawIO"]


def test_readers_are_few(raw: Path) -> None:
    for k in range(reader_module._MOST_READERS + 3):
        path = raw.with_name(f"{k}.raw")
        path.write_bytes(raw.read_bytes()[: 800 + 8 * k])
        _open_raw(path)
    assert len(reader_module._readers) == reader_module._MOST_READERS


def _total(dataset: ec.Dataset) -> float:
    return float(dataset.signal[:].sum())


def test_files_are_closed_when_nobody_reads_them_any_more(raw: Path) -> None:
    dataset = _open_raw(raw)
    assert _total(dataset) == _total(dataset)
    ((_, one),) = reader_module._readers.values()
    files = [part for part in reader_module._parts_of(one.rawio) if isinstance(part, io.IOBase)]
    assert files
    reader_module._readers.clear()
    assert not any(file.closed for file in files)  # a thread may be reading
    del one
    assert all(file.closed for file in files)
    assert _total(dataset) == float(np.fromfile(raw, "<i2").sum())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_open_their_own(method: str, raw: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    dataset = _open_raw(raw)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_total, (dataset,)) == _total(dataset)


def test_a_forked_child_drops_the_parents_readers(raw: Path) -> None:
    dataset = _open_raw(raw)
    assert reader_module._readers
    reader_module._after_fork()
    assert not reader_module._readers
    assert _total(dataset) == float(np.fromfile(raw, "<i2").sum())


def test_a_reader_pickles_and_has_one_token(raw: Path, tmp_path: Path) -> None:
    piece = _open_raw(raw).signal.pieces[0]
    reader = piece.extent.reader
    assert isinstance(reader, NeoReader)
    again = pickle.loads(pickle.dumps(reader))
    assert again.token == reader.token
    assert np.array_equal(again.read(np.array([1, 3]), 5, 9), reader.read(np.array([1, 3]), 5, 9))
    assert NeoReader(reader.recipe, 0, 1, 0).token != reader.token
    with opened(reader.recipe) as one:
        assert type(one.rawio).__name__ == "RawBinarySignalRawIO"


# The extra ----------------------------------------------------------------------------------------


def test_the_extra_is_named_where_it_is_missing(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "neo" or name.startswith("neo."):
            raise ImportError(name)
        return import_(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'ecogcat\[neo\]'"):
        ec.open_recording(raw, format="neo")
    with pytest.raises(ec.FormatError, match="no format recognises this"):
        ec.open_recording(raw)


def test_neo_is_imported_by_nothing_else(tmp_path: Path) -> None:
    write_rhd(tmp_path / "a.rhd", np.zeros((2, 256)))
    (tmp_path / "b.h5").write_bytes(b"none of these" * 9)
    (tmp_path / "c.plx").write_bytes(b"neo might" * 9)
    script = f"""
import sys
import ecogcat as ec
from ecogcat.formats.registry import formats
ec.open_recording({str(tmp_path / "a.rhd")!r}).signal[:, :3]
formats(), ec.load_arguments("neo")
from ecogcat.catalog.folder import find_recordings
find_recordings({str(tmp_path)!r}, ec.open_recording)
try:
    ec.open_recording({str(tmp_path / "b.h5")!r})
except ec.FormatError:
    found = [name for name in ("neo", "nptdms") if name in sys.modules]
    sys.exit(f"imported: {{found}}" if found else 0)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", ["a.bin", "a.dat", "a.raw"])
def test_numbers_without_a_header_are_not_guessed_at(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(bytes(400))
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(ec.FormatError, match="no format recognises this"):
            ec.open_recording(path)
