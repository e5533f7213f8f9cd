"""Odd ones: the entries that stand in the way of a join, and the command line that leaves them out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import ecogcat as ec
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["Without", "line_without", "without_the_odd"]

_KEYS = re.compile(r"^((?:-l|--load=)?storage_options=).*", re.DOTALL)
_ROUNDS = 8  # kinds of recordings that are told apart: of more, no kind is the usual one


class Without(NamedTuple):
    """What is left without the odd ones."""

    odd: list[int]
    """Which of the datasets are left out."""
    plan: ec.JoinPlan
    """That of the others, which join."""


def without_the_odd(datasets: Sequence[ec.Dataset], options: Mapping[str, Any]) -> Without | None:
    """Return which datasets to leave out so that the most of the others join; None where leaving out does not help.

    The first may be the odd one, too: those that do not go with it are looked through for what goes together.

    Examples
    --------
    >>> slow, *fast = [ec.from_array([[0.0]], rate, names=["a"]) for rate in (500, 2000, 2000)]
    >>> found = without_the_odd([slow, *fast], {})
    >>> found.odd, found.plan.n_samples
    ([0], 2)
    """
    numbered = [_numbered(one, k) for k, one in enumerate(datasets)]
    left, kinds = list(range(len(datasets))), list[list[int]]()
    while left and len(kinds) < _ROUNDS:
        plan = ec.plan_join(*(numbered[k] for k in left), **options)
        stopping = {int(one.part) for one in plan.mismatches if one.stops and one.part.isdecimal()}
        kind = [k for k in left if k not in stopping]
        if not kind:
            break
        kinds.append(kind)
        left = [k for k in left if k in stopping]
    for kind in sorted(kinds, key=len, reverse=True):
        if len(kind) < len(datasets):
            plan = ec.plan_join(*(datasets[k] for k in kind), **options)
            if plan.ok:
                return Without([k for k in range(len(datasets)) if k not in kind], plan)
    return None


def _numbered(dataset: ec.Dataset, number: int) -> ec.Dataset:
    """Return a dataset all of whose parts are called by its number: pieces of two recordings may share a name."""
    name = str(number)
    return dataset.replace(name=name, parts=[part.replace(name=name) for part in dataset.parts])


def line_without(line: Sequence[str], names: Sequence[str], *, are_paths: bool) -> str:
    """Return a command line, to be copied into a shell, with some entries left out.

    Parameters
    ----------
    line : sequence of str
        The command and all of its arguments.
    names : sequence of str
        The entries, or paths, to leave out.
    are_paths : bool
        Whether the line lists paths of recordings.

    Examples
    --------
    >>> line_without(["plan", "my s.yaml", "--gaps", "nan"], ["odd one"], are_paths=False)
    "ecogcat plan 'my s.yaml' --gaps nan --exclude 'odd one'"
    >>> line_without(["plan", "a.rhd", "odd.rhd", "b.rhd"], ["odd.rhd"], are_paths=True)
    'ecogcat plan a.rhd b.rhd'
    >>> line_without(["plan", "sftp://me:word@host", "-l", "storage_options={secret: word}"], ["odd"], are_paths=False)
    'ecogcat plan sftp://host -l storage_options=... --exclude odd'
    """
    if are_paths:
        return _joined(one for one in line if one not in names)
    flags = [word for name in names for word in ("--exclude", name)]
    at = line.index("--") if "--" in line else len(line)
    return _joined([*line[:at], *flags, *line[at:]])


def _joined(words: Iterable[str]) -> str:
    """Return words as a line for a shell, but for the keys among them: they are to be typed again."""
    shown = (_KEYS.sub(r"\1...", word) for word in words)
    return shlex.join(["ecogcat", *(shown_url(word) if is_url(word) else word for word in shown)])
