"""YAML files of catalogs: read once, as data, within limits; what is wrong in one is a message with its line."""

from __future__ import annotations

import gc
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecogcat.catalog.yamlloader import MAX_DEPTH, MAX_VALUES, Refused, check_aliases, safe_loader
from ecogcat.errors import CatalogError, FormatError, RecordingNotFound
from ecogcat.storage.urls import is_url, shown_url

__all__ = [
    "BYTE_ORDER_MARK",
    "MAX_BYTES",
    "YAML_ENDINGS",
    "CatalogFile",
    "looks_like_catalog",
    "parsed",
    "read_catalog_file",
    "read_remote_catalog",
]

YAML_ENDINGS = (".yaml", ".yml")

BYTE_ORDER_MARK = "\ufeff"

MAX_BYTES = 256 * 2**20  # a hundred thousand recordings, each with a summary of its headers, take a third of it
_MAPPING = "tag:yaml.org,2002:map"


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
    mark : str
        The byte order mark that stood before the text, if there was one.
    """

    path: str
    text: str
    content: Any
    root: Any
    mark: str = ""

    @property
    def label(self) -> str:
        """The path as messages name it: of a URL without what may be secret."""
        return shown_url(self.path) if is_url(self.path) else self.path

    @property
    def node(self) -> Any:
        """Where everything stands: a yaml Node, or None of what was not read from the file itself."""
        return _read(self.text, self.label, with_content=False)[1] if self.root is ... else self.root

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
        return CatalogError(f"{self.label}{line}: {message}")


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
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CatalogError(f"{place}: this is no YAML file: byte {error.start:,} is no UTF-8 text") from error
    plain = text.removeprefix(BYTE_ORDER_MARK)
    return replace(parsed(plain, place), mark=text[: len(text) - len(plain)])


def read_remote_catalog(url: str, storage_options: Mapping[str, Any] | None = None) -> CatalogFile:
    """Read a YAML file at a URL, as `read_catalog_file` does; its path is the URL.

    Raises
    ------
    RecordingNotFound, CatalogError
    """
    from ecogcat.formats.remote import bring_file

    try:
        copy = bring_file(url, storage_options, at_most=MAX_BYTES)
    except FormatError as error:
        raise CatalogError(str(error)) from error
    with copy.in_words():
        return replace(read_catalog_file(copy.path), path=url)


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

    loader = safe_loader()(text)
    try:
        return quick(loader, MAX_DEPTH, MAX_VALUES)
    except (yaml.YAMLError, Refused, ValueError, OverflowError, RecursionError):
        return False, None
    finally:
        loader.dispose()


def _read(text: str, place: str, *, with_content: bool = True) -> tuple[Any, Any]:
    """Return what YAML text says, and the node of its root."""
    import yaml

    try:
        loader = safe_loader()(text)
        try:
            node = loader.get_single_node()
            if node is not None and "*" in text and "&" in text:
                check_aliases(node)
            return (None if node is None or not with_content else loader.construct_document(node)), node
        finally:
            loader.dispose()
    except Refused as error:
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
