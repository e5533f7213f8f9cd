"""INI sessions as catalogs: listed, tabulated, found on disk, loaded as the session and the call say."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import intake
import numpy as np
import pandas as pd
import pytest
from scipy import signal as scipy_signal

import ecogcat as ec
from ecogcat.testing.continuous import write_continuous
from ecogcat.testing.rhd import write_rhd
from ecogcat.testing.simulate import SimulatedSession, simulate_session
from tests.catalog.lab_examples import SESSIONS, examples, expected, lab_with_files
from tests.formats.golden import Table
from tests.sections import both_ways, notch_sections

# expected.json has Open Ephys, a multiplexed and an active headstage
DRIVERS = {"rats/2020-03-01": "ecog_openephys", "rats/2020-03-02": "ecog_mux", "mice/2020-04-15_amnoise": "ecog_active"}


def write_lab(path: Path, value: float = 1.0, n_channels: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["chdata"], file["Fs"] = np.full((n_channels, 40), value, "f4"), 1000.0
    return path


@pytest.fixture
def day(tmp_path: Path) -> Callable[..., Any]:
    """Write a session file, with folders `local` and `net` beside it, and open it."""

    def make(options: str, recordings: str = "[rec]\n", **arguments: Any) -> Any:
        text = f"[session]\nexp_path: {tmp_path}/local\nnwk_path: {tmp_path}/net\n{options}\n{recordings}"
        (tmp_path / "rats").mkdir(exist_ok=True)
        (tmp_path / "rats" / "day_conf.txt").write_text(text)
        return ec.open_session(tmp_path / "rats" / "day_conf.txt", **arguments)

    return make


# The lab's examples


@pytest.fixture
def lab() -> dict[str, Any]:
    return {"settings": examples() / "global_config.txt", "roots": examples() / "db"}


@pytest.mark.parametrize("name", SESSIONS)
def test_the_examples_open_by_name(name: str, lab: dict[str, Any]) -> None:
    told = expected()[name]
    cat = ec.open_session(name, **lab)
    assert isinstance(cat, intake.catalog.Catalog)
    assert list(cat) == told["section_order"][1:]
    group, session = name.split("/")
    for recording in cat:
        metadata = cat[recording].metadata
        assert (metadata["session"], metadata["group"]) == (session, group)
        assert cat._entries[recording].describe()["driver"] == [DRIVERS[name]]
        cells = told["session_table"]["cells"][recording]
        options = {key: text for key, text in cells.items() if text not in ("unknown", "clicks")}
        assert options.items() <= metadata.items()


@pytest.mark.parametrize("name", SESSIONS)
def test_the_table_of_the_examples(name: str, lab: dict[str, Any]) -> None:
    told = expected()[name]["session_table"]
    table = ec.session_table(ec.open_session(name, **lab))
    assert list(table.index) == told["rows"]
    assert list(table.columns[:3]) == told["columns_fixed_part"]
    assert sorted(table.columns) == told["columns_sorted"]
    assert table.to_dict("index") == told["cells"]


def test_the_examples_open_as_a_folder(lab: dict[str, Any]) -> None:
    cat = ec.open_session(lab["roots"], settings=lab["settings"])
    assert list(cat) == ["mice", "rats"]
    assert list(cat["rats"]) == ["2020-03-01", "2020-03-02"]
    assert cat["rats"]["2020-03-01"]["awake_2"].metadata["units"] == "mV"
    assert cat["rats", "2020-03-01", "awake_2"].metadata["group"] == "rats"
    table = ec.session_table(cat)
    assert len(table) == 13
    assert table.loc["rats/2020-03-01/awake_2", "units"] == "mV"
    for group in (lab["roots"] / "rats", "rats"):
        assert list(ec.open_session(group, **lab)) == ["2020-03-01", "2020-03-02"]
    assert next(iter(ec.open_session("2020-03-02_conf.txt", **lab))) == "legacy_rot"


def test_an_example_is_not_found_at_either_place(lab: dict[str, Any]) -> None:
    cat = ec.open_session("2020-03-01", **lab)
    with pytest.raises(ec.RecordingNotFound) as missing:
        cat["awake_1"].read()
    for place in ("/data/local/2020-03-01/awake_1.h5", "/data/net/2020-03-01 rat A/awake_1.h5", "*awake_1*"):
        assert place in str(missing.value)
    assert str(missing.value).startswith("catalog entry 'awake_1': ")


@pytest.mark.jit
def test_what_the_examples_ask_for_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values by scipy on the array in the file; the other two examples are in tests/three_sessions.py."""
    monkeypatch.setenv("HOME", str(tmp_path))  # of its store_path
    cat = ec.open_session("2020-03-01", **lab_with_files(tmp_path, lambda *_: range(100, 1000, 30), n_samples=1050))
    dataset = cat["awake_1"].read()
    with h5py.File(tmp_path / "local" / "2020-03-01" / "awake_1.h5") as file:
        raw = file["chdata"][Table("psv_61_intan").channels("electrode")] * 0.195
    done = both_ways(scipy_signal.butter(3, [2, 300], "bandpass", fs=1000, output="sos"), raw)
    for line in (60, 120, 180.5):
        done = both_ways(notch_sections(line, 1000), done)
    want = done - done[3]  # local_ref: of the difference of two channels the mean of all, `car`, is no part
    np.testing.assert_allclose(dataset.signal[:], want, rtol=0, atol=1e-6 * np.abs(want).max())
    assert (dataset.bandpass, dataset.notches, dataset.sampling_rate) == ((2, 300), (60, 120, 180.5), 1000)
    assert dataset.reference == dataset.signal.channel_names[3]
    second = cat["awake_2"].read()
    assert (second.units, second.bandpass) == ("mV", (5, -1))
    assert second.metadata["bandpass"] == "5, -1"  # as written
    assert cat["awake_2"](local_ref=None).read().reference == "common"
    assert cat["awake_2"](local_ref=None, car=False).read().reference is None


@pytest.mark.parametrize(("option", "rate"), [("downsamp: 4", 250), ("useFs: 200", 200), ("resample_rate: 125", 125)])
def test_a_rate_in_each_of_its_spellings(
    option: str, rate: float, day: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    cat = day(f"headstage: oephys\n{option}")
    assert cat["rec"].read().sampling_rate == rate
    assert cat["rec"].discover()["shape"] == (64, -(-40 * rate // 1000))
    for call, wins in (({"resample_rate": 500}, 500), ({"downsamp": 2}, 500), ({"downsamp": None}, 1000)):
        if call != {"downsamp": None} or "downsamp" in option:
            assert cat["rec"](**call).read().sampling_rate == wins


# Finding recordings


def test_the_local_folder_comes_first(day: Callable[..., Any], tmp_path: Path) -> None:
    """L6: the network's copy was read."""
    cat = day("headstage: oephys")
    write_lab(tmp_path / "net" / "rec.h5", 2.0)
    assert cat["rec"].read().signal[0, 0] == 2.0
    write_lab(tmp_path / "local" / "rec.h5", 1.0)
    assert cat["rec"].read().signal[0, 0] == 1.0  # looked for when it is read


def test_a_session_without_a_network_folder(day: Callable[..., Any], tmp_path: Path) -> None:
    """L6: without nwk_path loading failed."""
    write_lab(tmp_path / "local" / "rec.h5")
    path = tmp_path / "rats" / "other.txt"
    path.parent.mkdir()
    path.write_text("[session]\nexp_path: ../local\nheadstage: oephys\n[rec]\n")
    assert ec.open_session(path)["rec"].read().n_channels == 64  # relative to the session file
    path.write_text("[session]\nheadstage: oephys\n[rec]\n")
    with pytest.raises(ec.CatalogError, match="neither exp_path nor nwk_path"):
        ec.open_session(path)["rec"].read()


def test_open_ephys_folders_are_found_by_a_part_of_their_name(tmp_path: Path, day: Callable[..., Any]) -> None:
    session = simulate_session(tmp_path / "sim", ("openephys",), duration_s=2.0)
    folder = next(one for one in session.folder.iterdir() if one.is_dir())
    (tmp_path / "local").mkdir()
    folder.rename(tmp_path / "local" / "2020-03-01_rec_10-21-05")
    cat = day("headstage: oephys")
    dataset = cat["rec"].read()
    assert {part.format for part in dataset.parts} == {"openephys"}
    assert dataset.name == "rec"
    (tmp_path / "local" / "2020-03-01_rec_11-00-00").mkdir()
    with pytest.raises(ec.CatalogError, match=r"rec may be any of .*10-21-05, .*11-00-00"):
        cat["rec"].read()


def test_intan_recordings_load_by_session(tmp_path: Path, day: Callable[..., Any]) -> None:
    """L6: they could not."""
    (tmp_path / "local").mkdir()
    cat = day("headstage: intan_rhd\nraise_on_glitch: True", "[rec]\n[long]\n[packed]\n")
    write_rhd(tmp_path / "local" / "rec.rhd", np.zeros((64, 256)))
    for stamp in ("260314_102105", "260314_102205"):
        write_rhd(tmp_path / "local" / f"long_{stamp}.rhd", np.zeros((64, 256)))
    with h5py.File(tmp_path / "local" / "packed.h5", "w") as file:
        file.attrs["JSON_header"] = '{"sample_rate": 1000.0}'
        file["amplifier_data"] = np.zeros((64, 40), "i2")
    assert cat._entries["rec"].describe()["driver"] == ["ecog_intan"]
    assert cat["rec"].read().parts[0].format == "intan"
    assert cat["long"].read().n_samples == 2 * cat["rec"].read().n_samples
    assert cat["packed"].read().parts[0].format == "intan_hdf5"


@pytest.mark.parametrize("headstage", ["mux6", "stim_v4"])
def test_multiplexed_headstages_load_by_session(headstage: str, tmp_path: Path, day: Callable[..., Any]) -> None:
    """L6: they could not; `causal_filtering` was passed to a loader that does not have it."""
    (tmp_path / "net").mkdir()
    with h5py.File(tmp_path / "net" / "rec.h5", "w") as file:
        file["data"], file["Fs"] = np.full((24, 50), 2.0, "f4"), 800.0
        file["numRow"], file["numCol"], file["numChan"] = 4, 4, 6
    cat = day(f"headstage: {headstage}\nbnc: 1\ncausal_filtering: False\ntrigger: 0\nsnip_transient: False")
    dataset = cat["rec"].read()
    assert dataset.signal[0, 0] == 2e6 / {"mux6": 20, "stim_v4": 4}[headstage]
    assert sorted(dataset.aligned) == ["bnc", "trig"]


def test_an_active_array_loads_by_session(tmp_path: Path, day: Callable[..., Any]) -> None:
    """L5: `row_order` in a session could not be loaded, and the DAQ's name in capitals had another gain."""
    (tmp_path / "local").mkdir()
    with h5py.File(tmp_path / "local" / "rec.h5", "w") as file:
        file["data"], file["Fs"] = np.ones((88, 40)), 1000.0
        file["numRow"], file["numCol"], file["numChan"] = 8, 10, 11
    options = "headstage: zif26 to 2x uhdmi\nelectrode: actv_64\nbnc: 10\nrow_order: 0,1,2,3,4,5,6,7"
    for daq in ("2t-as daq v1", "2T-AS DAQ v1"):
        dataset = day(f"{options}\ndaq: {daq}")["rec"].read()
        assert dataset.n_channels == 64
        assert dataset.signal[0, 0] == 1e5


def write_datasets(path: Path, **datasets: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values


def test_front_ends_load_by_session(tmp_path: Path, day: Callable[..., Any]) -> None:
    """L7: they could not be loaded at all."""
    write_datasets(tmp_path / "local" / "rec.h5", data=np.full((300, 66), 1.4), Fs=[[1000.0]])
    dataset = day("headstage: afe\nelectrode: psv_61_afe\nn_data: 64\nrange_code: 2\nunits: pC")["rec"].read()
    assert (dataset.n_channels, dataset.units) == (60, "pC")
    np.testing.assert_allclose(dataset.signal[:, :2], 0)  # less the mean, as the older system had it
    level = "remove_mean: False"
    dataset = day(f"headstage: afe\nelectrode: psv_61_afe\nrange_code: 2\nunits: pC\n{level}")["rec"].read()
    np.testing.assert_allclose(dataset.signal[:, :2], 0.5)
    current = day(f"headstage: afe\nn_data: 64\nrange_code: 2\ncycle_rate: 5e6\n{level}")["rec"].read()
    np.testing.assert_allclose(current.signal[0, :2], 0.5e-3 / ((500 - 128) / 5e6), rtol=1e-6)  # nA
    size = {"numRow": 67, "numCol": 2, "numChan": 12}
    write_datasets(tmp_path / "local" / "aug.h5", data=np.zeros((804, 5), "f4"), Fs=1000.0, **size)
    options = f"headstage: afe_aug21\nn_data: 64\nrange_code: 7\ncycle_rate: 5e6\nunits: pC\n{level}"
    np.testing.assert_allclose(day(options, "[aug]\n")["aug"].read().signal[:, 0], 4.8)


def test_recordings_of_the_ddc_board_load_by_session(tmp_path: Path, day: Callable[..., Any]) -> None:
    """L7: with one trigger line they could not be loaded."""
    import scipy.io

    (tmp_path / "local" / "long").mkdir(parents=True)
    scipy.io.savemat(tmp_path / "local" / "rec.ndata.mat", {"raw_data": np.full((10, 64), 2e-12)})
    scipy.io.savemat(tmp_path / "local" / "rec.ndatastim.mat", {"qw": np.ones((10, 1))})
    charge = day("headstage: ddc\ndrange: 3\nunits: pC")["rec"].read()
    np.testing.assert_allclose(charge.signal[0, :], 2.0)
    current = day("headstage: ddc\ndrange: 3\nfs: 2000\nhalf: True\nunits: nA")["rec"].read()
    assert (current.units, current.n_samples, current.sampling_rate) == ("nA", 5, 1000.0)
    assert day("headstage: ddc\navg: no")["rec"].read().n_samples == 10
    write_continuous(tmp_path / "local" / "long", np.full((64, 2048), 16384))
    options = "headstage: ddc_oephys\nunits: pC\n"
    dataset = day(f"{options}drange: 1", "[long]\n")["long"].read()
    np.testing.assert_allclose(dataset.signal[0, 0], -0.2 + (0.5 + 0.195 * 16384 / 65536) * 50.2, rtol=1e-5)
    with pytest.raises(ec.CatalogError, match="recordings of ddc_oephys need the option drange"):
        day(options, "[long]\n")["long"].read()
    assert day(options, "[long]\n")["long"](charge_range=1, quantity="charge").read().units == "pC"


def test_blackrock_and_wireless_recordings_load_by_session(tmp_path: Path, day: Callable[..., Any]) -> None:
    """L7: those of Blackrock could not be loaded."""
    import scipy.io

    counts = np.array([[0, 4096], [8, -4096], [16, 0]], "i2")
    write_datasets(tmp_path / "local" / "blackrock" / "rec.h5", data=counts, Fs=[[30000.0]], trig_idx=[2.0])
    dataset = day("headstage: blackrock\nlowpass_ord: 12\npage_size: 10")["rec"].read()
    assert dataset.signal[1].tolist() == [1000.0, -1000.0, 0.0]
    scipy.io.savemat(tmp_path / "local" / "w.mat", {"dataf": np.array([[1.0, 2.0], [3.0, 4.0]])})
    scipy.io.savemat(tmp_path / "local" / "w_trig.mat", {"indxfilt": [1]})
    assert day("headstage: Wireless\nunits: V", "[w]\n")["w"].read().signal[1].tolist() == [3.0, 4.0]


def test_a_headstage_that_is_not_known_is_listed_and_says_so(day: Callable[..., Any]) -> None:
    cat = day("headstage: cereplex", "[rec]\n")
    assert list(cat) == ["rec"]
    with pytest.raises(ec.CatalogError, match=r"headstage 'cereplex' is not known; known are .*oephys.*zif"):
        cat["rec"].read()
    with pytest.raises(ec.CatalogError, match="there is no option headstage"):
        day("electrode: psv_61")["rec"].read()


# Options


def test_session_recording_and_call_in_this_order(day: Callable[..., Any], tmp_path: Path) -> None:
    """L6: electrode and headstage of the call were not heard, nor were misspelt arguments refused."""
    cat = day("headstage: oephys\nelectrode: psv_61_intan\nunits: mV", "[DEFAULT]\nunits: V\n[rec]\n[b]\nunits: nV\n")
    for name in ("rec", "b"):
        write_lab(tmp_path / "local" / f"{name}.h5")
    assert cat["rec"].read().units == "mV"
    assert cat["b"].read().units == "nV"
    assert cat["b"](units="uV").read().units == "uV"
    assert cat["b"](units=None).read().units == "uV"
    assert cat["rec"](electrode=None).read().n_channels == 64
    assert cat["rec"](electrode="psv_61_intan", units="V")(units="uV").read().units == "uV"
    with pytest.raises(ec.CatalogError, match="headstage 'none such' is not known"):
        cat["rec"](headstage="none such").read()
    with pytest.raises(TypeError, match="did you mean"):
        cat["rec"](channel=[1]).read()
    with pytest.raises(TypeError, match="bandpas"):
        cat["rec"](bandpas=(1, 100)).read()
    assert "units: [session] says 'mV', [DEFAULT] 'V'; [session] holds" in " ".join(cat["rec"].read().warnings)
    assert not any("[DEFAULT]" in text for text in cat["b"].read().warnings)


@pytest.mark.parametrize(
    ("options", "call", "n_channels"),
    [
        ("load_channels: 0-5", {}, 6),
        ("load_channels: 0-5", {"channels": range(3)}, 3),
        ("load_channels: 0-5", {"load_channels": range(4)}, 4),
        ("load_channels: 0-5", {"load_channels": None}, 64),
        ("load_channels: 0-5", {"channels": None}, 64),
        ("Load_Channels: 1 2", {}, 2),
    ],
)
def test_channels(options: str, call: dict[str, Any], n_channels: int, day: Callable[..., Any], tmp_path: Path) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    assert day(f"headstage: oephys\n{options}")["rec"](**call).read().n_channels == n_channels


@pytest.mark.parametrize(
    "options",
    [
        "car: False\nlocal_ref: no\nbandpass:\nnotches: ()\ndownsamp: 1\nusefs: -1\nsnip_transient: 0",
        "use_stored: yes\nsave_downsamp: false\nstore_path: ~/cache\nrec_num: None\nmemmap: True",
        "Electrode: of another spelling\nDaq: 3\nanimal: rat\nexp_type: tonotopy\ntones_tab: 1000",
        "mapped: False",
    ],
)
def test_options_that_ask_for_nothing_are_no_obstacle(options: str, day: Callable[..., Any], tmp_path: Path) -> None:
    """L12: `car: False` averaged. G1: `mapped: False` was True."""
    write_lab(tmp_path / "local" / "rec.h5")
    dataset = day(f"headstage: oephys\n{options}")["rec"].read()
    assert ec.equals(dataset, ec.open_recording(tmp_path / "local" / "rec.h5"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("bnc: 1", "hdf5 recordings: bnc (1,); to open the recording without it: cat['rec'](bnc=None).read()"),
        ("car: True\nlocal_ref: True", "local_ref True"),
        ("local_ref: True", "rec has no reference channels; an electrode map says which they are"),
        ("downsamp: 4\nresample_rate: 100", "downsamp 4"),
        ("connections: 1", "connections (1,)"),
        ("local_ref: 64", "64"),
        ("bandpass: 2, 600", "an edge at 600 Hz is not below 500 Hz"),
        ("notches: 60, sixty", "option notches is numbers, such as 60, 120.5, not '60, sixty'"),
        ("Units: mV\nunits: V", "option units is written in two ways, as 'mV' and 'V'"),
    ],
)
def test_what_cannot_be_done_is_one_error(options: str, message: str, day: Callable[..., Any], tmp_path: Path) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    with pytest.raises((ec.CatalogError, ValueError, IndexError)) as refused:
        day(f"headstage: oephys\n{options}")["rec"].read()
    assert message in str(refused.value)
    assert str(refused.value).startswith("catalog entry 'rec': ")


def test_an_unusable_option_can_be_left_out(day: Callable[..., Any], tmp_path: Path) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    assert day("headstage: oephys\nnotches: sixty")["rec"](notches=None).read().n_channels == 64
    assert day("headstage: oephys\nbandpass: 2, 600")["rec"](bandpass=(2, 100)).read().bandpass == (2, 100)


def test_text_of_a_session_is_no_template(day: Callable[..., Any], tmp_path: Path) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    cat = day("headstage: oephys\nnote: {{ 1 + 1 }}{{ env(HOME) }}")
    assert cat["rec"].metadata["note"] == "{{ 1 + 1 }}{{ env(HOME) }}"
    assert cat["rec"].read().metadata["note"] == "{{ 1 + 1 }}{{ env(HOME) }}"


# Catalogs


def test_catalogs_and_sources_pickle(day: Callable[..., Any], tmp_path: Path) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    cat = day("headstage: oephys\nload_channels: 1, 2")
    path = tmp_path / "rats" / "day_conf.txt"
    packed, nested, source = pickle.dumps(cat), pickle.dumps(ec.open_session(tmp_path)), pickle.dumps(cat["rec"])
    same = pickle.loads(nested)["rats"]["day"]
    path.unlink()  # where a worker is there may be no session file
    again = pickle.loads(packed)
    assert list(again) == ["rec"]
    assert again["rec"].read() == cat["rec"].read() == pickle.loads(source).read() == same["rec"].read()
    assert again["rec"](units="mV").read().units == "mV"
    assert again.name == cat.name == "day"


def test_saved_as_yaml_and_opened_again(day: Callable[..., Any], tmp_path: Path) -> None:
    write_lab(tmp_path / "local" / "rec.h5")
    cat = day("headstage: oephys\nbandpass: 2, 100", "[DEFAULT]\nheadstage: mux6\n[rec]\n")
    cat.save(str(tmp_path / "saved.yaml"))
    again = ec.open_session(tmp_path / "saved.yaml")
    assert again["rec"](bandpass=None).read() == cat["rec"](bandpass=None).read()
    assert ec.session_table(again).equals(ec.session_table(cat))
    ec.open_session(tmp_path).save(str(tmp_path / "all.yaml"))
    nested = ec.open_session(tmp_path / "all.yaml")
    assert list(nested["rats"]["day"]) == ["rec"]
    assert ec.session_table(nested).index.tolist() == ["rats/day/rec", "saved/rec"]


def test_recordings_load_together_and_lazily(day: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_lab(tmp_path / "local" / f"{name}.h5")
    cat = day("headstage: oephys\nbandpass: 2, 100", "[b]\n[a]\n")
    assert [one.bandpass for one in ec.load_session(cat)] == [(2, 100)] * 2
    assert [one.name for one in ec.load_session(cat, bandpass=None)] == ["b", "a"]
    (one,) = ec.load_session(tmp_path / "rats" / "day_conf.txt", "a", bandpass=None)
    assert one == cat["a"](bandpass=None).read()
    assert cat["a"](bandpass=None).discover()["metadata"]["n_channels"] == 64
    assert list(cat.search("hyperpolarised")) == []
    assert list(cat.search("oephys")) == ["b", "a"]


def test_a_broken_session_does_not_hide_the_others(day: Callable[..., Any], tmp_path: Path) -> None:
    day("headstage: oephys")
    (tmp_path / "rats" / "broken.txt").write_text("[session]\na: 1\na: 2\n")
    cat = ec.open_session(tmp_path)
    assert list(cat["rats"]) == ["broken", "day"]
    assert list(cat["rats"]["day"]) == ["rec"]
    with pytest.raises(ec.CatalogError, match="option a is there twice"):
        cat["rats"]["broken"]
    with pytest.raises(ec.CatalogError, match=r"broken\.txt: option a is there twice"):
        ec.session_table(cat)


def test_an_option_called_session_is_kept(day: Callable[..., Any]) -> None:
    assert day("headstage: oephys\nsession: morning")["rec"].metadata["session"] == "morning"


def test_yaml_catalogs_open_and_tabulate(session: SimulatedSession) -> None:
    cat = ec.open_session(session.catalog)
    table = ec.session_table(session.catalog)
    joins = {name for name in cat if "parts" in cat._entries[name].describe()["args"]}
    assert list(table.index) == sorted(set(cat) - joins)
    assert len(table) == 4
    assert list(table.columns[:3]) == ["headstage", "electrode", "exp_type"]
    assert set(table["headstage"]) == {"unknown"}
    for name in table.index:
        metadata = {key: value for key, value in cat[name].metadata.items() if key != "catalog_dir"}
        assert metadata.items() <= table.loc[name].to_dict().items()
    assert isinstance(table, pd.DataFrame)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ec.CatalogError, match="no session is in this folder"):
        ec.open_session(tmp_path)
    with pytest.raises(ec.RecordingNotFound, match="name their folder with roots="):
        ec.open_session("rats/nothing", settings=_no_settings(tmp_path))


def test_a_path_is_no_name(tmp_path: Path, day: Callable[..., Any]) -> None:
    day("headstage: oephys")
    with pytest.raises(ec.RecordingNotFound) as missing:
        ec.open_session(tmp_path / "rats" / "day.txt", roots=tmp_path)
    assert str(missing.value) == f"{tmp_path}/rats/day.txt: nothing is there; the folder has day_conf.txt"
    with pytest.raises(ec.RecordingNotFound, match=r"did you mean rats/day.*; nor is there a path .*/rats/dai"):
        ec.open_session("rats/dai", roots=tmp_path)
    for text in ("", " ", "/"):
        with pytest.raises(ValueError, match="a session is a path or a name"):
            ec.open_session(text)


def _no_settings(folder: Path) -> Path:
    path = folder / "none.txt"
    path.write_text("[globals]\n")
    return path


@pytest.mark.parametrize("wrong", [None, 3, b"day.yaml"])
def test_what_is_no_path(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"a session is a path or a name, not (NoneType|int|bytes)"):
        ec.open_session(wrong)
