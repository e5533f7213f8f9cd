"""YAML loader of catalogs: PyYAML's safe one with limits, that takes no tag, no key twice, and nothing that grows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

__all__ = ["MAX_DEPTH", "MAX_VALUES", "Refused", "check_aliases", "safe_loader"]

MAX_VALUES = 10_000_000
MAX_DEPTH = 64
_MAX_DIGITS = 300  # of a number: sexagesimal ones take time that grows with the square of their length
_TUPLE = "tag:yaml.org,2002:python/tuple"


class Refused(Exception):
    """YAML text that may be well formed, and is not taken."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.line = mark.line + 1


@cache
def safe_loader() -> type:
    """Return the loader: PyYAML's safe one, by libyaml where it is there (ten times as fast), with our limits."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def __init__(self, text: str) -> None:
            super().__init__(text)
            self.depth = self.n_values = 0
            self.looked_over: set[int] = set()

        def descend_resolver(self, parent: Any, index: Any) -> None:
            # Called for each value before it is composed, so that nothing deep or large is ever built.
            self.depth += 1
            self.n_values += 1
            if self.depth > MAX_DEPTH:
                raise Refused(f"values are nested more than {MAX_DEPTH} levels deep", parent.start_mark)
            if self.n_values > MAX_VALUES:
                raise Refused(f"there are more than {MAX_VALUES:,} values in it", parent.start_mark)

        def ascend_resolver(self) -> None:
            self.depth -= 1

        def flatten_mapping(self, node: Any) -> None:
            # Called before anything is made of a mapping; afterwards it has the names that `<<` brings in, too.
            if id(node) not in self.looked_over:
                self.looked_over.add(id(node))
                _check_keys(node)
            super().flatten_mapping(node)

        def construct_yaml_int(self, node: Any) -> Any:
            if len(str(node.value)) > _MAX_DIGITS:
                raise Refused(f"a number of {len(node.value):,} digits is no value of a catalog", node.start_mark)
            return super().construct_yaml_int(node)

        def construct_yaml_float(self, node: Any) -> Any:
            if len(str(node.value)) > _MAX_DIGITS:
                raise Refused(f"a number of {len(node.value):,} digits is no value of a catalog", node.start_mark)
            return super().construct_yaml_float(node)

        def construct_yaml_tuple(self, node: Any) -> tuple[Any, ...]:
            return tuple(self.construct_sequence(node, deep=True))

        def construct_undefined(self, node: Any) -> Any:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise Refused(f"the tag {tag[:80]!r} would build an object; a catalog holds plain values", node.start_mark)

    Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_yaml_int)
    Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
    Loader.add_constructor(_TUPLE, Loader.construct_yaml_tuple)  # Intake saves them so
    Loader.add_constructor(None, Loader.construct_undefined)
    return Loader


def _check_keys(node: Any) -> None:
    """Refuse a mapping that has a key twice; what `<<` brings in may be there as well."""
    seen: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if not isinstance(key.value, str):
            raise Refused('a name is plain text; put templates in quotes: "{{ CATALOG_DIR }}/a.rhd"', key.start_mark)
        own = key.tag, key.value
        if own in seen:
            raise Refused(f"{key.value!r} is there twice, before in line {seen[own]}", key.start_mark)
        seen[own] = key.start_mark.line + 1


def check_aliases(root: Any) -> None:
    """Refuse what contains itself, and what would be huge if aliases were written out; each value is visited once."""
    sizes: dict[int, int | None] = {}
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, done = waiting.pop()
        inside = list(_children(node))
        if done:
            size = 1 + sum(sizes[id(one)] or 0 for one in inside)
            if size > MAX_VALUES:
                raise Refused(
                    f"written out, its aliases (*) stand for more than {MAX_VALUES:,} values", node.start_mark
                )
            sizes[id(node)] = size
        elif id(node) not in sizes:
            sizes[id(node)] = None  # being visited
            waiting.append((node, True))
            for one in inside:
                if sizes.get(id(one), 0) is None:
                    raise Refused("an alias (*) stands for a value that it is in itself", one.start_mark)
                waiting.append((one, False))


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node.value, list):
        for one in node.value:
            if isinstance(one, tuple):
                yield from one
            else:
                yield one
