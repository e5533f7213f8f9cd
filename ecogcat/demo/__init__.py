"""The demo: a session simulated, or a folder of your own, opened, joined, read and drawn, with every step shown.

Run it with ``python -m ecogcat.demo [FOLDER]``; ``make demo`` and ``make demo DATA=FOLDER`` do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ecogcat.demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", help="recordings of your own; a simulated session without it")
    parser.add_argument("-o", "--output", help="where to write (default: demo/)")
    given = parser.parse_args(arguments)
    from ecogcat.catalog.demo import demo_folder
    from ecogcat.demo import page
    from ecogcat.demo.folder import run_folder
    from ecogcat.demo.session import run_session
    from ecogcat.errors import EcogcatError

    output = demo_folder() if given.output is None else Path(given.output)
    try:
        if given.folder is None:
            return run_session(output)
        return run_folder(given.folder, output)
    except EcogcatError as error:
        print(page.wrapped(f"error: {error}"), file=sys.stderr)
        return 1
