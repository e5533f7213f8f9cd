"""Alike: files that lie alike, a file a channel or a group of channels, gathered by one call of a kernel.

The kernels gather from one buffer. Maps of several files are stretches of the one memory of the process: seen from the
lowest of them, the samples of each lie at a base of their own. 64 `.continuous` files take 64 calls otherwise, and the
threads are woken 64 times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecogcat.frozen import Frozen, Index, freeze, index_array
from ecogcat.storage.affine import AffineExtent
from ecogcat.storage.extent import Extent, Samples, Scale
from ecogcat.storage.layout import Layout, gather_layout, gather_layout_windows
from ecogcat.storage.maps import Map, source_maps
from ecogcat.storage.source import Source

__all__ = ["Alike"]


class _Request(NamedTuple):
    """Channels as they were asked for last, where the files were mapped, and what follows from both."""

    channels: Index
    sources: tuple[Source, ...]
    addresses: tuple[int, ...]
    layout: Layout
    rows: Index


@dataclass(frozen=True, slots=True, eq=False)
class Alike(Frozen):
    """Channels of files that differ in nothing but where their first samples lie.

    Parameters
    ----------
    sources : tuple of Source
        The files.
    owner : ndarray of int64, shape (n_channels,)
        Which of the files each channel lies in.
    layout : Layout
        How all of them lie; its base is each channel's in its own file.
    """

    sources: tuple[Source, ...]
    owner: Index
    layout: Layout
    _recent: _Request | None = field(init=False, repr=False, default=None)

    @classmethod
    def of(cls, extents: Sequence[Extent]) -> Alike | None:
        """Return the extents as one, None if they do not lie alike."""
        files = [extent for extent in extents if isinstance(extent, AffineExtent) and extent.n_channels]
        if len(files) < 2 or len(files) < len(extents) or len({_shape(file.layout) for file in files}) > 1:
            return None
        sources = tuple(dict.fromkeys(file.source for file in files))
        place = {source: k for k, source in enumerate(sources)}
        owner = np.repeat([place[file.source] for file in files], [file.n_channels for file in files])
        base = np.concatenate([file.base for file in files])
        return cls(sources, index_array(owner), _at(files[0].layout, base))

    def gather(
        self, channels: Index, samples: Samples, scale: Scale | None, out: NDArray[Any], at: int, count: int
    ) -> None:
        """Decode into ``out[:, at : at + count]``; see `Extent.gather`."""
        if len(channels) and count:
            maps, layout, rows = self._located(channels)
            gather_layout(_span(maps), layout, rows, samples, scale, out, at, count)

    def gather_windows(self, channels: Index, windows: Index, scale: Scale | None, out: NDArray[Any]) -> None:
        """Decode windows into epochs of `out`; see `ecogcat.storage.windows`."""
        if len(channels) and len(windows):
            maps, layout, rows = self._located(channels)
            gather_layout_windows(_span(maps), layout, rows, windows, scale, out)

    def _located(self, channels: Index) -> tuple[list[Map], Layout, Index]:
        """Return the maps of the files asked for, where the channels lie from the first to the last, and their rows.

        The caller holds the maps until the samples are out: one that nobody holds may be closed.
        """
        recent = self._recent
        if recent is not None and recent.channels is channels:
            sources = recent.sources
        else:
            recent, sources = None, tuple(self.sources[k] for k in np.unique(self.owner[channels]))
        maps = source_maps(sources)
        addresses = tuple(one.address for one in maps)
        if recent is None or recent.addresses != addresses:
            recent = self._request(channels, sources, addresses)
        return maps, recent.layout, recent.rows

    def _request(self, channels: Index, sources: tuple[Source, ...], addresses: tuple[int, ...]) -> _Request:
        start = np.zeros(len(self.sources), np.int64)
        start[[self.sources.index(source) for source in sources]] = np.array(addresses) - min(addresses)
        base = self.layout.base[channels] + start[self.owner[channels]]
        rows = freeze(np.arange(len(channels)))
        request = _Request(channels, sources, addresses, _at(self.layout, base), rows)
        if not channels.flags.writeable:  # whoever asks for windows asks for the same channels again
            object.__setattr__(self, "_recent", request)
        return request


def _shape(layout: Layout) -> tuple[Any, ...]:
    origin = layout.origin is None
    return layout.dtype.str, origin, layout.block_len, layout.block_stride, layout.sample_stride


def _at(layout: Layout, base: NDArray[np.int64]) -> Layout:
    """Return the same layout for channels that begin at `base`."""
    group = index_array(np.zeros(len(base), np.int64))
    blocks = layout.block_len, layout.block_stride, layout.sample_stride
    return Layout(layout.dtype, index_array(base), group, layout.origin, *blocks)


class _Memory:
    """The memory from the first to the last of some maps, as NumPy asks for it. Between them lies what is not ours."""

    def __init__(self, start: int, size: int) -> None:
        self.__array_interface__ = {"data": (start, True), "shape": (size,), "typestr": "|u1", "version": 3}


def _span(maps: Sequence[Map]) -> NDArray[np.uint8]:
    start = min(one.address for one in maps)
    stop = max(one.address + one.bytes.size for one in maps)
    return np.asarray(_Memory(start, stop - start))
