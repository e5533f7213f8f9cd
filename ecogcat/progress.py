"""Progress: how far a long operation has come, as a bar, by a callback, or in silence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["Progress", "Report", "shown_progress"]

Progress = bool | Callable[[int, int], None] | None
"""None or False: silence. True: a bar. A callable gets (bytes done, bytes in all)."""


class Report:
    """Progress of one operation.

    Parameters
    ----------
    total : int
        Bytes to be done.
    progress : bool or callable, optional
        None or False: silence. True: a bar. A callable gets (bytes done, bytes in all).
    what : str
        What is being done, shown beside the bar.

    Raises
    ------
    TypeError
        If `progress` is something else.

    Examples
    --------
    >>> with Report(2, lambda done, total: print(f"{done} of {total}"), "counting") as report:
    ...     report.add(1)
    ...     report.add(1)
    1 of 2
    2 of 2
    """

    def __init__(self, total: int, progress: Progress, what: str) -> None:
        if not (progress is None or isinstance(progress, bool) or callable(progress)):
            raise TypeError(f"progress is None, True, or a callable of (done, total), not {progress!r}")
        self.total, self.done = total, 0
        self.bar: Any = None
        self.callback = progress if callable(progress) else None
        if progress is True:
            from tqdm.auto import tqdm

            self.bar = tqdm(total=total, unit="B", unit_scale=True, desc=what)
        self.wanted = self.bar is not None or self.callback is not None

    def __enter__(self) -> Report:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, n: int) -> None:
        """Say that `n` more bytes are done."""
        self.done += n
        if self.bar is not None:
            self.bar.update(n)
        if self.callback is not None:
            self.callback(self.done, self.total)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()


def shown_progress() -> bool:
    """Return whether a bar would be seen, and is wanted: bars are drawn on the standard error."""
    return sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("ECOGCAT_NO_PROGRESS")
