"""Running the package: ``python -m ecogcat`` is the `ecogcat` command."""

from ecogcat.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
