"""Report: a catalog on one page of HTML that needs no other file - table, plan, warnings, pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import ecogcat as ec
from ecogcat.catalog.check import checked
from ecogcat.catalog.find import chosen
from ecogcat.catalog.rows import rows_of
from ecogcat.catalog.session import entry_source
from ecogcat.catalog.textfile import write_text
from ecogcat.cli.output import hertz, seconds
from ecogcat.tabulate import plan_text

__all__ = ["write_report"]

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222 }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc }
table { border-collapse: collapse; width: 100%; font-size: 13px } th { text-align: left; border-bottom: 2px solid #888 }
td, th { padding: .2rem .6rem .2rem 0; vertical-align: top } td.n, th.n { text-align: right; white-space: nowrap }
tr.bad td { background: #fdece6 } pre { font-size: 12px; overflow-x: auto; background: #f6f6f6; padding: .7rem }
figure { margin: 1.2rem 0 } img { max-width: 100% } figcaption { font-size: 13px; color: #555 }
"""


def write_report(
    cat: Any, place: str, output: str, names: Sequence[str] | None, n_pictures: int, progress: bool = False
) -> list[str]:
    """Write the page; return the names of the entries that do not hold."""
    rows = {row.name: row for row in rows_of(cat)}
    wanted = list(rows) if names is None else list(names)
    flat = chosen(cat, wanted)
    found = {row["entry"]: row for row in _told(checked(cat, wanted), len(wanted), progress)}
    opened: dict[str, ec.Dataset] = {
        name: entry_source(flat, name).read() for name in wanted if found[name]["ok"] and "ecog_" in rows[name].driver
    }
    recordings = [one for name, one in opened.items() if not rows[name].is_join]
    wrong = [name for name in wanted if not found[name]["ok"]]
    parts = [f"<h1>{escape(place)}</h1>", f"<p>{_summed(opened, wanted, wrong)}</p>"]
    parts += ["<h2>Entries</h2>", _table(wanted, found, opened, rows)]
    refused = ((cat.metadata or {}).get("ecog") or {}).get("refused") or []
    if refused:
        listed = "".join(f"<li>{escape(str(one['path']))}: {escape(str(one['reason']))}</li>" for one in refused)
        parts += ["<h2>Paths that the last scan could not open</h2>", f"<ul>{listed}</ul>"]
    if len(recordings) > 1:
        parts += ["<h2>What joining them would do</h2>", f"<pre>{escape(plan_text(ec.plan_join(*recordings)))}</pre>"]
    parts += ["<h2>Warnings</h2>", _warnings(opened)]
    drawable = [one for one in opened.values() if one.n_channels and one.n_samples][:n_pictures]
    if drawable:
        parts += ["<h2>Pictures</h2>", *_told(map(_figure, drawable), len(drawable), progress)]
        left = len(opened) - len(drawable)
        parts += [f"<p>{left} more: <code>ecogcat plot</code></p>"] if left else []
    title = f"<title>{escape(place)}</title>"
    head = f"<meta charset='utf-8'><meta name='viewport' content='width=device-width'>{title}<style>{_STYLE}</style>"
    body = "\n".join(parts)
    write_text(output, f"<!doctype html>\n<html lang='en'><head>{head}</head>\n<body>\n{body}\n</body></html>\n")
    return wrong


def _told(items: Iterator[Any], total: int, progress: bool) -> Iterator[Any]:
    if not progress:
        return items
    from tqdm.auto import tqdm

    return iter(tqdm(items, total=total, leave=False))


def _summed(opened: dict[str, ec.Dataset], wanted: Sequence[str], wrong: Sequence[str]) -> str:
    total = seconds(sum(one.duration for one in opened.values()))
    held = f"{len(wanted) - len(wrong)} of {len(wanted)} entries hold; {total} in all."
    return held + (f" <b>These do not: {escape(', '.join(wrong))}</b>" if wrong else "")


def _table(wanted: Sequence[str], found: Any, opened: dict[str, ec.Dataset], rows: Any) -> str:
    lines = []
    for name in wanted:
        one = opened.get(name)
        if one is None:
            problem = escape(found[name]["problem"])
            lines.append(f"<tr class='bad'><td>{escape(name)}</td><td colspan='7'>{problem}</td></tr>")
            continue
        start = one.parts[0].start_time
        cells = [
            name,
            "+".join(dict.fromkeys(part.format for part in one.recordings)),
            f"{one.n_channels:,}",
            hertz(one.sampling_rate),
            seconds(one.duration),
            "" if start is None else str(start)[:19].replace("T", " "),
            f"{len(one.events):,}",
            rows[name].description,
        ]
        marks = ("", "", "n", "n", "n", "", "n", "")
        row = "".join(
            f"<td{f' class={mark!r}' if mark else ''}>{escape(cell)}</td>"
            for cell, mark in zip(cells, marks, strict=True)
        )
        lines.append(f"<tr>{row}</tr>")
    heads = ("entry", "format", "channels", "rate", "duration", "start", "events", "description")
    header = "".join(f"<th>{name}</th>" for name in heads)
    return f"<table><thead><tr>{header}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _warnings(opened: dict[str, ec.Dataset]) -> str:
    lines = [f"<li>{escape(text)}</li>" for one in opened.values() for text in one.warnings]
    return f"<ul>{''.join(lines)}</ul>" if lines else "<p>None.</p>"


def _figure(dataset: ec.Dataset) -> str:
    import matplotlib.pyplot as plt

    figure = ec.plot_overview(dataset)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    plt.close(figure)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    caption = f"<figcaption>{escape(dataset.name)}</figcaption>"
    return f"<figure><img alt='{escape(dataset.name)}' src='data:image/png;base64,{data}'>{caption}</figure>"
