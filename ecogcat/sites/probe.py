"""Probe: a channel map as probeinterface describes electrodes, read and written without that package."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError, RecordingNotFound
from ecogcat.sites.lattice import lattice_of

if TYPE_CHECKING:
    from ecogcat.channels import ChannelMap

__all__ = ["map_of_probe", "probe_dictionary", "probe_object"]

_PER_MM = {"um": 1000.0, "mm": 1.0, "m": 0.001}


def probe_dictionary(channel_map: ChannelMap) -> dict[str, Any]:
    """Return what a JSON file of probeinterface holds: one probe, plain lists and numbers.

    The grid is kept in annotations: a map with missing edges, or at free coordinates, is read back as it was.
    """
    n_rows = channel_map.shape[0]
    dy, dx = channel_map.pitch
    if channel_map.positions is None:
        points = np.stack([channel_map.sites[:, 1] * dx, (n_rows - 1 - channel_map.sites[:, 0]) * dy], axis=1)
    else:
        points = channel_map.positions[:, ::-1] * (1, -1)
    n = len(channel_map)
    annotations = {
        "grid_shape": list(channel_map.shape),
        "pitch_mm": [dy, dx],
        "pads_up": channel_map.pads_up,
        "free_coordinates": channel_map.positions is not None,
    }
    probe = {
        "ndim": 2,
        "si_units": "um",
        "annotations": annotations,
        "contact_annotations": {"row": channel_map.sites[:, 0].tolist(), "col": channel_map.sites[:, 1].tolist()},
        "contact_positions": (np.round(points * 1000, 6) + 0.0).tolist(),
        "contact_plane_axes": [[[1.0, 0.0], [0.0, 1.0]]] * n,
        "contact_shapes": ["circle"] * n,
        # A map knows no sizes; a quarter of the pitch can be seen, and overlaps with nothing.
        "contact_shape_params": [{"radius": 250.0 * channel_map.spacing}] * n,
        "device_channel_indices": list(range(n)),
        "contact_ids": list(channel_map.names),
    }
    return {"specification": "probeinterface", "version": "0.2.24", "probes": [probe]}


def probe_object(content: Mapping[str, Any]) -> Any:
    """Return the `probeinterface.Probe` of a dictionary of one probe."""
    try:
        import probeinterface
    except ImportError as error:
        raise ImportError(
            "a Probe needs probeinterface: pip install 'ecogcat[probe]'; dictionary=True needs nothing"
        ) from error
    if not content["probes"][0]["contact_positions"]:
        raise ValueError("a Probe of probeinterface has at least one contact; this map has none")
    return probeinterface.Probe.from_dict(content["probes"][0])


def map_of_probe(probe: Any, index: int | None) -> ChannelMap:
    """Return the map of a probe; see `ChannelMap.from_probeinterface`."""
    from ecogcat.channels import ChannelMap

    content, path = _content(probe)
    one = _one_probe(content, index, path)
    points = _points(one, path)
    n = len(points)
    if one.get("ndim", 2) != 2 or points.shape[1:] != (2,):
        _refuse(path, "a map is flat: the probe has other than two coordinates", "(x, y)", f"{points.shape}")
    wired = _numbers(one, "device_channel_indices", n, path)
    order = np.arange(n) if wired is None or (wired < 0).all() else np.argsort(wired, kind="stable")
    if wired is not None and (wired >= 0).any():
        order = order[wired[order] >= 0]
        if len(np.unique(wired[order])) < len(order):
            _refuse(path, "contacts share a channel of the device", "each once", wired[order].tolist()[:8])
    names = _names(one, order)
    places = points[:, ::-1] * (-1, 1)
    sites, shape, pitch, free, pads_up = _own_grid(one, places, path) or _found_grid(places)
    return ChannelMap(sites[order], shape, pitch, names, places[order] if free else None, pads_up)


def _content(probe: Any) -> tuple[Mapping[str, Any], str]:
    """Return the dictionary behind a path, a dictionary or an object of probeinterface, and where it comes from."""
    if isinstance(probe, Mapping):
        return probe, "probe"
    if hasattr(probe, "to_dict"):
        return dict(probe.to_dict(array_as_list=True)), "probe"
    path = os.path.abspath(os.path.expanduser(os.fspath(probe)))
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        raise RecordingNotFound(f"{path}: no such description of a probe") from None
    except (ValueError, RecursionError) as error:  # bytes that are no text among them
        raise FormatError("this is no description of a probe: no JSON", path=path, found=str(error)) from error
    if not isinstance(content, Mapping):
        _refuse(path, "this is no description of a probe", "a dictionary", type(content).__name__)
    return content, path


def _one_probe(content: Mapping[str, Any], index: int | None, path: str) -> Mapping[str, Any]:
    probes = content.get("probes", [content])
    if not isinstance(probes, list) or not probes or not all(isinstance(one, Mapping) for one in probes):
        _refuse(path, "this is no description of probes", "a list of dictionaries", "probes")
    if index is None and len(probes) > 1:
        raise ValueError(f"{path} has {len(probes)} probes: choose one with index=0 to {len(probes) - 1}")
    if not 0 <= (index or 0) < len(probes):
        raise IndexError(f"{path} has {len(probes)} probes, none of index {index}")
    one: Mapping[str, Any] = probes[index or 0]
    return one


def _points(one: Mapping[str, Any], path: str) -> NDArray[np.float64]:
    """Return the positions of the contacts, (x, y) in mm."""
    unit = one.get("si_units", "um")
    if unit not in _PER_MM:
        _refuse(path, "unknown unit of positions", ", ".join(_PER_MM), unit)
    if "contact_positions" not in one:
        _refuse(path, "the probe has no contacts", "contact_positions", ", ".join(map(str, one)) or "nothing")
    try:
        points = np.asarray(one["contact_positions"], np.float64)
    except (TypeError, ValueError):
        points = np.full(1, np.nan)
    if points.size == 0:
        points = points.reshape(0, 2)
    if points.ndim != 2 or not np.isfinite(points).all():
        _refuse(path, "positions cannot be", "two numbers a contact", str(one["contact_positions"])[:80])
    return points / _PER_MM[unit]


def _numbers(one: Mapping[str, Any], key: str, n: int, path: str) -> NDArray[np.int64] | None:
    if one.get(key) is None:
        return None
    try:
        numbers = np.asarray(one[key], np.float64)
    except (TypeError, ValueError):
        numbers = np.full(1, np.nan)
    if numbers.shape != (n,) or not (np.abs(numbers) < 2**53).all() or (numbers != np.rint(numbers)).any():
        _refuse(path, f"{key} cannot be", f"{n} whole numbers, one a contact", str(one[key])[:80])
    return numbers.astype(np.int64)


def _names(one: Mapping[str, Any], order: NDArray[Any]) -> tuple[str, ...]:
    """Return the names of the contacts, if they have names that tell them apart."""
    ids = one.get("contact_ids")
    if not isinstance(ids, (list, tuple, np.ndarray)) or len(ids) <= max(order, default=-1):
        return ()
    names = tuple(str(ids[k]) for k in order)
    return names if all(names) and len(set(names)) == len(names) else ()


def _own_grid(one: Mapping[str, Any], places: NDArray[np.float64], path: str) -> tuple[Any, ...] | None:
    """Return the grid that we noted when we wrote the probe, unless its contacts were moved since."""
    notes, each = one.get("annotations"), one.get("contact_annotations")
    if not (isinstance(notes, Mapping) and isinstance(each, Mapping)):
        return None
    if not {"grid_shape", "pitch_mm", "pads_up", "free_coordinates"} <= set(notes) or not {"row", "col"} <= set(each):
        return None
    rows, cols = (_numbers(each, key, len(places), path) for key in ("row", "col"))
    if rows is None or cols is None:
        return None
    sites, shape, pitch = np.stack([rows, cols], axis=1), tuple(notes["grid_shape"]), tuple(notes["pitch_mm"])
    free = bool(notes["free_coordinates"])
    expected = (sites - (shape[0] - 1, 0)) * np.array(pitch, np.float64)
    if not free and np.abs(expected - places).max(initial=0.0) > 1e-6:
        return None
    return sites, shape, pitch, free, bool(notes["pads_up"])


def _found_grid(places: NDArray[np.float64]) -> tuple[Any, ...]:
    lattice = lattice_of(places * 1000)
    if lattice is None:
        sites = np.stack([np.arange(len(places)), np.zeros(len(places), np.int64)], axis=1)
        return sites, (len(places), 1), 1.0, True, False
    dy, dx = (round(step / 1000, 6) for step in lattice.pitch)
    return lattice.sites, lattice.shape, (dy, dx), False, False


def _refuse(path: str, message: str, expected: object, found: object) -> Any:
    raise FormatError(message, path=path, expected=expected, found=found)
