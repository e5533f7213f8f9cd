"""Which ways through the gather a test took: counted by wrapping, so that the library counts nothing."""

from __future__ import annotations

import inspect
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ecogcat.kernels import gather, windows  # noqa: F401 - the kernels it calls are not those wrapped here
from ecogcat.piece import Piece
from ecogcat.reading import execute
from ecogcat.storage import layout, maps, pool, reader
from ecogcat.storage.alike import Alike
from tests.conftest import JIT_OFF

TOTAL: Counter[str] = Counter()
"""Of this process; of all workers in the one that reports."""

_SCALES = {gather.STORED: "raw", gather.DOUBLE: "scaled", gather.SINGLE: "scaled in single"}
_KERNELS = ("gather_list", "gather_turned", "gather_range contiguous", "gather_range strided")
_RUNS = ("gather_turned", "gather_range contiguous")
_ORDERS = ("native", "swapped")
EVERY = {
    *(", ".join(case) for case in itertools.product(_KERNELS, _ORDERS, ("raw", "scaled"))),
    *(", ".join(case) for case in itertools.product(() if JIT_OFF else _RUNS, _ORDERS, ("scaled in single",))),
    *("gather_items (no typed view)", "one block", "blocks", "chunk table"),
    *("serial", "threads", "reader, range", "reader, list"),
    *("through a buffer", "scattered columns", "one row of pairs", "time reversed", "channels lacking"),
    "map evicted",
    "pieces shared out",
    "files as one",
}


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count paths, for this block and for the table at the end."""
    counts: Counter[str] = Counter()

    def note(name: str) -> None:
        counts[name] += 1
        TOTAL[name] += 1

    undo: list[tuple[Any, str, Any]] = []

    def wrap(owner: Any, name: str, before: Callable[..., None]) -> None:
        function = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            before(*arguments, **options)
            return function(*arguments, **options)

        wrapped.py_func = getattr(function, "py_func", function)  # type: ignore[attr-defined]
        undo.append((owner, name, function))
        setattr(owner, name, wrapped)

    for name in [name for name in vars(gather) if name.startswith("gather_")]:
        wrap(gather, name, _kernel(name, getattr(gather, name), note))
    wrap(pool, "run", lambda tasks: note("threads"))
    wrap(layout, "_gather", lambda *_: note("serial"))
    wrap(execute, "_gather", lambda piece, rows, span, out, own, raw: _span(piece, span, out, raw, note))
    wrap(
        execute,
        "_gather_spans",
        lambda plan, spans, *_: note("pieces shared out") if len(spans) < len(plan.spans) else None,
    )
    wrap(execute, "execute", lambda plan, *_, **__: note("time reversed") if plan.flipped else None)
    wrap(reader, "_requests", lambda samples, *_: note(f"reader, {'range' if isinstance(samples, range) else 'list'}"))
    wrap(maps, "_map", lambda *_: note("map evicted") if len(maps._maps) >= maps._MOST_MAPS else None)
    wrap(Alike, "gather", lambda *_: note("files as one"))
    wrap(Piece, "_gather_some", lambda *_: note("channels lacking"))
    import ecogcat.signal

    undo.append((ecogcat.signal, "execute", ecogcat.signal.execute))
    ecogcat.signal.execute = execute.execute
    try:
        yield counts
    finally:
        for owner, name, function in reversed(undo):
            setattr(owner, name, function)


def _kernel(name: str, kernel: Any, note: Callable[[str], None]) -> Callable[..., None]:
    parameters = list(inspect.signature(getattr(kernel, "py_func", kernel)).parameters)

    def before(*arguments: Any) -> None:
        given = dict(zip(parameters, arguments, strict=True))
        if name == "gather_items":
            note("gather_items (no typed view)")
        else:
            run = ""
            if name == "gather_range":
                run = " contiguous" if given["stride"] * given["step"] == 1 else " strided"
            # What is not contiguous in memory is scaled in double precision, whatever is asked for.
            scaled = given["scaled"] if name + run in _RUNS else min(given["scaled"], gather.DOUBLE)
            note(f"{name}{run}, {'swapped' if given['swapped'] else 'native'}, {_SCALES[scaled]}")
        if given["origin"].size > 1:
            note("chunk table")
        else:
            note("blocks" if given["block_stride"] else "one block")

    return before


def _span(piece: Piece, span: Any, out: Any, raw: bool, note: Callable[[str], None]) -> None:
    if not raw and piece.value_dtype != out.dtype:
        note("through a buffer")
    if not isinstance(span.out, slice):
        note("scattered columns")
    if span.row >= 0:
        note("one row of pairs")
