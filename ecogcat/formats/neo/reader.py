"""Readers of neo: opened once in each process, shared by threads one at a time, and their samples for the fallback."""

from __future__ import annotations

import io
import os
import threading
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.errors import FormatError, SourceChangedError
from ecogcat.frozen import Frozen, FrozenMapping, Index, digest
from ecogcat.storage.source import Source

__all__ = ["NeoReader", "Recipe", "library", "opened", "prepared", "sources_of"]

# A reader holds maps and handles of its files, and may have taken seconds to read their headers.
_MOST_READERS = 8
_MOST_LOOKED_AT = 20_000
# Of neo's own cache, which it unpickles; and what is passed by us.
_RESERVED = ("use_cache", "cache_path", "filename", "dirname")


@dataclass(eq=False)
class _Opened:
    """A reader of neo's, for one thread at a time; its files are closed when nobody has it any more."""

    rawio: Any
    warnings: tuple[str, ...]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        weakref.finalize(self, _close, self.rawio)


def _close(rawio: Any) -> None:
    for one in _parts_of(rawio):
        if isinstance(one, io.IOBase):
            one.close()


_readers: OrderedDict[str, tuple[Recipe, _Opened]] = OrderedDict()
_lock = threading.Lock()
# Of code that will be out of date, and of files left open, neo's readers tell their developers.
_NOT_FOR_USERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ResourceWarning, ImportWarning)


def library() -> Any:
    """Return neo's readers of raw data.

    Raises
    ------
    ImportError
        If neo is not installed.
    """
    try:
        import neo.rawio
    except ImportError as error:
        raise ImportError("recordings are read through neo: pip install 'ecogcat[neo]'") from error
    return neo.rawio


@dataclass(frozen=True, slots=True)
class Recipe(Frozen):
    """What it takes to make a reader.

    Parameters
    ----------
    rawio : str
        Name of the class.
    path : str
        File or folder.
    arguments : mapping
        Further arguments of the class.
    sources : tuple of Source
        The files that the recording is made of.
    """

    rawio: str
    path: str
    arguments: Mapping[str, Any] = field(default_factory=FrozenMapping)
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        reserved = [name for name in self.arguments if name in _RESERVED]
        if reserved:
            raise ValueError(f"arguments= takes what {self.rawio} does, but not {', '.join(reserved)}")
        object.__setattr__(self, "arguments", FrozenMapping(self.arguments))

    @property
    def content(self) -> str:
        """Digest of all but the place of the files."""
        return digest("neo", self.rawio, dict(self.arguments), [source.fingerprint for source in self.sources])

    @property
    def key(self) -> str:
        """What a process knows its reader by."""
        return digest(self.content, self.path)

    def of_same_place(self, other: Recipe) -> bool:
        """Whether another one reads the same files in the same way, whatever they hold."""
        return (self.rawio, self.path, self.arguments) == (other.rawio, other.path, other.arguments)

    def unchanged(self) -> bool:
        """Whether no file was touched since it was opened."""
        try:
            return all(source.check() == source.stamp for source in self.sources)
        except SourceChangedError:
            return False

    def make(self) -> _Opened:
        """Make the reader, and have it read the headers.

        Raises
        ------
        FormatError
            If it cannot; whatever neo raises.
        """
        cls = getattr(library(), self.rawio)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                where = {"dirname" if cls.rawmode == "one-dir" else "filename": self.path}
                rawio = cls(**where, **self.arguments)
                rawio.parse_header()
            except Exception as error:  # neo's readers raise what their parts raise, assertions among it
                raise FormatError(
                    f"neo's {self.rawio} cannot read this", path=self.path, found=_one_line(error)
                ) from error
        told = [one.message for one in caught if not issubclass(one.category, _NOT_FOR_USERS)]
        return _Opened(rawio, tuple(dict.fromkeys(map(_one_line, told))))


def prepared(rawio: str, path: str, arguments: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a reader that can read the headers; it is opened already.

    Raises
    ------
    FormatError
        If it cannot.
    """
    bare = Recipe(rawio, path, arguments)
    with _lock:
        held = [one for one, _ in _readers.values()]
    for recipe in reversed(held):  # asked for again at once, such as after it was recognised
        if recipe.of_same_place(bare) and recipe.unchanged():
            return recipe
    with _lock:  # warnings are caught for the whole process
        one = bare.make()
        recipe = Recipe(rawio, path, arguments, sources_of(path, one.rawio))
        _keep(recipe, one)
    return recipe


def _keep(recipe: Recipe, one: _Opened) -> None:
    _readers[recipe.key] = recipe, one
    while len(_readers) > _MOST_READERS:
        _readers.popitem(last=False)


def _one_line(message: object) -> str:
    text = " ".join(str(message).split())
    name = f"{type(message).__name__}: " if isinstance(message, Exception) and not isinstance(message, Warning) else ""
    return name + (text if len(text) <= 200 else text[:200] + " ...")


@contextmanager
def opened(recipe: Recipe) -> Iterator[_Opened]:
    """Lend a reader to one thread; it is made where this process does not have it any more, or yet."""
    with _lock:
        if recipe.key not in _readers:
            _keep(recipe, recipe.make())
        _readers.move_to_end(recipe.key)
        _, one = _readers[recipe.key]
    with one.lock:
        yield one


def _after_fork() -> None:
    # Handles share their place in the file with those of the parent, and locks may be held by threads that are gone.
    global _lock
    _lock = threading.Lock()
    _readers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True, slots=True)
class NeoReader(Frozen):
    """Reads one segment of one stream.

    Parameters
    ----------
    recipe : Recipe
    block, segment, stream : int
        Numbers of neo's.
    """

    recipe: Recipe
    block: int
    segment: int
    stream: int

    @property
    def token(self) -> str:
        """Digest of what is read."""
        return digest("neo", self.recipe.content, self.block, self.segment, self.stream)

    def read(self, channels: Index, start: int, stop: int) -> NDArray[Any]:
        """Return the stored numbers, shape (len(channels), stop - start); see `Reader.read`."""
        with opened(self.recipe) as one:
            try:
                chunk = one.rawio.get_analogsignal_chunk(
                    self.block, self.segment, start, stop, self.stream, channel_indexes=channels.tolist()
                )
                return np.array(chunk).T  # no view of a map that is closed one day
            except Exception as error:  # see `Recipe.make`
                raise FormatError(
                    f"neo's {self.recipe.rawio} cannot read samples {start:,} to {stop:,}",
                    path=self.recipe.path,
                    found=_one_line(error),
                ) from error


def sources_of(path: str, rawio: Any) -> tuple[Source, ...]:
    """Return the files that a recording is made of: those that its reader holds, or names.

    Where it holds none, all that could be meant: those in the folder, or beside the file and of its name.
    """
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    held = sorted(_held(rawio, folder))
    if os.path.isfile(path):
        stem, suffixes = os.path.splitext(path)[0], {one.lower() for one in rawio.extensions}
        beside = [one for one in sorted(os.listdir(folder)) if os.path.join(folder, os.path.splitext(one)[0]) == stem]
        held += [os.path.join(folder, one) for one in beside if os.path.splitext(one)[1][1:].lower() in suffixes]
        held.insert(0, path)
    elif not held:
        for place, folders, names in os.walk(path):
            folders.sort()
            held += [os.path.join(place, name) for name in sorted(names) if not name.startswith(".")]
    return tuple(Source.open(one) for one in dict.fromkeys(held) if os.path.isfile(one))


def _held(rawio: Any, folder: str) -> set[str]:
    """Return the files below a folder that a reader has mapped, has open, or has the path of."""
    found: set[str] = set()
    for one in _parts_of(rawio):
        name = getattr(one, "filename", None) or getattr(one, "name", None) or one
        if isinstance(name, (str, os.PathLike)) and os.fspath(name).startswith(folder) and os.path.isfile(name):
            found.add(os.path.abspath(name))
    return found


def _parts_of(rawio: Any) -> Iterator[Any]:
    """Yield what a reader has in its attributes, and in containers there."""
    seen: set[int] = set()
    waiting: list[Any] = [vars(rawio)]
    while waiting and len(seen) < _MOST_LOOKED_AT:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, (list, tuple, set)):
            waiting += one
        else:
            yield one
