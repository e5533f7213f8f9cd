"""Compressed matrices of MATLAB files: unpacked as far as they are asked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.frozen import Frozen, Index, digest
from ecogcat.storage.source import Source

__all__ = ["PackedReader"]

_PIECE = 1 << 20
_HINT = "Copy it again from where it was written"


@dataclass(frozen=True, slots=True, eq=False)
class PackedReader(Frozen):
    """Numbers of a compressed matrix: unpacked from its start on, and kept where they are asked for.

    Parameters
    ----------
    source : Source
    name : str
        Of the matrix, for messages.
    dtype : str
        Type on disk.
    place : int
        Byte of the first number in the unpacked element.
    packed : (int, int)
        Start and length of the element in the file.
    channel_step, sample_step : int
        Bytes from one channel, and from one sample, to the next.
    """

    source: Source
    name: str
    dtype: str
    place: int
    packed: tuple[int, int]
    channel_step: int
    sample_step: int

    @property
    def token(self) -> str:
        """Digest of what is read, without the place of the file."""
        return digest("packed matrix", self.dtype, self.place, self.packed, self.channel_step, self.sample_step)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers of channels over a stretch of samples."""
        dtype = np.dtype(self.dtype)
        item, n = dtype.itemsize, stop - start
        out = np.empty((len(channels), n), dtype)
        if self.sample_step == item:  # a channel after the other
            for row, (channel, data) in enumerate(zip(channels, self._stretches(channels, start, n), strict=True)):
                if len(data) != n * item:
                    raise self._cut(int(channel))
                out[row] = np.frombuffer(data, dtype)
            return out
        place = self.place + start * self.sample_step
        (data,) = self._ranges([(place, place + n * self.sample_step)])
        if len(data) != n * self.sample_step:
            raise self._cut(0)
        out[:] = np.frombuffer(data, dtype).reshape(n, -1)[:, channels].T
        return out

    def _stretches(self, channels: Index, start: int, n: int) -> Iterator[bytes]:
        first = [self.place + int(c) * self.channel_step + start * self.sample_step for c in channels]
        return self._ranges([(place, place + n * self.sample_step) for place in first])

    def _cut(self, channel: int) -> FormatError:
        return FormatError(
            f"variable {self.name!r} ends before its samples do, at channel {channel}",
            path=self.source.path,
            hint=_HINT,
        )

    def _ranges(self, ranges: list[tuple[int, int]]) -> Iterator[bytes]:
        """Unpack the element, and yield ascending ranges of its bytes."""
        place, length = self.packed
        stream, at, left = zlib.decompressobj(), 0, length
        data = b""
        with open(self.source.path, "rb") as file:
            file.seek(place)
            for start, stop in ranges:
                kept = bytearray()
                while True:
                    low, high = max(start - at, 0), min(stop - at, len(data))
                    if low < high:
                        kept += data[low:high]
                    if at + len(data) >= stop:
                        break
                    at += len(data)
                    packed = stream.unconsumed_tail or file.read(min(_PIECE, left))
                    left -= 0 if stream.unconsumed_tail else len(packed)
                    try:
                        data = stream.decompress(packed, _PIECE)
                    except zlib.error as error:
                        raise FormatError(
                            f"variable {self.name!r} cannot be unpacked", path=self.source.path, found=error
                        ) from error
                    if not data and (not packed or stream.eof):
                        break
                yield bytes(kept)
