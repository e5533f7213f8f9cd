"""Holding: whether a word, or a fact, holds of what a catalog says."""

from __future__ import annotations

import fnmatch
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["fact_test", "texts_in"]

_RELATION = re.compile(r"(<=|>=|<|>)\s*(.+)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    **{"<": operator.lt, "<=": operator.le},
    **{">": operator.gt, ">=": operator.ge},
}
_RATE_TOLERANCE = 1e-4  # as joins have it

Test = Callable[[Any], bool]


def texts_in(value: Any) -> Iterable[str]:
    """Yield the texts that a value holds, keys of facts left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in ("warnings", "urlpath"):  # the folder in which all lie says nothing of one
                yield from texts_in(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts_in(one)


def fact_test(wanted: Any, is_rate: bool = False) -> Test:
    """Return the test whether what is said of an entry is what is wanted; None is nothing said.

    Examples
    --------
    >>> long = fact_test(">=60")
    >>> long(500.0), long(1), long(None)
    (True, False, False)
    """
    if wanted is None:
        return lambda said: said is None
    if callable(wanted):
        return lambda said: said is not None and bool(wanted(said))
    if isinstance(wanted, (list, tuple, set, frozenset)):
        whole, tests = list(wanted), [fact_test(one, is_rate) for one in wanted]
        return lambda said: said is not None and (said == whole or any(test(said) for test in tests))
    one = _of_one(wanted, is_rate)

    def test(said: Any) -> bool:
        if said is None:
            return False
        if isinstance(said, (list, tuple)):
            return any(test(item) for item in said)
        return one(said)

    return test


def _of_one(wanted: Any, is_rate: bool) -> Test:
    """Return the test of a value that is no list."""
    relation = _RELATION.fullmatch(wanted.strip()) if isinstance(wanted, str) else None
    if relation is not None:
        related = _related(relation[1], relation[2])
        return lambda said: _same_text(said, wanted) if isinstance(said, bool) else related(said)
    pattern = re.compile(fnmatch.translate(wanted.casefold())) if isinstance(wanted, str) else None
    right, tolerance = _number(wanted), _RATE_TOLERANCE if is_rate else 1e-9

    def test(said: Any) -> bool:
        if isinstance(said, bool) or isinstance(wanted, bool):
            return _same_text(said, wanted)
        if pattern is not None and pattern.match(str(said).casefold()):
            return True
        left = _number(said)
        if left is None or right is None:
            return bool(said == wanted)
        return math.isclose(left, right, rel_tol=tolerance)

    return test


def _related(relation: str, limit: str) -> Test:
    compare, right, text = _COMPARE[relation], _number(limit), limit.strip()
    if right is None:  # such as a date
        return lambda said: compare(str(said), text)

    def test(said: Any) -> bool:
        left = _number(said)
        return left is not None and compare(left, right)

    return test


def _same_text(said: Any, wanted: Any) -> bool:
    return str(said).casefold() == str(wanted).casefold()


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
