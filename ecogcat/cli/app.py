"""App: the command's group, what its commands share - options, errors in a line, exit status."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

import ecogcat as ec
from ecogcat.cli.completion import LINE, complete_entries

__all__ = ["JSON", "LOAD", "TypedCommand", "ecogcat", "reported", "selected", "spoken", "typed"]

JSON = click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on the standard output, also of an error."
)
_EXPECTED = (ec.EcogcatError, OSError, ValueError, TypeError, IndexError, ImportError, KeyError)
_NEXT = {
    ec.JoinError: "`ecogcat plan` with the same entries shows every mismatch, and what leaving parts out would gain",
    ec.RecordingNotFound: "`ecogcat check CATALOG` lists what is missing, `ecogcat relink CATALOG OLD NEW` tells where "
    "it is now",
    ec.SourceChangedError: "`ecogcat scan` the folder again, with the same -o",
}
_EXAMPLES = (
    "; give a number, a word, or a list, such as -l 'channels=[0, 1]'; text with signs in it in quotes of its own, "
    "such as "
    """-l 'name="a: b"'"""
)
_OPTIONS_EXAMPLE = "; give names with values, such as -l 'storage_options={key: KEY, secret: SECRET}'"
_INTERRUPTED, _UNREAD = 130, 141  # as shells have it: 128 and the number of SIGINT, of SIGPIPE
_TYPED = "ecogcat.typed"
# What the library says, and how it is said on the command's line.
_SPOKEN = tuple(
    (re.compile(said), here)
    for said, here in (
        (r"\boverwrite=True\b", "--overwrite"),
        (r"; or say format=$", ""),
        (r"\bwith (format|stream|node|experiment|recording)=", r"with -l \1="),
        (r", in error\.plan\.differences", ": `ecogcat plan --json` has them all"),
        (r": see \.differences", ": --json has them all"),
        (r": see \.parts\[k\]\.notes", ": --json has them"),
        (r"ecogcat\.relink\(file, old folder, new folder\)", "`ecogcat relink FILE OLD NEW`"),
    )
)


def reported(function: Callable[..., Any]) -> Callable[..., Any]:
    """Print what went wrong in one message that ends with what to do, and exit with 1."""

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            function(*arguments, **options)
        except BrokenPipeError:  # who read on has seen enough, as `| head` does
            raise
        except _EXPECTED as error:
            if _debugging():
                raise
            text = spoken(str(error.args[0] if isinstance(error, KeyError) and error.args else error))
            click.echo(f"error: {text}", err=True)
            _error_as_json(text, type(error).__name__)
            remedy = next((said for kind, said in _NEXT.items() if isinstance(error, kind)), "")
            if isinstance(error, ec.RecordingNotFound) and "catalog entry" not in text:
                remedy = ""  # a slip of the line: no catalog is wrong
            if remedy and "ecogcat " not in text:
                click.echo(f"next: {remedy}", err=True)
            sys.exit(1)

    return run


def _error_as_json(text: str, kind: str) -> None:
    """Print what went wrong for machines, too, where the line says ``--json``."""
    context = click.get_current_context(silent=True)
    if context is not None and "--json" in context.meta.get(LINE, ()):
        from ecogcat.cli.output import print_json

        print_json({"error": text, "kind": kind})


def spoken(text: str) -> str:
    """Return a text of the library as the command would say it: flags in place of arguments and attributes.

    Examples
    --------
    >>> spoken("out.h5 is there already; overwrite=True replaces it")
    'out.h5 is there already; --overwrite replaces it'
    >>> spoken("several streams lie here. Name one with stream=")
    'several streams lie here. Name one with -l stream='
    """
    for said, here in _SPOKEN:
        text = said.sub(here, text)
    return text


def _debugging() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool((context.find_root().obj or {}).get("debug"))


class _Group(click.Group):
    """The group of commands: what ends one from outside ends it without a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the line apart, and remember it."""
        ctx.meta[LINE] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _error_as_json(error.format_message(), "usage")
            raise
        except KeyboardInterrupt as stop:
            text = ": ".join(["interrupted", *map(str, stop.args)])
            click.echo(text, err=True)
            _error_as_json(text, "interrupted")
            sys.exit(_INTERRUPTED)
        except BrokenPipeError:
            with contextlib.suppress(OSError, ValueError):  # what is still to be written would be told of at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_UNREAD)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(ec.__version__, prog_name="ecogcat")
@click.option("--debug", is_flag=True, help="Show where in the code an error was raised.")
@click.pass_context
def ecogcat(context: click.Context, debug: bool) -> None:
    """Scan, list, check, join and draw multi-channel brain recordings.

    ENTRY is the path of a recording, or CATALOG.yaml:NAME. CATALOG is a YAML catalog, a session file of the lab (.txt),
    or a folder. Exit status: 0, 1 (something did not hold), 2 (usage), 130 (interrupted).
    """
    context.obj = {"debug": debug}


class TypedCommand(click.Command):
    """A command that remembers what was typed, for advice that can be copied; but for ``--json``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments apart."""
        ctx.meta[_TYPED] = [one for one in args if one != "--json"]
        return super().parse_args(ctx, args)


def typed() -> list[str]:
    """Return the arguments of this command as they were typed."""
    return list(click.get_current_context().meta[_TYPED])


def pairs(context: click.Context | None, parameter: click.Parameter | None, values: tuple[str, ...]) -> dict[str, Any]:
    """Read KEY=VALUE, the value as in a catalog: a number, a word, [0, 1, 2]."""
    found: dict[str, Any] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            word = re.split(r"[^\w.-]", text, maxsplit=1)[0]
            shown = word if word == text else f"{word}..."  # behind it may be a key
            raise click.BadParameter(f"give KEY=VALUE, such as stream=imec0.ap, not {shown!r}")
        from ecogcat.catalog.nearest import did_you_mean
        from ecogcat.catalog.shared import known_settings

        known = {*known_settings(), "format", "name", "roots", "storage_options"}
        if name not in known:
            near = did_you_mean(name, known) or "; ec.load_arguments(FORMAT) in Python lists them"
            raise click.BadParameter(f"no load argument is called {name!r}{near}")
        if name in found:
            raise click.BadParameter(f"{name} is given twice")
        found[name] = _value(name, value)
    return found


def _value(name: str, text: str) -> Any:
    """Return a value as YAML has it: a number, a word, true, null, or a list of these."""
    import yaml

    secret = name == "storage_options"  # keys are in no message
    shown, examples = ("...", _OPTIONS_EXAMPLE) if secret else (text, _EXAMPLES)
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date with a month 13
        said = " ".join(str(getattr(error, "problem", None) or error).split())
        if secret and not said.startswith("expected "):  # that names signs alone, others repeat words
            said = "a bracket, a quote or a space is missing"
        raise click.BadParameter(f"{name}={shown}: this is no value of YAML ({said}){examples}") from None
    if secret and isinstance(value, dict):
        from ecogcat.storage.storeoptions import plain_options

        try:
            return plain_options(value)  # with names in names, such as client_kwargs: {endpoint_url: ...}
        except TypeError as error:
            raise click.BadParameter(f"{error}{examples}") from None
    if not _is_plain(value):
        raise click.BadParameter(f"{name}={shown}: names with values have no place here{examples}")
    return value


def _is_plain(value: Any) -> bool:
    return all(map(_is_plain, value)) if isinstance(value, list) else not isinstance(value, (dict, set, tuple, bytes))


LOAD = click.option(
    *("-l", "--load", "load"),
    metavar="KEY=VALUE",
    multiple=True,
    callback=pairs,
    help="Load argument, such as units=mV or 'channels=[0, 1]'; may be repeated.",
)


def selected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the ways to choose entries."""
    command = click.option(
        "--exclude",
        multiple=True,
        metavar="ENTRY",
        help="Leave out an entry, by name or pattern; may be repeated.",
        shell_complete=complete_entries,
    )(command)
    command = click.option(
        "--find",
        multiple=True,
        metavar="WORD|KEY=VALUE",
        help="Entries as `ecogcat find` has them; may be repeated: all must hold.",
    )(command)
    command = click.option("--all", "every", is_flag=True, help="All recordings, as when no ENTRY is named.")(command)
    return click.argument("entries", nargs=-1, metavar="[ENTRY]...", shell_complete=complete_entries)(command)
