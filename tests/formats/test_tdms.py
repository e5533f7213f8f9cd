"""TDMS files, of every layout that the format has, against npTDMS and against what was written."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import nptdms
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecogcat as ec
from ecogcat.formats.tdms import open_tdms
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.table import TableExtent
from ecogcat.testing import check_format
from tests.conftest import shared_path
from tests.formats.tdms_files import (
    DAQMX,
    INTERLEAVED,
    NEW,
    NO_DATA,
    SAME,
    WAVE,
    Maker,
    by_nptdms,
    channel,
)


def draw(n_channels: int, n: int, dtype: str = "f8") -> np.ndarray:
    if dtype[-2:-1] == "f":
        return np.random.default_rng(n).standard_normal((n_channels, n)).astype(dtype)
    return np.random.default_rng(n).integers(0, 120, (n_channels, n)).astype(dtype)


def contiguous(
    data: np.ndarray, n: int = 10, *, per_segment: int = 1, big: bool = False, properties: Any = WAVE, group: str = "g"
) -> bytes:
    """Channels one after the other in chunks of `n`, `per_segment` of them in a segment."""
    make, dtype = Maker(big), data.dtype.newbyteorder(">" if big else "<")
    name = data.dtype.str[1:]
    objects = [make.object(channel(f"c{k}", group), make.index(name, n), properties) for k in range(len(data))]
    content = b""
    for start in range(0, data.shape[1], n * per_segment):
        block = data[:, start : start + n * per_segment].astype(dtype)
        raw = b"".join(block[:, k : k + n].tobytes() for k in range(0, block.shape[1], n))
        content += make.segment(objects if start == 0 else None, raw)
    return content


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def uV(data: np.ndarray) -> np.ndarray:
    return (np.asarray(data, np.float64) * 1e6).astype(np.float32)


# What the layouts give ----------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"])
def test_contiguous_of_every_type(dtype: str, big: bool, tmp_path: Path) -> None:
    data = draw(3, 40, dtype)
    path = write(tmp_path / "a.tdms", contiguous(data, 10, per_segment=2, big=big))
    dataset = ec.open_recording(path)
    assert np.array_equal(dataset.signal.read(raw=True), data)
    assert np.array_equal(dataset.signal.read(), uV(data))
    assert np.array_equal(by_nptdms(path), data.astype("f4"))
    assert dataset.signal.channel_names == ("c0", "c1", "c2")
    assert (dataset.sampling_rate, dataset.units, dataset.warnings) == (1000.0, "uV", ())
    assert dataset.parts[0].format == "tdms"


@pytest.mark.parametrize("big", [False, True])
def test_interleaved_and_mixed_types(big: bool, tmp_path: Path) -> None:
    make, order = Maker(big), ">" if big else "<"
    rows = np.zeros(25, [("a", order + "i2"), ("b", order + "f8"), ("c", order + "i2")])
    for name in rows.dtype.names or ():
        rows[name] = draw(1, 25)[0] * 100
    objects = [make.object(channel(name), make.index(rows[name].dtype.str[1:], 5), WAVE) for name in "abc"]
    path = write(tmp_path / "a.tdms", make.segment(objects, rows.tobytes(), NEW | INTERLEAVED))
    signal = ec.open_recording(path).signal
    expected = np.stack([rows[name].astype("f8") for name in "abc"])
    assert np.array_equal(signal.read(raw=True), expected)
    assert np.array_equal(by_nptdms(path), expected.astype("f4"))
    check_format(open_tdms, path, expected={"signal": uV(expected)}, damage=False)


def test_regular_chunks_are_one_affine_extent_whatever_their_number(tmp_path: Path) -> None:
    data = draw(2, 600)
    for per_segment, n_pieces in ((1, 1), (60, 1), (30, 2)):  # segments of several chunks are further apart
        path = write(tmp_path / "a.tdms", contiguous(data, 10, per_segment=per_segment))
        pieces = ec.open_recording(path).signal.pieces
        assert all(isinstance(piece.extent, AffineExtent) for piece in pieces)
        assert len(pieces) == n_pieces
        assert np.array_equal(ec.open_recording(path).signal[:], uV(data))


def test_one_value_a_chunk_is_a_stride(tmp_path: Path) -> None:
    data = draw(3, 50, "i2")
    path = write(tmp_path / "a.tdms", contiguous(data, 1, per_segment=50))
    (piece,) = ec.open_recording(path).signal.pieces
    assert isinstance(piece.extent, AffineExtent)
    assert (piece.extent.sample_stride, piece.extent.block_len) == (6, None)
    check_format(open_tdms, path, expected={"signal": uV(data)}, damage=False)


def test_irregular_segments_of_one_layout_are_a_table(tmp_path: Path) -> None:
    data, make = draw(2, 80, "i2"), Maker()
    content = b""
    for k in range(8):
        properties = {"said": "x" * (7 * k)}
        objects = [make.object(channel(f"c{c}"), make.index("i2", 10) if k == 0 else SAME, WAVE) for c in range(2)]
        content += make.segment(
            [*objects, make.object("/'g'", NO_DATA, properties)], data[:, 10 * k :][:, :10].tobytes()
        )
    path = write(tmp_path / "a.tdms", content)
    dataset = ec.open_recording(path)
    assert [type(piece.extent) for piece in dataset.signal.pieces] == [TableExtent]
    assert dataset.metadata["said"] == "x" * 49
    assert np.array_equal(by_nptdms(path), data.astype("f4"))
    check_format(open_tdms, path, expected={"signal": uV(data)})


def test_segments_of_any_length(tmp_path: Path) -> None:
    make, content, whole = Maker(), b"", []
    for n in (7, 1, 30, 7, 12):
        data = draw(3, n)
        whole.append(data)
        content += make.segment(
            [make.object(channel(f"c{k}"), make.index("f8", n), WAVE) for k in range(3)], data.tobytes()
        )
    path = write(tmp_path / "a.tdms", content)
    expected = np.concatenate(whole, axis=1)
    assert np.array_equal(by_nptdms(path), expected.astype("f4"))
    check_format(open_tdms, path, expected={"signal": uV(expected)})


def test_channels_in_segments_of_their_own(tmp_path: Path) -> None:
    a, b, make, content = draw(1, 60)[0], draw(1, 61)[0][:45], Maker(), b""
    for k in range(6):
        content += make.segment([make.object(channel("a"), make.index("f8", 10), WAVE)], a[10 * k :][:10].tobytes())
        some = b[9 * k :][:9]
        if len(some):
            content += make.segment([make.object(channel("b"), make.index("f8", len(some)), WAVE)], some.tobytes())
    path = write(tmp_path / "a.tdms", content)
    dataset = ec.open_recording(path)
    assert np.array_equal(dataset.signal[:], uV(np.stack([a[:45], b])))
    assert dataset.warnings == (
        "a: 1 of 2 channels have up to 15 samples more than the 45 that all have: left out at the end",
    )
    assert np.array_equal(by_nptdms(path), np.stack([a[:45], b]).astype("f4"))


def test_channels_taking_turns_at_regular_distances_are_one_extent(tmp_path: Path) -> None:
    data, make, content = draw(2, 100, "i2"), Maker(), b""
    for k in range(10):
        for c in range(2):
            index = make.object(channel(f"c{c}"), make.index("i2", 10), WAVE)
            content += make.segment([index], data[c, 10 * k :][:10].tobytes())
    path = write(tmp_path / "a.tdms", content)
    dataset = ec.open_recording(path)
    assert len(dataset.signal.pieces) == 1
    assert np.array_equal(dataset.signal[:], uV(data))


def test_objects_added_changed_and_left_out(tmp_path: Path) -> None:
    """Without the flag of a new list, objects are added to it or changed in it."""
    make = Maker()
    a, b = np.arange(30, dtype="i2"), np.arange(100, 120, dtype="i2")
    content = make.segment([make.object(channel("a"), make.index("i2", 10), WAVE)], a[:10].tobytes())
    raw = a[10:20].tobytes() + b[:10].tobytes()
    content += make.segment([make.object(channel("b"), make.index("i2", 10), WAVE)], raw, 0)
    content += make.segment([make.object(channel("a"), NO_DATA)], b[10:].tobytes(), 0)
    content += make.segment([make.object(channel("a"), SAME), make.object(channel("b"), NO_DATA)], a[20:].tobytes(), 0)
    path = write(tmp_path / "a.tdms", content)
    assert np.array_equal(open_tdms(path).signal.read(raw=True), np.stack([a[:20], b]))
    assert np.array_equal(by_nptdms(path), np.stack([a[:20], b]).astype("f4"))


def test_text_times_and_groups_beside_are_skipped(tmp_path: Path) -> None:
    make, data = Maker(), draw(2, 12)
    words = b"one" + b"three"
    raw = b"".join(make.pack("I", n) for n in (3, 8)) + words
    times = bytes(16 * 12)
    objects = [
        make.object("/", NO_DATA, {"Author": "someone", "Note": "calm"}),
        make.object(channel("words"), make.texts(2, len(raw))),
        make.object(channel("a"), make.index("f8", 12), WAVE),
        make.object(channel("times"), make.pack("IIIQ", 20, 0x44, 1, 12)),
        make.object(channel("b"), make.index("f8", 12), WAVE),
        make.object("/'other'", NO_DATA, {"x": 1.5}),
    ]
    path = write(tmp_path / "a.tdms", make.segment(objects, raw + data[0].tobytes() + times + data[1].tobytes()))
    dataset = open_tdms(path)
    assert np.array_equal(dataset.signal[:], uV(data))
    assert dataset.parts[0].notes == ("calm",)
    assert dataset.metadata["Author"] == "someone"
    assert np.array_equal(by_nptdms(path, "g", names="ab"), data.astype("f4"))


@given(data=st.data())
def test_any_file_of_nptdms_writer(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("drawn") / "a.tdms"
    n_channels = data.draw(st.integers(1, 4))
    dtypes = data.draw(st.lists(st.sampled_from(["i2", "f4", "f8", "u1"]), min_size=n_channels, max_size=n_channels))
    with nptdms.TdmsWriter(path) as writer:
        for _ in range(data.draw(st.integers(1, 6))):
            n = data.draw(st.lists(st.integers(0, 9), min_size=n_channels, max_size=n_channels))
            if data.draw(st.booleans()):
                n = [max(n)] * n_channels
            writer.write_segment(
                [
                    nptdms.ChannelObject("g", f"c{k}", draw(1, n[k], dtypes[k])[0], {"wf_increment": 0.5})
                    for k in range(n_channels)
                    if n[k]
                ]
            )
    with nptdms.TdmsFile.read(path) as content:
        groups = content.groups()
        some = [one[:] for one in groups[0].channels() if len(one)] if groups else []
    if not some:
        with pytest.raises(ec.FormatError, match="the file holds no sample"):
            open_tdms(path)
        return
    n = min(map(len, some))
    expected = np.stack([one[:n].astype("f4") for one in some])
    assert np.array_equal(open_tdms(path).signal[:], expected)


# DAQmx --------------------------------------------------------------------------------------------


def daqmx_file(n: int = 8, n_segments: int = 3, header: int = 0x126A) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Two channels of 16 bits and two lines in the bits of a fifth byte."""
    make = Maker()
    rows = np.zeros(n * n_segments, [("a", "<i2"), ("b", "<i2"), ("port", "u1")])
    rows["a"], rows["b"] = draw(2, len(rows), "i2") - 60
    rows["port"] = np.arange(len(rows)) % 256
    scale = {
        "NI_Number_Of_Scales": 2,
        "NI_Scale[1]_Scale_Type": "Linear",
        "NI_Scale[1]_Linear_Slope": 0.0003051850947599719,
        "NI_Scale[1]_Linear_Y_Intercept": 0.25,
        "NI_Scale[1]_Linear_Input_Source": 0,
    }
    objects = [
        make.object(channel("a"), make.daqmx(n, 0, 5), WAVE | scale),
        make.object(channel("b"), make.daqmx(n, 2, 5), WAVE | scale),
        make.object(channel("line1"), make.line(n, 33, 5, header), {"wf_increment": 0.001}),
        make.object(channel("line5"), make.line(n, 37, 5, header), {"wf_increment": 0.001}),
    ]
    content = b""
    for k in range(n_segments):
        content += make.segment(objects if k == 0 else None, rows[n * k :][:n].tobytes(), NEW | DAQMX)
    return content, np.stack([rows["a"], rows["b"]]), np.stack([rows["port"] >> 1 & 1, rows["port"] >> 5 & 1])


def test_daqmx_with_lines(tmp_path: Path) -> None:
    content, stored, lines = daqmx_file()
    path = write(tmp_path / "a.tdms", content)
    dataset = open_tdms(path)
    assert np.array_equal(dataset.signal.read(raw=True), stored)
    assert np.array_equal(dataset["dig"][:], lines)
    assert dataset["dig"].dtype == np.uint8
    assert dataset["dig"].channel_names == ("line1", "line5")
    volts = stored * 0.0003051850947599719 + 0.25
    assert np.array_equal(by_nptdms(path, names="ab"), volts.astype("f4"))
    assert np.array_equal(by_nptdms(path, names=["line1", "line5"]), lines.astype("f4"))
    values = ((stored * (0.0003051850947599719 * 1e6)) + 0.25 * 1e6).astype("f4")
    check_format(open_tdms, path, expected={"signal": values, "dig": lines})
    as_documented = write(tmp_path / "b.tdms", daqmx_file(header=0x1369)[0])
    assert np.array_equal(open_tdms(as_documented)["dig"][:], lines)


def test_daqmx_of_two_cards(tmp_path: Path) -> None:
    make, one, two = Maker(), draw(2, 6, "i2"), draw(1, 6, "i2") * 2
    objects = [make.object(channel(f"c{k}"), make.daqmx(3, 2 * k, (4, 2)), WAVE) for k in range(2)]
    objects.append(make.object(channel("c2"), make.daqmx(3, 0, (4, 2), buffer=1), WAVE))
    raw = b"".join(one[:, k : k + 3].T.tobytes() + two[:, k : k + 3].tobytes() for k in (0, 3))
    path = write(tmp_path / "a.tdms", make.segment(objects, raw, NEW | DAQMX))
    assert np.array_equal(open_tdms(path).signal.read(raw=True), np.concatenate([one, two]))


# Real files ---------------------------------------------------------------------------------------


def test_real_waveforms() -> None:
    path = shared_path("recordings/tdms/raw1.tdms")
    dataset = ec.open_recording(path)
    assert dataset.signal.shape == (7, 2000)
    assert dataset.sampling_rate == 50000.0
    assert np.array_equal(open_tdms(path, stream="Layer Data").signal[:], dataset.signal[:])
    assert np.array_equal(ec.convert_units(dataset, "V").signal[:], by_nptdms(path))
    assert dataset.signal.read(raw=True).dtype == np.int16
    assert str(dataset.parts[0].recorded_at) == "2016-12-15T22:35:21.000000000"
    assert dataset.metadata["clock"] == "UTC"


def test_real_digital_line() -> None:
    path = shared_path("recordings/tdms/Digital_Input.tdms")
    dataset = ec.open_recording(path)
    group = "07/09/2012 06:58:23 PM - Digital Input - "
    assert dataset.signal.shape == (0, 20000)
    assert dataset.sampling_rate == 2000.0
    assert np.array_equal(dataset["dig"].read(), by_nptdms(path, group + "All Data"))
    assert str(dataset.parts[0].recorded_at)[:23] == "2012-07-09T23:58:24.593"
    listed = ec.streams(path)
    assert listed[["rate", "channels", "samples"]].values.tolist() == [[2000.0, 1, 20000], [40.0, 1, 400], [0.8, 1, 8]]
    for name in listed["stream"]:
        assert np.array_equal(ec.open_recording(path, stream=name)["dig"][:], by_nptdms(path, name))


@pytest.mark.parametrize("name", ["raw1", "Digital_Input"])
def test_real_files_conform(name: str) -> None:
    check_format(ec.open_recording, shared_path(f"recordings/tdms/{name}.tdms"), damage=False)


# Multiplexed columns, as the lab writes them ------------------------------------------------------

LAB = {"nrRows": 4, "nrColumns": 3, "nrBNCs": 1, "SamplingRate": 8000.0, "OverSampling": 2, "SampleStripLength": 5}


def lab_file(data: np.ndarray, lengths: list[int], numbers: Any = None, properties: Any = LAB) -> bytes:
    make, content, at = Maker(), b"", 0
    numbers = range(len(data)) if numbers is None else numbers
    group = make.object("/'mux'", NO_DATA, {**properties, "Note": "left ear"})
    for n in lengths:
        block = data[:, at : at + n]
        objects = [
            make.object(channel(f"CH_{number}", "mux"), make.index("f8", n), {"NI_ArrayColumn": number})
            for number in numbers
        ]
        content += make.segment([group, *objects], b"".join(row.tobytes() for row in block))
        at += n
    return content


@pytest.mark.parametrize(
    "lengths", [[40], [20, 20], [8] * 5, [7, 9, 24], [1] * 40, [3, 2, 30, 5], [40 - 3, 3], [9] * 4 + [4]]
)
def test_columns_are_taken_apart(lengths: list[int], tmp_path: Path) -> None:
    data = draw(4, 40)
    path = write(tmp_path / "a.tdms", lab_file(data, lengths))
    dataset = ec.open_recording(path)
    expected = uV(data[:3].reshape(3, 10, 4).transpose(0, 2, 1).reshape(12, 10))
    assert np.array_equal(dataset.signal[:], expected)
    assert dataset.sampling_rate == 1000.0
    assert dataset.signal.channel_names[:5] == ("CH_0_row0", "CH_0_row1", "CH_0_row2", "CH_0_row3", "CH_1_row0")
    assert dataset["bnc"].sampling_rate == 4000.0
    volts = data[3:].astype("f4")
    assert np.array_equal(dataset["bnc"][:], volts)
    assert dataset.warnings == ()
    assert dataset.metadata["SampleStripLength"] == 5
    assert dataset.parts[0].notes == ("left ear",)
    assert dataset.parts[0].opened.source.tolist() == list(range(12))
    check_format(open_tdms, path, expected={"signal": expected, "bnc": volts}, damage=lengths == [7, 9, 24])


def test_whole_frames_are_one_strided_extent(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tdms", lab_file(draw(4, 40), [40]))
    (piece,) = ec.open_recording(path).signal.pieces
    assert isinstance(piece.extent, AffineExtent)
    assert piece.extent.sample_stride == 32


def test_columns_by_number_and_missing_ones(tmp_path: Path) -> None:
    data = draw(3, 42)
    path = write(tmp_path / "a.tdms", lab_file(data, [42], [3, 2, 0]))
    dataset = ec.open_recording(path)
    assert dataset.parts[0].opened.source.tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert np.array_equal(dataset.signal[0], uV(data[2, :40:4]))
    assert np.array_equal(dataset.signal[-1], uV(data[1, 3:40:4]))
    assert dataset.warnings == (
        "a: 1 of 4 columns are not in the file",
        "a: the last frame has 2 of 4 rows: left out",
        "a: bnc: 2 samples too many beside the signal: left out at the end",
    )


def test_channels_that_are_taken_apart_already(tmp_path: Path) -> None:
    data = draw(13, 10)  # 3 x 4, and one other input
    dataset = ec.open_recording(write(tmp_path / "a.tdms", lab_file(data, [10])))
    assert np.array_equal(dataset.signal[:], uV(data[:12]))
    assert np.array_equal(dataset["bnc"][:], data[12:].astype("f4"))
    assert dataset.sampling_rate == dataset["bnc"].sampling_rate == 1000.0
    odd = ec.open_recording(write(tmp_path / "b.tdms", lab_file(draw(5, 10), [10])))
    assert odd.n_channels == 5
    assert "5 channels are neither 4 columns nor 12 electrodes" in odd.warnings[0]


def test_columns_left_together(tmp_path: Path) -> None:
    data = draw(4, 40)
    path = write(tmp_path / "a.tdms", lab_file(data, [40]))
    with pytest.raises(
        ec.FormatError, match=r"the sampling rate of 'mux' is not in the file .* Say it: sampling_rate="
    ):
        ec.open_recording(path, multiplexed=False)
    dataset = ec.open_recording(path, multiplexed=False, sampling_rate=4000, units="")
    assert np.array_equal(dataset.signal[:], data.astype("f4"))
    assert ec.streams(path)[["rate", "channels", "samples"]].values.tolist() == [[1000.0, 12, 10]]


@pytest.mark.parametrize(
    "wrong", [{"nrRows": 0}, {"nrRows": -1}, {"OverSampling": 0}, {"nrColumns": "x"}, {"nrBNCs": -5}]
)
def test_properties_that_cannot_be(wrong: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path / "a.tdms", lab_file(draw(4, 40), [40], None, LAB | wrong))
    with pytest.raises(ec.FormatError, match="the sampling rate of 'mux' is not in the file"):
        ec.open_recording(path)


# Streams ------------------------------------------------------------------------------------------


def test_groups_rates_and_units_are_streams(tmp_path: Path) -> None:
    make = Maker()
    objects, raw, k = [], b"", 0
    for group, rate, unit in (
        ("a", 1000, "V"),
        ("a", 1000, "V"),
        ("a", 1000, "degC"),
        ("a", 100, "V"),
        ("b", 500, "mV"),
    ):
        properties = {"wf_increment": 1 / rate, "unit_string": unit}
        objects.append(make.object(channel(f"c{k}", group), make.index("f8", 6), properties))
        raw, k = raw + draw(1, 6)[0].tobytes(), k + 1
    path = write(tmp_path / "a.tdms", make.segment(objects, raw))
    listed = ec.streams(path)
    assert listed[["stream", "rate", "channels", "samples"]].values.tolist() == [
        ["a 1000 Hz V", 1000.0, 2, 6],
        ["a 1000 Hz degC", 1000.0, 1, 6],
        ["a 100 Hz", 100.0, 1, 6],
        ["b", 500.0, 1, 6],
    ]
    with pytest.raises(
        ec.FormatError, match=r"streams lie here \(expected one; found stream='a 1000 Hz V' \(2 channels, 1000 Hz\)"
    ):
        ec.open_recording(path)
    for row in listed.itertuples():
        dataset = ec.open_recording(path, stream=row.stream)
        assert (dataset.sampling_rate, dataset.n_channels) == (row.rate, row.channels)
    assert ec.open_recording(path, stream="b").units == "uV"
    assert ec.open_recording(path, stream="a 1000 Hz degC").units == "degC"
    with pytest.raises(ec.RecordingNotFound, match="there is no stream 'c'"):
        ec.open_recording(path, stream="c")


def test_the_only_voltages_are_opened(tmp_path: Path) -> None:
    make = Maker()
    objects = [
        make.object(channel(name, name), make.index("f8", 6), {"wf_increment": 0.5, "unit_string": unit})
        for name, unit in (("heat", "degC"), ("ecog", "mV"))
    ]
    dataset = ec.open_recording(write(tmp_path / "a.tdms", make.segment(objects, draw(2, 6).tobytes())))
    assert dataset.signal.channel_names == ("ecog",)


def test_no_rate_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tdms", contiguous(draw(2, 10), properties={"unit_string": "V"}))
    assert ec.streams(path)["rate"].isna().all()
    with pytest.raises(ec.FormatError, match="Say it: sampling_rate="):
        ec.open_recording(path)
    assert ec.open_recording(path, sampling_rate=30000).sampling_rate == 30000.0
    for wrong in (0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="sampling_rate is a positive number"):
            ec.open_recording(path, sampling_rate=wrong)


def test_a_start_time_that_changes_is_a_seam(tmp_path: Path) -> None:
    make, data, content = Maker(), draw(2, 30), b""
    begin = np.datetime64("2026-03-14T10:00:00", "ns")
    # 10 samples at 1 kHz each: the second goes on, the third comes two seconds later.
    for k, after in enumerate((0, 10, 2020)):
        properties = WAVE | {"wf_start_time": begin + np.timedelta64(after, "ms"), "wf_start_offset": 0.5}
        objects = [make.object(channel(f"c{c}"), make.index("f8", 10), properties) for c in range(2)]
        content += make.segment(objects, data[:, 10 * k :][:, :10].tobytes())
    path = write(tmp_path / "a.tdms", content)
    dataset = ec.open_recording(path)
    assert [part.n_samples for part in dataset.parts] == [20, 10]
    (seam,) = dataset.seams
    assert seam.gap_s == 2.0
    assert dataset.parts[0].start_time == begin + np.timedelta64(500, "ms")
    check_format(open_tdms, path, expected={"signal": uV(data)}, damage=False)


def test_a_big_endian_time(tmp_path: Path) -> None:
    begin = np.datetime64("2026-03-14T10:00:00.123456789", "ns")
    path = write(tmp_path / "a.tdms", contiguous(draw(1, 10), big=True, properties=WAVE | {"wf_start_time": begin}))
    assert open_tdms(path).parts[0].recorded_at == begin


# Scales -------------------------------------------------------------------------------------------


def scaled_file(folder: Path, *steps: dict[str, Any], group: bool = False) -> Path:
    make = Maker()
    known = {"NI_Number_Of_Scales": len(steps)}
    for k, step in enumerate(steps):
        kind = step["Scale_Type"]
        known |= {f"NI_Scale[{k}]_Scale_Type": kind}
        known |= {f"NI_Scale[{k}]_{kind}_{key}": value for key, value in step.items() if key != "Scale_Type"}
    objects = [
        make.object("/'g'", NO_DATA, known if group else {}),
        make.object(channel("a"), make.index("i2", 30), WAVE | ({} if group else known)),
    ]
    return write(folder / "a.tdms", make.segment(objects, draw(1, 30, "i2").tobytes()))


LINE = {"Scale_Type": "Linear", "Slope": 0.1, "Y_Intercept": -3.0}
POLYNOMIAL = {"Scale_Type": "Polynomial", "Coefficients_Size": 2, "Coefficients[0]": 0.5, "Coefficients[1]": 0.007}
TABLE = {
    "Scale_Type": "Table",
    **{"Pre_Scaled_Values_Size": 2, "Pre_Scaled_Values[0]": 0.0, "Pre_Scaled_Values[1]": 100.0},
    **{"Scaled_Values_Size": 2, "Scaled_Values[0]": 1.0, "Scaled_Values[1]": 7.0},
}
CURVE = POLYNOMIAL | {"Coefficients_Size": 3, "Coefficients[2]": 0.25}


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize(
    "steps",
    [
        (LINE,),
        (POLYNOMIAL,),
        (POLYNOMIAL | {"Coefficients_Size": 3, "Coefficients[2]": 0.0},),
        (LINE, POLYNOMIAL | {"Input_Source": 0}),
        ({"Scale_Type": "AdvancedAPI"},),
        (TABLE,),
        (CURVE,),
        (CURVE, LINE | {"Input_Source": 0}),
    ],
)
def test_scales(steps: tuple[dict[str, Any], ...], group: bool, tmp_path: Path) -> None:
    path = scaled_file(tmp_path, *steps, group=group)
    dataset = ec.open_recording(path, units="V")
    assert np.array_equal(dataset.signal[:], by_nptdms(path))
    through_library = any(step["Scale_Type"] == "Table" or step is CURVE for step in steps)
    assert bool(dataset.warnings) == through_library
    if not through_library:
        check_format(open_tdms, path, damage=False)


def test_values_through_nptdms_conform(tmp_path: Path) -> None:
    path = scaled_file(tmp_path, TABLE)
    assert "1 channels are scaled by a step 'Table': read through npTDMS" in ec.open_recording(path).warnings[0]
    check_format(ec.open_recording, path)


def test_scales_that_cannot_be(tmp_path: Path) -> None:
    for wrong in (
        LINE | {"Slope": float("nan")},
        LINE | {"Slope": "steep"},
        LINE | {"Input_Source": 0},
        LINE | {"Input_Source": 0.5},
        POLYNOMIAL | {"Coefficients_Size": 2**31 - 1},
        {"Scale_Type": "Magic"},
    ):
        dataset = ec.open_recording(scaled_file(tmp_path, wrong))
        assert "read through npTDMS" in dataset.warnings[0]
        with suppress(ec.FormatError):  # it may make something of them
            dataset.signal[:]


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scaled_file(tmp_path, TABLE)
    import_ = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("nptdms"):
            raise ImportError(name)
        return import_(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    dataset = ec.open_recording(path)
    with pytest.raises(ImportError, match=r"these scales need npTDMS: pip install 'ecogcat\[tdms\]'"):
        dataset.signal[:]
    plain = write(tmp_path / "b.tdms", contiguous(draw(2, 10)))
    assert ec.open_recording(plain).signal[:].shape == (2, 10)


# What a crash leaves, and other damage ------------------------------------------------------------


def test_a_segment_of_unknown_length(tmp_path: Path) -> None:
    make, data = Maker(), draw(2, 25)
    objects = [make.object(channel(f"c{k}"), make.index("f8", 10), WAVE) for k in range(2)]
    raw = b"".join(data[:, k : k + 10].tobytes() for k in (0, 10)) + data[:, 20:].tobytes()
    path = write(tmp_path / "a.tdms", make.segment(objects, raw, unknown=True))
    dataset = ec.open_recording(path)
    # Of the third chunk the first channel has 10 values' room, of which half are its own: nothing of the second.
    assert np.array_equal(dataset.signal[:], uV(data[:, :20]))
    assert dataset.warnings == (
        "a: the segment at byte 0 was never finished: it is read as far as the file goes",
        "a: 1 of 2 channels have up to 10 samples more than the 20 that all have: left out at the end",
    )
    check_format(open_tdms, path, expected={"signal": uV(data[:, :20])})


def test_rows_of_unknown_number(tmp_path: Path) -> None:
    make, data = Maker(), draw(3, 25, "i2")
    objects = [make.object(channel(f"c{k}"), make.index("i2", 10), WAVE) for k in range(3)]
    raw = data.T.tobytes()[:-1]
    path = write(tmp_path / "a.tdms", make.segment(objects, raw, NEW | INTERLEAVED, unknown=True))
    dataset = ec.open_recording(path)
    assert np.array_equal(dataset.signal[:], uV(data[:, :24]))
    assert "5 bytes before byte" in dataset.warnings[0]
    assert "never finished" in dataset.warnings[1]
    assert np.array_equal(by_nptdms(path), data[:, :24].astype("f4"))


def test_a_last_chunk_that_was_written_shorter(tmp_path: Path) -> None:
    make, data = Maker(), draw(2, 14)
    objects = [make.object(channel(f"c{k}"), make.index("f8", 10), WAVE) for k in range(2)]
    raw = data[:, :10].tobytes() + data[:, 10:].tobytes()
    path = write(tmp_path / "a.tdms", make.segment(objects, raw))
    assert np.array_equal(by_nptdms(path), data.astype("f4"))
    check_format(open_tdms, path, expected={"signal": uV(data)})
    assert ec.open_recording(path).warnings == ()


@pytest.mark.parametrize("kind", ["contiguous", "interleaved", "daqmx"])
def test_cut_and_corrupted(kind: str, tmp_path: Path) -> None:
    make, data = Maker(), draw(3, 40, "i2")
    if kind == "contiguous":
        content = contiguous(data, 5, per_segment=2)
    elif kind == "daqmx":
        content = daqmx_file()[0]
    else:
        objects = [make.object(channel(f"c{k}"), make.index("i2", 10), WAVE) for k in range(3)]
        rows = [data[:, k : k + 10].T.tobytes() for k in (0, 10, 20, 30)]
        content = make.segment(objects, rows[0], NEW | INTERLEAVED)
        content += b"".join(make.segment(None, row, INTERLEAVED) for row in rows[1:])
    check_format(open_tdms, write(tmp_path / "a.tdms", content))


def _first_object(index: bytes, properties: bytes = b"\0\0\0\0") -> bytes:
    make = Maker()
    return make.segment([make.text(channel("a")) + index + properties], bytes(80))


def _two_objects(one: bytes, two: bytes, flags: int = NEW) -> bytes:
    return MAKE.segment([MAKE.object(channel("a"), one), MAKE.object(channel("b"), two)], bytes(16), flags)


def _lead(mask: int = 14, distance: int = 0, to_data: int = 0) -> bytes:
    return b"TDSm" + Maker().pack("IIQQ", mask, 4713, distance, to_data)


MAKE = Maker()
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "this is no TDMS file|a segment's lead-in is cut|the file is empty|holds no sample"),
    "wrong tag": (lambda: b"TDSx" + bytes(40), r"this is no TDMS file \(at byte 0; expected TDSm; found 54 44 53 78\)"),
    "cut lead-in": (lambda: _lead()[:20], r"lead-in is cut \(at byte 0; expected 28 bytes; found 20 bytes\)"),
    "no meta data": (lambda: _lead(8, 10) + bytes(10), "the first segment has no meta data"),
    "meta data beyond the file": (lambda: _lead(14, 2**40, 2**39), "the meta data of a segment are cut"),
    "meta data beyond the segment": (lambda: _lead(14, 10, 20) + bytes(20), "the meta data of a segment are cut"),
    "nothing in the list": (lambda: MAKE.segment([]), "the file holds no sample"),
    "many objects": (lambda: _lead(14, 4, 4) + b"\xff" * 4, r"end in the middle of the path of an object"),
    "long path": (lambda: _lead(14, 8, 8) + b"\1\0\0\0\xff\xff\xff\xff", "end in the middle of the path of an object"),
    "as before": (lambda: _first_object(SAME), r"is said to lie as before .*expected an index before"),
    "unknown type": (lambda: _first_object(MAKE.pack("IIIQ", 20, 0x99, 1, 10)), "has a type that is not known .* 0x99"),
    "two dimensions": (lambda: _first_object(MAKE.pack("IIIQ", 20, 10, 2, 10)), "is not one of a list of values"),
    "scaler of unknown type": (lambda: _first_object(MAKE.daqmx(4, 0, 2, code=77)), "expected a DAQmx number"),
    "scaler outside": (lambda: _first_object(MAKE.daqmx(4, 1, 2)), "points outside of its buffer"),
    "scaler of no buffer": (lambda: _first_object(MAKE.daqmx(4, 0, 2, buffer=9)), "points outside of its buffer"),
    "no scaler": (
        lambda: _first_object(MAKE.pack("IIIQII", 0x1269, 0xFFFFFFFF, 1, 4, 0, 0)),
        "says nothing of where its values lie",
    ),
    "property of unknown type": (
        lambda: _first_object(NO_DATA, MAKE.pack("I", 1) + MAKE.text("x") + MAKE.pack("II", 0x99, 0)),
        "property 'x' has a type that is not known",
    ),
    "two ways at once": (
        lambda: _two_objects(MAKE.daqmx(4, 0, 2), MAKE.index("i2", 4)),
        "DAQmx and other raw data in one segment",
    ),
    "rows of two widths": (
        lambda: _two_objects(MAKE.daqmx(4, 0, 2), MAKE.daqmx(4, 0, 4)),
        r"lies in rows of \[4\] bytes, others of \[2\]",
    ),
    "interleaved of two lengths": (
        lambda: _two_objects(MAKE.index("i2", 3), MAKE.index("i2", 4), NEW | INTERLEAVED),
        "interleaved channels of unequal length, 3 and 4",
    ),
    "interleaved text": (
        lambda: _two_objects(MAKE.index("i2", 3), MAKE.texts(3, 30), NEW | INTERLEAVED),
        "interleaved text",
    ),
    "more values than bytes": (lambda: _first_object(MAKE.index("f8", 2**62)), "holds no sample|in the file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str, tmp_path: Path) -> None:
    make, message = BAD[name]
    path = write(tmp_path / "a.tdms", make())
    with pytest.raises(ec.FormatError, match=message) as caught:
        ec.open_recording(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_follows_a_damaged_segment_is_left_out(tmp_path: Path) -> None:
    data = draw(2, 20)
    content = contiguous(data, 10)
    path = write(tmp_path / "a.tdms", content + b"garbage, and more of it")
    dataset = ec.open_recording(path)
    assert np.array_equal(dataset.signal[:], uV(data))
    assert dataset.warnings == (
        f"a: the segment at byte {len(content)} cannot be used, 23 bytes are left out: "
        f"a segment's lead-in is cut (at byte {len(content)}; expected 28 bytes; found 23 bytes)",
    )
    path.write_bytes(content + bytes(100))
    assert "no segment begins here" in ec.open_recording(path).warnings[0]


def test_bytes_of_no_channel(tmp_path: Path) -> None:
    make = Maker()
    path = write(tmp_path / "a.tdms", contiguous(draw(2, 20)) + make.segment([make.object("/")], bytes(9)))
    assert "9 bytes at byte" in ec.open_recording(path).warnings[0]


def test_an_index_file_beside_is_not_trusted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tdms", contiguous(draw(2, 20)))
    write(tmp_path / "a.tdms_index", b"TDSh" + bytes(100))
    assert ec.open_recording(path).n_samples == 20


def test_too_many_chunks_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecogcat.formats.tdms.runs._MOST_CHUNKS", 20)
    data = draw(4, 40)
    with pytest.raises(ec.FormatError, match=r"too many chunks .* defragment"):
        ec.open_recording(write(tmp_path / "a.tdms", lab_file(data, [1] * 40)))
    make, content = Maker(), b""
    for k in range(12):
        for c, n in ((0, 2), (1, 3)):
            index = make.object(channel(f"c{c}"), make.index("f8", n), WAVE)
            content += make.segment([index], data[c, k : k + n].tobytes())
    with pytest.raises(ec.FormatError, match=r"too many chunks .* defragment"):
        ec.open_recording(write(tmp_path / "b.tdms", content))


def test_a_sparse_terabyte(tmp_path: Path) -> None:
    make, n = Maker(), 10**12 // 16
    objects = [make.object(channel(f"c{k}"), make.index("f8", 1000), WAVE) for k in range(2)]
    about = make.segment(objects, missing=16 * n)
    path = write(tmp_path / "a.tdms", about)
    with open(path, "r+b") as file:
        file.truncate(len(about) + 16 * n)
    dataset = ec.open_recording(path)
    assert dataset.n_samples == n
    assert dataset.warnings == ()
    assert not dataset.signal[:, -3:].any()
