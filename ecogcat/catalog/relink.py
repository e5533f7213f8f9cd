"""Relink: paths of a catalog or a virtual file, changed where a folder or bucket has moved; the rest stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from ecogcat.catalog.index import index_path
from ecogcat.catalog.paths import local_path
from ecogcat.catalog.relinked import Relinked
from ecogcat.catalog.relinkmentions import mention_of
from ecogcat.catalog.relinkplaces import Move, move_of
from ecogcat.catalog.relinksaid import VIRTUAL, is_at, now_places, now_said
from ecogcat.catalog.relinktexts import NOTED, ROOTS, all_texts, said_texts
from ecogcat.catalog.relinkurls import other_store
from ecogcat.catalog.relinkvirtual import is_hdf5, listed_virtual, relinked_virtual
from ecogcat.catalog.textfile import write_text
from ecogcat.catalog.yamlsplice import spliced
from ecogcat.catalog.yamltext import CatalogText, read_catalog_text
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.storage.urls import is_url, shown_url

__all__ = ["Relinked", "relink"]


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
        The paths that lay below `old`, in joins, `roots` and `tables` too; if there was none nothing is written.
        Behind them, with the `problem`, what was left as it is: any other text that names `old`, and what could not be
        opened at the new place. Then those in virtual files, whose `entry` is the catalog's and the name of the file;
        one of them that cannot be relinked is left as it is, with the `problem`.

    Raises
    ------
    RecordingNotFound
        If there is no catalog, or nothing at `new`.
    CatalogError
        If roots or tables, which are folders, would become URLs, or what a virtual file refers to; or if someone else
        wrote to the catalog meanwhile. Nothing is written.
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
    text = None if is_hdf5(path) else read_catalog_text(path)
    if not is_url(move.new) and not os.path.exists(move.new):
        raise RecordingNotFound(
            f"{move.new}: nothing is there; give the place where {shown_url(os.fspath(old))} is now"
        )
    if text is None:
        return relinked_virtual(path, move)
    found = _relinked(path, text, move)
    moved = [one for one in found.rows if not one.problem]
    if moved:
        whole = text.mark + spliced(path, text.text, found.changes)
        write_text(path, whole, instead_of=text.as_read)
        if os.path.exists(index_path(path)):
            from ecogcat.catalog.indexed import index_text  # imports Intake

            index_text(path, whole)
    rows = [*moved, *(one for one in found.rows if one.problem)]
    for file, entry in found.virtual.items() if virtual and not is_url(move.old) else ():
        rows += listed_virtual(file, entry, move)
    return rows


class _Found(NamedTuple):
    """What is to be done about a catalog."""

    rows: list[Relinked]
    changes: list[tuple[Any, str]]
    """Nodes, and what they are to say."""
    virtual: dict[str, str]
    """Virtual files -> the entry of each."""


def _relinked(path: str, text: CatalogText, move: Move) -> _Found:
    found = _Found([], [], {})
    seen: set[int] = set()
    keyed: dict[str, dict[str, None]] = {}
    for said in said_texts(text):
        node = said.node
        now = now_said(said, move, path)
        if node.value.lower().endswith(VIRTUAL) and (now is None or not now.problem):
            file = next(filter(is_hdf5, now_places(said, move, path) if now is None else [now.place]), None)
            if file is not None:
                found.virtual.setdefault(file, said.entry)
        if now is None:
            continue
        seen.add(id(node))
        if now.problem:
            found.rows.append(Relinked(said.entry, node.value, node.value, False, now.problem))
            continue
        if said.key in ROOTS and is_url(now.place):
            raise CatalogError(
                f"{path}, line {node.start_mark.line + 1}: {said.key} are folders of this machine, and cannot lie at "
                f"{shown_url(now.place)}: take {shown_url(node.value)!r} out of them, and give the entries URLs as "
                "urlpath"
            )
        found.changes.append((node, now.text))
        if said.key in NOTED:
            continue
        found.rows.append(Relinked(said.entry, node.value, now.text, is_url(now.place) or is_at(now.place, said.key)))
        if said.has_options and (store := other_store(node.value, now.place)):
            keyed.setdefault(store, {})[said.entry] = None
    for store, entries in keyed.items():
        told = f"they are for {store}: write those of the new place, if it needs any"
        found.rows.append(Relinked(f"{_of(list(entries))}: storage_options", store, store, True, told))
    found.rows.extend(_left(text, move, seen))
    return found


def _of(entries: list[str]) -> str:
    return entries[0] + (f" and {len(entries) - 1:,} more" if len(entries) > 1 else "")


def _left(text: CatalogText, move: Move, seen: set[int]) -> Iterator[Relinked]:
    """Yield the texts that name what has moved and are none of those seen: what many entries say alike, once."""
    named: dict[tuple[str, str], list[str]] = {}
    mention = mention_of(move.old)
    for entry, keys, node in all_texts(text):
        if id(node) not in seen and mention(node.value):
            named.setdefault((keys, node.value), []).append(entry)
    told = f"it names {shown_url(move.old)}, and relinking does not rewrite it: change it by hand, if need be"
    for (keys, value), entries in named.items():
        yield Relinked(f"{_of(entries)}: {keys}" if entries[0] else keys, value, value, False, told)
