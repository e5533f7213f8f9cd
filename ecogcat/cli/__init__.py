"""The `ecogcat` command; click and rich, which it is made of, are an extra."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; exit with 0, 1 (something did not hold), 2 (usage), 130 (Ctrl-C) or 141 (nobody reads on)."""
    try:
        from ecogcat.cli.commands import ecogcat
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("click", "rich"):
            raise
        print(f"the ecogcat command needs {error.name}: pip install 'ecogcat[cli]'", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    ecogcat(prog_name="ecogcat")
