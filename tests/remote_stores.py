"""Stores for tests: a folder put into fsspec's memory, or served by a web server on this machine."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec


def memory() -> Any:
    return fsspec.filesystem("memory")


def emptied() -> Any:
    """The memory store without anything in it."""
    store = memory()
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    return store


def put(folder: Path, place: str) -> str:
    """Put the files of a folder (or one file) into the memory store; return the URL."""
    store = memory()
    files = [folder] if folder.is_file() else sorted(one for one in folder.rglob("*") if one.is_file())
    for one in files:
        below = one.relative_to(folder).as_posix()
        store.pipe_file(f"/{place}" if below == "." else f"/{place}/{below}", one.read_bytes())
    return f"memory://{place}"


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder in silence, and remembers what was asked for."""

    def log_message(self, *_: object) -> None:
        return

    def send_header(self, keyword: str, value: str) -> None:
        server: Any = self.server
        if keyword not in server.silent_on:
            super().send_header(keyword, value)

    def _asked(self) -> bool:
        server: Any = self.server
        server.asked.append((self.command, self.path))
        server.told.append(str(self.headers))
        status = server.refusals.get(self.path.partition("?")[0])
        if status:
            self.send_error(status)
        elif not server.lists and os.path.isdir(self.translate_path(self.path)) and self.path.endswith("/"):
            self.send_error(403)
        else:
            return True
        return False

    def do_GET(self) -> None:
        if self._asked():
            super().do_GET()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        server: Any = self.server
        if not server.slow or self.path.endswith("/"):
            super().copyfile(source, outputfile)
            return
        with suppress(OSError):  # whoever asked went away
            outputfile.write(source.read(100_000))
            outputfile.flush()
            server.begun.set()
            while server.slow == "slow" and (block := source.read(1000)):
                time.sleep(0.02)
                outputfile.write(block)
                outputfile.flush()
            if server.slow == "silent":
                server.released.wait(60)

    def do_HEAD(self) -> None:
        if self._asked():
            super().do_HEAD()


@contextmanager
def served(folder: Path, *, lists: bool = True) -> Iterator[tuple[str, Any]]:
    """Serve a folder; yields its URL and the server, whose `asked` are the requests so far, `told` their headers.

    Where `slow` is "slow", files come slowly; where "silent", their beginning and no more; where "cut", no more at all.
    """
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=os.fspath(folder)))
    server.asked, server.told, server.refusals, server.silent_on = [], [], {}, ()
    server.lists, server.daemon_threads = lists, True
    server.slow, server.begun, server.released = "", threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
