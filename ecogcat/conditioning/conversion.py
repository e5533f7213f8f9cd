"""Unit conversion of datasets: lazy, and exact however often it is repeated."""

from __future__ import annotations

from typing import Any

from ecogcat.checks import check_dataset, check_text
from ecogcat.dataset import Dataset
from ecogcat.parts import OwnForm
from ecogcat.signal import Signal
from ecogcat.units import parse_unit, power_of_ten

__all__ = ["convert_units", "signal_in_units"]


def signal_in_units(signal: Signal, units: str) -> Signal:
    """Return a signal in other units; the native gain is kept beside a power of ten."""
    exponent = power_of_ten(signal.units, units)
    symbol = parse_unit(units).symbol
    if exponent == 0 and symbol == signal.units:
        return signal
    return signal.replace(pieces=tuple(piece.scaled(exponent) for piece in signal.pieces), units=symbol)


def convert_units(dataset: Dataset, units: str) -> Dataset:
    """Express signal, ground and reference channels in other units; aligned arrays keep theirs.

    Parameters
    ----------
    dataset : Dataset
    units : str
        A unit of the same quantity: "uV", "mV", "V"; "pA", "nA"; "pC"; ...

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If the two units measure different things.

    Examples
    --------
    >>> import ecogcat as ec
    >>> ec.convert_units(ec.from_array([[1500.0]], 1000, units="uV"), "mV").signal[:]
    array([[1.5]])
    """
    check_dataset(dataset, "convert_units")
    check_text(units, "units", "mV")
    changes: dict[str, Any] = {"signal": signal_in_units(dataset.signal, units)}
    for name in ("ground", "reference_channels"):
        array = getattr(dataset, name)
        if array is not None:
            changes[name] = signal_in_units(array, units)
    parts, same = [], all(array is getattr(dataset, name) for name, array in changes.items())
    for part in dataset.parts:
        own = part.own
        if own is not None:
            further = {
                name: form._replace(units=changes[name].units) if name in changes else form
                for name, form in own.arrays.items()
            }
            # Converted once joined or before: the parts that `split` gives back are in these units, too.
            own = OwnForm(changes["signal"].units, own.schema, own.origins, further, own.intervals)
            same = same and part.own is not None and own.units == part.own.units and further == part.own.arrays
        parts.append(part.replace(own=own, history=(*part.history, f"converted to {units}")))
    return dataset if same else dataset.replace(parts=parts, **changes)
