"""Scales of TDMS channels: chains of named steps in the properties, worked out to one gain and one offset.

`NI_Number_Of_Scales` steps are numbered from 0; the last gives the values. A step says where its input comes from:
another step, or the stored numbers (all bits set). A step without a type stands for the DAQmx scaler of that number.
Lines, and polynomials that are lines, come to a gain and an offset; all else is left to npTDMS.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["ChannelScale", "scale_of"]

_STORED = 0xFFFFFFFF


class ChannelScale(NamedTuple):
    """value = stored * gain + offset.

    Attributes
    ----------
    scaler : int or None
        DAQmx scaler that the stored numbers come from; None: the first, or data without any.
    gain, offset : float or None
        None where the stored numbers are the values.
    needs : str
        The step that no gain and offset can stand for; empty where there is none.
    """

    scaler: int | None = None
    gain: float | None = None
    offset: float | None = None
    needs: str = ""


def scale_of(properties: Sequence[Mapping[str, Any]]) -> ChannelScale:
    """Return the scale of a channel.

    Parameters
    ----------
    properties : sequence of mapping
        Those of the channel, of its group and of the file: the first that have scales count.

    Examples
    --------
    >>> scale_of(
    ...     [
    ...         {
    ...             "NI_Number_Of_Scales": 2,
    ...             "NI_Scale[1]_Scale_Type": "Linear",
    ...             "NI_Scale[1]_Linear_Slope": 0.5,
    ...             "NI_Scale[1]_Linear_Y_Intercept": 1.0,
    ...             "NI_Scale[1]_Linear_Input_Source": 0,
    ...         }
    ...     ]
    ... )
    ChannelScale(scaler=0, gain=0.5, offset=1.0, needs='')
    """
    for own in properties:
        n_scales = own.get("NI_Number_Of_Scales")
        if isinstance(n_scales, int) and n_scales > 0 and own.get("NI_Scaling_Status", "unscaled") != "scaled":
            return _chain(own, n_scales - 1)
    return ChannelScale()


def _chain(own: Mapping[str, Any], step: int) -> ChannelScale:
    lines: list[tuple[float, float]] = []
    seen: set[int] = set()
    while step != _STORED:
        if step in seen:
            return ChannelScale(needs="steps in a circle")
        seen.add(step)
        kind = own.get(f"NI_Scale[{step}]_Scale_Type")
        if kind is None:
            break
        if kind in ("Linear", "Polynomial"):
            line = _line(own, step, kind)
            if line is None:
                return ChannelScale(needs=f"a step {kind!r}")
            lines.append(line)
        elif kind != "AdvancedAPI":
            return ChannelScale(needs=f"a step {kind!r}")
        source = own.get(f"NI_Scale[{step}]_{kind}_Input_Source", _STORED)
        if not isinstance(source, int):
            return ChannelScale(needs=f"a step {kind!r}")
        step = source
    scaler = None if step == _STORED else step
    if not lines:
        return ChannelScale(scaler)
    gain, offset = lines.pop()
    while lines:
        slope, intercept = lines.pop()
        gain, offset = gain * slope, offset * slope + intercept
    if not (math.isfinite(gain) and math.isfinite(offset)):
        return ChannelScale(needs="a gain that is no number")
    return ChannelScale(scaler, gain, offset)


def _line(own: Mapping[str, Any], step: int, kind: str) -> tuple[float, float] | None:
    """Return the slope and the intercept of a step, None where it is no line."""
    name = f"NI_Scale[{step}]_{kind}_"
    if kind == "Linear":
        found = [own.get(name + "Slope"), own.get(name + "Y_Intercept")]
    else:
        size = own.get(name + "Coefficients_Size", 4)
        if not isinstance(size, int) or not 0 <= size <= len(own):
            return None
        terms = [own.get(f"{name}Coefficients[{k}]") for k in range(size)]
        if any(term != 0 for term in terms[2:]):
            return None
        found = [*(*terms, 0.0, 0.0)[:2]][::-1]
    numbers = [float(one) for one in found if isinstance(one, (int, float))]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
