"""Impedance reports: what they say, where it is placed, and every way in which one can be unusable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ecogcat as ec
from tests.conftest import shared_path
from tests.formats.golden import Table, golden

NANOZ = """nanoZ report
2016-09-26
Site\t1000 Hz\tphase\t0.5 kHz\tphase
1\t0.5\t-60.0\t1.0\t-70.0
2\t\t\t2.5\t-71.5
3\t0.25\t-62.0\tNaN\t-72.0
4\t8.0\t-63.0\t9.0\t-73.0
end
"""
GRID = ec.ChannelMap([(0, 0), (0, 1), (1, 0), (1, 1)], (2, 2))


def _write(tmp_path: Path, text: str | bytes, name: str = "z.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _xml(*values: tuple[Any, Any]) -> str:
    elements = [
        f'<CHANNEL name="CH{k}" channel_number="{k % 2}" magnitude="{z}" phase="{phase}"/>'
        for k, (z, phase) in enumerate(values)
    ]
    return "<?xml version='1.0' encoding='UTF-8'?>\n<IMPEDANCES>" + "".join(elements) + "</IMPEDANCES>"


# Golden vectors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["case_98_impedance_nanoz_3f", "case_99_impedance_nanoz_complex"])
def test_nanoz_reports_of_the_lab(name: str) -> None:
    path = shared_path(f"reference/golden/{name}/input.txt")
    _, expected = golden(path)
    table = ec.read_impedance(path)
    shape = (8, len(expected["freq"]))
    assert table["channel"].tolist() == np.repeat(range(8), shape[1]).tolist()
    assert table["frequency_hz"].tolist() == expected["freq"].tolist() * 8
    magnitude = table["magnitude_ohm"].to_numpy().reshape(shape)
    phase = table["phase_deg"].to_numpy().reshape(shape)
    if "z" in expected:
        np.testing.assert_allclose(magnitude * np.exp(1j * phase * np.pi / 180), expected["z"], rtol=1e-13)
    else:
        np.testing.assert_array_equal(magnitude, expected["mag"])
        np.testing.assert_array_equal(phase, expected["phase"])


def test_an_open_ephys_report_of_the_lab() -> None:
    path = shared_path("reference/golden/case_101_impedance_oephys_xml_ref/input_impedance_measurement.xml")
    meta, expected = golden(path)
    whole = ec.read_impedance(path)
    z = whole["magnitude_ohm"].to_numpy() * np.exp(1j * whole["phase_deg"].to_numpy() * np.pi / 180)
    np.testing.assert_allclose(z, expected["z_all"], rtol=1e-13)
    table = ec.read_impedance(path, Table(meta["electrode"]))
    np.testing.assert_array_equal(table["magnitude_ohm"], expected["mag"])
    np.testing.assert_array_equal(table["phase_deg"], expected["phase"])
    np.testing.assert_array_equal(table[["row", "col"]], expected["sites"])
    assert table["site"].tolist() == [tuple(site) for site in expected["sites"].tolist()]
    assert table["channel"].tolist() == Table(meta["electrode"]).channels("electrode")


# What a report says -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("trailing", ["", "\t"])
def test_nanoz(ending: str, trailing: str, tmp_path: Path) -> None:
    text = NANOZ.replace("\n", trailing + ending)
    table = ec.read_impedance(_write(tmp_path, text))
    assert list(table.columns) == ["channel", "magnitude_ohm", "phase_deg", "frequency_hz"]
    nan = np.nan
    wanted = [
        *([0, 0.5e6, -60.0, 1000.0], [0, 1e6, -70.0, 500.0], [1, nan, nan, 1000.0], [1, 2.5e6, -71.5, 500.0]),
        *([2, 0.25e6, -62.0, 1000.0], [2, nan, -72.0, 500.0], [3, 8e6, -63.0, 1000.0], [3, 9e6, -73.0, 500.0]),
    ]
    np.testing.assert_array_equal(table.to_numpy(float), wanted)
    assert table["channel"].dtype == np.int64


def test_a_report_of_one_site_and_one_of_some_sites(tmp_path: Path) -> None:
    one = ec.read_impedance(_write(tmp_path, "t\nd\nSite\t1000 Hz\tphase\n1\t0.5\t-60\nend\n"))
    assert one.to_numpy().tolist() == [[0.0, 5e5, -60.0, 1000.0]]
    some = ec.read_impedance(_write(tmp_path, "Site\t1 Hz\tphase\n7\t0.5\t-60\n3\t1.0\t-61\n"))
    assert some["channel"].tolist() == [2, 6]


def test_open_ephys(tmp_path: Path) -> None:
    path = _write(tmp_path, _xml((5e4, -10), (6e4, -20), (7e4, -30)), "impedance_measurement.xml")
    for place in (path, str(path), tmp_path):
        table = ec.read_impedance(place)
        assert table["channel"].tolist() == [0, 1, 2]  # channel_number begins anew with each chip
        assert table["magnitude_ohm"].tolist() == [5e4, 6e4, 7e4]
        assert table["frequency_hz"].isna().all()


# Placed on an electrode ---------------------------------------------------------------------------


def test_sites_by_channel(tmp_path: Path) -> None:
    csv = _write(
        tmp_path, "channel,role,row,col\n3,electrode,0,0\n1,electrode,0,1\n0,ground,,\n2,reference,,\n", "e.csv"
    )
    table = ec.read_impedance(_write(tmp_path, NANOZ), csv)
    table = table[table["frequency_hz"] == 500]
    assert table["channel"].tolist() == [1, 3]
    assert table["site"].tolist() == [(0, 1), (0, 0)]
    assert table["magnitude_ohm"].tolist() == [2.5e6, 9e6]


def test_sites_by_grid(tmp_path: Path) -> None:
    # The report goes along the rows, from the last column to the first; channels are the map's.
    grid = ec.ChannelMap([(1, 1), (1, 0), (0, 1)], (2, 2))
    table = ec.read_impedance(_write(tmp_path, NANOZ), grid, order="grid")
    table = table[table["frequency_hz"] == 500]
    assert table["channel"].tolist() == [0, 1, 2]
    assert table["site"].tolist() == [(1, 1), (1, 0), (0, 1)]
    np.testing.assert_array_equal(table["magnitude_ohm"], [np.nan, 9e6, 1e6])
    with pytest.raises(ec.FormatError, match=r"the report is not one of the electrode's grid \(expected 1 x 3 sites"):
        ec.read_impedance(tmp_path / "z.txt", ec.ChannelMap([(0, 0)], (1, 3)), order="grid")
    with pytest.raises(ValueError, match="order='grid' needs an electrode"):
        ec.read_impedance(tmp_path / "z.txt", order="grid")
    with pytest.raises(ValueError, match="order is one of channels, grid, not 'site'"):
        ec.read_impedance(tmp_path / "z.txt", order="site")


def test_masking_by_a_threshold(tmp_path: Path) -> None:
    table = ec.read_impedance(_write(tmp_path, NANOZ), GRID)
    at_1_khz = table[table["frequency_hz"] == 1000]
    bad = at_1_khz[~(at_1_khz["magnitude_ohm"] < 1e6)]  # missing is bad, too
    dataset = ec.from_array(np.zeros((4, 5)), 1000, channel_map=GRID)
    for sites in (bad[["row", "col"]], bad["site"].tolist()):
        masked = ec.mask_channels(dataset, sites=sites, reason="impedance")
        assert masked.signal.channel_names == ("ch0", "ch2")
        assert masked.dropped["reason"].tolist() == ["impedance", "impedance"]
    assert ec.mask_channels(dataset, sites=bad[:0][["row", "col"]]).n_channels == 4


def test_an_electrode_of_more_channels(tmp_path: Path) -> None:
    with pytest.raises(ec.FormatError) as caught:
        ec.read_impedance(_write(tmp_path, _xml((5e4, -10), (6e4, -20))), GRID)
    assert "the electrode has channels that the report lacks (expected source channels 2, 3; found 2 channels)" in str(
        caught.value
    )
    assert len(ec.read_impedance(_write(tmp_path, _xml(*[(5e4, -10)] * 6)), GRID)) == 4


# What cannot be -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the impedance report is empty (found 0 bytes)"),
        (" \n", "the impedance report is empty (found 2 bytes)"),
        ("a\tb\n", "this is no impedance report (expected XML of Open Ephys, or a nanoZ report with a line"),
        (b"\x00\xff\xfe" * 50, "this is no impedance report"),
        ("Site\n1\n", "line 1: the report names no frequency (expected 1000 Hz, phase; found Site)"),
        ("x\nSite\tfast\tphase\n1\t1\t1\n", "line 2: a frequency cannot be (expected such as '1000 Hz'; found fast)"),
        ("Site\t-5 Hz\tphase\n1\t1\t1\n", "line 1: a frequency cannot be (expected such as '1000 Hz'; found -5 Hz)"),
        ("Site\t1 Hz\tphase\nend\n", "the impedance report has no site (expected a line a site; found none)"),
        ("Site\t1 Hz\tphase\n1\t0.5\t-6\nx\n2\t0.5\t-6\n", "line 3: this is no line of a site (expected the number of"),
        ("Site\t1 Hz\tphase\n1\t0.5\t-6\nx\ny\n", "line 4: this is no line of a site (expected the number of a site"),
        (
            "Site\t1 Hz\tphase\n1\t0.5\t-6\n1\t1\t1\n",
            "line 3: the number of the site cannot be (expected each once, from 1",
        ),
        (
            "Site\t1 Hz\tphase\n0\t0.5\t-6\n",
            "line 2: the number of the site cannot be (expected each once, from 1; found 0)",
        ),
        ("Site\t1 Hz\tphase\n1\t0.5\n", "line 2: the line is cut short, or too long (expected 2 values, a magnitude"),
        ("Site\t1 Hz\tphase\n1\t0.5\t1\t2\t3\n", "line 2: the line is cut short, or too long (expected 2 values"),
        ("Site\t1 Hz\tphase\n1\tbig\t-6\n", "line 2: a value cannot be (expected a number, or nothing; found big)"),
        ("Site\t1 Hz\tphase\n1\tinf\t-6\n", "line 2: a value cannot be (expected a number, or nothing; found inf)"),
        (
            NANOZ[: NANOZ.index("end") - 3],
            "line 7: the report is cut short (expected a last line of text; found 4\t8.0",
        ),
        ("<IMPEDANCES><CHANNEL magnitude=", "this XML is damaged, or cut short (expected an impedance report of Open"),
        ("<?xml version='1.0' encoding='klingon'?><a/>", "this XML is damaged, or cut short"),
        ("<IMPEDANCES/>", "this XML is no impedance report (expected an element a channel; found <IMPEDANCES> alone)"),
        ("<A><B magnitude='5'/></A>", "element 0 of the impedance report cannot be (expected magnitude in Ohm and"),
        ("<A><B magnitude='x' phase='1'/></A>", "element 0 of the impedance report cannot be"),
        ("<A><B magnitude='-1' phase='1'/></A>", "element 0 of the impedance report cannot be"),
        (
            "<A><B magnitude='1' phase='nan'/></A>",
            "element 0 of the impedance report cannot be (expected magnitude in Ohm",
        ),
    ],
)
def test_reports_that_cannot_be(text: str | bytes, message: str, tmp_path: Path) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(ec.FormatError) as caught:
        ec.read_impedance(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_no_such_report(tmp_path: Path) -> None:
    with pytest.raises(ec.RecordingNotFound, match=r"nowhere\.txt: no such impedance report"):
        ec.read_impedance(tmp_path / "nowhere.txt")
    with pytest.raises(ec.RecordingNotFound, match=r"impedance_measurement\.xml: no such impedance report"):
        ec.read_impedance(tmp_path)
    path = _write(tmp_path, b"x" * ((16 << 20) + 1))
    with pytest.raises(ec.FormatError, match=r"expected a small text; found more than 16 MiB"):
        ec.read_impedance(path)


@pytest.mark.parametrize("whole", [NANOZ, _xml((5e4, -10), (6e4, -20))])
def test_a_report_cut_anywhere_is_refused_or_has_what_is_whole(whole: str, tmp_path: Path) -> None:
    everything = ec.read_impedance(_write(tmp_path, whole))
    for length in range(len(whole)):
        try:
            table = ec.read_impedance(_write(tmp_path, whole[:length]))
        except ec.FormatError:
            continue
        assert table.equals(everything[: len(table)])
