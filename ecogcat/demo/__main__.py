"""``python -m ecogcat.demo``."""

import sys

from ecogcat.demo import main

if __name__ == "__main__":
    sys.exit(main())
