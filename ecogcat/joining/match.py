"""Matching: which channel of each dataset is the same electrode site, or has the same name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.dataset import Dataset
from ecogcat.frozen import Index

__all__ = ["Match", "match_channels", "match_names", "reordered"]


class Match(NamedTuple):
    """Channels of several datasets, matched.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_datasets, n_common)
        Channel of each dataset that is the common channel; -1 where it has none (only with "outer").
    have : ndarray of bool, shape (n_datasets, n_all)
        Which dataset has which of all channels seen anywhere.
    labels : sequence
        What each of all channels is called: its site, or its name.
    """

    rows: Index
    have: NDArray[np.bool_]
    labels: Sequence[Any]


def match_channels(datasets: Sequence[Dataset], by: str, keep: str) -> Match:
    """Match the channels of datasets.

    Parameters
    ----------
    datasets : sequence of Dataset
    by : {"site", "name"}
    keep : {"inner", "outer"}
        Channels that all have, in the order of the first; or those that any has, in order of appearance.
    """
    if by == "name":
        return match_names([dataset.signal.channel_names for dataset in datasets], keep)
    maps = [dataset.channel_map for dataset in datasets]
    width = max(one.shape[1] for one in maps if one is not None)
    height = max(one.shape[0] for one in maps if one is not None)
    codes = [one.sites[:, 0] * width + one.sites[:, 1] for one in maps if one is not None]
    match = _match(codes, width * height, keep)
    return match._replace(labels=[divmod(int(code), width) for code in match.labels])


def match_names(names: Sequence[Sequence[str]], keep: str) -> Match:
    """Match channels by name; see `match_channels`."""
    numbers: dict[str, int] = {}
    codes = [np.array([numbers.setdefault(name, len(numbers)) for name in some], np.int64) for some in names]
    match = _match(codes, len(numbers), keep)
    every = list(numbers)
    return match._replace(labels=[every[code] for code in match.labels])


def reordered(datasets: Sequence[Dataset], match: Match) -> list[tuple[str, str, str, str, str]]:
    """Return which datasets have the common channels in another order than the first, as fields of a `Mismatch`."""
    found = []
    for dataset, rows in zip(datasets[1:], match.rows[1:], strict=True):
        own = rows[rows >= 0]
        if (np.diff(own) < 0).any():
            moved = int((np.sort(own) != own).sum())
            what = f"{moved} of {len(own)} channels at another place"
            found.append((dataset.name, "channel order", "the first dataset's", what, "reorder"))
    return found


def _match(codes: Sequence[Index], n_codes: int, keep: str) -> Match:
    """Match integer codes below `n_codes`; labels are the codes seen, in order of appearance."""
    from ecogcat.kernels.sites import count_codes, match_codes

    flat = np.concatenate(codes) if codes else np.zeros(0, np.int64)
    stops = np.cumsum([len(some) for some in codes])
    counts = np.zeros(n_codes, np.int64)
    if flat.size:
        count_codes(flat, counts)
    seen, first = np.unique(flat, return_index=True)
    seen = seen[np.argsort(first)]
    rows = np.full((len(codes), len(seen)), -1, np.int64)
    if flat.size:
        match_codes(flat, stops, seen, np.full(n_codes, -1, np.int64), rows)
    have = rows >= 0
    kept = np.arange(len(seen)) if keep == "outer" else np.flatnonzero(counts[seen] == len(codes))
    return Match(np.ascontiguousarray(rows[:, kept]), have, seen.tolist())
