"""INI sessions: the lab's session files and its global settings as text, section by section, nothing evaluated."""

from __future__ import annotations

import configparser
import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ecogcat.errors import CatalogError, RecordingNotFound
from ecogcat.frozen import FrozenMapping

__all__ = ["IniSection", "IniSession", "LabSettings", "looks_like_session", "read_ini", "read_settings"]

SESSION, DEFAULT, GLOBALS = "session", "DEFAULT", "globals"
SETTINGS_VARIABLE = "ECOGCAT_LAB_SETTINGS"
SETTINGS_FILE = "~/.mjt_exp_conf.txt"
_NO_SECTION = "\0"  # no file can have a section of this name


@dataclass(frozen=True, slots=True)
class LabSettings:
    """Global settings of the lab: text that any session file can refer to, as ``%(local_exp)s``.

    Parameters
    ----------
    values : mapping of str to str
        As written; those left empty, or none, are not in it.
    path : str
        The file; empty where there is none.
    """

    values: Mapping[str, str] = field(default_factory=FrozenMapping)
    path: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", FrozenMapping(self.values))

    @property
    def described(self) -> str:
        """Where the settings come from, for messages."""
        return self.path or f"none (settings= names a file, or {SETTINGS_VARIABLE} does, or there is {SETTINGS_FILE})"


@dataclass(frozen=True, slots=True)
class IniSection:
    """One section of a session file.

    Parameters
    ----------
    own : mapping of str to str
        Its options, interpolated, in the order of the file.
    inherited : mapping of str to str
        Those of [DEFAULT] that it has not itself, interpolated with its own.
    """

    own: Mapping[str, str]
    inherited: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", FrozenMapping(self.own))
        object.__setattr__(self, "inherited", FrozenMapping(self.inherited))


@dataclass(frozen=True, slots=True)
class IniSession:
    """A session file, read.

    Parameters
    ----------
    path : str
    sections : mapping of str to IniSection
        In the order of the file: [session], and one a recording; not [DEFAULT].
    settings : LabSettings
        The global settings that it was read with.
    """

    path: str
    sections: Mapping[str, IniSection]
    settings: LabSettings

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", FrozenMapping(self.sections))

    @property
    def recordings(self) -> tuple[str, ...]:
        """Names of the recordings, in the order of the file."""
        return tuple(name for name in self.sections if name != SESSION)

    def options(self, recording: str | None = None) -> dict[str, str]:
        """Return the options that hold for a recording, without the global settings.

        Its own come first, then those of [session], then those of [DEFAULT]: what is said of this session holds more
        than what is said by default. For a recording without a section of its own, or None, they are the session's.
        """
        session = self.sections[SESSION]
        shared = {**session.inherited, **session.own}
        if recording is None or recording == SESSION or recording not in self.sections:
            return shared
        section = self.sections[recording]
        return {**shared, **{name: text for name, text in section.inherited.items() if name not in session.own},
                **section.own}  # fmt: skip

    def contradictions(self, recording: str) -> list[str]:
        """Say where [session] and [DEFAULT] differ about an option that the recording does not have itself."""
        session = self.sections[SESSION]
        section = self.sections.get(recording, session)
        return [
            f"{name}: [session] says {session.own[name]!r}, [DEFAULT] {text!r}; [session] holds"
            for name, text in section.inherited.items()
            if session.own.get(name, text) != text
        ]


def read_ini(path: str | os.PathLike[str], settings: LabSettings | None = None) -> IniSession:
    r"""Read a session file.

    Parameters
    ----------
    path : path-like
    settings : LabSettings, optional
        What ``%(name)s`` may refer to beside options of the section and of [DEFAULT].

    Returns
    -------
    IniSession

    Raises
    ------
    RecordingNotFound
        If there is no such file.
    CatalogError
        If it is no session file: one message with the file, and the line, section or option.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "2020-03-01_conf.txt"
    >>> _ = path.write_text("[session]\nunits: uV\n[awake_1]\n[awake_2]\nunits: mV\n")
    >>> session = read_ini(path)
    >>> session.recordings, session.options("awake_2")
    (('awake_1', 'awake_2'), {'units': 'mV'})
    """
    settings = LabSettings() if settings is None else settings
    place = os.path.abspath(os.path.expanduser(os.fspath(path)))
    text = _text(place, "session file")
    plain = configparser.RawConfigParser(default_section=_NO_SECTION)
    full = configparser.ConfigParser(
        defaults={name: value.replace("%", "%%") for name, value in settings.values.items()},
        default_section=DEFAULT,
    )
    for parser in (plain, full):
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        _parse(parser, text, place)
    if SESSION not in plain:
        near = difflib.get_close_matches(SESSION, [name.strip().lower() for name in plain.sections()], 1)
        meant = f"; names of sections are exact: write [{SESSION}]" if near else ""
        listed = ", ".join(f"[{name}]" for name in plain.sections()) or "none"
        raise CatalogError(f"{place}: a session file has a section [{SESSION}]; found {listed}{meant}")
    by_default = list(plain[DEFAULT]) if DEFAULT in plain else []
    sections = {}
    for name in plain.sections():
        if name == DEFAULT:
            continue
        own = {option: _value(full, name, option, place, settings) for option in plain[name]}
        inherited = [option for option in by_default if option not in own]
        sections[name] = IniSection(own, {one: _value(full, name, one, place, settings) for one in inherited})
    return IniSession(place, sections, settings)


def read_settings(path: str | os.PathLike[str] | LabSettings | None = None) -> LabSettings:
    """Read the lab's global settings: section [globals] of a file.

    Parameters
    ----------
    path : path-like or LabSettings, optional
        By default the file that the environment variable ``ECOGCAT_LAB_SETTINGS`` names, else ``~/.mjt_exp_conf.txt``;
        where neither is, there are no settings.

    Raises
    ------
    RecordingNotFound
        If a file that was named is not there.
    CatalogError
        If it is no such file.
    """
    if isinstance(path, LabSettings):
        return path
    named = path if path is not None else os.environ.get(SETTINGS_VARIABLE) or None
    place = os.path.abspath(os.path.expanduser(os.fspath(SETTINGS_FILE if named is None else named)))
    if named is None and not os.path.exists(place):
        return LabSettings()
    parser = configparser.RawConfigParser(default_section=_NO_SECTION)  # raw: a % in a path is a %
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    _parse(parser, _text(place, "file of global settings"), place)
    if GLOBALS not in parser:
        listed = ", ".join(f"[{name}]" for name in parser.sections()) or "none"
        raise CatalogError(f"{place}: global settings are in a section [{GLOBALS}]; found {listed}")
    values = {name: value.strip() for name, value in parser[GLOBALS].items()}
    given = {name: value for name, value in values.items() if value and value.lower() != "none"}
    return LabSettings({name: _expanded(value) for name, value in given.items()}, place)


def looks_like_session(path: str | os.PathLike[str]) -> bool:
    """Whether a text file begins with a section, as sessions do; tables of conditions have numbers instead."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            first = next((line for one in file if (line := one.strip()) and line[0] not in "#;"), "")
    except (OSError, UnicodeDecodeError):
        return False
    return first.startswith("[")


def _expanded(value: str) -> str:
    """Put the home folder for ``~``, so that a path of a session that refers to a setting can begin with it."""
    return os.path.expanduser(value) if value.startswith("~") else value


def _text(place: str, what: str) -> str:
    if not os.path.isfile(place):
        raise RecordingNotFound(f"{place}: no such {what}")
    try:
        with open(place, encoding="utf-8-sig") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"{place}: this is no {what}: byte {error.start:,} is no UTF-8 text; save it as UTF-8"
        ) from error
    except OSError as error:
        raise CatalogError(f"{place}: this cannot be read: {error.strerror or error}") from error


def _parse(parser: configparser.RawConfigParser, text: str, place: str) -> None:
    try:
        parser.read_string(text, place)
    except configparser.DuplicateSectionError as error:
        raise CatalogError(
            f"{place}: section [{error.section}] is there twice, again in line {error.lineno}"
        ) from error
    except configparser.DuplicateOptionError as error:
        raise CatalogError(
            f"{place}: option {error.option} is there twice in section [{error.section}], again in line {error.lineno}"
        ) from error
    except configparser.MissingSectionHeaderError as error:
        raise CatalogError(
            f"{place}: this is no INI file: line {error.lineno} is {error.line.strip()[:40]!r}, before any [section]"
        ) from error
    except configparser.ParsingError as error:
        number, line = error.errors[0]
        raise CatalogError(f"{place}: line {number} is neither [section] nor 'option: value': {line[:60]}") from error
    except configparser.Error as error:
        raise CatalogError(f"{place}: {' '.join(str(error).split())}") from error


def _value(parser: configparser.ConfigParser, section: str, option: str, place: str, settings: LabSettings) -> str:
    where = f"{place}: section [{section}], option {option}"
    try:
        return parser.get(section, option)
    except configparser.InterpolationMissingOptionError as error:
        raise CatalogError(
            f"{where}: %({error.reference})s is no option of the section or of [{DEFAULT}], nor a global setting; "
            f"global settings: {settings.described}"
        ) from error
    except configparser.InterpolationDepthError as error:
        raise CatalogError(f"{where}: its %(...)s lead back to itself") from error
    except configparser.InterpolationError as error:
        raise CatalogError(f"{where}: % begins %(name)s; one that is meant as it stands is written %%") from error
