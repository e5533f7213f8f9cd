"""``python -m tests.format_table``: real recordings and golden vectors, and whether independent readers agree."""

from __future__ import annotations

import sys

import pandas as pd

from tests.conftest import SHARED
from tests.formats.cases import Case, all_cases, differences


def row(case: Case) -> dict[str, object]:
    """Return what is known of one case."""
    dataset = case.open()
    found = differences(dataset, case.oracle(case.place()))
    arrays = [f"{name} {array.n_channels} x {array.n_samples:,}" for name, array in dataset.arrays().items()]
    return {
        "recording": case.label,
        "format": dataset.parts[0].format,
        "channels": dataset.n_channels,
        "samples": f"{dataset.n_samples:,}",
        "rate": f"{dataset.sampling_rate:g}",
        "events": len(dataset.events),
        "parts": len(dataset.parts),
        "arrays": "; ".join(arrays),
        "against": case.reader,
        "equal": "yes" if not found else f"{'; '.join(found)} ({case.quirk or 'NOT EXPECTED'})",
    }


def main() -> int:
    """Print the table; the status is 1 if a row differs that need not."""
    if not SHARED.exists():
        print(f"the real recordings are absent: {SHARED}", file=sys.stderr)
        return 2
    rows = [row(case) for case in all_cases()]
    print(pd.DataFrame(rows).to_markdown(index=False) if _has_tabulate() else pd.DataFrame(rows).to_string(index=False))
    return int(any("NOT EXPECTED" in str(one["equal"]) for one in rows))


def _has_tabulate() -> bool:
    from importlib.util import find_spec

    return find_spec("tabulate") is not None


if __name__ == "__main__":
    sys.exit(main())
