"""What all layouts of an Intan recording share: names of channels, lines of a port, what the header says of it all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecogcat.formats.intan.layout import IntanChannel, IntanHeader
from ecogcat.formats.naming import unique_names

__all__ = ["metadata_of", "names_of", "renamed", "signed_stamp"]


def names_of(channels: Sequence[IntanChannel]) -> list[str]:
    """Return the native names, made unique."""
    return _unique(channels)[0]


def renamed(channels: Sequence[IntanChannel]) -> list[str]:
    """Return a warning if channels go by another name than their native one."""
    return _unique(channels)[1]


def _unique(channels: Sequence[IntanChannel]) -> tuple[list[str], list[str]]:
    return unique_names([channel.native_name for channel in channels])


def signed_stamp(difference: int) -> int:
    """Return a difference of timestamps, which are 32 bits wide and begin anew after 2**32 samples.

    Examples
    --------
    >>> signed_stamp(-(2**31) - (2**31 - 1))
    1
    """
    return (difference + (1 << 31)) % (1 << 32) - (1 << 31)


def metadata_of(header: IntanHeader, first_timestamp: int | None, layout: str) -> dict[str, Any]:
    """Return what a header says, as plain values."""
    found: dict[str, Any] = {
        "system": header.system,
        "version": ".".join(map(str, header.version)),
        "layout": layout,
        "first_timestamp": first_timestamp,
        "reference_channel": header.reference or "",
        "bandwidth_hz": header.bandwidth_hz,
        "hardware_notch_hz": header.notch_hz,
        "dsp_cutoff_hz": header.dsp_cutoff_hz if header.dsp_enabled else None,
        "impedance_ohm": tuple(channel.impedance_ohm for channel in header.amplifier),
        "custom_names": tuple(channel.custom_name for channel in header.amplifier),
    }
    if header.stimulator is not None:
        found |= {
            "stim_step_A": header.stimulator.step_A,
            "settle_mode": header.stimulator.settle_mode,
            "settle_bandwidth_hz": header.stimulator.settle_bandwidth_hz,
            "charge_recovery_mode": header.stimulator.recovery_mode,
            "charge_recovery_limit_A": header.stimulator.recovery_limit_A,
            "charge_recovery_target_V": header.stimulator.recovery_target_V,
        }
    return found
