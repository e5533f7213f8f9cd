"""The DDC board: which of its channels lies where on its grid, and what its ranges of charge are.

Source: tables of the loader that the lab used before; the grid is that of its 61-contact arrays, three channels of
which are connected to nothing.
"""

from __future__ import annotations

import numpy as np

from ecogcat.frozen import Index, freeze

__all__ = [
    "CHARGE_RANGES",
    "GRID_PITCH",
    "GRID_SHAPE",
    "N_CHANNELS",
    "QUANTITIES",
    "check_quantity",
    "count_scale",
    "grid_sites",
]

N_CHANNELS = 64
GRID_SHAPE, GRID_PITCH = (8, 8), (0.406, 0.406)
QUANTITIES = ("current", "charge")

# Lowest and highest charge, pC, by the number of the range; there is no range 6.
CHARGE_RANGES = {
    0: (-0.04, 12.5),
    1: (-0.2, 50.0),
    2: (-0.4, 100.0),
    3: (-0.6, 150.0),
    4: (-0.88, 200.0),
    5: (-0.1, 250.0),
    7: (-1.4, 350.0),
}

# In the order of acquisition; - is connected to nothing. Columns are counted from the other side.
_ROWS = "032100456767144-0312334565672152-441767654331203-512765654202103"
_COLS = "222210000122021-3331103331130123-747446666765455-466577555765444"


def grid_sites(shift: int = 0) -> Index:
    """Return row and column of each channel; -1 for one that is connected to nothing.

    Parameters
    ----------
    shift : int
        By how many channels the files are ahead of the order of acquisition.

    Examples
    --------
    >>> grid_sites()[:3].tolist(), int((grid_sites()[:, 0] < 0).sum())
    ([[0, 5], [3, 5], [2, 5]], 3)
    """
    rows = np.array([-1 if one == "-" else int(one) for one in _ROWS])
    columns = np.array([-1 if one == "-" else 7 - int(one) for one in _COLS])
    return freeze(np.roll(np.stack([rows, columns], axis=1), shift, axis=0), np.int64)


def check_quantity(quantity: str) -> None:
    """Raise ValueError unless a quantity is one of those a board measures."""
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity is one of {', '.join(QUANTITIES)}, not {quantity!r}")


def count_scale(charge_range: int, quantity: str, sampling_rate: float) -> tuple[float, float, str]:
    """Return gain, offset and unit of numbers of 16 bits: charge, or the current that collects it in one sample.

    Raises
    ------
    ValueError
        If there is no such range or quantity.

    Examples
    --------
    >>> gain, offset, units = count_scale(7, "charge", 1000.0)
    >>> round(-32768 * gain + offset, 9), round(32768 * gain + offset, 9), units
    (-1.4, 350.0, 'pC')
    """
    check_quantity(quantity)
    if charge_range not in CHARGE_RANGES:
        raise ValueError(f"ranges of charge are {', '.join(map(str, CHARGE_RANGES))}, not {charge_range!r}")
    low, high = CHARGE_RANGES[charge_range]
    gain, offset = (high - low) / 65536, (low + high) / 2
    if quantity == "charge":
        return gain, offset, "pC"
    factor = sampling_rate * 1e-3  # pC a sample are pA times the rate
    return gain * factor, offset * factor, "nA"
