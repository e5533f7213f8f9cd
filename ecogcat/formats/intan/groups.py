"""The channels that an Intan header lists: groups of them, of each only the enabled ones kept, by kind."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from ecogcat.formats.intan.cursor import Cursor
from ecogcat.formats.intan.layout import IntanChannel

__all__ = ["RHD_KINDS", "RHS_KINDS", "parse_groups"]

# Digital lines are bits of a 16-bit word.
_N_LINES = 16

_GROUP = struct.Struct("<3h")
_CHANNEL = struct.Struct("<10h2f")
_CHANNEL_WITH_COMMAND_STREAM = struct.Struct("<11h2f")
# The shortest that can be written: two null strings and the fixed part.
_MIN_GROUP_BYTES = 2 * 4 + _GROUP.size

# By the number that a header uses for them; None: a number that it does not use.
RHD_KINDS = ("amplifier", "aux", "supply", "adc", "digital_in", "digital_out")
RHS_KINDS = ("amplifier", None, None, "adc", "dac", "digital_in", "digital_out")


def parse_groups(cursor: Cursor, kinds: Sequence[str | None], *, command_stream: bool = False) -> dict[str, Any]:
    """Read the groups that a header ends with.

    Parameters
    ----------
    cursor : Cursor
        At the number of groups.
    kinds : sequence of str or None
        Kinds of channels by the number that the header uses for them.
    command_stream : bool
        Whether each channel has this further field (RHS2000).

    Returns
    -------
    dict of str to tuple of IntanChannel
        The enabled channels of each kind, in the order of the header.
    """
    layout = _CHANNEL_WITH_COMMAND_STREAM if command_stream else _CHANNEL
    channels: dict[str, list[IntanChannel]] = {kind: [] for kind in kinds if kind is not None}
    at, n_groups = cursor.position, cursor.integer("number of signal groups")
    for i in range(cursor.check_count(n_groups, "signal groups", _MIN_GROUP_BYTES, at)):
        what = f"signal group {i + 1}"
        port_name, port = cursor.string(f"name of {what}") or "", cursor.string(f"prefix of {what}") or ""
        at, (group_on, n_channels, _) = cursor.position + 2, cursor.unpack(_GROUP, f"counts of {what}")
        cursor.check_count(n_channels, f"channels of {what}", 2 * 4 + layout.size, at)
        # A group that is switched off lists the channels it has all the same; none of them is stored.
        for j in range(n_channels):
            one = f"channel {j + 1} of {what}"
            kind, enabled, channel = _parse_channel(cursor, one, kinds, layout, port, port_name)
            if group_on and enabled:
                channels[kind].append(channel)
    return {kind: tuple(listed) for kind, listed in channels.items()}


def _parse_channel(
    cursor: Cursor, what: str, kinds: Sequence[str | None], layout: struct.Struct, port: str, port_name: str
) -> tuple[str, bool, IntanChannel]:
    native_name = cursor.string(f"name of {what}") or ""
    custom_name = cursor.string(f"custom name of {what}") or ""
    at, numbers = cursor.position, cursor.unpack(layout, what)
    native_order, custom_order, number, enabled, chip_channel, *streams, _, _, _, _, ohm, phase = numbers
    kind = kinds[number] if 0 <= number < len(kinds) else None
    if kind is None:
        known = [k for k, one in enumerate(kinds) if one is not None]
        listed = f"0 to {len(kinds) - 1}" if len(known) == len(kinds) else ", ".join(map(str, known))
        cursor.fail(f"the signal type of {what} is unknown", at=at + 4, expected=listed, found=number)
    if enabled and kind.startswith("digital") and not 0 <= native_order < _N_LINES:
        cursor.fail(f"the line of {what} cannot be", at=at, expected=f"0 to {_N_LINES - 1}", found=native_order)
    channel = IntanChannel(
        native_name=native_name,
        custom_name=custom_name,
        native_order=native_order,
        custom_order=custom_order,
        port=port,
        port_name=port_name,
        chip_channel=chip_channel,
        board_stream=streams[-1],
        impedance_ohm=ohm,
        impedance_phase_deg=phase,
    )
    return kind, bool(enabled), channel
