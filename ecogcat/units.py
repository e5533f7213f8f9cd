"""Units of measurement: a metric prefix and a quantity, and the power of ten between two of them.

Voltages are in uV by default, currents in nA, charges in pC. Conversions are kept as integer powers of ten beside a
recording's native gain, so that they compose exactly.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Unit", "default_units", "parse_unit", "power_of_ten"]

_PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6}
_QUANTITIES = {"V": "voltage", "A": "current", "C": "charge", "F": "capacitance", "Ohm": "impedance"}
_DEFAULTS = {"V": "uV", "A": "nA", "C": "pC"}


class Unit(NamedTuple):
    """A metric prefix, as a power of ten, and the unit of the quantity; `symbol` is how ecogcat writes it."""

    symbol: str
    exponent: int
    quantity: str


def parse_unit(text: str) -> Unit:
    """Read a unit such as "uV", "mV", "V", "nA", "pC"; both Greek letters mu are read as u.

    Parameters
    ----------
    text : str
        The unit. Units outside these quantities ("degC", "counts", "") are kept as they are and convert to nothing
        but themselves.

    Returns
    -------
    Unit
        Symbol, power of ten of the prefix, base unit.

    Examples
    --------
    >>> parse_unit("µV")
    Unit(symbol='uV', exponent=-6, quantity='V')
    """
    symbol = text.strip().replace("µ", "u").replace("μ", "u").replace("Ω", "Ohm")
    spelled = {"volt": "V", "volts": "V", "microvolt": "uV", "microvolts": "uV", "millivolts": "mV"}
    symbol = spelled.get(symbol.lower(), symbol)
    for quantity in _QUANTITIES:
        prefix = symbol[: -len(quantity)]
        if symbol.endswith(quantity) and prefix in _PREFIXES:
            return Unit(symbol, _PREFIXES[prefix], quantity)
    return Unit(symbol, 0, symbol)


def power_of_ten(units: str, to: str) -> int:
    """Return p such that a value in `units` times 10**p is the value in `to`.

    Raises
    ------
    ValueError
        If the two do not measure the same quantity.

    Examples
    --------
    >>> power_of_ten("V", "uV")
    6
    """
    old, new = parse_unit(units), parse_unit(to)
    if old.quantity != new.quantity:
        names = [_QUANTITIES.get(unit.quantity, "no known quantity") for unit in (old, new)]
        raise ValueError(f"cannot convert {units!r} ({names[0]}) to {to!r} ({names[1]}){_meant(new, old)}")
    return old.exponent - new.exponent


def _meant(unit: Unit, other: Unit) -> str:
    """Return the end of a message: the unit that a word is but for capitals."""
    alike = [one for prefix in _PREFIXES if (one := prefix + other.quantity).lower() == unit.symbol.lower()]
    alike.sort(key=lambda one: one[0] != unit.symbol[0])  # capitals of the prefix mean something: mV and MV
    return f"; did you mean {alike[0]!r}?" if alike and other.quantity in _QUANTITIES else ""


def default_units(units: str) -> str:
    """Return the unit that a recording stored in `units` opens in: uV, nA or pC; any other unit is kept."""
    unit = parse_unit(units)
    return _DEFAULTS.get(unit.quantity, unit.symbol)
