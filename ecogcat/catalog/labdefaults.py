"""Defaults of the lab's systems: what each did that nobody asked for, as load arguments, so that numbers stay."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ecogcat.catalog.labplaces import Place
from ecogcat.conditioning.polyphase import rate_step
from ecogcat.electrodes.electrode import electrode
from ecogcat.errors import EcogcatError
from ecogcat.formats.registry import argument_names, find_format

__all__ = ["lab_defaults"]

_FILTERS = {"openephys": "chebyshev2", "blackrock_hdf5": "chebyshev2"}
_FILTER = "chebyshev1"
_WITHOUT_MEAN = ("afe", "afe_aug21")


def lab_defaults(system: str, place: Place, format: str, told: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the load arguments of which neither a session nor a call says anything, and what is odd about them.

    Parameters
    ----------
    system : str
        Format of the system's own files.
    place : Place
        The recording; with a relative path, one that is not on disk now.
    format : str
        That of its file.
    told : mapping
        Load arguments of the session and the call.

    Returns
    -------
    defaults : dict
        `resample_filter`, with a rate: that of the system. `remove_mean`: True for the analog front ends, unless `afe`
        has notches and no bandpass. `others_as_ground`: True for electrodes with channels of the role `other`.
    notes : list of str

    Examples
    --------
    >>> lab_defaults("afe", Place("rec.h5", "afe"), "afe", {"electrode": "psv_61_afe"})
    ({'remove_mean': True, 'others_as_ground': True}, [])
    """
    defaults: dict[str, Any] = {}
    notes: list[str] = []
    rate = told.get("resample_rate")
    if isinstance(rate, (int, float)) and rate > 0:
        filter = _FILTERS.get(system, _FILTER)
        full = _rate_of(place, format, told) if os.path.isabs(place.path) else float(rate)
        if rate_step(full, rate).denominator == 1:
            defaults["resample_filter"] = filter
        else:
            notes.append(
                f"resampled by the polyphase filter, not the older system's ({filter}), which keeps one sample in so "
                f"many: {full:g} Hz is no multiple of {rate:g} Hz"
            )
    if system in _WITHOUT_MEAN:
        lines, edges = told.get("notches"), told.get("bandpass")
        defaults["remove_mean"] = system != "afe" or not _given(lines) or _given(edges)
    if _has_others(told.get("electrode"), told.get("connectors")):
        defaults["others_as_ground"] = True
    return {name: value for name, value in defaults.items() if told.get(name) is None}, notes


def _rate_of(place: Place, format: str, told: Mapping[str, Any]) -> float:
    """Return the rate of a recording, from its headers."""
    found = find_format(format)
    own = argument_names(found.open)
    headers = found.open(
        place.path, **{name: value for name, value in {**told, **place.arguments}.items() if name in own}
    )
    return headers.sampling_rate


def _given(value: Any) -> bool:
    return value is not None and (isinstance(value, (int, float)) or len(value) > 0)


def _has_others(name: Any, connectors: Any) -> bool:
    if not isinstance(name, str):
        return False
    try:
        return len(electrode(name, connectors).others) > 0
    except (EcogcatError, ValueError, TypeError, OSError):
        return False  # opening says what is wrong with it
