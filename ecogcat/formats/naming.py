"""Names of channels: the vendor's own, made unique."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

__all__ = ["plain_name", "unique_names"]


def unique_names(names: Sequence[str], sources: Sequence[int] | None = None) -> tuple[list[str], list[str]]:
    """Return channel names that are all there and all different.

    Parameters
    ----------
    names : sequence of str
        As the file has them.
    sources : sequence of int, optional
        Number of each channel in the file, from 0; in order by default.

    Returns
    -------
    names : list of str
        ``ch<number>`` where a name is missing, or an earlier channel has it.
    warnings : list of str
        What was renamed, for ``part.warnings``; empty if nothing was.

    Examples
    --------
    >>> unique_names(["C3", "", "C3"])
    (['C3', 'ch1', 'ch2'], ["channel names missing or given twice, renamed: ch1 for '', ch2 for 'C3'"])
    """
    counts, taken, unique = Counter(names), set[str](), []
    for k, name in enumerate(names):
        number = k if sources is None else sources[k]
        new = name if name and name not in taken else f"ch{number}"
        while new in taken or (new != name and counts[new]):  # another channel is called so
            new += "_"
        taken.add(new)
        unique.append(new)
    renamed = [f"{new} for {old!r}" for new, old in zip(unique, names, strict=True) if new != old]
    if not renamed:
        return unique, []
    listed = ", ".join(renamed[:5]) + (", ..." if len(renamed) > 5 else "")
    return unique, [f"channel names missing or given twice, renamed: {listed}"]


def plain_name(value: Any) -> str:
    r"""Return a name as text, without control characters and blanks around it.

    Examples
    --------
    >>> plain_name(" C3\x00 ")
    'C3'
    """
    return re.sub(r"[\x00-\x1f]", "", str(value)).strip()
