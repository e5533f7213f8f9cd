"""Sessions opened: an INI session by path or by name, a folder of them, or a YAML catalog."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ecogcat.catalog.ini import LabSettings, read_settings
from ecogcat.catalog.lab import Roots, find_session, session_folders
from ecogcat.catalog.session import open_catalog
from ecogcat.catalog.yamlfile import YAML_ENDINGS
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.formats.registry import endings, not_found
from ecogcat.storage.urls import is_url, shown_url, steps_of

__all__ = ["open_session"]


def open_session(
    path_or_name: str | os.PathLike[str],
    *,
    settings: str | os.PathLike[str] | LabSettings | None = None,
    roots: Roots | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Any:
    r"""Open a session: as a catalog with an entry a recording.

    Parameters
    ----------
    path_or_name : path-like
        An INI session file of the lab; a YAML catalog; a folder of sessions, or of groups of them, whose catalogs are
        then nested, ``cat["group"]["session"]["recording"]``; the URL of a YAML catalog (``"s3://lab/s.yaml"``), whose
        relative paths are URLs beside it; or, where no such path is there, the name of a session
        or group in `roots`: ``"group/2015-08-11"``, also with the ending of its file, or how it ends if no other does.
    settings : path-like, optional
        File of the lab's global settings, to which session files refer, ``%(local_exp)s``. By default that in the
        environment variable ``ECOGCAT_LAB_SETTINGS``, else ``~/.mjt_exp_conf.txt``, else none.
    roots : path-like or sequence of path-like, optional
        Folders of groups, looked at in order. By default `user_sessions` of the global settings.
    storage_options : mapping, optional
        What the store of a URL is reached with, for the catalog and for the recordings in it.

    Returns
    -------
    intake.Catalog
        Entries in the order of the file; nothing but the session file is read. Every option of a recording, as
        written, is in the metadata of its entry. ``cat["awake_1"](units="mV", bandpass=None).read()`` opens it: the
        call wins, and None leaves an option out.

    Raises
    ------
    RecordingNotFound
        If there is no such session, with every place that was looked at.
    CatalogError
        If a file is no session, with the line, section or option.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "2020-03-01_conf.txt").write_text(
    ...     "[session]\nexp_path: /data/2020-03-01\nheadstage: oephys\nelectrode: psv_61_intan\n[awake_1]\n[awake_2]\n"
    ... )
    >>> cat = open_session(folder / "2020-03-01_conf.txt")
    >>> list(cat), cat["awake_1"].metadata["electrode"]
    (['awake_1', 'awake_2'], 'psv_61_intan')
    """
    if not isinstance(path_or_name, (str, os.PathLike)):
        raise TypeError(f"a session is a path or a name, not {type(path_or_name).__name__}")
    text = os.fspath(path_or_name)
    if not text.strip("/ "):
        raise ValueError(f"a session is a path or a name, not {text!r}")
    if is_url(text):
        if not steps_of(text)[-1:] or not steps_of(text)[-1].lower().endswith(YAML_ENDINGS):
            url = shown_url(text)
            if steps_of(text) and steps_of(text)[-1].lower().endswith(endings()):
                raise CatalogError(f"{url}: this is no catalog; `ecogcat info {url}` shows a recording")
            raise CatalogError(
                f"{url}: a session in a store elsewhere is a YAML catalog; `ecogcat scan {url} -o session.yaml` makes "
                "one of the recordings there"
            )
        return open_catalog(text, storage_options)
    place = os.path.abspath(os.path.expanduser(text))
    if text.lower().endswith(YAML_ENDINGS):
        return open_catalog(place)
    from ecogcat.catalog.labcatalog import folder_catalog, session_catalog

    lab = read_settings(settings)
    if os.path.isfile(place):
        return session_catalog(place, lab, os.path.basename(os.path.dirname(place)))
    folders = session_folders(roots, lab)
    if os.path.isdir(place):
        return folder_catalog(place, lab)
    if os.path.isabs(os.path.expanduser(text)) or text.startswith("."):  # a path for certain, and no name
        raise RecordingNotFound(not_found(place))
    for folder in folders:
        group = os.path.join(folder, *text.strip("/").split("/"))
        if os.path.isdir(group):
            return folder_catalog(group, lab, text.strip("/"))
    try:
        found = find_session(text, folders)
    except RecordingNotFound as error:
        raise RecordingNotFound(f"{error}; nor is there a path {place}") from None
    return session_catalog(found.path, lab, found.name.rpartition("/")[0])
