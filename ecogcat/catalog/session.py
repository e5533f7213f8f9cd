"""Sessions: a catalog opened, and all its recordings loaded."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from typing import Any

from ecogcat.dataset import Dataset
from ecogcat.errors import CatalogError

__all__ = ["load_session", "open_catalog"]


def open_catalog(path: str | os.PathLike[str]) -> Any:
    """Open a YAML catalog; what is wrong with it is one CatalogError.

    Parameters
    ----------
    path : path-like
        A YAML file in Intake's `sources:` form.

    Returns
    -------
    intake.Catalog

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    CatalogError
        If it is no such catalog.
    """
    from ecogcat.catalog.checked import CheckedCatalog

    return CheckedCatalog(path)


def load_session(cat: Any, names: Sequence[str] | str | None = None, **load_arguments: Any) -> tuple[Dataset, ...]:
    """Open the recordings of a session.

    Parameters
    ----------
    cat : intake Catalog, or what `ecogcat.open_session` opens as one
    names : sequence of str, optional
        Entries, in the order wanted. By default all recordings of the catalog, in its order; joins of them that are
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
    from ecogcat.catalog.source import EcogSource

    if isinstance(cat, (str, os.PathLike)):
        from ecogcat.catalog.labsession import open_session

        cat = open_session(cat)
    entries = list(cat)
    wanted = entries if names is None else [names] if isinstance(names, str) else list(names)
    unknown = [name for name in wanted if name not in entries]
    if unknown:
        near = [match for name in unknown for match in difflib.get_close_matches(name, entries, 1)]
        hint = f"; did you mean {', '.join(map(repr, dict.fromkeys(near)))}?" if near else ""
        listed = ", ".join(entries) or "none"
        raise CatalogError(f"the catalog has no entry {', '.join(map(repr, unknown))}; there are: {listed}{hint}")
    datasets = []
    for name in wanted:
        source = entry_source(cat, name)
        if not isinstance(source, EcogSource):
            if names is None:
                continue
            raise CatalogError(f"catalog entry {name!r} is no recording but of driver {type(source).name!r}")
        if names is None and isinstance(source, JoinSource):
            continue
        datasets.append(source.configure_new(**load_arguments).read() if load_arguments else source.read())
    return tuple(datasets)


def entry_source(cat: Any, name: str) -> Any:
    """Return the source of an entry; what Intake finds wrong with it becomes a CatalogError."""
    try:
        return cat[name]
    except KeyError:
        raise CatalogError(f"the catalog has no entry {name!r}; there are: {', '.join(cat) or 'none'}") from None
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
