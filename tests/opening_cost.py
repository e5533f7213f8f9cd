"""``python -m tests.opening_cost [FOLDER]``: system calls and bytes read when a recording is opened.

Each is opened in a process of its own: once so that all is imported, then, on a copy that nothing has seen yet, once
more, counted. Then its files of samples are grown to a terabyte in all, without taking room, and it is opened again
(not what is read through neo).
System calls are counted by strace; where there is none, only those that read, by the system.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ecogcat as ec
from tests.conftest import ROOT, SHARED
from tests.open_everything import everything

TERABYTE = 10**12
_BEGIN, _END = "/ecogcat-opening-begins", "/ecogcat-opening-ends"
_LONGEST = 60
_READS = ("read", "pread64", "readv", "preadv")


@dataclass(frozen=True)
class Cost:
    """What one opening took.

    Attributes
    ----------
    calls : int or None
        System calls; None without strace.
    reads : int
        Those that read.
    read_bytes : int
    seconds : float
        Without strace, which slows things down.
    error : str
        Why it was refused; empty where it opened.
    """

    calls: int | None
    reads: int
    read_bytes: int
    seconds: float
    error: str = ""


def has_strace() -> bool:
    """Whether system calls can be traced here; containers often forbid it."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def measure(path: Path, warm: Path, **arguments: Any) -> Cost:
    """Measure the opening of a path by a process that has opened another one, `warm`, before."""
    job = json.dumps({"path": str(path), "warm": str(warm), "arguments": arguments})
    try:
        plain = _run([], job)
    except subprocess.TimeoutExpired:
        return Cost(None, 0, 0, float("nan"), f"not opened within {_LONGEST} s")
    if not has_strace():
        return Cost(None, plain["reads"], plain["bytes"], plain["seconds"], plain["error"])
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "calls"
        _run(["strace", "-f", "-o", str(log)], job)
        calls, read_bytes = _between(log.read_text(errors="replace"))
    reads = sum(calls[name] for name in _READS)
    return Cost(sum(calls.values()), reads, read_bytes, plain["seconds"], plain["error"])


def _run(before: list[str], job: str) -> dict[str, Any]:
    command = [*before, sys.executable, "-m", "tests.opening_cost", "--child", job]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True, timeout=_LONGEST
    )
    result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return result


def _between(log: str) -> tuple[Counter[str], int]:
    """Count the calls between the two marks, and the bytes that they read."""
    calls: Counter[str] = Counter()
    read_bytes, counting = 0, False
    for line in log.splitlines():
        if _BEGIN in line:
            counting = True
        elif _END in line:
            break
        elif counting and (found := re.match(r"\d+\s+(\w+)\(", line)):
            calls[found[1]] += 1
            size = re.search(r"= (\d+)$", line)
            if found[1] in _READS and size is not None:
                read_bytes += int(size[1])
    return calls, read_bytes


def _child(job: dict[str, Any]) -> None:
    """Open a path, between marks that a trace shows."""
    try:
        ec.open_recording(job["warm"], **job["arguments"])
    except ec.EcogcatError as error:
        print(error, file=sys.stderr)
    error = ""
    before = _counters()
    _mark(_BEGIN)
    start = time.perf_counter()
    try:
        ec.open_recording(job["path"], **job["arguments"])
    except ec.EcogcatError as refused:
        error = str(refused)
    seconds = time.perf_counter() - start
    _mark(_END)
    reads, read_bytes = (after - before for after, before in zip(_counters(), before, strict=True))
    print(json.dumps({"reads": reads - 1, "bytes": read_bytes, "seconds": seconds, "error": error}))


def _mark(name: str) -> None:
    os.path.exists(name)


def _counters() -> tuple[int, int]:
    """Return how often and how much this thread has read; zeros where the system does not count."""
    try:
        with open("/proc/thread-self/io", encoding="ascii") as file:
            lines = dict(line.split(": ") for line in file.read().splitlines())
    except OSError:
        return 0, 0
    return int(lines["syscr"]), int(lines["rchar"])


def copied(path: Path, folder: Path, below: Path) -> Path:
    """Copy what a path opens, and what lies beside it under its name, into folders of the same names."""
    target = folder / path.relative_to(below)
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target)
    else:
        for one in path.parent.iterdir():
            if one.is_file() and one.name.startswith(path.stem):
                shutil.copy(one, target.parent / one.name)
    for one in folder.rglob("*"):
        one.chmod(0o755 if one.is_dir() else 0o644)
    return target


def grown(path: Path, **arguments: Any) -> list[Path]:
    """Grow the files that hold the samples of a recording to a terabyte in all; return them."""
    sources = ec.open_recording(path, **arguments).signal.sources
    files = [Path(source.path) for source in sources]
    for file in files:
        # Files of one length stay so, and rows of 2, 4 and 8 bytes whole.
        os.truncate(file, TERABYTE // len(files) // 64 * 64 + file.stat().st_size % 64)
    return files


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield one row a recording that opens, and one for its copy of a terabyte."""
    for outcome in everything(folder):
        if outcome.dataset is None:
            continue
        recording = str(outcome.path.relative_to(folder)) + "".join(f", {v}" for v in outcome.arguments.values())
        kind = outcome.dataset.parts[0].format
        n_files = len({name for part in outcome.dataset.parts for name in part.paths})
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            warm, fresh = copied(outcome.path, Path(one), folder), copied(outcome.path, Path(two), folder)
            facts = {"recording": recording, "format": kind, "files": n_files}
            yield facts | _shown(measure(fresh, warm, **outcome.arguments))
            if kind == "neo":  # what it does with a large file is its own affair
                continue
            grown(fresh, **outcome.arguments)
            yield facts | {"recording": f"{recording}, 1 TB"} | _shown(measure(fresh, warm, **outcome.arguments))


def _shown(cost: Cost) -> dict[str, Any]:
    return {
        "calls": "?" if cost.calls is None else cost.calls,
        "reads": cost.reads,
        "bytes read": f"{cost.read_bytes:,}",
        "ms": f"{1e3 * cost.seconds:.1f}",
        "": f"refused: {cost.error.partition(': ')[2][:90]}" if cost.error else "",
    }


def main(arguments: list[str]) -> int:
    """Print the table."""
    if arguments[:1] == ["--child"]:
        _child(json.loads(arguments[1]))
        return 0
    folder = Path(arguments[0]) if arguments else SHARED / "recordings"
    if not folder.is_dir():
        print(f"no such folder: {folder}", file=sys.stderr)
        return 2
    widths = {"recording": 70, "format": 10, "files": 5, "calls": 6, "reads": 6, "bytes read": 12, "ms": 8, "": 0}
    print(" ".join(f"{name:{width}}" for name, width in widths.items()).rstrip())
    for row in rows(folder):
        recording = row["recording"]
        row["recording"] = recording if len(recording) <= 70 else f"...{recording[-67:]}"
        print(" ".join(f"{row[name]!s:{width}}" for name, width in widths.items()).rstrip(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
