"""Conformance: what every reader of a format must do, held to it on one recording.

`check_format` is what a new format is tested with, here or in another package. It asks nothing about the format: a
reader is a callable from a path to a `Dataset`, and the recording is any that it opens.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecogcat.compare import equals
from ecogcat.dataset import Dataset
from ecogcat.errors import SourceChangedError
from ecogcat.joining.join import join, split
from ecogcat.parts import aligned_length, aligned_start, rate_ratio
from ecogcat.select import select_channels, select_time
from ecogcat.testing.damage import check_corrupted, check_truncated
from ecogcat.testing.specimen import Reader, Specimen, assert_same, copy_of, facts_of, files_of, values_of
from ecogcat.units import default_units

__all__ = ["check_format"]

# Opening reads a header and ten sampled blocks of 4 KiB; libraries read ahead. Samples would be more.
_MOST_BYTES_READ = 192 << 10
_MOST_BYTES_HELD = 4 << 20


def check_format(
    reader: Reader,
    path: str | os.PathLike[str],
    *,
    expected: Mapping[str, ArrayLike] | None = None,
    damage: bool = True,
    seed: int = 0,
) -> None:
    """Hold a format's reader to what all must do, on one recording.

    Parameters
    ----------
    reader : callable
        path -> Dataset, such as a function of `ecogcat.formats` or `ecogcat.open_recording`.
    path : path-like
        A recording that it opens: a file, or a folder. It is left as it is, what is altered is a copy.
    expected : mapping of str to array_like, optional
        Values that must be read, exactly: "signal", and aligned arrays by name; (n_channels, n_samples) each.
    damage : bool
        Cut and corrupt copies, too; a few hundred are opened.
    seed : int
        Chooses what is read, cut and altered.

    Raises
    ------
    AssertionError
        If anything does not hold; the message says what.

    Notes
    -----
    Checked: opening reads headers only; the dataset pickles; its token is the same when the recording is opened again,
    copied or moved; channel names, units, types and lengths are as the interface promises; any index reads what the
    whole has there, in one thread or eight; raw numbers, scaled, are the values; cutting, splitting and joining keep
    every sample of every array; changed, shortened and missing files are noticed, longer ones read as before; nothing
    beside or in the recording is written. A cut or corrupted copy opens or is refused with an error of ours that names
    the file; where samples are missing that is said in the part's `warnings`, unless the rest is whole by itself.

    Examples
    --------
    >>> import tempfile
    >>> from ecogcat.formats.intan import open_intan
    >>> from ecogcat.testing.rhd import write_rhd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rhd(f"{folder}/a.rhd", np.full((2, 256), 32768), sampling_rate=1000.0)
    ...     check_format(open_intan, f"{folder}/a.rhd", expected={"signal": np.zeros((2, 256))}, damage=False)
    """
    path = Path(path)
    before = facts_of(path)
    case = Specimen(reader, path, np.random.default_rng(seed), dict(expected or {}))
    for check in _CHECKS:
        check(case)
    if damage:
        for check_damage in (check_truncated, check_corrupted):
            with tempfile.TemporaryDirectory() as folder:
                check_damage(case, Path(folder))
    assert facts_of(path) == before, f"reading {path} left something changed, in it or beside it"


def _bytes_read() -> int | None:
    """Return the bytes that this thread has read so far; None where the system does not count them."""
    try:
        with open("/proc/thread-self/io", encoding="ascii") as file:
            return int(file.readline().split()[1])
    except OSError:
        return None


def _reads_headers_only(case: Specimen) -> None:
    case.reader(case.path)  # imports, and the caches of libraries
    tracemalloc.start()
    try:
        start = _bytes_read()
        dataset = case.reader(case.path)
        assert isinstance(dataset, Dataset), f"a reader returns a Dataset, not {type(dataset).__name__}"
        repr(dataset)
        stop = _bytes_read()
        _, held = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    n_files = len(files_of(dataset))
    assert held <= _MOST_BYTES_HELD * n_files, f"opening took {held:,} bytes of memory for {n_files} files"
    if start is not None and stop is not None:
        most = _MOST_BYTES_READ * n_files
        assert stop - start <= most, (
            f"opening read {stop - start:,} bytes of {n_files} files; headers are within {most:,}"
        )


def _is_what_is_promised(case: Specimen) -> None:
    dataset = case.dataset
    assert dataset.name, "a dataset has a name"
    assert dataset.signal.sources, "the samples lie in no file: a reader leaves them where they are"
    assert dataset.signal.dtype == np.float32, f"values are float32, not {dataset.signal.dtype}"
    assert dataset.units == default_units(dataset.units), f"{dataset.units} instead of {default_units(dataset.units)}"
    names = dataset.signal.channel_names
    assert all(names), f"every channel has a name: {names}"
    for part in dataset.parts:
        assert part.format, f"part {part.name!r} does not say its format"
        assert part.kind == "recording", f"part {part.name!r} is a {part.kind}"
        n_opened = len(part.opened.source)
        assert n_opened == dataset.n_channels, (
            f"of {n_opened} channels {dataset.n_channels} are handed out; all have to be"
        )
        assert part.paths, f"part {part.name!r} names no file"
        for name in part.paths:
            assert os.path.isabs(name), f"{name} is no absolute path"
            assert os.path.isfile(name), f"{name} is no file"
    for name, array in dataset.aligned.items():
        assert name.isidentifier(), f"aligned array {name!r}"
        assert name == name.lower(), f"aligned array {name!r}"
        ratio = rate_ratio(array.sampling_rate, dataset.sampling_rate)
        in_step = sum(aligned_length(dataset.parts, ratio))
        assert array.n_samples == in_step, f"{name} has {array.n_samples} samples; in step it has {in_step}"
        if name.startswith("dig"):
            assert array.dtype.kind in "iub", f"digital lines {name!r} are {array.dtype}"
    assert dataset.name in repr(dataset), "its name is not in its repr"


def _reads_as_expected(case: Specimen) -> None:
    for name, values in case.expected.items():
        assert name in case.whole, f"no array {name!r}; there are: {', '.join(case.whole)}"
        wanted = np.asarray(values, case.whole[name].dtype)
        np.testing.assert_array_equal(case.whole[name], wanted, f"values of {name}")


def _pickles(case: Specimen) -> None:
    # As a worker process would receive it.
    again = ForkingPickler.loads(bytes(ForkingPickler.dumps(case.dataset)))
    assert again == case.dataset, "a pickled copy is another dataset"
    assert_same(values_of(again), case.whole, "a pickled copy")


def _has_one_token_wherever_it_lies(case: Specimen) -> None:
    again = case.reader(case.path)
    assert again.token == case.dataset.token, "opened again it has another token"
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        copied = case.reader(copy_of(case, Path(one)))
        assert copied.token == case.dataset.token, "a copy has another token"
        assert_same(values_of(copied), case.whole, "a copy")
        dataset = case.reader(_moved(case, Path(one), Path(two)))
        assert dataset.token == case.dataset.token, "after it was moved it has another token"
        _refuses(copied, "was moved away")


def _moved(case: Specimen, old: Path, new: Path) -> Path:
    for entry in old.iterdir():
        shutil.move(entry, new / entry.name)
    return new / case.path.name


def _refuses(dataset: Dataset, after: str) -> None:
    try:
        values_of(dataset)
    except SourceChangedError as error:
        message = str(error)
    else:
        raise AssertionError(f"a file that {after} since it was opened was read without an error")
    named = [path for path in files_of(dataset) if str(path) in message]
    assert named, f"the error does not name the file that {after}: {message}"


def _notices_changes(case: Specimen) -> None:
    def cut(path: Path) -> None:
        os.truncate(path, path.stat().st_size - 1)

    def flip(place: int) -> Callable[[Path], None]:
        def change(path: Path) -> None:
            data = bytearray(path.read_bytes())
            data[place] ^= 0xFF
            path.write_bytes(data)

        return change

    changes: dict[str, Callable[[Path], None]] = {
        "shrank": cut,
        "changed at its start": flip(0),
        "changed at its end": flip(-1),
        "was removed": os.unlink,
    }
    for what, change in changes.items():
        with tempfile.TemporaryDirectory() as folder:
            dataset = case.reader(copy_of(case, Path(folder)))
            victim = Path(dataset.signal.sources[-1].path)
            change(victim)
            _tick(victim)
            _refuses(dataset, what)
    with tempfile.TemporaryDirectory() as folder:
        dataset = case.reader(copy_of(case, Path(folder)))
        for file in files_of(dataset):
            _tick(file)
        assert_same(values_of(dataset), case.whole, "after its modification time changed")
        for file in files_of(dataset):
            with open(file, "ab") as stream:
                stream.write(b"still recording")
            _tick(file, 4)
        assert_same(values_of(dataset), case.whole, "after it grew")


def _tick(path: Path, seconds: int = 2) -> None:
    """Move the modification time on: within one tick of the system's clock a change may leave it as it was."""
    if path.exists():
        status = path.stat()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 1_000_000_000))


def _reads_any_index(case: Specimen) -> None:
    for name, array in case.signals().items():
        for index in _some_indices(array.shape, case.rng):
            wanted = case.whole[name][index]
            np.testing.assert_array_equal(array[index], wanted, f"{name}[{index}]", strict=True)


def _some_indices(shape: tuple[int, int], rng: np.random.Generator) -> list[Any]:
    n_channels, n_samples = shape
    start, stop = sorted(rng.integers(0, n_samples + 1, 2).tolist())
    indices: list[Any] = [
        (slice(None), slice(start, stop)),
        (slice(None), slice(stop, start, -3)),
        (slice(None, None, 2), slice(start, None, 7)),
    ]
    if n_channels:
        channel, sample = int(rng.integers(n_channels)), int(rng.integers(n_samples))
        indices += [
            channel,
            (channel, sample),
            (-1 - channel, -1 - sample),
            (rng.integers(0, n_channels, 5), slice(start, start + 40)),
            (rng.random(n_channels) < 0.5, slice(-30, None)),
            (slice(None), rng.integers(0, n_samples, 20)),
        ]
    return indices


def _reads_in_threads(case: Specimen) -> None:
    work = [(name, index) for name, array in case.signals().items() for index in _some_indices(array.shape, case.rng)]
    signals = case.signals()
    with ThreadPoolExecutor(8) as pool:
        for (name, index), values in zip(work, pool.map(lambda one: signals[one[0]][one[1]], work), strict=True):
            np.testing.assert_array_equal(values, case.whole[name][index], f"{name}[{index}] in a thread")


def _scales_raw_numbers(case: Specimen) -> None:
    # The values are the stored numbers scaled in double precision and rounded once.
    for name, array in case.signals().items():
        for k, piece in enumerate(array.pieces):
            start, stop = array.starts[k], min(array.starts[k + 1], array.starts[k] + 500)
            alone = array.cut(int(start), int(stop))
            raw = alone.read(raw=True)
            assert raw.dtype == piece.extent.dtype.newbyteorder("="), f"{name}: raw numbers are {raw.dtype}"
            scale = piece.scale(np.arange(array.n_channels))
            values = raw if scale is None else scale.apply(raw)
            got = case.whole[name][:, start:stop]
            np.testing.assert_array_equal(got, values.astype(array.dtype), f"{name}: raw numbers, scaled", strict=True)


def _cuts_and_joins(case: Specimen) -> None:
    dataset = case.dataset
    assert equals(join(*split(dataset)), dataset), "the parts, joined, are another dataset"
    twice = join(dataset, dataset)
    assert len(twice.parts) == 2 * len(dataset.parts), f"joined with itself it has {len(twice.parts)} parts"
    doubled = {name: np.concatenate([values, values], axis=1) for name, values in case.whole.items()}
    assert_same(values_of(twice), doubled, "joined with itself")
    edges = [0, *sorted(case.rng.integers(0, dataset.n_samples + 1, 3).tolist()), dataset.n_samples]
    pieces = [select_time(dataset, a, b) for a, b in pairwise(edges)]
    assert_same(values_of(join(*pieces)), case.whole, f"cut at samples {edges} and joined")
    part = split(dataset)[-1]
    start, stop = sorted(case.rng.integers(0, part.n_samples + 1, 2).tolist())
    values = values_of(part)
    for name, array in values_of(select_time(part, start, stop)).items():
        signal = part.signal if name == "signal" else part.arrays()[name]
        ratio = rate_ratio(signal.sampling_rate, part.sampling_rate)
        first = part.parts[0].file_start  # a part may begin within its file: cuts are on the file's grid
        edges = [aligned_start(first + sample, ratio) - aligned_start(first, ratio) for sample in (start, stop)]
        window = slice(*edges)
        np.testing.assert_array_equal(array, values[name][:, window], f"{name} of samples {start} to {stop}")
    if dataset.n_channels:
        order = case.rng.permutation(dataset.n_channels)[: max(1, dataset.n_channels // 2)]
        chosen = select_channels(dataset, order)
        np.testing.assert_array_equal(chosen.signal.read(), case.whole["signal"][order], "selected channels")
        assert len(chosen.dropped) == (dataset.n_channels - len(order)) * len(dataset.parts)


_CHECKS = (
    _reads_headers_only,
    _is_what_is_promised,
    _reads_as_expected,
    _pickles,
    _has_one_token_wherever_it_lies,
    _notices_changes,
    _reads_any_index,
    _reads_in_threads,
    _scales_raw_numbers,
    _cuts_and_joins,
)
