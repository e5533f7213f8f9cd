"""Quick YAML: what plain text says, made from libyaml's events without a node a value; nothing where it is not plain.

A node is a Python object with two marks, of which a large catalog has millions, to say in which line a mistake is. Text
without one needs none. What has tags, anchors, merges, a name twice or any mistake is left to the full reading.
"""

from __future__ import annotations

from typing import Any

__all__ = ["quick"]

_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_STR = "tag:yaml.org,2002:str"
_MOST_KEPT = 100_000  # scalars whose value is not worked out again
_NO_KEY = object()


def quick(loader: Any, max_depth: int, max_values: int) -> tuple[bool, Any]:
    """Read a document.

    Parameters
    ----------
    loader : yaml Loader
        Of the text; it is used up.
    max_depth, max_values : int

    Returns
    -------
    bool
        Whether the text was plain enough.
    object
        What it says.

    Raises
    ------
    yaml.YAMLError and others
        Where the text is no YAML, or a value in it is none.
    """
    import yaml

    scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
    special = frozenset(filter(None, loader.yaml_implicit_resolvers))  # what begins with none of these is text
    everywhere = None in loader.yaml_implicit_resolvers
    known: dict[str, Any] = {}
    root: list[Any] = []
    owners: list[tuple[Any, bool, Any]] = []  # those that are not closed: what it is, whether a mapping, and its key
    owner: Any = root
    is_mapping, key = False, _NO_KEY
    n_values = 0
    if not isinstance(loader.get_event(), yaml.StreamStartEvent):
        return False, None
    if not isinstance(loader.get_event(), yaml.DocumentStartEvent):
        return False, None
    next_event = loader.get_event
    while True:
        event = next_event()
        kind = type(event)
        n_values += 1
        if n_values > max_values:
            return False, None
        if kind is scalar:
            text = event.value
            if event.anchor is not None or event.tag is not None:
                return False, None
            if event.style:  # in quotes, or a block; libyaml calls plain "", PyYAML None
                value: Any = text
            elif text and text[0] not in special and not everywhere:
                value = text
            elif text in known:
                value = known[text]
            else:
                tag = loader.resolve(yaml.ScalarNode, text, (True, False))
                node = yaml.ScalarNode(tag, text, event.start_mark, event.end_mark)
                if node.tag not in _PLAIN:
                    return False, None
                value = text if node.tag == _STR else loader.construct_object(node)
                if len(known) < _MOST_KEPT:
                    known[text] = value
        elif kind is mapping or kind is sequence:
            if event.anchor is not None or event.tag is not None or len(owners) >= max_depth - 1:
                return False, None
            if is_mapping and key is _NO_KEY:
                return False, None
            new: Any = {} if kind is mapping else []
            owners.append((owner, is_mapping, key))
            owner, is_mapping, key = new, kind is mapping, _NO_KEY
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            value = owner
            owner, is_mapping, key = owners.pop()
        elif kind is yaml.DocumentEndEvent:
            break
        else:  # an alias
            return False, None
        if not is_mapping:
            owner.append(value)
        elif key is _NO_KEY:
            if value in owner:
                return False, None
            key = value
        else:
            owner[key] = value
            key = _NO_KEY
    if not isinstance(loader.get_event(), yaml.StreamEndEvent):
        return False, None
    return True, root[0]
