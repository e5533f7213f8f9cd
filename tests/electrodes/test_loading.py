"""Electrodes of recordings: by name, by map, with connectors; what the older system made of them, and what joins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import intake
import numpy as np
import pytest
import yaml

import ecogcat as ec
from tests.conftest import shared_path
from tests.formats.golden import golden

RATE = 1000.0


def recording(folder: Path, n_channels: int, name: str = "rec_001.h5") -> Path:
    """A recording in which each sample says which source channel it is: channel k holds 100 k, 100 k + 1, ..."""
    path = folder / name
    with h5py.File(path, "w") as file:
        file["chdata"] = np.arange(n_channels)[:, None] * 100.0 + np.arange(20)
        file["Fs"] = RATE
    return path


def sources(signal: Any) -> list[int]:
    """The source channel of each channel of such a recording."""
    return [] if signal is None else (signal[:, 0] / 100).astype(int).tolist()


@pytest.mark.parametrize("name", ["psv_61", "rat_refelectrode_intan", "ratv4_seeg_intan", "rat_varspace_intan"])
def test_by_name_by_map_and_by_file(tmp_path: Path, name: str) -> None:
    path, one = recording(tmp_path, 64), ec.electrode(name)
    one.to_csv(tmp_path / "a.csv")
    ec.to_probeinterface(one, tmp_path / "a.json")
    datasets = [ec.open_recording(path, electrode=each) for each in
                (name, one, tmp_path / "a.csv", str(tmp_path / "a.json"))]  # fmt: skip
    for dataset in datasets:
        assert dataset.channel_map == one
        assert type(dataset.channel_map) is ec.ChannelMap
        assert sources(dataset.signal) == one.source_channels.tolist()
        assert sources(dataset.ground) == one.grounds.tolist()
        assert sources(dataset.reference_channels) == one.references.tolist()
        assert dataset == datasets[0]
        assert ec.equals(dataset, datasets[0])
    with pytest.raises(FileExistsError):
        one.to_csv(tmp_path / "a.csv")
    with pytest.raises(FileExistsError):
        ec.to_probeinterface(one, tmp_path / "a.json")


def test_a_map_alone_places_what_its_channels_are_called(tmp_path: Path) -> None:
    """A map of some channels of an electrode was taken for the first channels of the file."""
    path, one = recording(tmp_path, 64), ec.electrode("psv_61")
    some = one.subset([5, 2, 40])
    dataset = ec.open_recording(path, electrode=some)
    assert sources(dataset.signal) == one.source_channels[[5, 2, 40]].tolist()
    assert dataset.channel_map == some
    assert dataset.ground is None
    (warning,) = dataset.parts[0].warnings
    assert warning.startswith("61 channels are not on the electrode")


def test_connectors_of_a_recording(tmp_path: Path) -> None:
    path = recording(tmp_path, 256)
    mixed = ("intan64_new", "intan64_new", "intan64", "intan64")
    dataset = ec.open_recording(path, electrode="psv_244", connectors=mixed)
    one = ec.electrode("psv_244__new_new_old_old")
    assert dataset.channel_map == one
    assert (sources(dataset.signal), sources(dataset.ground)) == (one.source_channels.tolist(), one.grounds.tolist())
    plain = ec.open_recording(path, electrode="psv_244")
    assert plain.channel_map == ec.electrode("psv_244") != dataset.channel_map
    for electrode in (one, ec.electrode("psv_244"), tmp_path / "a.csv"):
        with pytest.raises(ValueError, match=r"connectors= goes with the name of a known electrode, not with"):
            ec.open_recording(path, electrode=electrode, connectors=mixed)
    with pytest.raises(ValueError, match=r"connectors= says how an electrode is wired: name it with electrode="):
        ec.open_recording(path, connectors=mixed)


def test_names_that_are_none(tmp_path: Path) -> None:
    path = recording(tmp_path, 64)
    with pytest.raises(
        ec.RecordingNotFound, match=r"psv_16: .*nor a known electrode of this name \(did you mean psv_61,"
    ):
        ec.open_recording(path, electrode="psv_16")
    with pytest.raises(
        ec.FormatError, match=r"(?s)has channels that the recording lacks.*of psv_244; found 64 channels"
    ):
        ec.open_recording(path, electrode="psv_244")
    with pytest.raises(ValueError, match=r"actv_64 takes connectors=\(daq, headstage\)"):
        ec.open_recording(path, electrode="actv_64")


def test_a_name_goes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording(tmp_path, 64)
    (tmp_path / "psv_61").write_text("channel,role,row,col\n0,electrode,0,0\n")
    monkeypatch.chdir(tmp_path)
    assert ec.open_recording(path, electrode="psv_61").n_channels == 60
    assert ec.open_recording(path, electrode="./psv_61").n_channels == 1
    assert ec.electrode("./psv_61").n_channels == 1


def test_in_catalogs(tmp_path: Path) -> None:
    recording(tmp_path, 256)
    recording(tmp_path, 64, "rec_002.h5")
    (tmp_path / "mine.csv").write_text("channel,role,row,col\n3,electrode,0,0\n")
    (tmp_path / "psv_61").mkdir()  # a folder of this name beside the catalog
    entries: dict[str, dict[str, Any]] = {
        "wired": {"urlpath": "rec_001.h5", "electrode": "psv_244", "connectors": ["mux6"] * 4},
        "listed": {"urlpath": "rec_001.h5", "electrode": "psv_244", "connectors": "mux6, mux6, mux6, mux6"},
        "named": {"urlpath": "rec_002.h5", "electrode": "psv_61"},
        "mine": {"urlpath": "rec_002.h5", "electrode": "mine.csv"},
        "none": {"urlpath": "rec_002.h5", "electrode": "psv_60"},
    }
    text = {"sources": {name: {"driver": "ecog_hdf5", "args": args} for name, args in entries.items()}}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(text))
    cat = intake.open_catalog(str(tmp_path / "s.yaml"))
    assert cat["wired"].read().channel_map == cat["listed"].read().channel_map == ec.electrode("psv_244__mux6")
    assert cat["named"].read().channel_map == ec.electrode("psv_61")
    assert sources(cat["mine"].read().signal) == [3]
    assert cat["named"](electrode="psv_61_gray").read().channel_map == ec.electrode("psv_61_gray")
    with pytest.raises(ec.RecordingNotFound, match="did you mean psv_61"):
        cat["none"].read()


# What the older system made of its recordings. Signal, ground and reference channels in the types of its vectors.
GOLDEN: dict[str, tuple[str, dict[str, Any]]] = {
    "case_05_oephys_refelectrode_V": ("rat_refelectrode_intan", {"units": "V"}),
    "case_16_rhd_plain": ("psv_61_intan", {}),
    "case_23_rhd_psv_256": ("psv_256_rhd", {}),
    "case_24_rhd_two_adc": ("psv_61_gray", {}),
    "case_27_active_combo0_chan_first": ("actv_64", {"daq": "2t-as daq v2", "headstage": "zif26 to 2x uhdmi"}),
    "case_29_active_combo1_chan_first": (
        "actv_64", {"daq": "2t-as daq v1", "headstage": "zif26 to 2x 20 pins harwin to 2x uhdmi"}),
    "case_31_active_combo2_chan_first": ("actv_64", {"daq": "2t-as daq v1", "headstage": "zif26 to 2x uhdmi"}),
    "case_32_active_combo2_time_first": ("actv_64", {"daq": "2t-as daq v1", "headstage": "zif26 to 2x uhdmi"}),
    "case_34_active_combo3_time_first": ("cardiac v1", {"daq": "2t-as daq v1", "headstage": "zif to 50mil"}),
    "case_36_active_combo4_time_first": (
        "active_1008ch_sp_v2", {"daq": "2t-as daq v2", "headstage": "zif51_p4-50_demux-14c20r"}),
    "case_37_active_mV_nobnc": (
        "actv_64", {"daq": "2t-as daq v2", "headstage": "zif26 to 2x uhdmi", "units": "mV"}),
    "case_39_mux_mux3_default": ("psv_61", {"headstage": "mux3"}),
    "case_41_mux_mux5_default": ("psv_61", {"headstage": "mux5"}),
    "case_43_mux_mux7_mux7_1card": ("psv_61", {"headstage": "mux7", "ni_daq_variant": "mux7_1card", "bnc": [1]}),
    "case_44_mux_mux7_lg_mux7_2card_flip": (
        "ratv4_mux6", {"headstage": "mux7_lg", "ni_daq_variant": "mux7_2card_flip"}),
    "case_46_mux_stim_v4_stim4_1card": ("ratv4_mux6", {"headstage": "stim_v4", "ni_daq_variant": "stim4_1card"}),
    "case_48_mux_mux6_mux7_1card": ("ratv4_mux6", {"headstage": "mux6", "ni_daq_variant": "mux7_1card"}),
    "case_49_mux_snip_true": ("psv_61", {"headstage": "mux6", "units": "mV"}),
}  # fmt: skip


@pytest.mark.parametrize("case", list(GOLDEN))
def test_golden_maps_grounds_and_references(case: str) -> None:
    name, arguments = GOLDEN[case]
    folder = shared_path(f"reference/golden/{case}")
    meta, expected = golden(folder / "input.x")
    assert meta["electrode"] == name
    dataset = ec.open_recording(next(folder.glob("input.*")), electrode=name, **arguments)
    assert dataset.channel_map is not None
    assert np.array_equal(dataset.channel_map.sites, expected["sites"])
    assert dataset.channel_map.shape == tuple(expected["geometry"])
    found = {"data": dataset.signal, "ground_chans": dataset.ground, "ref_chans": dataset.reference_channels}
    for key, signal in found.items():
        assert (signal is not None) == (key in expected), key
        if signal is not None:
            assert signal.shape == expected[key].shape
            # Multiplexed ones were scaled in single precision, in two steps: 2 ulp.
            np.testing.assert_allclose(signal.read(), expected[key].astype("f4"), rtol=3e-7, atol=0)


# Joining -----------------------------------------------------------------------------------------


def simulated(name: str, label: str, seed: int, n_samples: int = 30) -> ec.Dataset:
    """A recording whose values say where they were recorded: 1000 row + 10 col, and noise below 1."""
    one = ec.electrode(name)
    noise = np.random.default_rng(seed).random((one.n_channels, n_samples))
    values = one.sites @ (1000.0, 10.0)
    return ec.from_array(values[:, None] + noise, RATE, channel_map=one, name=label)


def by_site(dataset: ec.Dataset) -> dict[tuple[int, ...], np.ndarray]:
    assert dataset.channel_map is not None
    return dict(zip(map(tuple, dataset.channel_map.sites.tolist()), dataset.signal.read(), strict=True))


def assert_right_under_each_site(joined: ec.Dataset, datasets: Sequence[ec.Dataset]) -> None:
    grids = [by_site(one) for one in datasets]
    common = set.intersection(*map(set, grids))
    assert set(by_site(joined)) == common
    for site, values in by_site(joined).items():
        assert np.array_equal(values, np.concatenate([grid[site] for grid in grids]))
        assert (np.floor(values) == 1000 * site[0] + 10 * site[1]).all()


def differences(plan: ec.JoinPlan) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {(one.part, one.what): (one.expected, one.found, one.action) for one in plan.mismatches}


def test_two_headcaps_the_plan_names_the_permutation() -> None:
    """`psv_61_intan` and `ratv4_intan`: one grid of one pitch, by the lab's tables, wired in another order."""
    a, b = simulated("psv_61_intan", "a", 1), simulated("ratv4_intan", "b", 2, 20)
    assert a.channel_map.geometry == b.channel_map.geometry == ((8, 8), (0.42, 0.42))
    plan = ec.plan_join(a, b)
    assert plan.ok
    moved = int((a.channel_map.sites != b.channel_map.sites).any(1).sum())
    assert set(differences(plan)) == {("b", "channel order")}
    assert differences(plan)["b", "channel order"] == (
        "the first dataset's",
        f"{moved} of 61 channels at another place",
        "reorder",
    )
    assert moved == 55
    assert plan.n_channels == 61
    assert "channel order" in repr(plan)
    joined = ec.join(a, b)
    assert joined.channel_map == a.channel_map
    assert_right_under_each_site(joined, (a, b))
    assert [ec.equals(one, own) for one, own in zip(ec.split(joined), (a, b), strict=True)] == [True, False]
    second = ec.split(joined)[1]  # in the order of the first; under each site what it was
    assert by_site(second).keys() == by_site(b).keys()
    assert all(np.array_equal(values, by_site(b)[site]) for site, values in by_site(second).items())


@pytest.mark.parametrize(("first", "second"), [("psv_61", "ratv4_mux6_15row"), ("ratv4_intan", "psv_61_intan2_rev")])
def test_two_headcaps_the_plan_names_pitch_and_permutation(first: str, second: str) -> None:
    a, b = simulated(first, "a", 3), simulated(second, "b", 4, 25)
    (shape, one), (_, other) = a.channel_map.geometry, b.channel_map.geometry
    assert sorted([one, other]) == [(0.406, 0.406), (0.42, 0.42)]
    plan = ec.plan_join(a, b)
    assert not plan.ok
    named = differences(plan)
    pitches = [f"8 x 8, pitch {dy:g} x {dx:g} mm" for dy, dx in (one, other)]
    assert named["b", "electrode grid"] == (*pitches, "refuse")
    assert named["b", "channel order"][2] == "reorder"
    with pytest.raises(ec.JoinError, match=r"b: electrode grid: expected 8 x 8, pitch .* found 8 x 8, pitch"):
        ec.join(a, b)
    allowed = ec.plan_join(a, b, on_geometry_mismatch="sites")
    assert differences(allowed)["b", "electrode grid"] == (*pitches, "match by row and col")
    joined = ec.join(a, b, on_geometry_mismatch="sites")
    assert joined.channel_map.pitch == one
    assert shape == joined.channel_map.shape
    assert_right_under_each_site(joined, (a, b))
    back = ec.join(b, a, on_geometry_mismatch="sites")
    assert_right_under_each_site(back, (b, a))


def test_grounds_and_references_join_like_the_rest(tmp_path: Path) -> None:
    name = "rat_refelectrode_intan"
    a = ec.open_recording(recording(tmp_path, 64), electrode=name)
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["chdata"], file["Fs"] = np.arange(64)[:, None] * 100.0 + 50 + np.arange(10), RATE
    b = ec.open_recording(tmp_path / "b.h5", electrode=name)
    joined = ec.join(a, b)
    one = ec.electrode(name)
    for signal, channels in ((joined.ground, one.grounds), (joined.reference_channels, one.references)):
        assert signal is not None
        want = channels[:, None] * 100.0 + np.concatenate([np.arange(20), 50 + np.arange(10)])
        assert np.array_equal(signal.read(), want)
    cut = ec.select_time(joined, 15, 25)
    assert np.array_equal(cut.ground.read(), joined.ground[:, 15:25])  # type: ignore[union-attr]
    assert all(ec.equals(part, own) for part, own in zip(ec.split(joined), (a, b), strict=True))
    units = ec.convert_units(joined, "mV")
    assert np.allclose(units.reference_channels.read(), joined.reference_channels.read() / 1000)  # type: ignore[union-attr]
    # Another headcap has its grounds elsewhere: those of both are kept, and the plan says so.
    c = ec.open_recording(tmp_path / "b.h5", electrode="psv_61_intan", name="c")
    plan = ec.plan_join(a, c, on_geometry_mismatch="sites")
    assert ("c", "array reference_channels") in differences(plan)
    both = ec.join(a, c, on_geometry_mismatch="sites")
    assert both.reference_channels is None
    assert sources(both.ground) == sorted(set(one.grounds) & set(ec.electrode("psv_61_intan").grounds))
