"""Composition: electrode tables made of others - wired through connectors, put one after the other, tiled.

Each function takes tables and returns a new one, whose source channels count from 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.frozen import index_array

__all__ = ["in_a_row", "tiled", "wired"]


def wired(headcap: ElectrodeTable, pins: Sequence[int | None]) -> ElectrodeTable:
    """Return what the channels of a headstage are connected to through a connector.

    Parameters
    ----------
    headcap : ElectrodeTable
        The sites of pins 1, 2, ... (its channels 0, 1, ...), drawn face up.
    pins : sequence
        The pin of each channel, from 1; None for one that is tied to ground.

    Returns
    -------
    ElectrodeTable
        Seen from the other side, as recordings are: col becomes ``n_cols - 1 - col``.

    Raises
    ------
    ValueError
        If the headcap has no such pin.

    Examples
    --------
    >>> headcap = ElectrodeTable([0, 1], ("electrode", "reference"), [(0, 0), (-1, -1)], (1, 3), (0.4, 0.4))
    >>> table = wired(headcap, [None, 2, 1])
    >>> table.roles, table.sites[2].tolist()
    (('ground', 'reference', 'electrode'), [0, 2])
    """
    last = headcap.shape[1] - 1
    roles, sites = [], []
    for pin in pins:
        if pin is None:
            roles.append("ground")
            sites.append((-1, -1))
            continue
        if not 1 <= pin <= len(headcap):
            raise ValueError(f"the headcap has pins 1 to {len(headcap)}, no pin {pin}")
        row, col = headcap.sites[pin - 1].tolist()
        roles.append(headcap.roles[pin - 1])
        sites.append((row, last - col))
    return ElectrodeTable(index_array(range(len(roles))), tuple(roles), np.array(sites), headcap.shape, headcap.pitch)


def in_a_row(tables: Sequence[ElectrodeTable]) -> ElectrodeTable:
    """Return arms or pieces of one electrode whose channels are recorded one after the other.

    Parameters
    ----------
    tables : sequence of ElectrodeTable
        On the grid of the whole electrode; of one shape and pitch, without a site in common.

    Raises
    ------
    ValueError
        If there is none, or their grids differ.

    Examples
    --------
    >>> left = ElectrodeTable([0], ("electrode",), [(0, 0)], (1, 2), (1, 1))
    >>> right = ElectrodeTable([0], ("electrode",), [(0, 1)], (1, 2), (1, 1))
    >>> in_a_row([right, left]).sites.tolist()
    [[0, 1], [0, 0]]
    """
    if not tables:
        raise ValueError("an electrode has at least one arm or piece in use")
    grids = {(table.shape, table.pitch) for table in tables}
    if len(grids) > 1:
        raise ValueError(f"arms of one electrode lie on one grid, not on {sorted(grids)}")
    roles = tuple(role for table in tables for role in table.roles)
    sites = np.concatenate([table.sites for table in tables])
    return ElectrodeTable(index_array(range(len(roles))), roles, sites, tables[0].shape, tables[0].pitch)


def tiled(table: ElectrodeTable, codes: Sequence[int]) -> ElectrodeTable:
    """Return copies of an electrode side by side, recorded one after the other.

    Parameters
    ----------
    table : ElectrodeTable
    codes : sequence of int
        For each copy three digits: rows of copies, columns of copies, and where this one is, from 1, row by row. 221,
        222 and 224 are three copies in a square of four.

    Raises
    ------
    ValueError
        If a code is none, or they disagree, or two copies have one place.

    Examples
    --------
    >>> one = ElectrodeTable([0, 1], ("electrode", "ground"), [(0, 0), (-1, -1)], (1, 1), (1, 1))
    >>> two = tiled(one, [122, 121])
    >>> two.shape, two.roles, two.sites[[0, 2]].tolist()
    ((1, 2), ('electrode', 'ground', 'electrode', 'ground'), [[0, 1], [0, 0]])
    """
    digits = [tuple(map(int, str(code))) for code in codes if str(code).isdigit()]
    wrong = len(digits) != len(codes) or any(len(code) != 3 or not 1 <= code[2] <= code[0] * code[1] for code in digits)
    if wrong or not digits:
        raise ValueError(f"a tiling has codes such as 121 and 122 - rows, columns, place from 1 -, not {list(codes)}")
    if len({code[:2] for code in digits}) > 1 or len(set(digits)) != len(digits):
        raise ValueError(f"the codes of a tiling are of one number of rows and columns, each place once: {list(codes)}")
    n_rows, n_cols = digits[0][:2]
    height, width = table.shape
    shape = (n_rows * height, n_cols * width)
    whole = ElectrodeTable(index_array(range(len(table))), table.roles, table.sites, shape, table.pitch)
    copies = []
    for *_, place in digits:
        down, right = divmod(place - 1, n_cols)
        at = np.array([down * height, right * width], np.int64)
        copies.append(ElectrodeTable(whole.channels, whole.roles, whole.sites + at, shape, table.pitch))
    return in_a_row(copies)
