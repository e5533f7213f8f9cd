"""The older names: the joining walk on small recordings, and what is said when they are used wrongly."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import ecogcat as ec
from ecogcat import compat
from ecogcat.testing.headstages import write_headstage
from tests import joining_walk
from tests.conftest import shared_path

LENGTHS = (4000, 3500, 3000, 2600, 2500, 2400)


@pytest.fixture(autouse=True)
def no_window() -> None:
    matplotlib.use("agg")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ECOGCAT_LAB_SETTINGS", str(joining_walk.simulate(tmp_path, LENGTHS, 12)))
    return "16017/2016-09-26"


def test_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOGCAT_LAB_SETTINGS", "")
    said: list[str] = []
    made, ours = joining_walk.walk(
        tmp_path, lambda *what: said.append(" ".join(map(str, what))), lengths=LENGTHS, events=12
    )
    text = "\n".join(said)
    want = [(51, 7500), (8, 7500), (3, 7500), (24,), 24]
    assert [joining_walk.five(one) for one in made.values()] == [want] * 5
    assert [one.data.kind for one in made.values()] == ["r+", "loaded", "mixed", "loaded", "mixed"]
    assert "join of data (61, 4000) + (61, 3500) = (61, 7500)" in text
    assert "buffers FileBuffer BoundBuffer" in text
    assert "the same curve across the seam True" in text
    assert "image Figure Colorbar" in text
    assert f"four {','.join(joining_walk.NAMES[:4])} (61, 13100) 48" in text
    assert text.count(str(want)) == 5 + 4
    assert text.count(str(joining_walk.NAMES)) == 2
    assert "the same curve True" in text
    assert text.count("(61, 13100) 48") == 2
    for one, joined in itertools.product(made.values(), ours.values()):
        assert np.array_equal(one.data[:], joined.signal[:])
        assert np.array_equal(one.pos_edge, joined.events.sample)
        assert one.exp.tones.tolist()[:3] == [500, 1000, 2000]
        assert one.exp.event_names == ["tones", "amps"]


def test_a_recording_is_listed_and_written_to(session: str) -> None:
    one = compat.load_experiment_auto(session, joining_walk.NAMES[0], mapped="r+")
    for name in (
        "data",
        "adc",
        "aux",
        "chan_map",
        "Fs",
        "pos_edge",
        "trig_chan",
        "exp",
        "bandpass",
        "notches",
        "units",
    ):
        assert f"{name} : <class" in repr(one)
    for name in ("transient_snipped", "ground_chans", "ref_chans", "name", "headstage"):
        assert f"{name} : <class" in repr(one)
    assert (one.Fs, one.units, one.bandpass, one.notches) == (2000.0, "uV", None, None)
    assert (one.transient_snipped, one.headstage) == (False, "oephys")
    assert one.trig_chan.max() == np.float32(3.3)
    assert one.ground_chans.shape == (3, 4000)
    one.data[3, 10:20] = 5
    assert one.data[3, 9:21].tolist()[1:-1] == [5] * 10
    assert np.asarray(one.data).shape == one.data.shape
    with pytest.raises(AttributeError, match="there is no 'eog' here; there are: data, adc"):
        _ = one.eog
    with pytest.raises(AttributeError, match="data has no 'eog'; arrays beside it: adc, aux"):
        _ = one.data.eog
    with pytest.raises(ValueError, match="a mask has an entry for each of 61 channels"):
        one.data.set_channel_mask(np.ones(5, bool))
    mask: Any = one.data.binary_channel_mask
    mask[:] = False
    assert one.data.binary_channel_mask.all(), "a copy"
    mapped = compat.load_experiment_auto(session, joining_walk.NAMES[0])
    with pytest.raises(ec.ReadOnlyError):
        mapped.data[0, 0] = 1


def test_sessions(session: str) -> None:
    assert compat.available_sessions("16017") == ["16017/2016-09-25", session]
    assert compat.available_sessions() == compat.available_sessions("16017")
    assert list(compat.session_conf(session)) == ["session", *joining_walk.NAMES]
    info = compat.session_info(session)
    assert (info.resample_rate, info.headstage) == (2000, "oephys")
    assert compat.session_table(session)["tones_tab"].tolist() == ["tones.txt"] * 6
    with pytest.raises(ec.RecordingNotFound, match="2016-09-27"):
        compat.session_info("16017/2016-09-27")
    with pytest.raises(TypeError, match="recordings is a list of names"):
        compat.load_datasets(session, joining_walk.NAMES[0])
    with pytest.raises(ValueError, match="source_type is '', 'loaded' or 'mapped'"):
        compat.join_datasets([], source_type="r+")
    with pytest.raises(TypeError, match="join_datasets joins what load_experiment_auto returned"):
        compat.join_datasets([ec.from_array([[1.0]], 1)])  # type: ignore[list-item]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session of one recording at 2000 Hz with what is asked of it, and its folder."""

    def make(options: str) -> str:
        (tmp_path / "db" / "g").mkdir(parents=True, exist_ok=True)
        (tmp_path / "db" / "g" / "day.txt").write_text(
            f"[session]\nexp_path: {tmp_path}/local\nnwk_path: none\nheadstage: oephys\nelectrode: psv_61_intan\n"
            f"{options}\n[rec]\ntones_tab: 500, 1000\n"
        )
        (tmp_path / "settings.txt").write_text(f"[globals]\nuser_sessions: {tmp_path}/db\n")
        monkeypatch.setenv("ECOGCAT_LAB_SETTINGS", str(tmp_path / "settings.txt"))
        write_headstage(tmp_path / "local", "rec", "oephys", TRIGGERS, n_samples=8000, sampling_rate=2000.0)
        return "g/day"

    return make


TRIGGERS = [2401, 3602, 4803, 6004]
ASKED = "bandpass: 2, 100\nnotches: 60\ncar: True\nlocal_ref: 3\nsnip_transient: 0.1\nresample_rate: 500"


def test_what_the_session_asks_for_is_done_to_what_is_stored_too(lab: Any, tmp_path: Path) -> None:
    session = lab(ASKED)
    full = compat.load_experiment_auto(session, "rec")
    assert (full.Fs, full.bandpass, full.notches, full.transient_snipped) == (500.0, (2.0, 100.0), (60.0,), True)
    assert full.data.shape == (61, 1950)  # 50 samples cut off
    assert full.pos_edge.tolist() == [one - 50 for one in (600, 900, 1201, 1501)]
    assert full.exp.tones.tolist() == [500.0, 1000.0, 500.0, 1000.0]
    assert np.abs(full.data[3]).max() == 0  # less itself
    plain = ec.open_recording(tmp_path / "local" / "rec.h5", electrode="psv_61_intan", resample_rate=500,
                              resample_filter="chebyshev1")  # fmt: skip
    raw = plain.signal.read()
    want = ec.rereference(ec.notch(ec.bandpass(plain, 2, 100), 60), 3).signal[:, 50:]
    assert np.array_equal(full.data[:], want)
    stored = compat.load_experiment_auto(session, "rec", save_downsamp=True)
    assert np.array_equal(stored.data[:], want)
    again = compat.load_experiment_auto(session, "rec")
    assert "read from rec_Fs500.h5" in again.data.dataset.history
    (tmp_path / "local" / "rec.h5").unlink()  # the stored one alone is left
    for mapped in (True, False, "r+"):
        left = compat.load_experiment_auto(session, "rec", mapped=mapped)
        assert (left.Fs, left.bandpass, left.notches, left.name) == (500.0, (2.0, 100.0), (60.0,), "rec")
        assert np.array_equal(left.data[:], want)
        assert np.abs(left.pos_edge - full.pos_edge).max() <= 1  # as the line is at 500 Hz
        assert left.exp.tones.tolist() == full.exp.tones.tolist()
    bare = compat.load_experiment_auto(session, "rec", bandpass=None, notches=None, reference=None, snip_transient=None)
    assert np.array_equal(bare.data[:], raw)


def test_options_of_the_call(lab: Any) -> None:
    session = lab(ASKED)
    assert compat.load_experiment_auto(session, "rec", resample_rate=None).Fs == 2000
    assert compat.load_experiment_auto(session, "rec", downsamp=2).Fs == 1000
    assert compat.load_experiment_auto(session, "rec", local_ref=None, load_channels=range(9)).data.shape[0] == 8
    none = compat.load_experiment_auto(session, "rec", trigger_idx=(), snip_transient=None)
    assert (len(none.pos_edge), none.exp) == (0, None)
    one = compat.load_experiment_auto(session, "rec", trigger_idx=0, conditions=None)
    assert (len(one.pos_edge), one.exp) == (4, None)


@pytest.mark.parametrize("left", [True, False, "r+"])
@pytest.mark.parametrize("right", [True, False, "r+"])
@pytest.mark.parametrize("kind", ["", "loaded", "mapped"])
def test_the_ways_of_joining(left: Any, right: Any, kind: str, lab: Any) -> None:
    session = lab("resample_rate: 500\nresample_filter: polyphase")  # the older system's is run when it is loaded
    a, b = (compat.load_experiment_auto(session, "rec", mapped=mapped) for mapped in (left, right))
    plain = compat.load_experiment_auto(session, "rec")
    joined = compat.join_datasets([a, b], source_type=kind)
    assert [one.shape for one in (joined.data, joined.adc)] == [(61, 4000), (1, 4000)]
    assert (joined.pos_edge.shape, len(joined.exp)) == ((8,), 8)
    assert np.array_equal(joined.data[:], np.tile(plain.data[:], 2))
    names = {True: "mapped", False: "loaded", "r+": "r+"}
    if kind == "loaded" or (kind == "" and left is right is False):
        assert joined.data.kind == "loaded"
    else:
        assert joined.data.kind == (names[left] if left is right else "mixed")
    assert a.data.shape == b.data.shape == (61, 2000)  # inputs stay what they were


def test_the_page_on_names_runs() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "coming_from_names.md"
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], page.name, "exec"), {})
    for name in compat.__all__:
        assert name in page.read_text(encoding="utf-8") or name == "Bunch"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("case_105_ddc_pC", "headstage: ddc\ndrange: 3\nunits: pC"),
        ("case_108_ddc_bandpass", "headstage: ddc\ndrange: 3\nunits: nA\nbandpass: 2, 100"),
        ("case_119_afe_nA_range2", "headstage: afe\nelectrode: psv_61_afe\nn_data: 64\nrange_code: 2\ncycle_rate: 5e5"),
    ],
)
def test_grounds_are_those_of_the_older_system(
    name: str, options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not filtered; those of the DDC board as they were stored, in coulombs."""
    folder = shared_path(f"reference/golden/{name}")
    for place in ("local", "db/g"):
        (tmp_path / place).mkdir(parents=True)
    for one in folder.glob("input*"):
        shutil.copy(one, tmp_path / "local" / one.name.replace("input", "rec"))
    (tmp_path / "db" / "g" / "day.txt").write_text(f"[session]\nexp_path: {tmp_path}/local\n{options}\n[rec]\n")
    (tmp_path / "settings.txt").write_text(f"[globals]\nuser_sessions: {tmp_path}/db\n")
    monkeypatch.setenv("ECOGCAT_LAB_SETTINGS", str(tmp_path / "settings.txt"))
    expected = np.load(folder / "expected.npz")
    for mapped in (True, False):
        loaded = compat.load_experiment_auto("g/day", "rec", mapped=mapped)
        for ours, theirs in ((loaded.data, "data"), (loaded.ground_chans, "ground_chans")):
            scale = np.abs(expected[theirs]).max()
            np.testing.assert_allclose(ours[:], expected[theirs], rtol=0, atol=2e-7 * scale)
    both = compat.join_datasets([loaded, loaded])
    np.testing.assert_array_equal(both.ground_chans[:, : loaded.data.shape[1]], loaded.ground_chans[:])
