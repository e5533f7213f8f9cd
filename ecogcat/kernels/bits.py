"""Byte order: the value of a sample whose bytes lie the other way round."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, overload

__all__ = ["swap_bytes"]


def _swap(value):  # type: ignore[no-untyped-def]
    """Return the NumPy scalar `value` with its bytes in reverse order; compiled kernels use the overload below."""
    return value.byteswap()


swap_bytes: Any = _swap


# Numba compares the names *and the annotations* of these functions: so they have none.
@overload(swap_bytes)
def _swap_bytes(value):  # type: ignore[no-untyped-def]
    if isinstance(value, (types.Integer, types.Float)):
        return lambda value: _reverse(value)  # type: ignore[call-arg]
    return None


@intrinsic
def _reverse(typingctx: Any, value: Any) -> Any:
    """Reverse the bytes of a number: one instruction, and vectorised in a loop."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (number,) = args
        if value.bitwidth == 8:
            return number
        bits = builder.bitcast(number, ir.IntType(value.bitwidth))
        return builder.bitcast(builder.bswap(bits), number.type)

    return value(value), generate
