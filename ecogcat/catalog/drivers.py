"""Intake drivers: one source a format; each holds the arguments of a recording and opens it when asked.

The driver of a format is made when it is asked for, by the name of its entry point: ``drivers.ecog_intan``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from ecogcat.artifacts.judgements import judgements_beside
from ecogcat.catalog.joins import JoinSource
from ecogcat.catalog.laboptions import NOT_ALWAYS
from ecogcat.catalog.opened import Depth, opened
from ecogcat.catalog.paths import ENTRY_FILES, local_path, places
from ecogcat.catalog.remoteentry import check_told
from ecogcat.catalog.shared import SharedSettings, formats_take
from ecogcat.catalog.source import EcogSource, Trail
from ecogcat.catalog.triggered import TRIGGER_ARGUMENTS, Triggered
from ecogcat.catalog.writing import within
from ecogcat.dataset import Dataset
from ecogcat.electrodes.electrode import is_known
from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.formats.loading import apply_load_arguments
from ecogcat.formats.registry import argument_names, find_format
from ecogcat.storage.urls import is_url

__all__ = ["JoinSource", "RecordingSource"]

_PREFIX = "ecog_"


class RecordingSource(EcogSource):
    """One recording.

    Parameters
    ----------
    urlpath : path-like
        File or folder; a relative one lies in one of the catalog's roots, beside it, or in the working directory. By
        default that of the catalog's template of paths.
    metadata : mapping, optional
        Anything; it is kept.
    **load_arguments
        Those of ``ecogcat.open_recording``; `triggers`, `conditions`, `on_mismatch`: how its events come about (see
        `ecogcat.catalog.triggered.Triggered`); ``events=False``: there are none; `roots`, instead of the catalog's.
    """

    format: ClassVar[str]

    def __init__(
        self,
        urlpath: str | os.PathLike[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **load_arguments: Any,
    ) -> None:
        super().__init__({"urlpath": urlpath, **load_arguments}, metadata)

    def _open(self, trail: Trail, depth: Depth) -> tuple[Dataset, bool]:
        shared = self._shared()
        if is_url(self._folder()):
            check_told(shared.defaults)
        arguments = self._settings(shared)
        options = self._options(arguments.pop("storage_options", None))
        path, roots = self._found(arguments, shared)
        self._check_tables(arguments.get("conditions"))
        how = Triggered(
            arguments.pop("triggers", None),
            arguments.pop("conditions", None),
            arguments.pop("on_mismatch", "cycle"),
            tuple(filter(None, [*self._folders(shared.tables)[0], self._folder() or ".", self._before(), *roots])),
        )
        events = arguments.get("events")
        if events is not None and events is not False:  # someone's own: they are those of the experiment
            how = replace(how, triggers="own")
        unjudged = ""
        if isinstance(arguments.get("judgements"), bool):
            wanted = arguments.pop("judgements")
            table = self._judgements() if wanted else ""
            if table and os.path.exists(table):
                arguments["judgements"] = table
            elif table:
                unjudged = f"judgements=True: nobody has judged a channel, there is no table {table}; all are kept"
        for key in ENTRY_FILES:
            if key in arguments and not (key == "electrode" and is_known(arguments[key])):
                arguments[key] = self._file(arguments[key], path)
        other = arguments.pop("format", self.format)
        if other != self.format:
            raise TypeError(f"the entry's driver opens {self.format} recordings; it takes no format={other!r}")
        arguments.setdefault("name", self._own_name())
        if depth != "headers":  # which write nothing
            arguments = within(arguments, self._folder(), self._called)
        aside = (unjudged,) if unjudged else ()
        return opened(path, self.format, {**arguments, **options}, how, depth, self.metadata, aside)

    def _told_keys(self) -> list[str]:
        shared = self._shared()
        path, _ = self._found(self._settings(shared), shared)
        return [path] if is_url(path) else super()._told_keys()

    def _found(self, arguments: dict[str, Any], shared: SharedSettings) -> tuple[str, list[str]]:
        """Return where the recording is, and the roots; the settings that say so are taken away."""
        roots, lacking = self._folders(_roots(arguments.pop("roots", shared.roots)))
        return self._path(arguments.pop("urlpath"), shared, roots, lacking), roots

    def _settings(self, shared: SharedSettings) -> dict[str, Any]:
        """Return the settings that hold: the session's, then the recording's, then the call's."""
        taken = {*argument_names(find_format(self.format).open), *argument_names(apply_load_arguments)}
        # What another format takes is no matter of this recording; what none takes is refused when it is opened.
        others = formats_take() - taken
        shares = {name: value for name, value in shared.defaults.items() if name not in others}
        optional = {*shared.defaults, *NOT_ALWAYS, *TRIGGER_ARGUMENTS, "roots"}
        merged = {**shares, **self._arguments}
        held = {name: value for name, value in merged.items() if value is not None or name not in optional}
        left = [name for name in held if name in NOT_ALWAYS and name not in taken]
        if left:
            listed = ", ".join(f"{name} {held[name]!r}" for name in left)
            without = ", ".join(f"{name}=None" for name in left)
            raise CatalogError(
                f"ecogcat does not do all that the entry or the call asks for when it opens {self.format} recordings: "
                f"{listed}; to open the recording without it: cat[{self._own_name()!r}]({without}).read()"
            )
        return held

    def _path(self, urlpath: Any, shared: SharedSettings, roots: list[str], lacking: list[str]) -> str:
        """Return where the recording is: of several roots, the first that has it."""
        if urlpath is None and shared.path:
            facts = {key: value for key, value in self.metadata.items() if isinstance(value, (str, int, float))}
            urlpath = shared.filled({**facts, "name": self._own_name()})
        if not isinstance(urlpath, (str, os.PathLike)):
            raise TypeError(f"urlpath is one path, not {urlpath!r}; ecog_join joins several")
        path, candidates = self._place(urlpath, roots)
        if path is None:
            relative = not (is_url(self._folder()) or os.path.isabs(local_path(urlpath)))
            unset = f"; nor was it looked for in {' nor in '.join(lacking)}" if lacking and relative else ""
            raise RecordingNotFound(f"nothing is at {' nor at '.join(candidates)}{unset}")
        return path

    def _check_tables(self, conditions: Any) -> None:
        """Refuse the tables of a catalog on another machine that would be read from elsewhere."""
        if is_url(self._folder()) and isinstance(conditions, Mapping):
            for text in conditions.values():
                if isinstance(text, str) and ("/" in text or "\\" in text or text.strip().startswith("~")):
                    places(text.strip(), self._folder())

    def _judgements(self) -> str:
        """Return where the table beside the catalog is, or would be."""
        paths = [path for catalog in self._catalogs() if (path := vars(catalog).get("path"))]
        paths = [path for path in paths if not is_url(path)]
        if not paths:
            raise TypeError("judgements=True means the table beside a catalog file; here, give its path")
        return judgements_beside(local_path(paths[0]))


@cache
def __getattr__(name: str) -> type[RecordingSource]:
    """Return the driver ``ecog_<format>``: always the same class, so that sources can be pickled."""
    if not name.startswith(_PREFIX):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        format = find_format(name.removeprefix(_PREFIX))
    except ValueError as error:
        raise AttributeError(f"there is no driver {name}: {error}") from error
    fields = {"name": name, "format": format.name, "__doc__": f"{format.title}.", "__module__": __name__}
    return type(name, (RecordingSource,), fields)


def _roots(said: Any) -> Sequence[str]:
    return [said] if isinstance(said, str) else said or ()
