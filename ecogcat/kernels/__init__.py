"""Kernels: arrays and scalars in, an array filled; nothing of ecogcat imported, nothing checked.

Bounds and dtypes are checked once, by the callers. Every kernel is compiled at its first call (lazily, cached on
disk, without the GIL) and has an oracle in `tests/kernels`.
"""
