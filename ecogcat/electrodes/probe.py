"""Probes: electrodes as probeinterface describes them, read from its JSON files and written for it.

A file of probeinterface has `probes`, each with `contact_positions` (x, y) in `si_units`, and `device_channel_indices`,
the source channel of each contact (-1: not connected). y points up: row 0 of our grids is at the top, at the largest y,
and column 0 at the smallest x, so that both draw the electrode alike. What a channel map has and a probe has not - the
shape of its grid, ground and reference channels - is in the annotations of files that `to_probeinterface` wrote, and
comes back from there. Specification: that of probeinterface, version 0.2.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from ecogcat.electrodes.positions import TOLERANCE_MM, raster
from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.frozen import index_array

__all__ = ["probe_of", "read_probe"]

_MM = {"mm": 1.0, "um": 1e-3, "m": 1e3}
_MOST_BYTES = 64 << 20
_VERSION = "0.2.21"
_FARTHEST = 1e12  # in any unit; also keeps out what is no number
_MOST_CHANNELS = 1 << 31
_UNITS = 1e3  # written in um
# A map does not know how large contacts are; probeinterface draws them, and needs a size.
_RADIUS_OF_PITCH = 0.25


def read_probe(path: str | os.PathLike[str]) -> ElectrodeTable:
    """Read the JSON file of a probeinterface probe, or group of probes.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    ElectrodeTable
        A site for each contact that is connected, by source channel; contacts without a channel are no part of it.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    FormatError
        If it is no such file, if contacts share a position or a channel, or none says its channel.
    """
    path = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if not os.path.isfile(path):
        raise RecordingNotFound(f"{path}: no such probeinterface file")
    probes = _probes(path)
    places: list[tuple[float, float]] = []
    channels: list[int] = []
    for k, probe in enumerate(probes):
        xy = _positions(path, k, probe)
        wired = probe.get("device_channel_indices")
        if not isinstance(wired, list) or len(wired) != len(xy) or not all(map(_is_channel, wired)):
            raise FormatError(
                f"probe {k} does not say which channel each contact is",
                path=path,
                expected=f"{len(xy)} device_channel_indices, whole numbers from -1",
                found="none" if wired is None else str(wired)[:60],
                hint="Wire it in probeinterface (probe.set_device_channel_indices) and write it again",
            )
        places += [(-y, x) for x, y in xy]
        channels += wired
    if len(set(one for one in channels if one >= 0)) != sum(one >= 0 for one in channels):
        raise FormatError("a channel is given to two contacts", path=path, expected="each channel once")
    own = _annotated(probes[0], places, channels) if len(probes) == 1 else None
    return own or _table(path, places, channels)


def _probes(path: str) -> list[dict[str, Any]]:
    if os.path.getsize(path) > _MOST_BYTES:
        raise FormatError(
            "this is no probeinterface file", path=path, expected="a small text", found="more than 64 MiB"
        )
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (ValueError, RecursionError) as error:
        raise FormatError("this is no JSON", path=path, expected="a probeinterface file", found=str(error)) from error
    probes = content.get("probes", [content]) if isinstance(content, dict) else None
    if not isinstance(probes, list) or not probes or not all(isinstance(one, dict) for one in probes):
        raise FormatError("this is no probeinterface file", path=path, expected="probes", found=type(content).__name__)
    return probes


def _positions(path: str, k: int, probe: dict[str, Any]) -> list[tuple[float, float]]:
    """Return (x, y) of each contact in mm."""
    scale = _MM.get(probe.get("si_units", "um"))
    if scale is None:
        raise FormatError(
            f"the units of probe {k} are unknown", path=path, expected="mm, um or m", found=repr(probe["si_units"])
        )
    contacts = probe.get("contact_positions")
    found = []
    for contact in contacts if isinstance(contacts, list) else [contacts]:
        numbers = contact if isinstance(contact, list) else []
        if len(numbers) != 2 or not all(type(one) in (int, float) and abs(one) < _FARTHEST for one in numbers):
            raise FormatError(
                f"the contacts of probe {k} have no position in a plane",
                path=path,
                expected="contact_positions of two numbers, x and y",
                found=str(contact)[:60],
                hint="A probe in space is put into a plane by probeinterface (probe.to_2d)",
            )
        found.append((numbers[0] * scale, numbers[1] * scale))
    return found


def _is_channel(value: object) -> bool:
    return type(value) is int and -1 <= value < _MOST_CHANNELS


def _table(path: str, places: list[tuple[float, float]], channels: list[int]) -> ElectrodeTable:
    connected = [k for k, channel in enumerate(channels) if channel >= 0]
    try:
        # Of all contacts: which are connected does not move the grid.
        sites, shape, pitch = raster(places)
    except ValueError as error:
        raise FormatError("the positions of the contacts are not usable", path=path, found=str(error)) from error
    own = sites[connected]
    if len({tuple(site) for site in own.tolist()}) != len(own):
        raise FormatError("two contacts have one position", path=path, expected="each site once")
    roles = ("electrode",) * len(own)
    return ElectrodeTable(index_array([channels[k] for k in connected]), roles, own, shape, pitch)


def _annotated(probe: dict[str, Any], places: list[tuple[float, float]], channels: list[int]) -> ElectrodeTable | None:
    """Return the table that was written, if the annotations say so and the contacts still lie where they did."""
    notes = probe.get("annotations")
    own = notes.get("ecogcat") if isinstance(notes, dict) else None
    if not isinstance(own, dict) or min(channels, default=0) < 0:
        return None
    try:
        (n_rows, n_cols), (dy, dx) = own["shape"], own["pitch_mm"]
        shape, pitch = (int(n_rows), int(n_cols)), (float(dy), float(dx))
        beside = {role: [int(one) for one in own[role]] for role in ("ground", "reference", "other")}
        offsets = np.array(places, np.float64).reshape(-1, 2) + np.array([(shape[0] - 1) * pitch[0], 0.0])
        sites = np.round(offsets / pitch).astype(np.int64)
        moved = bool((np.abs(sites * pitch - offsets) > TOLERANCE_MM).any() or ((sites < 0) | (sites >= shape)).any())
        rows = [(channel, "electrode", tuple(site)) for channel, site in zip(channels, sites.tolist(), strict=True)]
        rows += [(channel, role, (-1, -1)) for role, some in beside.items() for channel in some]
        rows.sort(key=lambda row: row[0] if own.get("sorted") else 0)
        numbers, roles, every = zip(*rows, strict=True)
        return None if moved else ElectrodeTable(index_array(numbers), roles, np.array(every), shape, pitch)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None  # annotations of somebody else: the contacts say it all


def probe_of(table: ElectrodeTable, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what a probeinterface file of an electrode holds.

    Parameters
    ----------
    table : ElectrodeTable
    names : tuple of str
        Of its sites, in order.
    """
    placed = table.with_role("electrode")
    dy, dx = table.pitch
    top = (table.shape[0] - 1) * dy
    positions = (table.sites[placed] * (-dy, dx) + (top, 0.0)) * _UNITS
    channels = table.channels
    notes = {
        "shape": list(table.shape),
        "pitch_mm": [dy, dx],
        "sorted": bool((np.diff(channels) > 0).all()),
        **{role: channels[table.with_role(role)].tolist() for role in ("ground", "reference", "other")},
    }
    n = len(placed)
    probe = {
        "ndim": 2,
        "si_units": "um",
        "annotations": {"ecogcat": notes},
        "contact_annotations": {},
        "contact_positions": [[round(x, 6), round(y, 6) + 0.0] for y, x in positions.tolist()],
        "contact_plane_axes": [[[1.0, 0.0], [0.0, 1.0]]] * n,
        "contact_shapes": ["circle"] * n,
        "contact_shape_params": [{"radius": _RADIUS_OF_PITCH * min(dy, dx) * _UNITS}] * n,
        "device_channel_indices": channels[placed].tolist(),
        "contact_ids": list(names),
    }
    return {"specification": "probeinterface", "version": _VERSION, "probes": [probe]}
