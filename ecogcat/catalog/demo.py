"""The demo catalog: `catalogs/demo.yaml`, also as `intake.cat.ecogcat_demo`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from intake.catalog.local import YAMLFileCatalog

__all__ = ["catalog", "demo_catalog_path", "demo_folder"]

_HERE = Path(__file__).resolve().parent


def demo_catalog_path() -> Path:
    """Return where the demo catalog lies: beside this file in a wheel, in `catalogs/` of a checkout."""
    beside = _HERE / "demo.yaml"
    return beside if beside.exists() else _HERE.parents[1] / "catalogs" / "demo.yaml"


def demo_folder() -> Path:
    """Return where the demo writes: `demo/` in a checkout, or in the working directory."""
    path = demo_catalog_path()
    root = Path.cwd() if path.parent == _HERE else path.parents[1]
    return root / "demo"


class DemoCatalog(YAMLFileCatalog):
    """The demo catalog, whose files lie in the demo folder wherever the catalog is installed."""

    name = "ecogcat_demo"

    def __init__(self, path: str | None = None, **arguments: Any) -> None:
        super().__init__(str(demo_catalog_path()) if path is None else path, autoreload=True, **arguments)

    def parse(self, text: str) -> None:
        """Read the entries, `CATALOG_DIR` being a folder beside the demo's."""
        self._dir = f"{os.fspath(demo_folder().parent / 'catalogs')}/"
        super().parse(text)


# Only the text of the catalog is read here: nothing is simulated, no recording opened, none needs to be there.
catalog = DemoCatalog()
