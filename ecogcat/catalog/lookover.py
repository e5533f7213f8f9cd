"""Looking over: what a YAML catalog may say, value by value, before Intake acts on any of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

from intake.catalog.local import LocalCatalogEntry

from ecogcat.catalog.nearest import did_you_mean
from ecogcat.catalog.remoteentry import asks_for_variables
from ecogcat.catalog.shared import shared_settings
from ecogcat.catalog.yamlfile import CatalogFile
from ecogcat.errors import CatalogError
from ecogcat.storage.urls import is_url

__all__ = ["CONTROL", "look_over", "look_over_entry"]

_TRUSTED = "if you trust it and want that, open it with intake.open_catalog"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SHELL = re.compile(r"\s*(client_)?shell\s*\(")
_OWN_CLASSES = re.compile(r"(ecogcat\.catalog\.\w+)[.:](\w+)")
_INTAKES = re.compile(r"intake\.catalog\.local[.:]YAMLFiles?Catalog")
_SIMPLE = re.compile(r"\{\{\s*(?:([A-Za-z_]\w*)|'\{')\s*\}\}")
_TOP = ("metadata", "sources", "name", "description", "version", "plugins")
_ENTRY = tuple(inspect.signature(LocalCatalogEntry).parameters)  # Intake's `save` writes all of them
_PARAMETER = ("name", "description", "type", "default", "min", "max", "allowed")
_MAPPINGS = ("args", "metadata", "parameters")
_LONGEST_NAME = 1000


def look_over(file: CatalogFile) -> None:
    """Refuse a catalog that is not in Intake's `sources:` form, or would have something imported or executed.

    Raises
    ------
    CatalogError
        With the line.
    """
    content = file.content
    if not isinstance(content, dict) or not isinstance(content.get("sources"), dict):
        keys = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
        found = f"found {keys[:200] or 'nothing'}"
        if isinstance(content, dict) and "sources" in content:
            found = f"found {_told(content['sources'])} there"
        raise CatalogError(f"{file.label}: a catalog has its entries below `sources:`; {found}")
    metadata = content.get("metadata")
    if "metadata" in content and not isinstance(metadata, dict):
        _refuse(file, ("metadata",), f"metadata: names with values belong here, not {_told(metadata)}")
    _check_version(file, ("version",), content.get("version"))
    _check_version(file, ("metadata", "version"), (metadata or {}).get("version"))
    if content.get("plugins"):
        _refuse(file, ("plugins",), f"plugins: modules that a catalog names are not imported; {_TRUSTED}")
    for key in content:
        if key not in _TOP:
            _refuse(file, (key,), f"a catalog has no key {key!r}{did_you_mean(str(key), _TOP)}")
    try:
        shared_settings(metadata)
    except CatalogError as error:
        raise file.wrong(("metadata", "ecog"), str(error)) from error
    for key in ("name", "description"):
        _check_text(file, (key,), key, content.get(key))
    _check_parameters(file, ("metadata", "parameters"), (metadata or {}).get("parameters"), "metadata")
    shared = set((metadata or {}).get("parameters") or ())
    for name, entry in content["sources"].items():
        look_over_entry(file, name, entry, shared)


def _check_version(file: CatalogFile, keys: Sequence[str], version: Any) -> None:
    if version is not None and (isinstance(version, bool) or not isinstance(version, (int, float)) or version > 1):
        _refuse(file, keys, f"version {_told(version)}: ecogcat reads version 1 of Intake's catalogs")


def look_over_entry(file: CatalogFile, name: Any, entry: Any, shared: set[str]) -> None:
    """Refuse an entry that no catalog may have; `shared` are the names of the catalog's parameters.

    Raises
    ------
    CatalogError
        With the line, if the entry was read from the file itself.
    """
    keys = ("sources", name)
    if not isinstance(name, str):
        _refuse(file, keys, f"the name of an entry is text: write {str(name)!r} in quotes")
    if not name or len(name) > _LONGEST_NAME or CONTROL.search(name):
        _refuse(file, keys, f"{name[:80]!r} is no name of an entry")
    label = f"entry {name!r}"
    if not isinstance(entry, dict):
        _refuse(file, keys, f"{label}: an entry has a driver and args, not {_told(entry)}")
    for key in ("cls", "remote"):
        if key in entry:
            _refuse(file, (*keys, key), f"{label}: {key}: an object made as the catalog says is none of ecogcat's")
    for key in entry:
        if key not in _ENTRY:
            _refuse(file, (*keys, key), f"{label}: an entry has no key {key!r}{did_you_mean(str(key), _ENTRY)}")
    driver = entry.get("driver")
    if not isinstance(driver, str) or not driver:
        found = f", not {_told(driver)}" if "driver" in entry else "; this one has none"
        _refuse(file, (*keys, "driver"), f"{label}: a driver is the name of one, such as ecog_intan{found}")
    if ("." in driver or ":" in driver) and not _is_ours(driver):
        text = f"{label}: driver {driver[:80]!r} would import a module; installed drivers have plain names"
        _refuse(file, (*keys, "driver"), f"{text}; {_TRUSTED}")
    _check_text(file, (*keys, "description"), f"{label}: description", entry.get("description"))
    for key in _MAPPINGS:
        if key in entry and not (isinstance(entry[key], dict) or (entry[key] is None and key == "parameters")):
            _refuse(file, (*keys, key), f"{label}: {key}: names with values belong here, not {_told(entry[key])}")
        odd = next((one for one in entry.get(key) or () if not isinstance(one, str)), None)
        if odd is not None:
            _refuse(file, (*keys, key), f"{label}: {key}: a name is text: write {str(odd)!r} in quotes")
    _check_parameters(file, (*keys, "parameters"), entry.get("parameters"), label)
    known = {*shared, *(entry.get("parameters") or ()), "CATALOG_DIR"}
    for key in ("args", "metadata"):  # Intake renders the templates of both
        for trail, text in _texts(entry.get(key) or {}):
            wrong = _template_fault(text, known) or _variable_fault(file, text)
            if wrong:
                _refuse(file, (*keys, key, *trail), f"{label}: {'.'.join((key, *trail))}: {wrong}")


@cache
def _is_ours(driver: str) -> bool:
    """Whether a driver that is named with its module is one of ecogcat's, or of the catalogs that it opens itself.

    Examples
    --------
    >>> _is_ours("ecogcat.catalog.joins.JoinSource"), _is_ours("ecogcat.catalog.joins.os")
    (True, False)
    """
    if _INTAKES.fullmatch(driver):
        return True
    match = _OWN_CLASSES.fullmatch(driver)
    if match is None:
        return False
    try:
        found = getattr(import_module(match[1]), match[2], None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__ == match[1] and hasattr(found, "container")


def _check_parameters(file: CatalogFile, keys: Sequence[str], parameters: Any, label: str) -> None:
    if parameters is None:
        return
    if not isinstance(parameters, dict):
        _refuse(file, keys, f"{label}: parameters: names with values belong here, not {_told(parameters)}")
    for name, one in parameters.items():
        here = (*keys, name)
        if not isinstance(name, str) or not name.isidentifier() or name == "CATALOG_DIR":
            _refuse(file, here, f"{label}: {name!r} is no name of a parameter")
        if not isinstance(one, dict):
            _refuse(file, here, f"{label}: parameter {name}: it has type and default, not {_told(one)}")
        for key in one:
            if key not in _PARAMETER:
                listed = ", ".join(_PARAMETER)
                _refuse(file, (*here, key), f"{label}: parameter {name}: {key!r} is none of {listed}")
        type_ = one.get("type")
        if type_ is not None and (not isinstance(type_, str) or type_.partition("[")[0] not in _coercions()):
            listed = ", ".join(sorted(_coercions()))
            _refuse(file, (*here, "type"), f"{label}: parameter {name}: type is one of {listed}, not {_told(type_)}")
        if not isinstance(one.get("allowed"), (list, type(None))):
            _refuse(
                file, (*here, "allowed"), f"{label}: parameter {name}: allowed is a list, not {_told(one['allowed'])}"
            )
        default = one.get("default")
        if isinstance(default, str) and _SHELL.match(default):
            _refuse(file, (*here, "default"), f"{label}: parameter {name}: a catalog runs no shell; {_TRUSTED}")
        wrong = _template_fault(default, set()) or _variable_fault(file, default) if isinstance(default, str) else ""
        if wrong:
            _refuse(file, (*here, "default"), f"{label}: parameter {name}: {wrong}")


def _template_fault(text: str, known: set[str]) -> str:
    """Say what a template would do that a catalog may not; nothing where it is fine.

    What may stand between the braces is a name that is known, a constant, and ``env(NAME)``. jinja2's other
    expressions reach whatever Python has: an attribute of a string leads to its class, and from there everywhere.

    Examples
    --------
    >>> _template_fault("{{ CATALOG_DIR }}/a.rhd", {"CATALOG_DIR"}), _template_fault("no template", set())
    ('', '')
    >>> _template_fault("{{ ''.__class__ }}", set())
    "the template {{ ''.__class__ }} holds more than CATALOG_DIR, a parameter or env(NAME)"
    """
    if "{" not in text or ("{{" not in text and "{%" not in text and "{#" not in text):
        return ""
    if "{" not in _SIMPLE.sub("", text) and all(name in known or not name for name in _SIMPLE.findall(text)):
        return ""  # names alone, as nearly all have them
    from jinja2 import Environment, TemplateSyntaxError, nodes

    shown = text if len(text) <= 80 else text[:77] + "..."
    try:
        tree = Environment().parse(text)  # parsed alone, never rendered here
    except (TemplateSyntaxError, RecursionError) as error:
        return f"{shown!r} is no template: {' '.join(str(error).split())}"
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            called, given = _called(node)
            if called in ("shell", "client_shell"):
                return f"the template {shown} would run a command; {_TRUSTED} and getshell=True"
            if called == "env" and all(isinstance(one, (nodes.Const, nodes.Name)) for one in given):
                continue
            if isinstance(node, nodes.Name):
                if node.name not in known:
                    return f"the template {shown} names {node.name!r}; known are {', '.join(sorted(known)) or 'none'}"
            elif not isinstance(node, (nodes.TemplateData, nodes.Const)):
                return f"the template {shown} holds more than CATALOG_DIR, a parameter or env(NAME)"
    return ""


def _variable_fault(file: CatalogFile, text: str) -> str:
    """Say that a catalog at a URL asks for variables of this machine: it would be told them, in what it has fetched."""
    if is_url(file.path) and asks_for_variables(text):
        return f"{text[:80]!r}: a catalog at a URL reads no environment variables of this machine"
    return ""


def _called(node: Any) -> tuple[str, list[Any]]:
    """Return the function that a node of a template calls by its name, and what with; or no name."""
    from jinja2 import nodes

    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Name):
        return "", []
    return node.node.name, [*node.args, *node.kwargs, *filter(None, [node.dyn_args, node.dyn_kwargs])]


def _texts(value: Any, trail: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield all text in a value, with the names that lead there."""
    if isinstance(value, str):
        yield trail, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, (*trail, str(key)))
    elif isinstance(value, (list, tuple, set)):
        for one in value:
            yield from _texts(one, trail)


def _check_text(file: CatalogFile, keys: Sequence[str], label: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        _refuse(file, keys, f"{label} is text, not {_told(value)}")
    if CONTROL.search(value):  # they would move the cursor of the terminal that it is printed to
        _refuse(file, keys, f"{label} has control characters in it: {value[:80]!r}")


def _coercions() -> tuple[str, ...]:
    from intake.catalog.utils import COERCION_RULES

    return tuple(COERCION_RULES)


def _told(value: Any) -> str:
    """Return a value in a few words."""
    if isinstance(value, (dict, list, tuple, set)):
        kind = {dict: "a mapping", list: "a list"}.get(type(value), f"a {type(value).__name__}")
        return f"{kind} of {len(value)}"
    text = repr(value)
    return "nothing" if value is None else text if len(text) <= 80 else text[:77] + "..."


def _refuse(file: CatalogFile, keys: Sequence[Any], message: str) -> NoReturn:
    raise file.wrong(keys, message)
