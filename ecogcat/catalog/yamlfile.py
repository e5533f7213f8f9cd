"""YAML files of catalogs: read once, as data, within limits; what is wrong in one is a message with its line."""

from __future__ import annotations

import gc
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from ecogcat.errors import CatalogError, FormatError, RecordingNotFound
from ecogcat.storage.urls import shown_url

__all__ = [
    "MAX_BYTES",
    "YAML_ENDINGS",
    "CatalogFile",
    "looks_like_catalog",
    "parsed",
    "read_catalog_file",
    "read_remote_catalog",
    "saved_folders",
]

YAML_ENDINGS = (".yaml", ".yml")

MAX_BYTES = 256 * 2**20  # a hundred thousand recordings, each with a summary of its headers, take a third of it
MAX_VALUES = 10_000_000
MAX_DEPTH = 64
_MAX_DIGITS = 300  # of a number: sexagesimal ones take time that grows with the square of their length
_MAPPING, _TUPLE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:python/tuple"


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """What a YAML file says, and in which lines.

    Attributes
    ----------
    path : str
    text : str
    content : dict, list, str, number, bool, date or None
        No cycle is in it, and written out without aliases it is still of bearable size.
    root : yaml Node, None or Ellipsis
        Where everything stands; None of what was not read from the file itself, Ellipsis if it is to be found out.
    """

    path: str
    text: str
    content: Any
    root: Any

    @property
    def node(self) -> Any:
        """Where everything stands: a yaml Node, or None of what was not read from the file itself."""
        return _read(self.text, self.path, with_content=False)[1] if self.root is ... else self.root

    def line(self, keys: Sequence[Any]) -> int:
        """Return the line, from 1, of the value that is found by keys; of the last that is there."""
        node, line = self.node, 1
        for key in keys:
            pairs = node.value if node is not None and node.tag == _MAPPING else []
            found = next(((name, value) for name, value in pairs if name.value == str(key)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def wrong(self, keys: Sequence[Any], message: str) -> CatalogError:
        """Return the error that something in the file is wrong, with its line."""
        line = "" if self.root is None and self.content is not None else f", line {self.line(keys)}"
        return CatalogError(f"{self.path}{line}: {message}")


def read_catalog_file(path: str | os.PathLike[str]) -> CatalogFile:
    """Read a YAML file: nothing is built but plain values.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    CatalogError
        If it is no YAML file, names a key twice, or would build objects, lead back to itself or fill the memory.
    """
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    try:
        found = os.stat(place)
        if not stat.S_ISREG(found.st_mode):  # a pipe would never end, nor does a device
            raise CatalogError(f"{place}: a catalog is a file; this is {_kind(found.st_mode)}")
        if found.st_size > MAX_BYTES:
            raise CatalogError(_too_large(place, found.st_size))
        with open(place, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise RecordingNotFound(
            f"{place!a}: no such catalog" if "\0" in place else f"{place}: no such catalog"
        ) from None
    except OSError as error:
        raise CatalogError(f"{place}: this cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise CatalogError(_too_large(place, len(data)))
    if b"\0" in data[:4096]:
        raise CatalogError(f"{place}: this is no YAML file: it is binary (byte {data.index(0):,} is 0)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(f"{place}: this is no YAML file: byte {error.start:,} is no UTF-8 text") from error
    return parsed(text, place)


def read_remote_catalog(url: str, storage_options: Mapping[str, Any] | None = None) -> CatalogFile:
    """Read a YAML file at a URL, as `read_catalog_file` does; its path is the URL.

    Raises
    ------
    RecordingNotFound, CatalogError
    """
    from ecogcat.formats.remote import bring_file

    try:
        path = bring_file(url, storage_options, at_most=MAX_BYTES)
    except FormatError as error:
        raise CatalogError(str(error)) from error
    try:
        return replace(read_catalog_file(path), path=url)
    except CatalogError as error:
        raise CatalogError(str(error).replace(path, shown_url(url))) from error


def parsed(text: str, place: str) -> CatalogFile:
    r"""Return what YAML text says; `place` is the file that messages name.

    Raises
    ------
    CatalogError

    Examples
    --------
    >>> parsed("sources: {a: 1}", "day.yaml").content
    {'sources': {'a': 1}}
    >>> parsed("a: 1\na: 2", "day.yaml")
    Traceback (most recent call last):
    ecogcat.errors.CatalogError: day.yaml, line 2: 'a' is there twice, before in line 1
    """
    collecting = gc.isenabled()
    gc.disable()  # nothing that is built here is garbage: a large catalog is read three times as fast
    try:
        is_plain, content = _quick(text)
        return CatalogFile(place, text, content, ...) if is_plain else CatalogFile(place, text, *_read(text, place))
    finally:
        if collecting:
            gc.enable()


def _quick(text: str) -> tuple[bool, Any]:
    """Return whether text is plain YAML without a mistake, and what it says; of what is not, the full reading tells."""
    import yaml

    from ecogcat.catalog.yamlquick import quick

    loader = _loader()(text)
    try:
        return quick(loader, MAX_DEPTH, MAX_VALUES)
    except (yaml.YAMLError, _Refused, ValueError, OverflowError, RecursionError):
        return False, None
    finally:
        loader.dispose()


def _read(text: str, place: str, *, with_content: bool = True) -> tuple[Any, Any]:
    """Return what YAML text says, and the node of its root."""
    import yaml

    try:
        loader = _loader()(text)
        try:
            node = loader.get_single_node()
            if node is not None and "*" in text and "&" in text:
                _check_aliases(node)
            return (None if node is None or not with_content else loader.construct_document(node)), node
        finally:
            loader.dispose()
    except _Refused as error:
        raise CatalogError(f"{place}, line {error.line}: {error}") from error
    except yaml.MarkedYAMLError as error:
        raise CatalogError(f"{place}, line {_line(error)}: this is no YAML file: {_said(error, text)}") from error
    except yaml.YAMLError as error:
        raise CatalogError(f"{place}: this is no YAML file: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise CatalogError(f"{place}: its values are nested too deeply, more than {MAX_DEPTH} levels") from error
    except (ValueError, OverflowError) as error:  # a date with a month 13
        raise CatalogError(f"{place}: a value in it is none: {' '.join(str(error).split())}") from error


def looks_like_catalog(path: str | os.PathLike[str]) -> bool:
    """Whether a YAML file has `sources:`, as catalogs do; it is not parsed."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, encoding="utf-8-sig") as file:
            return any(re.match(r"sources\s*:", line) for line in file)
    except (OSError, UnicodeDecodeError):
        return False


@lru_cache(maxsize=2)
def saved_folders(text: str) -> dict[str, str]:
    """Return the folder that each entry's catalog lay in before Intake saved it elsewhere: it is written with them.

    Examples
    --------
    >>> saved_folders("sources: {a: {driver: ecog_intan, catalog_dir: /old/}, b: {driver: ecog_intan}}")
    {'a': '/old/'}
    """
    if "catalog_dir" not in text:
        return {}
    content = parsed(text, "catalog").content
    sources = content.get("sources") if isinstance(content, dict) else None
    entries = sources.items() if isinstance(sources, dict) else ()
    found = {name: one.get("catalog_dir") for name, one in entries if isinstance(one, dict)}
    return {name: folder for name, folder in found.items() if isinstance(folder, str) and folder}


class _Refused(Exception):
    """YAML text that may be well formed, and is not taken."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.line = mark.line + 1


@cache
def _loader() -> type:
    """Return the loader: PyYAML's safe one, by libyaml where it is there (ten times as fast), with our limits."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def __init__(self, text: str) -> None:
            super().__init__(text)
            self.depth = self.n_values = 0
            self.looked_over: set[int] = set()

        def descend_resolver(self, parent: Any, index: Any) -> None:
            # Called for each value before it is composed, so that nothing deep or large is ever built.
            self.depth += 1
            self.n_values += 1
            if self.depth > MAX_DEPTH:
                raise _Refused(f"values are nested more than {MAX_DEPTH} levels deep", parent.start_mark)
            if self.n_values > MAX_VALUES:
                raise _Refused(f"there are more than {MAX_VALUES:,} values in it", parent.start_mark)

        def ascend_resolver(self) -> None:
            self.depth -= 1

        def flatten_mapping(self, node: Any) -> None:
            # Called before anything is made of a mapping; afterwards it has the names that `<<` brings in, too.
            if id(node) not in self.looked_over:
                self.looked_over.add(id(node))
                _check_keys(node)
            super().flatten_mapping(node)

        def construct_yaml_int(self, node: Any) -> Any:
            if len(str(node.value)) > _MAX_DIGITS:
                raise _Refused(f"a number of {len(node.value):,} digits is no value of a catalog", node.start_mark)
            return super().construct_yaml_int(node)

        def construct_yaml_float(self, node: Any) -> Any:
            if len(str(node.value)) > _MAX_DIGITS:
                raise _Refused(f"a number of {len(node.value):,} digits is no value of a catalog", node.start_mark)
            return super().construct_yaml_float(node)

        def construct_yaml_tuple(self, node: Any) -> tuple[Any, ...]:
            return tuple(self.construct_sequence(node, deep=True))

        def construct_undefined(self, node: Any) -> Any:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise _Refused(f"the tag {tag[:80]!r} would build an object; a catalog holds plain values", node.start_mark)

    Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_yaml_int)
    Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
    Loader.add_constructor(_TUPLE, Loader.construct_yaml_tuple)  # Intake saves them so
    Loader.add_constructor(None, Loader.construct_undefined)
    return Loader


def _check_keys(node: Any) -> None:
    """Refuse a mapping that has a key twice; what `<<` brings in may be there as well."""
    seen: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if not isinstance(key.value, str):
            raise _Refused('a name is plain text; put templates in quotes: "{{ CATALOG_DIR }}/a.rhd"', key.start_mark)
        own = key.tag, key.value
        if own in seen:
            raise _Refused(f"{key.value!r} is there twice, before in line {seen[own]}", key.start_mark)
        seen[own] = key.start_mark.line + 1


def _check_aliases(root: Any) -> None:
    """Refuse what contains itself, and what would be huge if aliases were written out; each value is visited once."""
    sizes: dict[int, int | None] = {}
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, done = waiting.pop()
        inside = list(_children(node))
        if done:
            size = 1 + sum(sizes[id(one)] or 0 for one in inside)
            if size > MAX_VALUES:
                raise _Refused(
                    f"written out, its aliases (*) stand for more than {MAX_VALUES:,} values", node.start_mark
                )
            sizes[id(node)] = size
        elif id(node) not in sizes:
            sizes[id(node)] = None  # being visited
            waiting.append((node, True))
            for one in inside:
                if sizes.get(id(one), 0) is None:
                    raise _Refused("an alias (*) stands for a value that it is in itself", one.start_mark)
                waiting.append((one, False))


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node.value, list):
        for one in node.value:
            if isinstance(one, tuple):
                yield from one
            else:
                yield one


def _line(error: Any) -> int:
    mark = error.problem_mark or error.context_mark
    return 1 if mark is None else int(mark.line) + 1


def _said(error: Any, text: str) -> str:
    said = "; ".join(" ".join(str(one).split()) for one in (error.context, error.problem) if one)
    lines = text.split("\n", _line(error))
    unquoted = len(lines) >= _line(error) and re.search(r":\s*\{\{", lines[_line(error) - 1])
    return said + ('; put templates in quotes: "{{ CATALOG_DIR }}/a.rhd"' if unquoted else "")


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")


def _too_large(place: str, size: int) -> str:
    return f"{place}: a catalog has at most {MAX_BYTES // 2**20} MiB; this file has {size / 2**20:,.0f} MiB"
