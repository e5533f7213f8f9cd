"""Relink: paths of a catalog or a virtual file, changed where a folder or bucket has moved; the rest stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ecogcat.catalog.index import index_path
from ecogcat.catalog.paths import local_path
from ecogcat.catalog.relinkplaces import Move, move_of, place_of_text
from ecogcat.catalog.shared import KEY
from ecogcat.catalog.summary import SUMMARY
from ecogcat.catalog.textfile import write_text
from ecogcat.catalog.yamlsplice import spliced
from ecogcat.catalog.yamltext import CatalogText, read_catalog_text
from ecogcat.electrodes.electrode import is_known
from ecogcat.errors import CatalogError, EcogcatError, RecordingNotFound
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["Relinked", "relink"]

_VIRTUAL = ".vds.h5"
_FOLDERS = ("roots", "tables")
_FILES = ("electrode", "events", "judgements")
_PATHS = ("urlpath", "path", *_FILES, "parts", *_FOLDERS)


@dataclass(frozen=True, slots=True)
class Relinked:
    """One path that was changed.

    Attributes
    ----------
    entry : str
        In a virtual file, the name of the recording's file; of what holds for all recordings, where that stands, such
        as ``metadata: ecog: roots``.
    old, new : str
        As the catalog has them; in a virtual file, the places.
    exists : bool
        Whether something is at the new place; true of a URL, where nobody looks before it is opened.
    problem : str
        Why a virtual file that a catalog lists was left as it is; empty otherwise.
    """

    entry: str
    old: str
    new: str
    exists: bool
    problem: str = ""


def relink(
    catalog: str | os.PathLike[str],
    old: str | os.PathLike[str],
    new: str | os.PathLike[str],
    *,
    virtual: bool = True,
) -> list[Relinked]:
    r"""Write into a catalog, or a virtual file, where a folder that has moved, or a bucket that was renamed, is now.

    Parameters
    ----------
    catalog : path-like
        A YAML catalog, in which what people wrote, comments too, stays; or a virtual file (``.vds.h5``), whose
        recordings have to be at their new place what they were. Either is replaced in one step.
    old, new : path-like
        The folder (or drive, or file) as it was, and as it is. Drive letters and network paths of another system are
        understood: ``"D:\\rig\\2026"``. Either may be a URL: ``"s3://lab"``, ``"s3://lab-archive"``.
    virtual : bool
        Whether the virtual files that a catalog lists are relinked as well.

    Returns
    -------
    list of Relinked
        The paths that lay below `old`, in joins, `roots` and `tables` too; none if there was none, and then nothing is
        written. Behind them those in virtual files, whose `entry` is the catalog's and the name of the file; one of
        them that cannot be relinked is left as it is, with the `problem`.

    Raises
    ------
    RecordingNotFound
        If there is no catalog, or nothing at `new`.
    CatalogError
        If roots or tables, which are folders, would become URLs, or what a virtual file refers to; nothing is written.
    FormatError, SourceChangedError
        If a recording of a virtual file is not at its new place, or not what it was; nothing is written then.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "now").mkdir()
    >>> text = "sources:\n  a:  # first\n    driver: ecog_intan\n    args: {urlpath: /mnt/rig/a.rhd}\n"
    >>> _ = (folder / "s.yaml").write_text(text)
    >>> [one.exists for one in relink(folder / "s.yaml", "/mnt/rig", folder / "now")]
    [False]
    """
    for name, value in (("catalog", catalog), ("old", old), ("new", new)):
        if not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"{name} is a path, not {type(value).__name__}")
    path = os.path.abspath(local_path(catalog))
    move = move_of(os.fspath(old), os.fspath(new))
    text = None if _is_hdf5(path) else read_catalog_text(path)
    if not is_url(move.new) and not os.path.exists(move.new):
        raise RecordingNotFound(
            f"{move.new}: nothing is there; give the place where {shown_url(os.fspath(old))} is now"
        )
    if text is None:
        return _relinked_virtual(path, move)
    moved: list[Relinked] = []
    listed: dict[str, str] = {}
    changes: list[tuple[Any, str]] = []
    for said in _said(text):
        node = said.node
        there = move.of_text(node.value, path, origin=said.key == "origin", folder=said.key in _FOLDERS)
        if said.rooted and there is not None and not _is_absolute(node.value) and not os.path.exists(there[1]):
            there = None  # it counts from the roots
        if node.value.lower().endswith(_VIRTUAL):
            listed.setdefault(there[1] if there else place_of_text(node.value, os.path.dirname(path)), said.entry)
        if there is None:
            continue
        written, place = there
        if said.key in _FOLDERS and is_url(place):
            raise CatalogError(
                f"{path}, line {node.start_mark.line + 1}: {said.key} are folders of this machine, and cannot lie at "
                f"{shown_url(place)}: take {node.value!r} out of them, and give the entries URLs as urlpath"
            )
        changes.append((node, written))
        if said.key != "origin":
            moved.append(Relinked(said.entry, node.value, written, is_url(place) or os.path.exists(place)))
    if moved:
        whole = text.mark + spliced(path, text.text, text.root, changes)
        write_text(path, whole, instead_of=text.as_read)
        if os.path.exists(index_path(path)):
            from ecogcat.catalog.indexed import index_text  # imports Intake

            index_text(path, whole)
    for file, entry in listed.items() if virtual and not is_url(move.old) else ():
        if _is_hdf5(file):
            moved += _listed_virtual(file, entry, move)
    return moved


def _listed_virtual(file: str, entry: str, move: Move) -> list[Relinked]:
    """Relink a virtual file that a catalog lists; what is wrong with it does not keep the others from it."""
    label = f"{entry} ({os.path.basename(file)})"
    try:
        return [replace(one, entry=label) for one in _relinked_virtual(file, move)]
    except (EcogcatError, OSError) as error:
        return [Relinked(label, file, file, True, " ".join(str(error).split()))]


def _is_hdf5(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:  # what reads it as a catalog says what is wrong
        return False


def _relinked_virtual(path: str, move: Move) -> list[Relinked]:
    from ecogcat.catalog.relinkvirtual import relink_virtual

    def moved(place: str) -> str | None:
        now = move.of_place(place)
        if now is not None and is_url(now):
            raise CatalogError(f"{path}: a virtual file refers to files on disks, not to {shown_url(now)}")
        return now

    if is_url(move.old):
        raise CatalogError(f"{path}: a virtual file refers to files on disks, and to none below {shown_url(move.old)}")
    changed = relink_virtual(path, moved)
    return [Relinked(os.path.basename(now), before, now, os.path.exists(now)) for before, now in changed]


class _Said(NamedTuple):
    """A text of a catalog that may be a path."""

    entry: str
    key: str
    """The argument that it is of; ``origin`` for what a scan wrote."""
    node: Any
    rooted: bool
    """Whether a relative one is looked for in roots."""


def _said(text: CatalogText) -> Iterator[_Said]:
    """Yield all texts that may be paths: of the catalog as a whole, then of its entries."""
    catalog = dict(_pairs(dict(_pairs(text.root)).get("metadata")))
    shared = dict(_pairs(catalog.get(KEY)))
    for keys, owner, said in (
        (_FOLDERS, shared, KEY),
        (_FILES, dict(_pairs(shared.get("defaults"))), f"{KEY}: defaults"),
    ):
        for key in keys:
            for node in _texts(owner.get(key)):
                if _is_path(key, node, text):
                    yield _Said(f"metadata: {said}: {key}", key, node, False)
    for name, entry in text.nodes.items():
        facts = dict(_pairs(entry))
        arguments = dict(_pairs(facts.get("args")))
        rooted = "roots" in shared or "roots" in arguments
        for key, value in arguments.items():
            if key in _PATHS:
                for node in _texts(value):
                    if _is_path(key, node, text):
                        yield _Said(name, key, node, rooted and key == "urlpath")
        for node in _texts(dict(_pairs(dict(_pairs(facts.get("metadata"))).get(SUMMARY))).get("origin")):
            yield _Said(name, "origin", node, False)


def _is_path(key: str, node: Any, text: CatalogText) -> bool:
    """Return whether what an argument says is a path: no yes or nothing, no name of an entry or an electrode."""
    if not node.tag.endswith(":str") or (key == "electrode" and is_known(node.value)):
        return False
    return not (key == "parts" and node.value in text.nodes)


def _is_absolute(text: str) -> bool:
    plain = text.removeprefix("file://")
    return (
        plain.startswith(("{{", "\\\\"))
        or os.path.isabs(os.path.expanduser(plain))
        or is_url(text)
        or plain[1:2] == ":"
    )


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if node is not None and isinstance(node.value, list) and node.value and isinstance(node.value[0], tuple):
        yield from ((key.value, value) for key, value in node.value)


def _texts(node: Any) -> Iterator[Any]:
    if node is None:
        return
    if isinstance(node.value, str):
        yield node
    elif isinstance(node.value, list):
        for one in node.value:
            if not isinstance(one, tuple):
                yield from _texts(one)
