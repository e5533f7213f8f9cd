"""What only npTDMS can work out: values of channels whose scales are no line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError
from ecogcat.frozen import Frozen, Index, digest
from ecogcat.storage.source import Source

__all__ = ["LibraryReader"]


@dataclass(frozen=True, slots=True)
class LibraryReader(Frozen):
    """Reads scaled values through npTDMS.

    Parameters
    ----------
    source : Source
    channels : tuple of (str, str)
        Group and name of each.
    """

    source: Source
    channels: tuple[tuple[str, str], ...]

    @property
    def token(self) -> str:
        """Digest of what is read."""
        return digest("nptdms", self.source.fingerprint, self.channels)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the values, shape (len(channels), stop - start); see `Reader.read`."""
        try:
            from nptdms import TdmsFile
        except ImportError as error:
            message = f"{self.source.path}: these scales need npTDMS: pip install 'ecogcat[tdms]'"
            raise ImportError(message) from error
        out = np.empty((len(channels), stop - start))
        try:
            # An open file, not a path: npTDMS would trust an index file beside it without looking whether it belongs.
            with open(self.source.path, "rb") as file, TdmsFile.open(file) as content:
                for row, channel in zip(out, channels.tolist(), strict=True):
                    group, name = self.channels[channel]
                    row[:] = content[group][name].read_data(start, stop - start)
        except Exception as error:  # npTDMS raises what its parts raise, down to bare exceptions
            raise FormatError(
                f"npTDMS cannot read samples {start:,} to {stop:,}", path=self.source.path, found=str(error).strip()
            ) from error
        return out
