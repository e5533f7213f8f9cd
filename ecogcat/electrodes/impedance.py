"""Impedances: reports of a nanoZ and of the Open Ephys GUI, as a table by channel, placed on an electrode.

A nanoZ report is text with tabs: lines of title, one that begins with "Site" and names the frequencies ("1000 Hz") at
every second column, then a line a site - its number, and for each frequency magnitude (MOhm) and phase (degree) - and a
last line of other text. Missing values are empty. An Open Ephys report is XML, an element a channel in the order of the
recording, with the attributes `magnitude` (Ohm) and `phase` (degree); its `channel_number` begins anew with each chip,
and its frequency is not said. Source: reports of the lab and the program that it read them with.
"""

from __future__ import annotations

import math
import os
import re
from typing import Any, NamedTuple, NoReturn
from xml.etree import ElementTree

import pandas as pd

from ecogcat.channels import ChannelMap
from ecogcat.electrodes.electrode import electrode_table
from ecogcat.errors import FormatError, RecordingNotFound

__all__ = ["read_impedance"]

_XML_NAME = "impedance_measurement.xml"
_MOST_BYTES = 16 << 20
_OHM_PER_MOHM = 1e6
_HERTZ = {"hz": 1.0, "khz": 1e3}
_MISSING = ("", "-", "nan", "n/a")
_COLUMNS = ["channel", "magnitude_ohm", "phase_deg", "frequency_hz"]
_ORDERS = ("channels", "grid")


class _Value(NamedTuple):
    """One measurement; `position` counts the lines of a report."""

    position: int
    channel: int
    magnitude: float
    phase: float
    frequency: float


def read_impedance(
    path: str | os.PathLike[str],
    electrode: ChannelMap | str | os.PathLike[str] | None = None,
    *,
    order: str = "channels",
) -> pd.DataFrame:
    """Read measured impedances.

    Parameters
    ----------
    path : path-like
        A nanoZ report (text), or `impedance_measurement.xml` of Open Ephys, or the folder that it lies in.
    electrode : str, ChannelMap or path, optional
        The electrode: its name, a map of the source channels, or a table (CSV, or JSON of probeinterface). Channels
        that are no electrode's are then left out.
    order : {"channels", "grid"}
        Of a nanoZ report whose adaptor had the electrode's sites in the order of its grid, "grid": site after site of
        a row, from the last column to the first. By default site k of the report is source channel k - 1.

    Returns
    -------
    DataFrame
        One row a channel and frequency, by channel: `channel` (from 0), `magnitude_ohm`, `phase_deg`, `frequency_hz`
        (NaN where the report does not say), values missing in the report NaN; with an electrode also `row`, `col` and
        `site`, the pair of both.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such report, is damaged, or lacks channels of the electrode; the message says where.
    ValueError
        If `order` is none, or "grid" without an electrode.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import ecogcat as ec
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "impedance_measurement.xml"
    >>> one = '<CHANNEL magnitude="{}" phase="-60.0"/>'
    >>> _ = path.write_text("<IMPEDANCES>" + one.format(9e6) + one.format(2e5) + "</IMPEDANCES>")
    >>> grid = ec.ChannelMap([(0, 0), (0, 1)], (1, 2))
    >>> table = ec.read_impedance(path, grid)
    >>> table[["channel", "magnitude_ohm", "row", "col"]]
       channel  magnitude_ohm  row  col
    0        0      9000000.0    0    0
    1        1       200000.0    0    1

    Leave out channels above 2 MOhm:

    >>> dataset = ec.from_array([[1.0], [2.0]], 1000, channel_map=grid)
    >>> broken = table[table["magnitude_ohm"] > 2e6]
    >>> ec.mask_channels(dataset, sites=broken[["row", "col"]], reason="above 2 MOhm").dropped[["name", "reason"]]
      name        reason
    0  ch0  above 2 MOhm
    """
    if order not in _ORDERS:
        raise ValueError(f"order is one of {', '.join(_ORDERS)}, not {order!r}")
    if order == "grid" and electrode is None:
        raise ValueError("order='grid' needs an electrode, whose grid it is")
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if os.path.isdir(path):
        path = os.path.join(path, _XML_NAME)
    data = _content(path)
    values = _read_xml(path, data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _read_nanoz(path, data)
    if electrode is not None:
        return _placed(path, values, electrode, order)
    return pd.DataFrame([one[1:] for one in sorted(values, key=lambda one: one.channel)], columns=_COLUMNS)


def _content(path: str) -> bytes:
    if not os.path.isfile(path):
        raise RecordingNotFound(f"{path}: no such impedance report")
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise RecordingNotFound(f"{path}: cannot be opened: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise FormatError("this is no impedance report", path=path, expected="a small text", found="more than 16 MiB")
    if not data.strip():
        raise FormatError("the impedance report is empty", path=path, found=f"{len(data)} bytes")
    return data


def _read_xml(path: str, data: bytes) -> list[_Value]:
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # also of an encoding that does not exist
        raise FormatError(
            "this XML is damaged, or cut short",
            path=path,
            expected="an impedance report of Open Ephys",
            found=str(error),
        ) from error
    values = []
    for k, element in enumerate(root):
        magnitude, phase = (_number(element.get(name, "")) for name in ("magnitude", "phase"))
        if not (math.isfinite(magnitude) and math.isfinite(phase) and magnitude >= 0):
            attributes = ", ".join(f'{key}="{value}"' for key, value in list(element.items())[:8])
            raise FormatError(
                f"element {k} of the impedance report cannot be",
                path=path,
                expected="magnitude in Ohm and phase in degrees",
                found=f"<{element.tag} {attributes}>",
            )
        values.append(_Value(k, k, magnitude, phase, math.nan))
    if not values:
        raise FormatError(
            "this XML is no impedance report", path=path, expected="an element a channel", found=f"<{root.tag}> alone"
        )
    return values


def _read_nanoz(path: str, data: bytes) -> list[_Value]:
    lines = [[cell.strip() for cell in line.split("\t")] for line in data.decode("utf-8", "replace").splitlines()]
    start = next((k for k, cells in enumerate(lines) if cells[0].lower().startswith("site")), None)
    if start is None:
        raise FormatError(
            "this is no impedance report",
            path=path,
            expected="XML of Open Ephys, or a nanoZ report with a line that begins with 'Site'",
            found=f"{len(lines)} lines without one",
        )
    frequencies = [_frequency(path, start, cell) for cell in lines[start][1 : 2 * ((len(lines[start]) - 1) // 2) : 2]]
    if not frequencies:
        _refuse(path, start, "the report names no frequency", "1000 Hz, phase", " ".join(lines[start]))
    values: list[_Value] = []
    seen: dict[int, int] = {}
    ended = None
    for k, cells in enumerate(lines[start + 1 :], start + 1):
        if not any(cells):
            continue
        if not re.fullmatch(r"\d{1,6}", cells[0]):
            if ended is not None or len(cells) > 1 + 2 * len(frequencies):
                _refuse(path, k, "this is no line of a site", "the number of a site", cells[0] or "nothing")
            ended = k  # the last line of a report is a text
            continue
        site = int(cells[0])
        if ended is not None:
            _refuse(path, ended, "this is no line of a site", "the number of a site", lines[ended][0] or "nothing")
        if site < 1 or seen.setdefault(site, k) != k:
            found = f"{site}, also in line {seen[site] + 1}" if site else "0"
            _refuse(path, k, "the number of the site cannot be", "each once, from 1", found)
        if not 0 <= len(cells) - 1 - 2 * len(frequencies) <= 1:
            expected = f"{2 * len(frequencies)} values, a magnitude and a phase for each frequency"
            _refuse(path, k, "the line is cut short, or too long", expected, len(cells) - 1)
        for j, frequency in enumerate(frequencies):
            magnitude, phase = (_value(path, k, cell) for cell in cells[1 + 2 * j : 3 + 2 * j])
            values.append(_Value(len(seen) - 1, site - 1, magnitude * _OHM_PER_MOHM, phase, frequency))
    if ended is None and not data.endswith((b"\n", b"\r")):
        _refuse(path, len(lines) - 1, "the report is cut short", "a last line of text", "\t".join(lines[-1]))
    if not values:
        raise FormatError("the impedance report has no site", path=path, expected="a line a site", found="none")
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _value(path: str, line: int, text: str) -> float:
    number = _number(text)
    if not math.isfinite(number) and text.lower() not in _MISSING:
        _refuse(path, line, "a value cannot be", "a number, or nothing", text)
    return number


def _frequency(path: str, line: int, text: str) -> float:
    number, _, unit = text.partition(" ")
    frequency = _number(number) * _HERTZ.get(unit.strip().lower(), math.nan)
    if not (math.isfinite(frequency) and frequency > 0):
        _refuse(path, line, "a frequency cannot be", "such as '1000 Hz'", text or "nothing")
    return frequency


def _refuse(path: str, line: int, message: str, expected: object, found: object) -> NoReturn:
    raise FormatError(f"line {line + 1}: {message}", path=path, expected=expected, found=found)


def _placed(path: str, values: list[_Value], electrode: Any, order: str) -> pd.DataFrame:
    """Return the table of the electrode's channels, each with its site."""
    table = electrode_table(electrode)
    rows, cols = table.shape
    sites = {int(table.channels[k]): tuple(table.sites[k].tolist()) for k in table.with_role("electrode")}
    n = 1 + max(one.position for one in values)
    if order == "grid":
        if n != rows * cols:
            raise FormatError(
                "the report is not one of the electrode's grid",
                path=path,
                expected=f"{rows} x {cols} sites",
                found=f"{n} sites",
                hint="Leave order= away if it has a line a channel",
            )
        at = {row * cols + cols - 1 - col: channel for channel, (row, col) in sites.items()}
        values = [one._replace(channel=at[one.position]) for one in values if one.position in at]
    measured = {one.channel for one in values}
    lacking = sorted(set(sites) - measured)
    if lacking:
        raise FormatError(
            "the electrode has channels that the report lacks",
            path=path,
            expected=f"source channels {', '.join(map(str, lacking[:8]))}",
            found=f"{n} channels",
            hint="Is it the table of another electrode? Source channels count from 0",
        )
    kept = sorted((one for one in values if one.channel in sites), key=lambda one: one.channel)
    placed = [(*one[1:], *sites[one.channel], sites[one.channel]) for one in kept]
    return pd.DataFrame(placed, columns=[*_COLUMNS, "row", "col", "site"])
