"""Checksums: which files the samples of each part came from, known also after the samples have left them."""

from __future__ import annotations

from collections.abc import Mapping

from ecogcat.dataset import Dataset
from ecogcat.frozen import FrozenMapping
from ecogcat.parts import Part
from ecogcat.storage.derived import DerivedExtent
from ecogcat.storage.scratch import ScratchExtent

__all__ = ["checksums", "with_checksums"]


def checksums(dataset: Dataset, part: Part) -> Mapping[str, str]:
    """Return the fingerprints of the files that a part's samples come from, by path.

    Parameters
    ----------
    dataset : Dataset
    part : Part
        One of its parts.

    Returns
    -------
    mapping of str to str
        Empty for what never lay in a file.
    """
    found = dict(part.checksums)
    if part.n_samples:
        for piece in dataset.signal.cut(part.start, part.stop).pieces:
            # A scratch file of ours is no source; its fingerprint is a name, and says nothing of its content.
            if not isinstance(piece.extent, (DerivedExtent, ScratchExtent)):
                found |= {source.path: source.fingerprint for source in piece.extent.sources}
    return FrozenMapping(found)


def with_checksums(dataset: Dataset) -> list[Part]:
    """Return the parts of a dataset that remember their files, for when the samples are about to leave them."""
    return [part.replace(checksums=checksums(dataset, part)) for part in dataset.parts]
