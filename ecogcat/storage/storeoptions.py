"""Store options: what a store elsewhere is reached with - plain values, some of them secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["plain_options", "texts_of"]


def plain_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return storage options as a dict of plain values, as YAML has them.

    Raises
    ------
    TypeError
        With the name of the option, and not its value.

    Examples
    --------
    >>> plain_options({"anon": True, "client_kwargs": {"endpoint_url": "http://localhost:9000"}})
    {'anon': True, 'client_kwargs': {'endpoint_url': 'http://localhost:9000'}}
    """
    if options is None:
        return {}
    plain = _plain(options, "storage_options")
    if not isinstance(plain, dict):
        raise TypeError(f"storage_options are names with values, such as anon: true, not {type(options).__name__}")
    return plain


def _plain(value: Any, name: str) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"{name}: names are text")
        return {key: _plain(one, f"{name}: {key}") for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one, name) for one in value]
    raise TypeError(f"{name}: a plain value (text, number, list, mapping) belongs here, not {type(value).__name__}")


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts in options that are long enough to be secrets."""
    if isinstance(value, str):
        if len(value) >= 4:
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)
