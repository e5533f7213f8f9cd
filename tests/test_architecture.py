"""The shape of the package: which module may import which, and a few rules that hold for every module.

Imports are read from the source (those inside of functions and under `TYPE_CHECKING` too); nothing is run.
Each rule is tried on a small bad tree first: a rule that cannot fail guards nothing.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "ecogcat"

# The rules ----------------------------------------------------------------------------------------
#
# A layer is named by the first part of its modules below `ecogcat`. Every top-level module that is named
# nowhere here is a record (signal, channels, events, dataset, join, ...); `facade` is `ecogcat/__init__.py`.

LEAVES = ("errors", "settings", "frozen", "units")
LAYERS = (
    *("facade", *LEAVES, "kernels", "storage", "formats", "electrodes"),
    *("catalog", "interop", "plot", "compat", "cli", "demo", "testing", "__main__"),
)
ON_TOP = ("interop", "plot", "compat", "cli", "demo", "testing", "__main__")

# who            may import, of ecogcat (and always itself)
ONLY: dict[str, tuple[str, ...]] = {
    **{leaf: LEAVES for leaf in LEAVES},
    "kernels": (),
    "storage": ("kernels", *LEAVES),
}

# who            must not import, of ecogcat
NEVER: dict[str, tuple[str, ...]] = {
    "records": ("facade", "formats", "catalog", *ON_TOP),
    "electrodes": ("facade", "formats", "catalog", *ON_TOP),
    "formats": ("facade", "catalog", *ON_TOP),
    "catalog": ("plot", "compat", "cli", "demo"),
}

# what           only these may import it
GUARDED: dict[str, tuple[str, ...]] = {
    "ecogcat.testing": ("testing", "demo", "cli"),  # the demo simulates a session
    "intake": ("catalog", "demo", "cli"),
}

# `import ecogcat` must not import these. Without Numba nothing can be compiled either.
NOT_ON_IMPORT = ("dask", "intake", "llvmlite", "matplotlib", "neo", "nptdms", "numba", "scipy.signal")

MAX_LINES = 350

# never called   (what they would do: run, or build, whatever a file says)
BANNED_CALLS = ("eval", "pickle.load", "pickle.loads", "yaml.load", "yaml.unsafe_load", "yaml.full_load")


# Reading the tree ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One imported module, by its full name; `at_load` if it runs when the importing module loads."""

    name: str
    line: int
    at_load: bool


@dataclass(frozen=True)
class Module:
    """One source file of the package."""

    name: str
    path: Path
    text: str
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def layer(self) -> str:
        return layer_of(self.name) or ""

    def at(self, line: int) -> str:
        return f"{self.name}:{line}"


def layer_of(name: str) -> str | None:
    """The layer of a module of ecogcat, None for anything else."""
    root, *rest = name.split(".")
    if root != "ecogcat":
        return None
    unit = rest[0] if rest else "facade"
    return unit if unit in LAYERS else "records"


@lru_cache(maxsize=1)  # one rule after the other is tried on the same tree
def read_tree(package: Path) -> tuple[Module, ...]:
    """Every module of the package, with its imports resolved to full module names."""
    paths = {module_name(path, package): path for path in sorted(package.rglob("*.py"))}
    modules = []
    for name, path in paths.items():
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, filename=str(path))
        base = name if path.name == "__init__.py" else name.rpartition(".")[0]
        modules.append(Module(name, path, text, tree, tuple(find_imports(tree, base, set(paths)))))
    return tuple(modules)


def module_name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def find_imports(tree: ast.Module, base: str, known: set[str]) -> Iterator[Import]:
    """Walk all import statements, and calls of `import_module` with a literal name.

    `from package import name` counts as an import of `package.name` if that is a module, else of `package`.
    """

    def visit(node: ast.AST, at_load: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_load) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute("." * node.level + (node.module or ""), base)
            for alias in node.names:
                full = f"{module}.{alias.name}"
                # Of other packages we cannot know; `from scipy import signal` is taken to be a module.
                is_module = full in known or not module.startswith("ecogcat")
                yield Import(full if is_module else module, node.lineno, at_load)
        elif (
            isinstance(node, ast.Call)
            and called_name(node.func).rpartition(".")[2] in ("import_module", "__import__")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield Import(absolute(str(node.args[0].value), base), node.lineno, at_load)
        inside = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        typing_only = isinstance(node, ast.If) and called_name(node.test).endswith("TYPE_CHECKING")
        for child in ast.iter_child_nodes(node):
            later = isinstance(node, inside) or (typing_only and child not in node.orelse)
            yield from visit(child, at_load and not later)

    return visit(tree, True)


def absolute(name: str, base: str) -> str:
    """Resolve leading dots against the package `base`."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = base.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *filter(None, [name.lstrip(".")])])


def called_name(node: ast.AST) -> str:
    """`a.b.c` of nested attributes, `""` for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{called_name(node.value)}.{node.attr}"
    return ""


def is_below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


# The checks: a package's path to complaints, one a line -------------------------------------------


def check_only(package: Path) -> Iterator[str]:
    """A low layer imports nothing of ours but what its row of ONLY says."""
    for module in read_tree(package):
        for item in module.imports:
            target = layer_of(item.name)
            if target and module.layer in ONLY and target not in (module.layer, *ONLY[module.layer]):
                allowed = ", ".join(ONLY[module.layer]) or "nothing of ecogcat"
                yield f"{module.at(item.line)} imports {item.name}; {module.layer} may import only {allowed}"


def check_never(package: Path) -> Iterator[str]:
    """No module imports what its row of NEVER says: arrows point down."""
    for module in read_tree(package):
        for item in module.imports:
            target = layer_of(item.name)
            if target in NEVER.get(module.layer, ()):
                yield f"{module.at(item.line)} imports {item.name}; {module.layer} must not import {target}"


def check_guarded(package: Path) -> Iterator[str]:
    """Some modules are for a few importers only."""
    for module in read_tree(package):
        for item in module.imports:
            for guarded, importers in GUARDED.items():
                if is_below(item.name, guarded) and module.layer not in importers:
                    yield f"{module.at(item.line)} imports {item.name}; only {', '.join(importers)} may"


def check_cycles(package: Path) -> Iterator[str]:
    """No circle of imports at load time among the top-level modules and sub-packages."""
    graph: dict[str, set[str]] = {}
    for module in read_tree(package):
        unit = ".".join(module.name.split(".")[:2])
        targets = {
            ".".join(item.name.split(".")[:2]) for item in module.imports if item.at_load and layer_of(item.name)
        }
        graph.setdefault(unit, set()).update(targets - {unit})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield "imports in a circle: " + " <- ".join(error.args[1])


def check_sizes(package: Path) -> Iterator[str]:
    """A module fits in the head."""
    for module in read_tree(package):
        lines = len(module.text.splitlines())
        if lines > MAX_LINES:
            yield f"{module.name} has {lines} lines, more than {MAX_LINES}"


def check_docstrings(package: Path) -> Iterator[str]:
    """Every module says, in one sentence with a period, what it is responsible for."""
    for module in read_tree(package):
        first = (ast.get_docstring(module.tree) or "").partition("\n\n")[0]
        if not re.search(r"\.(\s|$)", first):
            yield f"{module.name} has no docstring whose first sentence ends with a period"


def check_calls(package: Path) -> Iterator[str]:
    """Nothing read from a file is ever executed."""
    for module in read_tree(package):
        aliases = dict(imported_names(module.tree))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                head, dot, tail = called_name(node.func).partition(".")
                name = aliases.get(head, head) + dot + tail
                if name in BANNED_CALLS or name.endswith(".eval"):
                    yield f"{module.at(node.lineno)} calls {name}"
                if any(k.arg == "allow_pickle" and not is_literal(k.value, False) for k in node.keywords):
                    yield f"{module.at(node.lineno)} allows pickles in {name}"


def imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a name in the module stands for: `("p", "pickle")` of `import pickle as p`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def is_literal(node: ast.AST, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def check_light_import(package: Path) -> Iterator[str]:
    """`import ecogcat` loads no optional or slow package, hence compiles nothing."""
    if not (package / "__init__.py").exists():
        return
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import ecogcat"],
        cwd=package.parent,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        yield "import ecogcat fails: " + run.stderr.strip().rpartition("\n")[2]
    names = {match[1] for match in re.finditer(r"^import time:.*\|\s*([\w.]+)\s*$", run.stderr, re.MULTILINE)}
    for heavy in NOT_ON_IMPORT:
        if heavy in names:
            yield f"import ecogcat imports {heavy}"


CHECKS: tuple[Callable[[Path], Iterator[str]], ...] = (
    *(check_only, check_never, check_guarded, check_cycles),
    *(check_sizes, check_docstrings, check_calls, check_light_import),
)


# The tests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_keeps_the_rule(check: Callable[[Path], Iterator[str]]) -> None:
    """One test a rule; the message lists every breach."""
    complaints = list(check(PACKAGE))
    assert not complaints, "\n" + "\n".join(complaints)


def write_tree(folder: Path, files: dict[str, str]) -> Path:
    """A package `ecogcat` of the given files, each with a docstring unless it brings its own first line."""
    package = folder / "ecogcat"
    package.mkdir()
    for name, body in {"__init__.py": "", **files}.items():
        # "../x.py" lies beside the package
        path = (package / name).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body if body.startswith("#") else f'"""A module."""\n{body}\n', encoding="utf-8")
    return package


GOOD_TREE = {
    "errors.py": "",
    "kernels/__init__.py": "",
    "kernels/jit.py": "import numba",
    "kernels/gather.py": "from ecogcat.kernels.jit import kernel\nfrom . import jit",
    "storage/extent.py": "from ecogcat.errors import EcogcatError\nfrom ..kernels import gather",
    "signal.py": "from ecogcat.storage import extent\ndef f():\n    from ecogcat import dataset",
    "dataset.py": "from typing import TYPE_CHECKING\nfrom ecogcat import signal\nimport numpy as np\n"
    "np.load('x', allow_pickle=False)",
    "formats/intan.py": "from ecogcat.dataset import Dataset",
    "catalog/demo.py": "import intake\nfrom ecogcat.formats import intan\nimport yaml\nyaml.safe_load('')",
    "testing/session.py": "from ecogcat import dataset",
    "demo.py": "import intake\nfrom ecogcat.testing import session",
    "cli.py": "from ecogcat import demo\nimport ecogcat",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_good_tree_passes(check: Callable[[Path], Iterator[str]], tmp_path: Path) -> None:
    assert list(check(write_tree(tmp_path, GOOD_TREE))) == []


TYPING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


@pytest.mark.parametrize(
    ("check", "files", "complaint"),
    [
        (check_only, {"kernels/a.py": "import ecogcat.errors"}, "kernels.a:2 imports ecogcat.errors"),
        (check_only, {"kernels/a.py": "from ..errors import E", "errors.py": ""}, "imports ecogcat.errors"),
        (check_only, {"kernels/a.py": "from ecogcat import options", "options.py": ""}, "nothing of ecogcat"),
        (check_only, {"storage/a.py": "from ecogcat.signal import Signal"}, "storage may import only"),
        (check_only, {"storage/a.py": "from ecogcat import Signal"}, "imports ecogcat;"),
        (check_only, {"units.py": "def f():\n    import ecogcat.storage"}, "units may import only errors"),
        *(
            (check_never, {"plan.py": f"def f():\n    import ecogcat.{layer}"}, f"must not import {layer}")
            for layer in ("formats", "catalog", "interop", "plot", "cli", "testing")
        ),
        (check_never, {"x.py": "from .formats.intan import load"}, "imports ecogcat.formats.intan"),
        (check_never, {"x.py": TYPING + "from ecogcat.catalog import C"}, "records must not import catalog"),
        (check_never, {"x.py": "import importlib\nimportlib.import_module('.cli', 'ecogcat')"}, "import cli"),
        (check_never, {"x.py": "__import__('ecogcat.plot')"}, "records must not import plot"),
        (
            check_never,
            {"x.py": "def f():\n    from ecogcat import Dataset"},
            "records must not import facade",
        ),
        (check_never, {"formats/a.py": "from ecogcat.catalog import find"}, "must not import catalog"),
        (check_never, {"electrodes/a.py": "import ecogcat.formats"}, "electrodes must not import formats"),
        (check_never, {"catalog/a.py": "from ecogcat import cli", "cli.py": ""}, "must not import cli"),
        (check_guarded, {"formats/a.py": "import intake"}, "only catalog, demo, cli may"),
        (check_guarded, {"x.py": "def f():\n    from intake.source import base"}, "intake.source.base"),
        (check_guarded, {"__init__.py": "import intake as i"}, "ecogcat:2 imports intake"),
        (check_guarded, {"catalog/a.py": "import ecogcat.testing.laws"}, "only testing, demo, cli may"),
        (check_guarded, {"plot.py": "from .testing import x"}, "imports ecogcat.testing"),
        (check_cycles, {"a.py": "from ecogcat import b", "b.py": "from ecogcat.a import f"}, "in a circle"),
        (check_cycles, {"__init__.py": "from ecogcat.a import A", "a.py": "from . import A"}, "in a circle"),
        (check_cycles, {"a.py": "import ecogcat.b.c", "b/c.py": "class C:\n    from ..a import A"}, "circle"),
        (check_sizes, {"a.py": "x = 1\n" * MAX_LINES}, f"ecogcat.a has {MAX_LINES + 2} lines"),
        (check_docstrings, {"a.py": "# nothing"}, "ecogcat.a has no docstring"),
        (check_docstrings, {"a.py": '#\n"""A module"""'}, "ecogcat.a has no docstring"),
        (check_docstrings, {"a.py": '#\n"""A module\n\nIt is long."""'}, "ecogcat.a has no docstring"),
        (check_calls, {"a.py": "eval('1')"}, "a:2 calls eval"),
        (check_calls, {"a.py": "frame.eval('1')"}, "calls frame.eval"),
        (check_calls, {"a.py": "import pickle\npickle.load(f)"}, "calls pickle.load"),
        (check_calls, {"a.py": "import pickle as p\np.loads(b)"}, "calls pickle.loads"),
        (check_calls, {"a.py": "from pickle import load\nload(f)"}, "calls pickle.load"),
        (check_calls, {"a.py": "import yaml\nyaml.load(f, Loader=x)"}, "calls yaml.load"),
        (check_calls, {"a.py": "np.load(f, allow_pickle=True)"}, "allows pickles in np.load"),
        *(
            (check_light_import, {"__init__.py": f"import {heavy}"}, f"imports {heavy}")
            for heavy in ("numba", "intake", "scipy.signal")
        ),
        (check_light_import, {"__init__.py": "import no_such_module"}, "ModuleNotFound"),
    ],
)
def test_a_bad_tree_fails(
    check: Callable[[Path], Iterator[str]], files: dict[str, str], complaint: str, tmp_path: Path
) -> None:
    """Each rule can fail, and says where."""
    stand_ins = {"../numba.py": "", "../intake.py": "", "../scipy/__init__.py": "", "../scipy/signal.py": ""}
    complaints = list(check(write_tree(tmp_path, {**stand_ins, **files})))
    assert any(complaint in line for line in complaints), complaints


def test_every_rule_has_a_bad_tree() -> None:
    """A rule that is added without a tree that breaks it does not count as tested."""
    (mark,) = test_a_bad_tree_fails.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in mark.args[1]} == set(CHECKS)
