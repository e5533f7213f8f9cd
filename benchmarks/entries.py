"""Large catalogs: opened, listed, searched and tabulated, beside plain Intake on the same file.

``python -m benchmarks catalog [--quick]``. Each step of ours runs in a process of its own, after its imports, and
opens the catalog; plain Intake parses it once for all steps, and that is added to each. It is stopped where it
takes longer than ``LIMIT_S``, and the table says so. Memory is the largest that the process had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecogcat.catalog.index import write_index
from ecogcat.catalog.textfile import write_text
from ecogcat.catalog.yamlvalues import entry_lines, mapping_lines

FULL, QUICK = (1000, 3000, 10_000, 100_000), (300, 1000)
LIMIT_S = 240.0

_OURS = "import ecogcat as ec, intake.catalog.local, ecogcat.catalog.indexed, pandas\n"
_PLAIN = "import intake, intake.catalog.local, pandas\n"
STEPS: dict[str, tuple[str, str]] = {
    "open": ("cat = ec.open_session(path)", ""),
    "list": ("n = len(list(ec.open_session(path)))", "n = len(list(cat))"),
    "one entry": (
        "n = ec.open_session(path)['rat7/day_07/rec_077'].metadata['ecog']['n_samples']",
        "n = cat['rat7/day_07/rec_077'].metadata['ecog']['n_samples']",
    ),
    "find": (
        "n = len(ec.find(path, 'rat7', electrode='psv_61', sampling_rate=2000))",
        "n = len([name for name, e in cat._entries.items() if 'rat7' in name\n"
        "    and e.describe()['args'].get('electrode') == 'psv_61'\n"
        "    and e.describe()['metadata']['ecog']['sampling_rate'] == 2000])",
    ),
    "find fact": (
        "n = len(ec.find(path, sampling_rate=2000))",
        "n = len([1 for e in cat._entries.values() if e.describe()['metadata']['ecog']['sampling_rate'] == 2000])",
    ),
    "find range": (
        "n = len(ec.find(path, n_samples='>=1000100'))",
        "n = len([1 for e in cat._entries.values() if e.describe()['metadata']['ecog']['n_samples'] >= 1000100])",
    ),
    "table": (
        "n = len(ec.session_table(path))",
        "n = len(pandas.DataFrame([e.describe()['metadata']['ecog'] for e in cat._entries.values()]))",
    ),
}
_CHILD = """
import json, sys, time
path, steps = sys.argv[1], json.loads(sys.argv[2])
{imports}
start = time.perf_counter()
{before}
before = time.perf_counter() - start
for code in steps:
    n, start = None, time.perf_counter()
    exec(code)
    # Of this program alone: what getrusage tells outlives exec, and would be that of the process that started it.
    peak = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps(dict(seconds=before + time.perf_counter() - start, megabytes=peak, n=n)))
"""


def write_catalog(folder: Path, n: int) -> Path:
    """Write a catalog as a scan does: a hundred animals, a hundred recordings a folder."""
    sources: dict[str, Any] = {}
    for k in range(n):
        session = f"rat{k * 100 // n}/day_{k // 100 % 10:02}"
        path = f"{session}/rec_{k % 1000:03}"
        while path in sources:
            path += "x"
        summary = {
            **{"origin": f"{path}.rhd", "session": session, "sampling_rate": 2000.0 if k % 2 else 20000.0},
            **{"units": "uV", "n_channels": 64, "n_samples": 1_000_000 + k, "duration": 500.0},
            **{
                "start_time": "2026-03-14T10:21:05.000000",
                "format": "intan",
                "aligned": ["adc", "aux"],
                "n_events": k % 7,
            },
        }
        args = {"urlpath": "{{ CATALOG_DIR }}/" + path + ".rhd", "electrode": "psv_61" if k % 3 else "actv_64"}
        sources[path] = {"driver": "ecog_intan", "args": args, "metadata": {"ecog": summary}}
    sources.setdefault("rat7/day_07/rec_077", next(iter(sources.values())))
    content = {"metadata": {"version": 1}, "sources": sources}
    lines = [*mapping_lines({"metadata": content["metadata"]}, 0), "sources:"]
    for name, entry in sources.items():
        lines += entry_lines(name, entry)
    target = folder / "large.yaml"
    write_text(str(target), "\n".join(lines) + "\n")
    if not write_index(str(target), content):
        raise OSError(f"{target}: no index was written")
    return target


def measure(path: Path, limit_s: float = LIMIT_S) -> list[dict[str, Any]]:
    """Return a row a step: seconds and megabytes, ours and plain Intake's; None where that was stopped."""
    codes = [code for _, code in STEPS.values()]
    plain = _run(path, _PLAIN, "cat = intake.open_catalog(path)", codes, limit_s)
    rows = []
    for (step, (code, _)), theirs in zip(STEPS.items(), plain or [None] * len(codes), strict=True):
        (ours,) = _run(path, _OURS, "", [code]) or []
        if theirs is not None and ours["n"] != theirs["n"]:
            raise AssertionError(f"{step}: {ours} and {theirs}")
        rows.append({"step": step, "ecogcat": ours, "intake": theirs})
    return rows


def _run(
    path: Path, imports: str, before: str, steps: Sequence[str], limit_s: float | None = None
) -> list[dict[str, Any]] | None:
    code = _CHILD.format(imports=imports, before=before)
    command = [sys.executable, "-c", code, os.fspath(path), json.dumps(steps)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def table(rows: Sequence[dict[str, Any]], n: int, limit_s: float = LIMIT_S) -> str:
    """Return the rows as a table in text."""
    lines = [f"{n:,} entries", f"{'':<10} {'ecogcat':>18} {'plain Intake':>20} {'Intake / ours':>13}"]
    for row in rows:
        ours, theirs = row["ecogcat"], row["intake"]
        own = f"{ours['seconds']:7.2f} s {ours['megabytes']:5.0f} MB"
        if theirs is None:
            other, ratio = f"> {limit_s:.0f} s, stopped", f"> {limit_s / ours['seconds']:,.0f}"
        else:
            other = f"{theirs['seconds']:7.2f} s {theirs['megabytes']:5.0f} MB"
            ratio = f"{theirs['seconds'] / ours['seconds']:,.1f}"
        lines.append(f"{row['step']:<10} {own:>18} {other:>20} {ratio:>13}")
    return "\n".join(lines)


def report(quick: bool, as_json: bool) -> str:
    """Measure, and return what to print."""
    measured: dict[int, list[dict[str, Any]]] = {}
    for n in QUICK if quick else FULL:
        with tempfile.TemporaryDirectory() as folder:
            measured[n] = measure(write_catalog(Path(folder), n))
    return json.dumps(measured, indent=1) if as_json else "\n\n".join(table(rows, n) for n, rows in measured.items())
