"""Electrode tables, drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from ecogcat.electrodes.table import ROLES, ElectrodeTable

__all__ = ["electrode_tables"]


@st.composite
def electrode_tables(draw: st.DrawFn, *, in_order: bool = False) -> ElectrodeTable:
    """Draw an electrode table: source channels in any order, every role, distinct sites of a grid that may be larger.

    Parameters
    ----------
    draw
        Supplied by Hypothesis.
    in_order : bool
        Source channels 0, 1, 2, ..., as composition takes them.
    """
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    sites = draw(st.permutations([(row, col) for row in range(shape[0]) for col in range(shape[1])]))
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=12))
    roles = [role if k < len(sites) else "ground" for k, role in enumerate(roles)]
    channels = list(range(len(roles)))
    if not in_order:
        channels = draw(st.lists(st.integers(0, 3000), min_size=len(roles), max_size=len(roles), unique=True))
    pitch = draw(st.tuples(*[st.sampled_from([1.0, 0.406, 0.05, 1 / 3, 2.0])] * 2))
    own = [sites[k] if role == "electrode" else (-1, -1) for k, role in enumerate(roles)]
    return ElectrodeTable(np.array(channels), tuple(roles), np.array(own), shape, pitch)
