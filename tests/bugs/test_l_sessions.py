"""Old mistakes in session files (G1, L4, L6, L8, L11, L12): read, found and loaded as they were meant.

Further tests of them are in tests/catalog: test_ini, test_inivalues, test_lab, test_labsession, test_labevents.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import ecogcat as ec
from ecogcat.catalog.inivalues import typed_value

SESSION = """\
[session]
exp_path: local
nwk_path: net
headstage: {headstage}
{options}
[DEFAULT]
{default}
[rec]
foo: 1
"""


def session(
    folder: Path, options: str = "", default: str = "", headstage: str = "oephys", n_channels: int = 64, rise: float = 0
) -> Any:
    """Open a session of one recording; its copy in `net` has twice the values of that in `local`."""
    for name, value in (("local", 1), ("net", 2)):
        (folder / name).mkdir(exist_ok=True)
        with h5py.File(folder / name / "rec.h5", "w") as file:
            values = value + rise * np.arange(n_channels)[:, None] * np.ones((1, 400))
            file["Fs"], file["chdata"] = 1000.0, values.astype("i2")
    path = folder / "2016.07.txt"
    path.write_text(SESSION.format(headstage=headstage, options=options, default=default))
    return ec.open_session(path)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        *[("mapped", "False", False), ("causal_filtering", "no", False), ("mapped", "", None), ("trigger", "", None)],
        *[("resample_rate", "2000.0", 2000), ("resample_rate", "2e3", 2000), ("n_data", "4.0", 4)],
        *[("use_stored", "yes", True), ("use_stored", "0", 0.0), ("use_stored", "False", False)],
        *[("notches", "60", (60,)), ("notches", "60, 120.5", (60.0, 120.5)), ("bandpass", "(2, -1)", (2, -1))],
        *[("connectors", "intan64, intan64", ("intan64", "intan64")), ("mux_connectors", "left1", ("left1",))],
        *[("rec_num", "None", None), ("exp_path", "none", None), ("bnc", "10 11", (10, 11)), ("car", "True", True)],
        *[("load_channels", "0-5", (0, 1, 2, 3, 4, 5)), ("trigger_idx", "0", (0,))],
    ],
)
def test_g1_values_of_options(option: str, text: str, value: Any) -> None:
    assert typed_value(option, text) == value


def test_g1_not_mapped_is_in_memory(tmp_path: Path) -> None:
    cat = session(tmp_path, "mapped: False")
    dataset = cat["rec"].read()
    for place in ("local", "net"):
        (tmp_path / place / "rec.h5").unlink()
    assert dataset.signal[0, 0] == pytest.approx(0.195)


def test_l4_a_stored_copy_is_not_used(tmp_path: Path) -> None:
    cat = session(tmp_path, "use_stored: False")
    with h5py.File(tmp_path / "local" / "rec_Fs500.h5", "w") as file:
        file["Fs"], file["chdata"] = 500.0, np.full((64, 200), -7.0)
    dataset = cat["rec"].read()
    assert (dataset.sampling_rate, dataset.n_samples) == (1000.0, 400)
    assert dataset.signal[0].mean() == pytest.approx(0.195)


def test_l6_local_before_network_and_the_call_wins(tmp_path: Path) -> None:
    cat = session(tmp_path, "units: mV\nelectrode: psv_61_intan", "units: uV")
    assert cat["rec"].read().units == "mV"
    assert cat["rec"](units="uV").read().signal[0, 0] == pytest.approx(0.195)
    assert cat["rec"](electrode=None).read().n_channels == 64
    with pytest.raises(TypeError, match="bandpas"):
        cat["rec"](bandpas=(1, 100)).read()
    (tmp_path / "local" / "rec.h5").unlink()
    assert cat["rec"](units="uV").read().signal[0, 0] == pytest.approx(0.39)
    (tmp_path / "net" / "rec.h5").unlink()
    with pytest.raises(ec.RecordingNotFound, match=r"local/rec\.h5.* nor at .*net/rec\.h5"):
        cat["rec"].read()


def test_l8_a_name_with_a_dot(tmp_path: Path) -> None:
    (tmp_path / "g").mkdir()
    session(tmp_path / "g")
    assert list(ec.open_session("g/2016.07", roots=tmp_path)) == ["rec"]
    assert ec.session_days(["2016-07-10", "2016-07-10"]) == [0, 0]


def test_l11_connectors_of_a_headcap(tmp_path: Path) -> None:
    wired = "intan64_new, intan64_new, intan64, intan64"
    cat = session(tmp_path, f"electrode: psv_244\nelectrode_connectors: {wired}", n_channels=256, rise=1)
    dataset = cat["rec"].read()
    opened = ec.open_recording(
        tmp_path / "local" / "rec.h5", electrode="psv_244", connectors=[one.strip() for one in wired.split(",")]
    )
    assert dataset.n_channels == 244
    assert ec.equals(dataset, opened)


def test_l12_a_reference_is_asked_for_or_not(tmp_path: Path) -> None:
    plain = session(tmp_path, rise=1)["rec"].read()
    assert ec.equals(session(tmp_path, "car: False\nlocal_ref: False", rise=1)["rec"].read(), plain)
    for said in ("car: True", "local_ref: 3"):
        source = session(tmp_path, said, rise=1)["rec"]
        if "reference" in set(ec.load_arguments("hdf5")["argument"]):
            assert not ec.equals(source.read(), plain)
        else:  # never left out unsaid
            with pytest.raises(ec.CatalogError, match=said.partition(":")[0]):
                source.read()
