"""The limit: what this machine can do at best, by a C program built and run in the same minute.

Two programs: `limit.c`, which lies beside the project (see `shared_folder`), and `stride_limit.c` here, in its style,
for every k-th sample. And a library, `write_limit.c`, for what is written to a file.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
BUILD = HERE / "_build"

_OURS = ("stride_limit", "write_limit")

KINDS = {"A": "f4", "B": "i2", "D": "i2x"}
"""The layouts of the recordings, as limit.c calls them."""


def shared_folder() -> Path:
    """Return the folder that holds `tools/limit.c`: beside the project, or ECOGCAT_SHARED."""
    return Path(os.environ.get("ECOGCAT_SHARED") or HERE.parents[1] / "shared")


class NoLimit(Exception):
    """The limit cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Limit:
    """One run of a limit program: its name, its arguments, how many pieces of work its time is for, and its threads.

    By default as many threads as ours may use; 1 for a piece of work that ours gives to one thread.
    """

    program: str
    arguments: tuple[object, ...]
    pieces: int = 1
    threads: int | None = None

    def seconds(self, output: str, repeats: int, threads: int) -> float:
        """Build the program if need be, run it, and return the median seconds of one piece of work."""
        settings = {"OUTPUT": output, "REPEATS": str(repeats), "THREADS": str(self.threads or threads)}
        command = [str(build(self.program)), *map(str, self.arguments)]
        run = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True)
        return float(json.loads(run.stdout)["median_s"]) / self.pieces


def write_limit(
    path: Path, kind: str, source: NDArray[Any], channels: int, rows: int, *, sync: bool, threads: int
) -> None:
    """Write the last rows of a recording in memory to a file, as quickly as a C program can.

    Parameters
    ----------
    path : Path
    kind : str
        As limit.c calls the layout of the source.
    source : ndarray
        channels times samples numbers, float32 for "f4", else int16.
    channels, rows : int
    sync : bool
        Whether to wait until it is on disk.
    threads : int
    """
    library = ctypes.CDLL(str(build("write_limit")))
    library.write_limit.argtypes = [
        *(ctypes.c_char_p, ctypes.c_int),
        *(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64),
        *(ctypes.c_void_p, ctypes.c_int, ctypes.c_int),
    ]
    assert source.flags.c_contiguous
    number = library.write_limit(
        os.fsencode(path),
        ("f4", "i2", "i2x").index(kind),
        *(channels, rows, source.size // channels),
        *(source.ctypes.data, sync, threads),
    )
    if number:
        raise OSError(number, os.strerror(number), str(path))


def build(program: str) -> Path:
    """Compile a limit program, unless this very source was compiled here before; return the executable, or library."""
    source = (HERE if program in _OURS else shared_folder() / "tools") / f"{program}.c"
    if not source.exists():
        raise NoLimit(
            f"{source.name} is not in {source.parent}: put the folder `shared` beside the project, "
            "or name it in ECOGCAT_SHARED"
        )
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoLimit("there is no C compiler (cc, gcc, clang) to build it with")
    target = BUILD / program
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(exist_ok=True)
        library = ["-shared", "-fPIC"] if program == "write_limit" else []
        command = [compiler, "-O3", "-march=native", "-pthread", *library, "-o", str(target), str(source)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise NoLimit(f"{source.name} does not compile: {run.stderr.strip()}")
    return target


def unavailable() -> str | None:
    """Return why there will be no limit, None if there will."""
    try:
        for program in ("limit", *_OURS):
            build(program)
    except NoLimit as reason:
        return str(reason)
    return None
