"""Query: which rows of a condition table a comparison such as ``"amps > 50 and tones == 2000"`` holds for.

The text is parsed, every node of it is known, and what it says is done here, node by node: nothing is evaluated. A
missing condition is neither equal nor unequal to anything, in every type of column: what depends on it is not selected.
"""

from __future__ import annotations

import ast
import functools
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["query_rows"]

Mask = NDArray[np.bool_]

_HINT = "a query compares columns with values, such as 'tone > 600'"
_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ALLOWED = (
    *(ast.Expression, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Constant, ast.List, ast.Tuple, ast.Load),
    *(ast.boolop, ast.unaryop, ast.cmpop, ast.BitAnd, ast.BitOr, ast.Name),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),  # no powers: 9**9**9 never ends
)
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    **{ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge},
    **{ast.Eq: operator.eq, ast.NotEq: operator.ne},
}
_REVERSED = {operator.lt: operator.gt, operator.le: operator.ge, operator.gt: operator.lt, operator.ge: operator.le}
_COUNT: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul},
    **{ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod},
}


class _Truth(NamedTuple):
    """Where something holds, and where that is not known for want of a value."""

    holds: Mask
    unknown: Mask


class _Value(NamedTuple):
    """A column or a constant, and where it is missing."""

    values: Any
    missing: Mask


def query_rows(table: pd.DataFrame, text: str) -> Mask:
    """Return the rows for which a comparison holds.

    Parameters
    ----------
    table : DataFrame
    text : str
        Columns (in backticks where a name is no word), numbers, text in quotes, ``== != < <= > >=``, ``in``, ``not
        in``, ``is None`` (missing), ``is not None``, ``and``, ``or``, ``not`` and arithmetic.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Raises
    ------
    KeyError
        If there is no such column.
    ValueError
        If it is anything but a comparison of these.

    Examples
    --------
    >>> query_rows(pd.DataFrame({"tones": [500, 2000, 2000], "amps": [70, 30, 70]}), "amps > 50 and tones == 2000")
    array([False, False,  True])
    """
    columns = [str(name) for name in table.columns]
    words = {unicodedata.normalize("NFKC", name): k for k, name in enumerate(columns)}  # as Python reads names: µ as μ
    quoted = {f"column_{k}_": name for k, name in enumerate(columns)}
    aliases = {name: alias for alias, name in quoted.items()}
    plain = re.sub(
        _STRING + "|`([^`]*)`",
        lambda found: found[0] if found[1] is None else f" {aliases.get(found[1], found[0])} ",
        text,
    )
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{_HINT}, not {text!r}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in words and node.id not in quoted:
            raise KeyError(f"no condition {node.id!r}; there are: {', '.join(columns) or 'none'}")
        if not isinstance(node, _ALLOWED):
            raise ValueError(f"{_HINT}; it calls nothing: {text!r}")
    names = words | {alias: k for k, alias in enumerate(quoted)}
    of_columns = any(isinstance(node, ast.Name) for node in ast.walk(tree))
    meaning = _Meaning(table, names, text)
    if not of_columns or not meaning.is_condition(tree.body):
        raise ValueError(f"a query is true or false of each event, such as 'tone > 600'; {text!r} is not")
    return meaning.truth(tree.body).holds


class _Meaning:
    """What each node of a query means for the rows of a table."""

    def __init__(self, table: pd.DataFrame, names: Mapping[str, int], text: str) -> None:
        self.table, self.names, self.text = table, names, text
        self.present = np.zeros(len(table), bool)

    def refuse(self, why: str) -> ValueError:
        return ValueError(f"{_HINT}; {why}: {self.text!r}")

    def is_condition(self, node: ast.expr) -> bool:
        """Return whether a node is true or false of a row, not a number."""
        if isinstance(node, ast.BoolOp):
            return all(self.is_condition(value) for value in node.values)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, (ast.Not, ast.Invert)) and self.is_condition(node.operand)
        if isinstance(node, ast.BinOp):
            both = self.is_condition(node.left) and self.is_condition(node.right)
            return isinstance(node.op, (ast.BitAnd, ast.BitOr)) and both
        if isinstance(node, ast.Name):
            return str(self.table.dtypes.iloc[self.names[node.id]]) in ("bool", "boolean")
        return isinstance(node, ast.Compare)

    def truth(self, node: ast.expr) -> _Truth:
        """Return where a condition holds: Kleene's logic, in which what is unknown may still be decided by the rest."""
        if not self.is_condition(node):
            raise self.refuse("'and', 'or', 'not', & and | take comparisons, each of the latter in parentheses")
        if isinstance(node, ast.BoolOp):
            result = self.truth(node.values[0])
            for value in node.values[1:]:
                result = _both(result, self.truth(value), isinstance(node.op, ast.And))
            return result
        if isinstance(node, ast.BinOp):
            return _both(self.truth(node.left), self.truth(node.right), isinstance(node.op, ast.BitAnd))
        if isinstance(node, ast.UnaryOp):
            holds, unknown = self.truth(node.operand)
            return _Truth(~holds & ~unknown, unknown)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            compared = [self.compare(*one) for one in zip(sides, node.ops, sides[1:], strict=False)]
            return functools.reduce(lambda a, b: _both(a, b, True), compared)
        values, missing = self.value(node)
        return _Truth(values.fillna(False).to_numpy(bool), missing)

    def compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr, mixed: bool = False) -> _Truth:
        """Return where one comparison holds; of a list that is `mixed`, text may stand beside numbers."""
        if isinstance(op, (ast.Is, ast.IsNot)):
            if not isinstance(right, ast.Constant) or right.value is not None or not isinstance(left, ast.Name):
                raise self.refuse("'is' asks whether a column is None, which is missing")
            missing = self.value(left).missing
            return _Truth(missing if isinstance(op, ast.Is) else ~missing, self.present)
        if isinstance(right, (ast.List, ast.Tuple)):
            if not isinstance(op, (ast.In, ast.NotIn, ast.Eq, ast.NotEq)):
                raise self.refuse("a list is compared by 'in' and 'not in'")
            found = _Truth(self.present, self.present)
            mixed = not all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in right.elts)
            for element in right.elts:
                found = _both(found, self.compare(left, ast.Eq(), element, mixed), False)
            unknown = found.unknown | (self.value(left).missing if right.elts else self.present)
            holds = found.holds if isinstance(op, (ast.In, ast.Eq)) else ~found.holds & ~unknown
            return _Truth(holds, unknown)
        if type(op) not in _COMPARE:
            raise self.refuse("'in' takes a list of values, such as 'tone in [500, 1000]'")
        a, b = self.value(left), self.value(right)
        missing = a.missing | b.missing
        return _Truth(self.compared(a.values, b.values, _COMPARE[type(op)], mixed) & ~missing, missing)

    def compared(self, a: Any, b: Any, function: Callable[[Any, Any], Any], mixed: bool) -> Mask:
        if not isinstance(a, pd.Series) and isinstance(b, pd.Series):
            a, b, function = b, a, _REVERSED.get(function, function)
        if not isinstance(a, pd.Series):
            return np.full(len(self.table), _compared_alone(a, b, function))
        objects = [str(one.dtype) in ("object", "str", "string") for one in (a, b) if isinstance(one, pd.Series)]
        if isinstance(b, str) and not mixed and _all_numbers(a):
            # Not an error: joined with a recording that has text there, the column would be no longer of numbers.
            told = f"{a.name!r} is a column of numbers, {b!r} is text: write it without quotes, in {self.text!r}"
            warnings.warn(told, stacklevel=2)
        if any(objects) or isinstance(b, str):
            # Value by value: text beside numbers, which joining makes of two recordings' columns, is no error.
            if a.dtype.kind in "mM" and isinstance(b, str):
                return np.asarray(function(a, pd.Timestamp(b)).fillna(False), bool)
            others = b if isinstance(b, pd.Series) else [b] * len(a)
            return np.fromiter((_compared_alone(x, y, function) for x, y in zip(a, others, strict=True)), bool, len(a))
        try:
            return np.asarray(function(a, b).fillna(False), bool)
        except (TypeError, OverflowError) as error:
            raise self.refuse(f"these do not compare ({error})") from error

    def value(self, node: ast.expr) -> _Value:
        """Return a column, a constant, or what is counted from them."""
        if isinstance(node, ast.Name):
            column = self.table.iloc[:, self.names[node.id]]
            missing = column.isna().to_numpy(bool)
            if getattr(column.dtype, "kind", "O") in "iu" and str(column.dtype).lower() != "uint64":
                column = column.fillna(0).astype(np.int64)  # so that counting does not depend on the stored width
            return _Value(column, missing)
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, (int, float, str)):
                raise self.refuse("values are numbers, text, True and False; what is missing 'is None'")
            return _Value(node.value, self.present)
        if self.is_condition(node):
            holds, unknown = self.truth(node)
            return _Value(pd.Series(holds, self.table.index), unknown)
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, (ast.Not, ast.Invert)):
            values, missing = self.number(node.operand)
            return _Value(-values if isinstance(node.op, ast.USub) else values, missing)
        if isinstance(node, ast.BinOp) and type(node.op) in _COUNT:
            a, b = self.number(node.left), self.number(node.right)
            try:
                return _Value(_COUNT[type(node.op)](a.values, b.values), a.missing | b.missing)
            except (ArithmeticError, TypeError) as error:
                raise self.refuse(f"this cannot be counted ({error})") from error
        if isinstance(node, ast.BinOp):
            raise self.refuse("& and | come before comparisons, so these stand in parentheses, or 'and' and 'or' serve")
        raise self.refuse("it has columns, values, comparisons and arithmetic")

    def number(self, node: ast.expr) -> _Value:
        """Return a value that can be counted with; text cannot, least of all a billion times."""
        values, missing = self.value(node)
        kind = getattr(values.dtype, "kind", "O") if isinstance(values, pd.Series) else "f"
        if isinstance(values, str) or kind not in "biuf":
            raise self.refuse("numbers alone are added, subtracted, multiplied and divided")
        if isinstance(values, pd.Series) and kind == "b":
            values = values.fillna(False).astype(np.int64)
        elif isinstance(values, pd.Series) and kind == "u":  # of 64 bits: differences below 0 would wrap
            small = values.isna().all() or values.max() <= np.iinfo(np.int64).max
            values = values.fillna(0).astype(np.int64 if small else np.float64)
        return _Value(values, missing)


def _all_numbers(column: Any) -> bool:
    """Whether a column has numbers and, but for what is missing, nothing else: no text is equal to one of these."""
    if getattr(column.dtype, "kind", "O") in "iuf":
        return bool(column.notna().any())
    if str(column.dtype) != "object":
        return False
    known = column.dropna()
    return len(known) > 0 and all(isinstance(one, (int, float, np.number)) and one is not True for one in known)


def _both(a: _Truth, b: _Truth, conjunction: bool) -> _Truth:
    """Return "and", or "or": known where both are, and where one alone decides."""
    if conjunction:
        fails = (~a.holds & ~a.unknown) | (~b.holds & ~b.unknown)
        return _Truth(a.holds & b.holds, (a.unknown | b.unknown) & ~fails)
    holds = a.holds | b.holds
    return _Truth(holds, (a.unknown | b.unknown) & ~holds)


def _compared_alone(a: Any, b: Any, function: Callable[[Any, Any], Any]) -> bool:
    """Return whether a comparison of two values holds; of values that do not compare, such as text and numbers, not."""
    try:
        return bool(function(a, b))
    except TypeError:
        return False
