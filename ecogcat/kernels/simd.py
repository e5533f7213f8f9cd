"""Three things that a processor does and Python has no words for: fetch ahead, turn a square of numbers over, fuse.

Each is a plain function beside an overload for compiled kernels, as in `ecogcat.kernels.bits`. Neither checks bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, overload

__all__ = ["LANES", "fused", "prefetch", "turn_square"]

LANES = 8
"""Rows and columns of the square."""


def _prefetch_nothing(src, p):  # type: ignore[no-untyped-def]
    """Have the cache line of ``src[p]`` fetched while other work goes on; any `p` is harmless."""


def _turn(src, p, jump, turned, q):  # type: ignore[no-untyped-def]
    """Fill ``turned[lane, q + k]`` with ``src[p + k * jump + lane]`` for 8 lanes and 8 k."""
    for lane in range(LANES):
        turned[lane, q : q + LANES] = src[p + lane : p + lane + (LANES - 1) * jump + 1 : jump]


def _fuse(x, y, z):  # type: ignore[no-untyped-def]
    """Return ``x * y + z`` of three float32, rounded once."""
    return np.float32(np.float64(x) * np.float64(y) + np.float64(z))


prefetch: Any = _prefetch_nothing
turn_square: Any = _turn
fused: Any = _fuse


# Numba compares the names *and the annotations* of these functions: so they have none.
@overload(prefetch)
def _prefetch(src, p):  # type: ignore[no-untyped-def]
    return lambda src, p: _prefetch_line(src, p)  # type: ignore[call-arg]


@overload(turn_square)
def _turn_square(src, p, jump, turned, q):  # type: ignore[no-untyped-def]
    return lambda src, p, jump, turned, q: _turn_lanes(src, p, jump, turned, q)  # type: ignore[call-arg]


@overload(fused)
def _fused(x, y, z):  # type: ignore[no-untyped-def]
    return lambda x, y, z: _fused_floats(x, y, z)  # type: ignore[call-arg]


@intrinsic
def _fused_floats(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return types.float32(types.float32, types.float32, types.float32), generate


@intrinsic
def _prefetch_line(typingctx: Any, src: Any, p: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", (address,), kind)
        read, keep, data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(function, [builder.bitcast(builder.gep(array.data, [args[1]]), address), read, keep, data])
        return context.get_dummy_value()

    return types.void(src, types.intp), generate


@intrinsic
def _turn_lanes(typingctx: Any, src: Any, p: Any, jump: Any, turned: Any, q: Any) -> Any:
    """Load 8 vectors, turn them over in three steps of shuffles, store 8 vectors: 0.4 instructions an element."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = context.make_array(signature.args[0])(context, builder, args[0])
        target = context.make_array(signature.args[3])(context, builder, args[3])
        _, start, step, _, column = args
        item = context.get_data_type(signature.args[0].dtype)
        vector, size = ir.VectorType(item, LANES), context.get_abi_sizeof(item)

        def place(data: Any, first: Any, stride: Any, k: int) -> Any:
            index = builder.add(first, builder.mul(stride, ir.Constant(stride.type, k)))
            return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())

        rows = [builder.load(place(source.data, start, step, k), align=size) for k in range(LANES)]
        for half in (4, 2, 1):  # exchange the off-diagonal squares of 4, of 2, of 1
            low = [lane if not lane & half else LANES + (lane ^ half) for lane in range(LANES)]
            high = [lane ^ half if not lane & half else LANES + lane for lane in range(LANES)]
            masks = [ir.Constant(ir.VectorType(ir.IntType(32), LANES), mask) for mask in (low, high)]
            for k in range(LANES):
                if not k & half:
                    pair = rows[k], rows[k | half]
                    rows[k], rows[k | half] = (builder.shuffle_vector(*pair, mask) for mask in masks)
        width = builder.extract_value(target.shape, 1)
        for k in range(LANES):
            builder.store(rows[k], place(target.data, column, width, k), align=size)
        return context.get_dummy_value()

    return types.void(src, types.intp, types.intp, turned, types.intp), generate
