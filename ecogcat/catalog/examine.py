"""Examining: the recordings of a folder opened, a task at a time, here or in processes of their own.

``python -m ecogcat.catalog.examine`` is such a process: tasks come in and results go out as lines of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from time import monotonic
from typing import Any

from ecogcat.catalog.summary import summary_of
from ecogcat.catalog.walk import Found, look_into, open_files
from ecogcat.formats.opening import open_recording

__all__ = ["Task", "examine", "examine_folder"]

Task = dict[str, Any]
"""``{"folder": path}`` or ``{"files": paths, "used": paths}``, with the load arguments under `load`."""

_CHUNK = 48
_ALONE_S = 1.5  # a process of its own takes a second to start
_SERVE = "from ecogcat.catalog.examine import serve; serve()"
# Ctrl-C is the affair of who started them.
_APART: dict[str, Any] = (
    {"process_group": 0}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)
_HOPELESS = "the process that opened it ended ({})"


def examine(task: Task) -> dict[str, Any]:
    """Open what a task names; return plain values.

    Returns
    -------
    dict
        `found`: list of path, format, arguments, summary, problem; `tasks`: what is to be done next; `files`: how many
        files were looked at; `others`: how many of them no format recognises.
    """
    load = task.get("load", {})

    def opener(path: str, **arguments: Any) -> Any:
        return open_recording(path, **{**load, **arguments})

    if "files" in task:
        found, others = open_files(task["files"], set(task["used"]), opener)
        return {"found": [_plain(one) for one in found], "tasks": [], "files": len(task["files"]), "others": others}
    looked = look_into(task["folder"], opener)
    used = {path for one in looked.found for path in one.used}
    beside = sorted(path for path in used if os.path.dirname(path) == task["folder"])
    tasks: list[Task] = [{"files": some, "used": beside, "load": load} for some in _chunks(looked.files)]
    tasks += [{"folder": path, "load": load} for path in looked.folders]
    return {"found": [_plain(one) for one in looked.found], "tasks": tasks, "files": len(used), "others": 0}


def examine_folder(
    folder: str,
    load: Mapping[str, Any],
    jobs: int,
    report: Callable[[int, int], None],
) -> Iterator[dict[str, Any]]:
    """Yield the results of all tasks of a folder; `report` is told how many files were looked at, and are known.

    What is done within the first seconds is done here; what is left then is shared out to processes.
    """
    tasks: deque[Task] = deque([{"folder": folder, "load": dict(load)}])
    done = 0
    start = monotonic()
    results = _here(tasks, lambda: jobs > 1 and monotonic() - start > _ALONE_S and len(tasks) > 2 * jobs)
    for result in results:
        done += result["files"]
        report(done, done + sum(len(task.get("files", ())) for task in tasks))
        yield result
    if tasks:
        known = done + sum(len(task.get("files", ())) for task in tasks)
        for result in _elsewhere(list(tasks), jobs):
            known += sum(len(task.get("files", ())) for task in result["tasks"])
            done += result["files"]
            report(done, max(done, known))
            yield result


def _here(tasks: deque[Task], enough: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    while tasks and not enough():
        result = examine(tasks.popleft())
        tasks.extend(result["tasks"])
        yield result


def _elsewhere(tasks: Sequence[Task], jobs: int) -> Iterator[dict[str, Any]]:
    """Do tasks in processes; one that dies of a file is started anew, and the file is reported."""
    own = threading.local()
    started: list[subprocess.Popen[str]] = []
    starting = threading.Lock()
    stopped = False

    def run(task: Task) -> dict[str, Any]:
        process = getattr(own, "process", None)
        if process is None or process.poll() is not None:
            with starting:
                if stopped:
                    return {}
                process = own.process = _start()
                started.append(process)
        if answer := _asked(process, task):
            result: dict[str, Any] = json.loads(answer)
            return result
        return _after_death(task, process.wait())

    with ThreadPoolExecutor(jobs) as pool:
        try:
            waiting: set[Future[dict[str, Any]]] = {pool.submit(run, task) for task in tasks}
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    waiting |= {pool.submit(run, task) for task in result["tasks"]}
                    yield result
        except BaseException:  # Ctrl-C, for one: what they are at is of no use any more
            with starting:
                stopped = True
                for process in started:
                    process.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            for process in started:
                _stop(process)


def _start() -> subprocess.Popen[str]:
    # Not multiprocessing: that would import a user's script anew, and run it where it has no `if __name__` line.
    place = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # this ecogcat, no other
    path = os.pathsep.join(filter(None, [place, os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        encoding="utf-8",
        **_APART,
    )


def _asked(process: subprocess.Popen[str], task: Task) -> str:
    """Return the answer of a process, empty if it ends instead."""
    if process.stdin is None or process.stdout is None:
        return ""
    try:
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return ""


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None and process.stdout is not None:
        with suppress(BrokenPipeError):  # a task that a killed one did not take
            process.stdin.close()
        process.stdout.close()
    process.wait()


def _after_death(task: Task, status: int) -> dict[str, Any]:
    """Take apart the task that a process died of; or, if it is one file, say so."""
    files = task.get("files", [])
    if len(files) > 1:
        return {"found": [], "tasks": [{**task, "files": [one]} for one in files], "files": 0, "others": 0}
    path = files[0] if files else task["folder"]
    found = [_plain(Found(path, None, _HOPELESS.format(f"status {status}")))]
    return {"found": found, "tasks": [], "files": len(files), "others": 0}


def _plain(one: Found) -> dict[str, Any]:
    return {
        "path": one.path,
        "format": one.format,
        "arguments": dict(one.arguments),
        "problem": one.problem,
        "aside": one.aside,
        "summary": None if one.dataset is None else summary_of(one.dataset),
        "used": sorted(one.used),
    }


def _chunks(paths: Sequence[str]) -> Iterator[list[str]]:
    """Yield some files at a time; those whose names begin alike stay together."""
    some: list[str] = []
    stem = ""
    for path in sorted(paths):
        name = os.path.basename(path).partition(".")[0]
        if len(some) >= _CHUNK and name != stem:
            yield some
            some = []
        some.append(path)
        stem = name
    if some:
        yield some


def serve() -> None:
    """Answer tasks until there are none; what libraries print goes where it does no harm."""
    lines, answers = sys.stdin, os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in lines:
        answers.write(json.dumps(examine(json.loads(line))) + "\n")
        answers.flush()
