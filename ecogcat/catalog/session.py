"""Sessions: a catalog opened, and all its recordings loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError
from ecogcat.settings import catalog_index
from ecogcat.storage.urls import check_one_store

__all__ = ["load_session", "open_catalog"]


def open_catalog(path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None = None) -> Any:
    """Open a YAML catalog, read as data and looked over; what is wrong with it is one CatalogError.

    Parameters
    ----------
    path : path-like
        A YAML file in Intake's `sources:` form, or a URL of one.
    storage_options : mapping, optional
        What the store of a URL is reached with.

    Returns
    -------
    intake.Catalog
        By its index, if it has one: see ``ecogcat.catalog.index``. One that is out of date is written anew, and so is
        one that a large catalog lacks, where the folder can be written to and ``ec.options(catalog_index=)`` allows it.

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    CatalogError
        If it is no such catalog, has a key that is not known, or would have something imported or executed.
    """
    from ecogcat.catalog.checked import CheckedCatalog
    from ecogcat.catalog.index import LARGE, digest_of, index_path, is_large, open_index, write_index
    from ecogcat.catalog.indexed import IndexedCatalog
    from ecogcat.catalog.paths import local_path
    from ecogcat.storage.storeoptions import plain_options
    from ecogcat.storage.urls import is_url

    if isinstance(path, str) and is_url(path):
        return CheckedCatalog(path, storage_options=plain_options(storage_options) or None)
    place = os.path.abspath(local_path(path))
    had_index = os.path.isfile(place) and os.path.isfile(index_path(place))
    if had_index and open_index(place) is not None:
        return IndexedCatalog(place)
    wanted = catalog_index() and (had_index or is_large(place))
    digest = digest_of(place) if wanted else None  # taken first: should the file change now, the index is no one's
    catalog = CheckedCatalog(place)
    worth = had_index or len(catalog._content.get("sources", ())) >= LARGE
    if wanted and worth and write_index(place, catalog._content, digest):
        return IndexedCatalog(place)
    return catalog


def load_session(
    cat: Any, names: Sequence[str | int] | str | int | None = None, **load_arguments: Any
) -> tuple[Dataset, ...]:
    """Open the recordings of a session.

    Parameters
    ----------
    cat : intake Catalog, or what `ecogcat.open_session` opens as one
    names : sequence of str or int, optional
        Entries, in the order wanted: by name, by number (2 for ``test_002``), or by path through nested catalogs,
        ``"group/session/test_002"``. By default all recordings of the catalog, in its order; joins of them that are
        entries themselves, and entries of drivers that are not ecogcat's, are passed over.
    **load_arguments
        For all of them; see ``ecogcat.load_arguments``. They win over those of the entries.

    Returns
    -------
    tuple of Dataset

    Raises
    ------
    CatalogError
        If the catalog has no such entry, or one cannot be used as written.
    ValueError
        If `storage_options` are given, and the recordings are in several stores.

    Examples
    --------
    >>> import tempfile
    >>> import ecogcat as ec
    >>> from ecogcat.testing.simulate import simulate_session
    >>> session = simulate_session(tempfile.mkdtemp(), ("intan", "hdf5"), duration_s=2.0)
    >>> [one.n_channels for one in ec.load_session(session.catalog, units="mV")]
    [61, 61]
    """
    from ecogcat.catalog.joins import JoinSource
    from ecogcat.catalog.lookup import MissingEntry, missing
    from ecogcat.catalog.source import EcogSource

    if isinstance(cat, (str, os.PathLike)):
        from ecogcat.catalog.labsession import open_session

        cat = open_session(cat)
    wanted = _all_of(cat) if names is None else [names] if isinstance(names, (str, int)) else list(names)
    sources, unknown = [], []
    for name in wanted:
        try:
            sources.append((name, entry_source(cat, name)))
        except MissingEntry as error:
            unknown.append((str(name), error))
    if unknown:
        raise unknown[0][1] if len(unknown) == 1 else missing(cat, [name for name, _ in unknown])
    taken: list[Any] = []
    for name, source in sources:
        if not isinstance(source, EcogSource):
            if names is None:
                continue
            raise CatalogError(f"catalog entry {name!r} is no recording but of driver {type(source).name!r}")
        if names is None and isinstance(source, JoinSource):
            continue
        taken.append(source.configure_new(**load_arguments) if load_arguments else source)
    if load_arguments.get("storage_options"):
        urls = []
        for one in taken:
            with one._errors():
                urls += one._told_keys()
        check_one_store(urls, "load those of each store in a call of their own")
    return tuple(one.read() for one in taken)


def _all_of(cat: Any) -> list[Any]:
    """Return the entries of a catalog, but for those of other packages' drivers: of them no source is made."""
    from ecogcat.catalog.indexed import IndexedEntries
    from ecogcat.catalog.rows import is_ours

    entries = cat._entries
    if isinstance(entries, IndexedEntries):
        return list(cat)
    return [name for name in cat if name not in entries or is_ours(entries[name])]


def entry_source(cat: Any, name: str | int) -> Any:
    """Return the source of an entry, found by name, number or path; what Intake finds wrong is a CatalogError."""
    from ecogcat.catalog.lookup import look_up

    try:
        return look_up(cat, name)
    except CatalogError:
        raise
    except ValueError as error:
        if not str(error).startswith("No plugins loaded"):
            raise CatalogError(f"catalog entry {name!r}: {' '.join(str(error).split())}") from error
        import intake

        driver = cat._entries[name]._driver
        ours = ", ".join(sorted(one for one in intake.registry if one.startswith("ecog_")))
        raise CatalogError(
            f"catalog entry {name!r}: there is no driver {driver!r}; those of ecogcat are: "
            + (ours or "not registered: install ecogcat with pip")
        ) from error
    except Exception as error:  # a template with a mistake, a template with a mistake, ...: Intake raises all sorts
        raise CatalogError(f"catalog entry {name!r}: {' '.join(str(error).split())}") from error
