"""Doctor: what an installation has, and what in it would make ecogcat slow or fail."""

from __future__ import annotations

import os
import platform
import tempfile
from importlib import metadata
from typing import Any

from ecogcat import settings
from ecogcat.formats.registry import formats

__all__ = ["examine"]

_NEEDED = ("ecogcat", "numpy", "numba", "h5py", "intake", "jinja2", "pandas", "scipy", "tqdm")
_EXTRAS = {
    **{"matplotlib": "plot", "dask": "dask", "neo": "neo", "npTDMS": "tdms", "fsspec": "remote", "aiohttp": "remote"},
    **{"click": "cli", "rich": "cli"},
}


def examine() -> list[dict[str, Any]]:
    """Return one row a finding: what, value, ok, and what to do if it is not."""
    rows = [_row("Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}")]
    for name in _NEEDED:
        version = _version(name)
        rows.append(_row(name, version or "missing", version is not None, f"pip install {name}"))
    for name, extra in _EXTRAS.items():
        rows.append(_row(name, _version(name) or f"not installed (pip install 'ecogcat[{extra}]')"))
    rows += [_drivers(), _cache(), _row("threads", settings.threads()), _memory()]
    return rows


def _row(what: str, value: Any, ok: bool = True, remedy: str = "") -> dict[str, Any]:
    return {"what": what, "value": value, "ok": ok, "remedy": "" if ok else remedy}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _drivers() -> dict[str, Any]:
    points = {point.name for point in metadata.entry_points(group="intake.drivers")}
    wanted = {f"ecog_{name}" for name in formats()} | {"ecog_join"}
    missing = sorted(wanted - points)
    text = ", ".join(sorted(wanted & points)) or "none"
    remedy = f"Intake does not see {', '.join(missing)}: install ecogcat with pip"
    return _row("Intake drivers", text, not missing, remedy)


def _cache() -> dict[str, Any]:
    """Kernels are compiled once a machine if the cache can be written, once a process otherwise."""
    import ecogcat.kernels

    own = os.environ.get("NUMBA_CACHE_DIR")
    folder = own or os.path.join(os.path.dirname(ecogcat.kernels.__file__), "__pycache__")
    place = folder
    while not os.path.isdir(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    try:
        with tempfile.TemporaryFile(dir=place):
            ok = True
    except OSError:
        ok = False
    remedy = "not writable: kernels are compiled anew in each process; set NUMBA_CACHE_DIR to a folder of your own"
    return _row("Numba's cache", folder, ok, remedy)


def _memory() -> dict[str, Any]:
    limit = settings.memory_limit()
    return _row("memory limit of a read", "none" if limit is None else f"{limit / 2**30:.1f} GiB")
