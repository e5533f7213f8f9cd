"""Catalogs that are wrong, by accident or on purpose, and the line each is refused with.

``python -m tests.malicious_catalogs`` writes them to a folder of its own and prints what ecogcat says of each.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import ecogcat as ec
from ecogcat.catalog.session import entry_source

REACHED = "a_command_was_run"
_RUN = f"touch {REACHED}"
_ALIASES = "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 12))
_MERGES = "".join(f"a{k}: &a{k} {{<<: [{', '.join([f'*a{k - 1}'] * 10)}]}}\n" for k in range(1, 12))
_JOINS = "".join(
    f"  j{k}: {{driver: ecog_join, args: {{parts: [{', '.join([f'j{k - 1}'] * 10)}]}}}}\n" for k in range(11, 0, -1)
)


def entry(args: str, more: str = "") -> str:
    return f"sources:\n  rec:\n    driver: ecog_hdf5\n    args: {args}\n{more}"


# File name, what is in it, and what the message says.
TEXTS: dict[str, tuple[str | bytes, str]] = {
    # Tags
    "tag_object.yaml": (f"sources: !!python/object/apply:os.system ['{_RUN}']\n", "line 1: the tag '!!python/object"),
    "tag_in_args.yaml": (entry(f"{{urlpath: !!python/object/apply:os.system ['{_RUN}']}}"), "line 4: the tag"),
    "tag_name.yaml": (entry("{urlpath: !!python/name:os.system }"), "the tag '!!python/name:os.system'"),
    "tag_module.yaml": (entry("{urlpath: !!python/module:antigravity }"), "the tag"),
    "tag_own.yaml": (entry("{urlpath: !shell 'true'}"), "the tag '!shell'"),
    # Templates
    "template_shell.yaml": (entry("{urlpath: \"{{ shell('" + _RUN + "') }}\"}"), "would run a command"),
    "template_client_shell.yaml": (entry("{urlpath: \"{{ client_shell('" + _RUN + "') }}\"}"), "would run a command"),
    "template_attributes.yaml": (
        entry("{urlpath: \"{{ cycler.__init__.__globals__.os.system('" + _RUN + "') }}\"}"),
        "holds more than CATALOG_DIR",
    ),
    "template_classes.yaml": (entry("{urlpath: \"{{ ''.__class__.__mro__[1].__subclasses__() }}\"}"), "holds more"),
    "template_filter.yaml": (entry("{urlpath: \"{{ CATALOG_DIR|attr('__class__') }}\"}"), "holds more"),
    "template_memory.yaml": (entry("{urlpath: \"{{ 'a' * 10**12 }}\"}"), "holds more"),
    "template_loop.yaml": (entry('{urlpath: "{% for k in range(10**12) %}a{% endfor %}"}'), "holds more"),
    "template_env_of_attribute.yaml": (entry("{urlpath: \"{{ env(''.__class__) }}\"}"), "holds more"),
    "template_in_a_list.yaml": (entry('{urlpath: a.h5, channels: [1, "{{ [].__class__ }}"]}'), "args.channels: the"),
    "template_in_metadata.yaml": (
        entry("{urlpath: a.h5}", "    metadata: {note: \"{{ shell('" + _RUN + "') }}\"}\n"),
        "metadata.note: the template",
    ),
    "template_unknown_name.yaml": (entry('{urlpath: "{{ DATA }}/a.h5"}'), "names 'DATA'; known are CATALOG_DIR"),
    "template_unclosed.yaml": (entry('{urlpath: "{{ CATALOG_DIR"}'), "is no template"),
    "template_without_quotes.yaml": (entry("{urlpath: {{ CATALOG_DIR }}/a.h5}"), "put templates in quotes"),
    "parameter_shell.yaml": (
        entry("{urlpath: a.h5}", f"    parameters: {{p: {{type: str, default: shell({_RUN})}}}}\n"),
        "parameter p: a catalog runs no shell",
    ),
    "parameter_shell_of_all.yaml": (
        f"metadata: {{parameters: {{p: {{type: str, default: client_shell({_RUN})}}}}}}\nsources: {{}}\n",
        "a catalog runs no shell",
    ),
    # What would be imported
    "driver_function.yaml": ("sources: {rec: {driver: os.system, args: {}}}\n", "would import a module"),
    "driver_module.yaml": ("sources: {rec: {driver: 'antigravity:fly', args: {}}}\n", "would import a module"),
    "driver_of_intake.yaml": (
        "sources: {rec: {driver: intake.source.derived.GenericTransform, args: {}}}\n",
        "would import a module",
    ),
    "plugins.yaml": ("plugins: {source: [{module: antigravity}]}\nsources: {}\n", "modules that a catalog names"),
    "object.yaml": ("sources: {rec: {cls: os.system, args: [true], kwargs: {}}}\n", "cls: an object made as"),
    "second_version.yaml": ("version: 2\nsources: {}\nentries: {}\n", "version 2: ecogcat reads version 1"),
    "second_version_of_data.yaml": ("metadata: {version: 2}\nsources: {}\n", "version 2: ecogcat reads version 1"),
    # Cycles and floods
    "cycle_of_anchors.yaml": ("sources: &a {rec: *a}\n", "a value that it is in itself"),
    "billion_laughs.yaml": ("a0: &a0 [lol, lol]\n" + _ALIASES + "sources: {}\n", "stand for more than 10,000,000"),
    "billion_merges.yaml": ("a0: &a0 {a: lol}\n" + _MERGES + "sources: {}\n", "stand for more than 10,000,000"),
    "deep.yaml": ("sources: " + "[" * 100_000 + "]" * 100_000, "nested more than 64 levels deep"),
    "long_number.yaml": (entry("{urlpath: a.h5, sampling_rate: " + "9" * 100_000 + "}"), "of 100,000 digits"),
    "sexagesimal.yaml": (entry("{urlpath: a.h5, sampling_rate: 1" + ":59" * 100_000 + "}"), "digits is no value"),
    "includes_itself.yaml": (
        "sources: {again: {driver: yaml_file_cat, args: {path: '{{ CATALOG_DIR }}/includes_itself.yaml'}}}\n",
        "the catalog includes itself",
    ),
    "includes_by_pattern.yaml": (
        "sources: {again: {driver: yaml_files_cat, args: {path: ['includes_by_patt*.yaml']}}}\n",
        "the catalog includes itself",
    ),
    "join_of_itself.yaml": (
        "sources:\n  a: {driver: ecog_join, args: {parts: [b]}}\n  b: {driver: ecog_join, args: {parts: [a]}}\n",
        "a part of itself: a > b > a",
    ),
    "billion_joins.yaml": (
        "sources:\n" + _JOINS + "  j0: {driver: ecog_join, args: {parts: [good.h5, good.h5]}}\n",
        "at most 100,000 can be joined",
    ),
    # Names
    "twice_an_entry.yaml": (
        "sources:\n  rec: {driver: ecog_hdf5, args: {urlpath: a.h5}}\n  rec: {driver: ecog_hdf5, args: {urlpath: b}}\n",
        "line 3: 'rec' is there twice, before in line 2",
    ),
    "twice_an_argument.yaml": (entry("{urlpath: a.h5, urlpath: b.h5}"), "'urlpath' is there twice"),
    "twice_sources.yaml": ("sources: {}\nsources: {}\n", "'sources' is there twice"),
    "name_number.yaml": ("sources: {1: {driver: ecog_hdf5, args: {}}}\n", "write '1' in quotes"),
    "name_nothing.yaml": ("sources: {~: {driver: ecog_hdf5, args: {}}}\n", "write 'None' in quotes"),
    "name_list.yaml": ("sources: {[a]: {driver: ecog_hdf5, args: {}}}\n", "a name is plain text"),
    "name_of_a_terminal.yaml": ('sources: {"\\e[2J": {driver: ecog_hdf5, args: {}}}\n', "is no name of an entry"),
    "description_of_a_terminal.yaml": (
        entry("{urlpath: a.h5}", '    description: "\\e]0;owned\\a"\n'),
        "has control characters",
    ),
    # Types
    "empty.yaml": ("", "below `sources:`; found NoneType"),
    "just_text.yaml": ("hello\n", "below `sources:`; found str"),
    "no_sources.yaml": ("recordings: {}\n", "below `sources:`; found recordings"),
    "sources_list.yaml": ("sources: [a, b]\n", "found a list of 2 there"),
    "sources_number.yaml": ("sources: 3\n", "found 3 there"),
    "metadata_list.yaml": ("metadata: [a]\nsources: {}\n", "metadata: names with values belong here"),
    "name_of_catalog.yaml": ("name: [a]\nsources: {}\n", "name is text, not a list"),
    "entry_number.yaml": ("sources: {rec: 3}\n", "has a driver and args, not 3"),
    "entry_nothing.yaml": ("sources:\n  rec:\n", "line 2: entry 'rec': an entry has a driver and args, not nothing"),
    "driver_number.yaml": ("sources: {rec: {driver: 3}}\n", "not 3"),
    "driver_list.yaml": ("sources: {rec: {driver: [ecog_hdf5]}}\n", "not a list of 1"),
    "driver_missing.yaml": ("sources: {rec: {args: {}}}\n", "this one has none"),
    "driver_unknown.yaml": ("sources: {rec: {driver: ecog_nonesuch, args: {}}}\n", "no driver 'ecog_nonesuch'"),
    "args_text.yaml": (entry("a.h5"), "args: names with values belong here, not 'a.h5'"),
    "args_numbered.yaml": (entry("{1: a.h5}"), "args: a name is text: write '1' in quotes"),
    "metadata_of_entry.yaml": (entry("{urlpath: a.h5}", "    metadata: 3\n"), "metadata: names with values"),
    "parameters_list.yaml": (entry("{urlpath: a.h5}", "    parameters: [a]\n"), "parameters: names with values"),
    "parameter_text.yaml": (entry("{urlpath: a.h5}", "    parameters: {p: a}\n"), "it has type and default, not 'a'"),
    "parameter_type.yaml": (
        entry("{urlpath: a.h5}", "    parameters: {p: {description: a, type: os.system}}\n"),
        "type is one of",
    ),
    "parameter_key.yaml": (entry("{urlpath: a.h5}", "    parameters: {p: {code: a}}\n"), "'code' is none of"),
    "parameter_name.yaml": (
        entry("{urlpath: a.h5}", "    parameters: {CATALOG_DIR: {type: str, default: /etc}}\n"),
        "is no name of a parameter",
    ),
    "urlpath_number.yaml": (entry("{urlpath: 3}"), "urlpath is one path, not 3"),
    "urlpath_mapping.yaml": (entry("{urlpath: {a: 1}}"), "urlpath is one path"),
    "urlpath_missing.yaml": (entry("{}"), "urlpath"),
    "urlpath_with_zero.yaml": (entry('{urlpath: "good.h5\\0.txt"}'), "is no path"),
    "urlpath_elsewhere.yaml": (entry("{urlpath: 'zip://a.h5::https://example.org/a'}"), "not through 'zip'"),
    "urlpath_device.yaml": (entry("{urlpath: /dev/zero}"), "neither a file nor a folder"),
    "urlpath_pipe.yaml": (entry("{urlpath: pipe}"), "neither a file nor a folder"),
    "electrode_device.yaml": (entry("{urlpath: good.h5, electrode: /dev/zero}"), "neither a file nor a folder"),
    "events_pipe.yaml": (entry("{urlpath: good.h5, events: pipe}"), "neither a file nor a folder"),
    "argument_unknown.yaml": (entry("{urlpath: good.h5, code: a}"), "'code'"),
    "argument_object.yaml": (entry("{urlpath: good.h5, electrode: {a: 1}}"), "electrode"),
    "units_list.yaml": (entry("{urlpath: good.h5, units: [mV]}"), "units"),
    "channels_text.yaml": (entry("{urlpath: good.h5, channels: all}"), "channels"),
    "parts_text.yaml": ("sources: {j: {driver: ecog_join, args: {parts: good.h5}}}\n", "parts is a list"),
    # What would be written
    "writes_beside_the_recording.yaml": (
        entry("{urlpath: good.h5, resample_rate: 500, save_downsampled: true}"),
        "would have opening it write samples beside the recording",
    ),
    "writes_elsewhere.yaml": (
        entry("{urlpath: good.h5, resample_rate: 500, save_downsampled: true, store_path: /tmp}"),
        "would have opening it write samples to /tmp, and a catalog writes within its own folder alone",
    ),
    "writes_above.yaml": (
        entry("{urlpath: good.h5, resample_rate: 500, save_downsampled: true, store_path: a/../..}"),
        "would have opening it write samples to ",
    ),
    # Files that are none
    "binary.yaml": (b"\x89HDF\r\n\x1a\n\0\0\0\0" * 50, "it is binary"),
    "pickle.yaml": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", "byte 0 is no UTF-8 text"),
    "latin_1.yaml": ("sources: {\xe9: 1}\n".encode("latin-1"), "byte 10 is no UTF-8 text"),
    "cut_short.yaml": ("sources:\n  rec: {driver: ecog_hdf5, args: {urlp", "this is no YAML file"),
    "two_documents.yaml": ("sources: {}\n---\nsources: {}\n", "found another document"),
    "tabs.yaml": ("sources:\n\trec: 1\n", "line 2: this is no YAML file"),
    "no_date.yaml": ("metadata: {day: 2026-13-45}\nsources: {}\n", "a value in it is none: month"),
}
OTHERS = {
    "huge.yaml": "a catalog has at most 256 MiB; this file has 4,096 MiB",
    "pipe.yaml": "a catalog is a file; this is a pipe",
    "folder.yaml": "a catalog is a file; this is a folder",
    "not_there.yaml": "no such catalog",
}


def write(folder: Path) -> dict[str, str]:
    """Write all of them to a folder; return what each should be refused with."""
    for name, (content, _) in TEXTS.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with open(folder / "huge.yaml", "wb") as file:
        file.truncate(4 * 2**30)  # four gigabytes that take no room on the disk
    os.mkfifo(folder / "pipe.yaml")
    os.mkfifo(folder / "pipe")
    (folder / "folder.yaml").mkdir()
    with h5py.File(folder / "good.h5", "w") as file:
        file["chdata"], file["Fs"] = np.zeros((2, 50)), 1000.0
    return {**{name: said for name, (_, said) in TEXTS.items()}, **OTHERS}


def refusal(path: Path) -> Exception | None:
    """Return what a catalog is refused with, when it is opened or when its entries are read; None if it is not."""
    try:
        walk(ec.open_session(path))
    except (ec.EcogcatError, TypeError, ValueError, IndexError) as error:
        return error
    return None


def walk(catalog: Any, depth: int = 3) -> None:
    for name in catalog:
        source = entry_source(catalog, name)
        if source.container == "catalog":
            if depth:
                walk(source, depth - 1)
        else:
            source.read()


def main() -> None:
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name in write(Path(folder)):
                error = refusal(Path(folder) / name)
                text = "NOT REFUSED" if error is None else f"{type(error).__name__}: {error}"
                print(f"{name:32}{text.replace(folder + '/', '')}")
            print(f"{REACHED}: {os.path.exists(REACHED)}")
        finally:
            os.chdir(here)


if __name__ == "__main__":
    main()
