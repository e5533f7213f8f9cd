"""Known electrodes: those of the lab by name, built from the tables that ship with ecogcat.

`maps.txt` has electrodes whose wiring is known channel by channel, `headcaps.txt` those whose channels depend on what
is plugged in, `connectors.txt` what can be, `combinations.txt` names for some of both. Each says in its head how it is
read.
"""

from __future__ import annotations

import configparser
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ecogcat.electrodes.active import ARRAYS, UNMIXES, find_unmix
from ecogcat.electrodes.compose import in_a_row, tiled, wired
from ecogcat.electrodes.table import ElectrodeTable
from ecogcat.frozen import index_array

__all__ = ["Recipe", "connector_names", "known_table", "nearest", "recipes"]

_ROLES = {"g": "ground", "r": "reference", "x": "other"}
_FACTS = ("shape", "pitch_mm", "electrode", "connectors", "tiling")
_DEFAULT_CONNECTOR = "intan64"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a known electrode is built.

    Parameters
    ----------
    kind : {"map", "headcap", "combination", "array"}
        Of one of the three files, or an active array.
    parts : dict
        Its arms or pieces by name, each the cells of its table; a single one is called "sites" or "zif".
    shape : tuple of int
    pitch : tuple of float or None
        (dy, dx), mm; None where it is not known.
    base : str
        The electrode that a combination is made of.
    connectors, tiling : tuple of str
        What a combination is made with.
    """

    kind: str
    parts: dict[str, tuple[str, ...]]
    shape: tuple[int, int] = (0, 0)
    pitch: tuple[float, float] | None = None
    base: str = ""
    connectors: tuple[str, ...] = ()
    tiling: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """What takes a connector each, or can be left out: arms, pieces; none where nothing is to choose."""
        if self.kind == "array":
            return ("daq", "headstage")
        several = len(self.parts) > 1 or self.kind == "headcap"
        return tuple(self.parts) if several and self.kind != "combination" else ()

    @property
    def default(self) -> tuple[str, ...]:
        """The connectors, or pieces, where none are named."""
        return () if self.kind == "array" else self.listed

    @property
    def listed(self) -> tuple[str, ...]:
        """The default; of an active array, which has none, a wiring that is known."""
        if self.kind == "headcap":
            return (_DEFAULT_CONNECTOR,) * len(self.parts)
        return self.connectors if self.kind != "map" else self.arms


@cache
def recipes() -> dict[str, Recipe]:
    """Return how each known electrode is built, by name."""
    found = dict(sorted({**_own("maps", "map"), **_own("headcaps", "headcap"), **_combined()}.items()))
    return found | {name: _scanned(name) for name in ARRAYS}


def _scanned(name: str) -> Recipe:
    first = next(one for one in UNMIXES if one.electrode == name)
    pitch = first.table().pitch
    return Recipe("array", {}, pitch=None if pitch == (1.0, 1.0) else pitch, connectors=(first.daq, first.headstage))


def _sections(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    parser = configparser.ConfigParser(
        delimiters=("=",), comment_prefixes=("#",), interpolation=None, default_section="", empty_lines_in_values=False
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8"))
    for section in parser.sections():
        yield section, dict(parser[section])


def _own(name: str, kind: str) -> dict[str, Recipe]:
    found = {}
    for section, fields in _sections(name):
        n_rows, n_cols = map(int, fields["shape"].split())
        parts = {key: tuple(text.split()) for key, text in fields.items() if key not in _FACTS}
        found[section] = Recipe(kind, parts, (n_rows, n_cols), _pitch(fields["pitch_mm"]))
    return found


def _combined() -> dict[str, Recipe]:
    return {
        section: Recipe(
            "combination",
            {},
            pitch=_pitch(fields["pitch_mm"]) if "pitch_mm" in fields else None,
            base=fields["electrode"],
            connectors=_listed(fields.get("connectors", "")),
            tiling=_listed(fields.get("tiling", "")),
        )
        for section, fields in _sections("combinations")
    }


def _pitch(text: str) -> tuple[float, float] | None:
    if text == "unknown":
        return None
    numbers = [float(number) for number in text.split()]
    return numbers[0], numbers[-1]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


@cache
def _connectors() -> dict[str, tuple[int | None, ...]]:
    return {
        section: tuple(None if pin == "g" else int(pin) for pin in fields["pins"].split())
        for section, fields in _sections("connectors")
    }


def connector_names() -> tuple[str, ...]:
    """Return what can be plugged into a headcap."""
    return tuple(_connectors())


def nearest(name: str, names: Sequence[str]) -> list[str]:
    """Return the names that are most like one, the most similar first; case does not matter.

    Examples
    --------
    >>> nearest("PSV61intan", ["psv_61_intan", "psv_61", "ratv4_intan"])[0]
    'psv_61_intan'
    """
    folded = {one.casefold(): one for one in names}
    key = name.casefold()
    near = [folded[one] for one in difflib.get_close_matches(key, list(folded), 5, 0.6)]
    inside = [one for lower, one in folded.items() if len(key) > 2 and key in lower]
    return list(dict.fromkeys([*near, *inside]))[:6]


def known_table(
    name: str, connectors: str | Sequence[str | None] | None = None, tiling: Sequence[int | str] | int | None = None
) -> ElectrodeTable:
    """Build the table of a known electrode.

    Parameters
    ----------
    name : str
    connectors, tiling
        See `ecogcat.electrode`.

    Raises
    ------
    ValueError
        If there is no such electrode, connector, piece or tiling; the message lists what there is.

    Examples
    --------
    >>> known_table("psv_61").roles[:2], known_table("psv_61").pitch
    (('ground', 'electrode'), (0.406, 0.406))
    """
    if name not in recipes():
        near = nearest(name, list(recipes()))
        meant = f"; did you mean {', '.join(near)}?" if near else ";"
        raise ValueError(f"there is no electrode {name!r}{meant} ecogcat.electrodes() lists all {len(recipes())}")
    recipe = recipes()[name]
    chosen = _chosen(name, recipe, connectors)
    if recipe.kind == "array":
        table = _array(name, chosen)
    elif recipe.kind == "combination":
        table = known_table(recipe.base, recipe.connectors or None, recipe.tiling or None)
        if recipe.pitch is not None:
            table = ElectrodeTable(table.channels, table.roles, table.sites, table.shape, recipe.pitch)
    elif recipe.kind == "map":
        pieces = chosen if recipe.arms else tuple(recipe.parts)
        table = in_a_row([_cells(recipe, str(piece)) for piece in pieces])
    else:
        plugged = zip(recipe.parts, chosen, strict=True)
        table = in_a_row([wired(_cells(recipe, arm), _connectors()[what]) for arm, what in plugged if what is not None])
    if tiling is None:
        return table
    codes = [tiling] if isinstance(tiling, (int, str)) else list(tiling)
    if not all(str(code).strip().isdigit() for code in codes):
        raise ValueError(f"a tiling has codes such as 121 and 122, not {codes}")
    return tiled(table, [int(code) for code in codes])


def _chosen(name: str, recipe: Recipe, connectors: str | Sequence[str | None] | None) -> tuple[str | None, ...]:
    """Return the connector of each arm, or the pieces in use, once they are known to exist."""
    if connectors is None or len(connectors) == 0:
        return recipe.default
    if not recipe.arms:
        made = f"; it is {recipe.base} with {', '.join(recipe.connectors)}" if recipe.connectors else ""
        raise ValueError(f"{name} has no connectors to choose{made}")
    given = _listed(connectors) if isinstance(connectors, str) else tuple(connectors)
    if recipe.kind == "array":
        return given
    there = connector_names() if recipe.kind == "headcap" else recipe.arms
    what = "connector" if recipe.kind == "headcap" else "piece"
    for one in given:
        if one not in there and not (one is None and recipe.kind == "headcap"):
            near = nearest(str(one), there)
            meant = f" (did you mean {', '.join(near)}?)" if near else ""
            raise ValueError(f"{name} takes no {what} {one!r}{meant}; there are: {', '.join(there)}")
    if recipe.kind == "headcap" and len(given) == 1:
        given *= len(recipe.arms)  # all alike
    if recipe.kind == "headcap" and len(given) != len(recipe.arms):
        raise ValueError(
            f"{name} takes a connector for each of {', '.join(recipe.arms)}, not {len(given)}; None where nothing is "
            "plugged in, or one name for all"
        )
    if len(set(given)) != len(given) and recipe.kind == "map":
        raise ValueError(f"each piece of {name} is in use once, not {', '.join(map(str, given))}")
    return given


def _cells(recipe: Recipe, part: str) -> ElectrodeTable:
    cells = recipe.parts[part]
    roles = tuple(_ROLES.get(cell, "electrode") for cell in cells)
    sites = [(-1, -1) if cell in _ROLES else tuple(map(int, cell.split(","))) for cell in cells]
    pitch = recipe.pitch or (1.0, 1.0)
    return ElectrodeTable(index_array(range(len(cells))), roles, np.array(sites), recipe.shape, pitch)


def _array(name: str, chosen: Sequence[str | None]) -> ElectrodeTable:
    known = [one for one in UNMIXES if one.electrode == name]
    if not chosen and len(known) == 1:
        return known[0].table()  # wired in one way only
    labels = "; ".join(f"({one.daq!r}, {one.headstage!r})" for one in known)
    if len(chosen) != 2 or chosen[0] is None:
        raise ValueError(f"{name} takes connectors=(daq, headstage), one of {labels}")
    return find_unmix(chosen[0], chosen[1], name, known[0].n_rows, known[0].n_columns).table()
