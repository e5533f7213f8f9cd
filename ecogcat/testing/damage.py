"""Damage: recordings cut short and corrupted, and what a reader may make of them.

A reader opens a damaged file, or raises an error of ours that names it; nothing else, and never by way of memory or of
bytes that the file does not have.
"""

from __future__ import annotations

import os
import tracemalloc
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import EcogcatError, FormatError, RecordingNotFound
from ecogcat.testing.specimen import Specimen, copy_of, values_of

__all__ = ["check_corrupted", "check_truncated"]

_MOST_BYTES = 64 << 20
_N_CUTS = 60
_N_CORRUPTED = 300
# What is corrupted most: where headers lie.
_HEADER_BYTES = 4096


def check_truncated(case: Specimen, folder: Path) -> None:
    """Open a recording whose last file is cut short, at many lengths.

    Parameters
    ----------
    case : Specimen
    folder : Path
        An empty folder for copies.

    Raises
    ------
    AssertionError
        If a cut copy raises another error than `FormatError` or `RecordingNotFound` that names the file, reads other
        values than the whole has, or lacks samples without a warning. (A copy that ends where it could have ended by
        itself cannot be told from a whole one: one length of two neighbouring ones may open in silence.)
    """
    rng = case.rng
    target, victim = _copied(case, folder)
    size = victim.stat().st_size
    lengths = {0, 1, 2, 4, 7, 8, 100, size - 1, size - 2, size // 2, size // 2 + 1}
    lengths |= set(rng.integers(0, size, _N_CUTS).tolist()) | set(
        rng.integers(0, min(size, _HEADER_BYTES), 20).tolist()
    )
    for length in sorted((one for one in lengths if 0 <= one < size), reverse=True):
        os.truncate(victim, length)
        if _opens_in_silence(case, target, victim) and length:
            os.truncate(victim, length - 1)
            silent = _opens_in_silence(case, target, victim)
            assert not silent, (
                f"cut to {length} bytes, and to one less, it opens without a warning though samples are gone"
            )


def _opens_in_silence(case: Specimen, target: Path, victim: Path) -> bool:
    """Whether a cut copy opens and lacks samples, but does not say so."""
    length = victim.stat().st_size
    try:
        dataset = case.reader(target)
        got = values_of(dataset)
    except (FormatError, RecordingNotFound) as error:
        if victim.name in str(error):
            return False
        raise AssertionError(f"cut to {length} bytes: the error does not name {victim.name}: {error}") from error
    except Exception as error:
        raise AssertionError(f"cut to {length} bytes: {type(error).__name__}: {error}") from error
    lacking = False
    for name, array in got.items():
        n = array.shape[1]
        assert n <= case.whole[name].shape[1], f"cut to {length} bytes, {name} has more samples than before"
        lacking |= n < case.whole[name].shape[1]
        if name == "signal":  # aligned arrays are padded to its length
            np.testing.assert_array_equal(array, case.whole[name][:, :n], f"cut to {length} bytes: {name}")
    return lacking and not any(part.warnings for part in dataset.parts)


def check_corrupted(case: Specimen, folder: Path) -> None:
    """Open a recording with random bytes altered, most of them where headers lie.

    Parameters
    ----------
    case : Specimen
    folder : Path
        An empty folder for copies.

    Raises
    ------
    AssertionError
        If opening, or reading the first and the last sample, raises an error that is not ours, or takes much memory.
    """
    rng = case.rng
    target, victim = _copied(case, folder)
    good = np.frombuffer(victim.read_bytes(), np.uint8)
    for k in range(_N_CORRUPTED):
        data = good.copy()
        reach = len(data) if k % 4 == 0 else min(len(data), _HEADER_BYTES)
        places = rng.integers(0, reach, int(rng.integers(1, 5)))
        # Small numbers, large numbers, and any: counts and lengths break at either end.
        data[places] = rng.choice([0, 1, 0x7F, 0xFF, int(rng.integers(256))], len(places))
        _replace(victim, data)
        tracemalloc.start()
        try:
            _open_and_look(case, target, show=k % 10 == 0)
            _, peak = tracemalloc.get_traced_memory()
        except Exception as error:
            what = f"bytes {places.tolist()} set to {data[places].tolist()}"
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        finally:
            tracemalloc.stop()
        assert peak < _MOST_BYTES, f"bytes {places.tolist()} altered: {peak:,} bytes of memory taken"


def _open_and_look(case: Specimen, target: Path, *, show: bool) -> None:
    with warnings.catch_warnings(), suppress(EcogcatError):
        warnings.simplefilter("ignore")  # of NumPy, over values that are not finite
        dataset = case.reader(target)
        if show:  # takes longer than all the rest
            repr(dataset)
        for array in (dataset.signal, *dataset.arrays().values()):
            for window in (slice(0, 1), slice(-1, None)):
                array[:, window]


def _replace(path: Path, data: NDArray[np.uint8]) -> None:
    """Write a new file of that name, not into the old one: it may be mapped, or open in a library."""
    path.unlink()
    path.write_bytes(data.tobytes())


def _copied(case: Specimen, folder: Path) -> tuple[Path, Path]:
    """Copy the recording; return the copy, and the file of it that holds its last samples."""
    target = copy_of(case, folder)
    last = Path(case.dataset.signal.sources[-1].path).resolve()
    victim = target / last.relative_to(case.path.resolve()) if target.is_dir() else folder / last.name
    victim.chmod(0o644)
    return target, victim
