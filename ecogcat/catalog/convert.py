"""Converting: an INI session of the lab written as a YAML catalog."""

from __future__ import annotations

import os

from ecogcat.catalog.ini import LabSettings
from ecogcat.catalog.lab import Roots
from ecogcat.catalog.labsession import open_session
from ecogcat.catalog.textfile import write_text

__all__ = ["convert_into", "convert_session"]


def convert_session(
    path_or_name: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    settings: str | os.PathLike[str] | LabSettings | None = None,
    roots: Roots | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    r"""Write an INI session of the lab as a YAML catalog.

    Parameters
    ----------
    path_or_name : path-like
        The session, as `ecogcat.open_session` takes it: one, not a folder of them.
    output : path-like
        The catalog, ``.yaml``.
    settings, roots : optional
        See `ecogcat.open_session`.
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    tuple of str
        What is worth a look: recordings that are not on disk now, whose file is therefore a guess; options that ecogcat
        has no name for, which are kept so that reading refuses them; where [session] and [DEFAULT] differ; recordings
        that are left out, for something else lies at their place.

    Raises
    ------
    RecordingNotFound
        If there is no such session.
    CatalogError
        If it is no INI session, or one with a mistake.
    FormatError
        If none of its recordings can be converted, for something else lies at their places.
    FileExistsError
        If the output is there, and may not be replaced.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import ecogcat as ec
    >>> from ecogcat.testing.headstages import write_headstage
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = write_headstage(folder, "awake_1", "oephys")
    >>> _ = (folder / "day.txt").write_text("[session]\nexp_path: .\nheadstage: oephys\nunits: mV\n[awake_1]\n")
    >>> convert_session(folder / "day.txt", folder / "day.yaml")
    ()
    >>> ec.open_session(folder / "day.yaml")["awake_1"].read() == ec.open_session(folder / "day.txt")["awake_1"].read()
    True
    """
    notes, failed = convert_into(path_or_name, output, settings=settings, roots=roots, overwrite=overwrite)
    return (*notes, *(f"{name}: left out: {reason}" for name, reason in failed.items()))


def convert_into(
    path_or_name: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    settings: str | os.PathLike[str] | LabSettings | None = None,
    roots: Roots | None = None,
    overwrite: bool = False,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Do what `convert_session` does; return the notes, and why which recordings were left out."""
    import yaml

    from ecogcat.catalog.converted import converted

    for what, given in (("a session", path_or_name), ("output", output)):
        if not isinstance(given, (str, os.PathLike)):
            raise TypeError(f"{what} is a path, not {type(given).__name__}: convert_session(session, output)")
    place = os.path.abspath(os.path.expanduser(os.fspath(output)))
    if not place.lower().endswith((".yaml", ".yml")):
        raise ValueError(f"{place}: a catalog is a .yaml file")
    if os.path.exists(place) and not overwrite:
        raise FileExistsError(f"{place}: there is a file already; overwrite=True replaces it")
    cat = open_session(path_or_name, settings=settings, roots=roots)
    content, notes, failed = converted(cat, os.path.dirname(place), os.fspath(path_or_name))
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    head = f"# The session {cat.metadata['path']}, converted by ecogcat; its options, as written, are in metadata.\n"
    os.makedirs(os.path.dirname(place), exist_ok=True)
    write_text(place, head + text)
    return notes, failed
