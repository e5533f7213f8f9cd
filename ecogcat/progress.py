"""Progress of long work: a bar, a callback, or silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Progress", "Report"]

Progress = bool | Callable[[int, int], None] | None


class Report:
    """Counts bytes done.

    Parameters
    ----------
    total : int
        Bytes in all.
    progress : bool or callable, optional
        True shows a bar; a callable gets (bytes done, bytes in all).
    what : str
        What is done, for the bar: "loading".

    Examples
    --------
    >>> report = Report(8, lambda done, total: print(done, "of", total), "copying")
    >>> report.add(4)
    4 of 8
    """

    def __init__(self, total: int, progress: Progress, what: str) -> None:
        self.total, self.done = total, 0
        self.bar: Any = None
        self.callback = progress if callable(progress) else None
        if progress is True:
            from tqdm.auto import tqdm

            self.bar = tqdm(total=total, unit="B", unit_scale=True, desc=what)
        self.wanted = self.bar is not None or self.callback is not None

    def add(self, n: int) -> None:
        """Count further bytes."""
        self.done += n
        if self.bar is not None:
            self.bar.update(n)
        if self.callback is not None:
            self.callback(self.done, self.total)

    def close(self) -> None:
        """End the bar."""
        if self.bar is not None:
            self.bar.close()
