"""Labels: conditions as short texts for axes and legends, in the way that is usual for the type of experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["CONDITION_ORDER", "condition_label"]

Label = Callable[[Mapping[str, Any], int], str]


def condition_label(condition: Mapping[str, Any], kind: str | None = None, *, decimals: int = 1) -> str:
    """Return a short text of one condition.

    Parameters
    ----------
    condition : mapping of str to value
        The level of each column.
    kind : str, optional
        The type of experiment, as session files name it in ``exp_type``. By default the columns tell: those of one
        type of experiment, or some of them, are written in its way.
    decimals : int
        Decimals of a frequency in kHz, if it has as many.

    Returns
    -------
    str
        Tones in Hz or kHz; levels and depths in parentheses. Columns of no known experiment as ``name=value``.

    Raises
    ------
    ValueError
        If there is no such type of experiment.

    Examples
    --------
    >>> condition_label({"tones": 2800.0, "amps": 30})
    '2.8 kHz (30)'
    >>> condition_label({"carrier_tone": 4000, "mod_freq": 8, "am_depth": 50})
    '4 kHz, AM 8 Hz (50 %)'
    >>> condition_label({"eye": 1, "contrast": 0.5})
    'eye=1, contrast=0.5'
    """
    if kind is not None:
        try:
            written = _LABELS[kind.strip().lower()]
        except KeyError:
            known = ", ".join(sorted(_LABELS))
            raise ValueError(f"no type of experiment is called {kind!r}; known are: {known}") from None
        if not set(condition) <= set(CONDITION_ORDER[kind.strip().lower()]):
            return _any(condition)
        return written(condition, decimals)
    for name, order in CONDITION_ORDER.items():
        # `mod_freq` alone is of two types, which write it the same way.
        if condition and set(condition) <= set(order):
            return _LABELS[name](condition, decimals)
    return _any(condition)


def frequency(value: Any, decimals: int = 1) -> str:
    """Return a frequency in Hz, or from 1000 on in kHz with some decimals, as far as it has them.

    Examples
    --------
    >>> frequency(2828.4271), frequency(2828.4271, 3), frequency(500), frequency(16000)
    ('2.8 kHz', '2.828 kHz', '500 Hz', '16 kHz')
    """
    if not _is_number(value):
        return _text(value)
    if abs(value) < 1000:
        return f"{value:.6g} Hz"
    text = f"{value / 1000:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " kHz"


def _is_number(value: Any) -> bool:
    return pd.api.types.is_number(value) and not _is_missing(value)


def _is_missing(value: Any) -> bool:
    missing: Any = pd.isna(value)
    return missing is True or missing is np.True_


def _text(value: Any) -> str:
    if _is_missing(value):
        return "?"
    return f"{value:.6g}" if _is_number(value) and not pd.api.types.is_integer(value) else str(value)


def _any(condition: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in condition.items())


def _tone_and(tone: str, level: str) -> Label:
    def label(condition: Mapping[str, Any], decimals: int) -> str:
        texts = [frequency(condition[tone], decimals)] if tone in condition else []
        texts += [f"({_text(condition[level])})"] if level in condition else []
        return " ".join(texts)

    return label


def _modulated(condition: Mapping[str, Any], decimals: int) -> str:
    texts = [frequency(condition["carrier_tone"], decimals)] if "carrier_tone" in condition else []
    texts += [f"AM {frequency(condition['mod_freq'], decimals)}"] if "mod_freq" in condition else []
    text = ", ".join(texts)
    return f"{text} ({_text(condition['am_depth'])} %)".strip() if "am_depth" in condition else text


CONDITION_ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tonotopy": ("tones", "amps"),
        "froemke tonotopy": ("tones", "amps"),
        "noise_amnoise": ("am_depth", "mod_freq"),
        "qt_amnoise": ("am_depth", "mod_freq"),
        "puretones_amtones": ("carrier_tone", "mod_freq", "am_depth"),
        "qt_amtones": ("carrier_tone", "mod_freq", "am_depth"),
        "puretonebursts": ("tone", "as_amp"),
        "qt_puretones": ("tone", "as_amp"),
    }
)
"""Columns of each type of experiment that session files name, the most significant first."""

_LABELS: Mapping[str, Label] = {
    **dict.fromkeys(("tonotopy", "froemke tonotopy"), _tone_and("tones", "amps")),
    **dict.fromkeys(("puretonebursts", "qt_puretones"), _tone_and("tone", "as_amp")),
    **dict.fromkeys(("noise_amnoise", "qt_amnoise", "puretones_amtones", "qt_amtones"), _modulated),
}
