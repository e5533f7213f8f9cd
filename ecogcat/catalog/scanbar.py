"""Scan bar: how far a scan has come, as a bar, by a callback, or in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecogcat.progress import shown_progress

__all__ = ["Progress", "ScanBar"]

Progress = bool | Callable[[int, int], None] | None


class ScanBar:
    """Progress of a scan.

    Parameters
    ----------
    progress : bool, callable or None
        True for a bar on the standard error; None for one if it would be seen.
    """

    def __init__(self, progress: Progress) -> None:
        self.callback = progress if callable(progress) else None
        self.bar: Any = None
        self.wanted = progress is True or (progress is None and shown_progress())

    def __enter__(self) -> Callable[[int, int], None]:
        if self.wanted:
            from tqdm.auto import tqdm

            self.bar = tqdm(unit=" files", desc="scanning", leave=False)
        return self.update

    def update(self, done: int, known: int) -> None:
        """Say how many files are done, and are known of."""
        if self.callback is not None:
            self.callback(done, known)
        if self.bar is not None:
            self.bar.total = known
            self.bar.update(done - self.bar.n)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()
