"""Stimulation of an RHS2000 recording: current and flags, unpacked from the words that hold them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecogcat.arrays import signal_of
from ecogcat.formats.intan.layout import Stimulator
from ecogcat.frozen import Frozen, Index, digest
from ecogcat.signal import Signal
from ecogcat.storage.extent import Extent
from ecogcat.storage.reader import ReaderExtent

__all__ = ["StimReader", "stim_arrays"]

_SIZE, _NEGATIVE = 0x00FF, 0x0100
_FLAGS = {"amp_settle": 13, "charge_recovery": 14, "compliance_limit": 15}


@dataclass(frozen=True, slots=True, eq=False)
class StimReader(Frozen):
    """One field of the words of stimulation.

    Parameters
    ----------
    words : Extent
        A word a sample and channel.
    bit : int or None
        Which flag, 0 or 1 in uint16; None: the current in steps, int16.

    Examples
    --------
    >>> from ecogcat.storage.memory import MemoryExtent
    >>> words = MemoryExtent(np.array([[0x0003, 0x0103, 0xA000]], "u2"))
    >>> StimReader(words, None).read(np.array([0]), 0, 3).tolist(), StimReader(words, 13).read([0], 0, 3).tolist()
    ([[3, -3, 0]], [[0, 0, 1]])
    """

    words: Extent
    bit: int | None

    @property
    def token(self) -> str:
        """Digest of the words' token and the field."""
        return digest("stim", self.words.token, self.bit)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[np.integer]:
        """Return the field of some channels, shape (len(channels), stop - start)."""
        words = np.empty((len(channels), stop - start), np.uint16)
        self.words.gather(np.asarray(channels, np.int64), range(start, stop), None, words, 0, stop - start)
        if self.bit is not None:
            return words >> np.uint16(self.bit) & np.uint16(1)
        size = (words & _SIZE).astype(np.int16)
        return np.where(words & _NEGATIVE, -size, size)


def stim_arrays(words: Extent, stimulator: Stimulator, names: Sequence[str], rate: float) -> dict[str, Signal]:
    """Return current (A) and flags of the channels whose words these are."""

    def extent(bit: int | None) -> ReaderExtent:
        dtype = np.dtype(np.int16 if bit is None else np.uint16)
        reader = StimReader(words, bit)
        return ReaderExtent(
            reader, words.n_channels, words.n_samples, dtype, words.sources, block_samples=words.block_samples
        )

    current = signal_of(extent(None), rate, units="A", names=names, gain=stimulator.step_A)
    flags = {name: signal_of(extent(bit), rate, units="", names=names) for name, bit in _FLAGS.items()}
    return {"stim": current, **flags}
