"""The command line: ``python -m benchmarks [--json] [--quick] [--data FOLDER] [ITEM ...|thresholds|catalog]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.catalog import find
from benchmarks.data import FULL, QUICK
from benchmarks.entries import report as report_entries
from benchmarks.limits import HERE, unavailable
from benchmarks.report import measure, table
from benchmarks.thresholds import report as report_thresholds


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("items", nargs="*", metavar="ITEM", help="W3, W2/A, ...; or: thresholds, catalog")
    parser.add_argument("--json", action="store_true", help="everything measured, seconds too, as JSON")
    parser.add_argument("--quick", action="store_true", help="short recordings, few rounds: does it run?")
    parser.add_argument("--data", type=Path, default=HERE / "_data", help="folder for the recordings")
    parser.add_argument("--rounds", type=int, help="rounds that medians are taken over (7)")
    asked = parser.parse_args(arguments)
    if asked.items == ["thresholds"]:
        print(report_thresholds())
        return 0
    if asked.items == ["catalog"]:
        print(report_entries(asked.quick, asked.json))
        return 0
    n_samples = QUICK if asked.quick else FULL
    rounds = asked.rounds or (3 if asked.quick else 7)
    why = unavailable()
    if why is not None:
        print(f"\n*** NO LIMIT: {why}.\n*** The columns that compare with it are empty.\n", file=sys.stderr)
    try:
        items = find(asked.data, n_samples, asked.items)
    except ValueError as error:
        parser.error(str(error))
    rows = []
    for item in items:
        print(f"{item.label}: {item.title}", file=sys.stderr, flush=True)
        rows.append(measure(item, asked.data, n_samples, rounds, limited=why is None))
    print(json.dumps(rows, indent=1) if asked.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
