"""The files of a SpikeGLX run: which are pieces of one stream, and in which order.

    RUN/RUN_g0/RUN_g0_t0.nidq.bin, .meta
               RUN_g0_imec0/RUN_g0_t0.imec0.ap.bin, .meta and RUN_g0_t0.imec0.lf.bin, .meta
        RUN_g1/...

or without the folder of the run, or without those of the probes. A gate (g) is opened and closed within a run, a
trigger (t) within a gate: each makes a file. CatGT writes one file of several triggers, `tcat`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ecogcat.errors import EcogcatError
from ecogcat.formats.spikeglx.meta import Meta, read_meta

__all__ = ["PieceFile", "RunStream", "find_streams", "parse_name"]

_NAME = re.compile(
    r"(?P<run>.+)_g(?P<gate>\d{1,6})_t(?P<trigger>\d{1,6}|cat)\.(?P<stream>imec\d*\.(?:ap|lf)|nidq|obx\d*\.obx)\.(?:meta|bin)$"
)
_GATE_FOLDER = re.compile(r".+_g\d+$")
_PROBE_FOLDER = re.compile(r".+_g\d+_(?:imec|obx)\d*$")


@dataclass(frozen=True)
class PieceFile:
    """One `.bin` with its `.meta`: a stream during one trigger of one gate."""

    path: str
    run: str
    gate: int
    trigger: int
    stream: str

    @property
    def meta_path(self) -> str:
        """Path of the `.meta` file."""
        return self.path.removesuffix(".bin") + ".meta"

    @cached_property
    def meta(self) -> Meta:
        """The `.meta` file, read on first use."""
        return read_meta(self.meta_path)

    @property
    def has_data(self) -> bool:
        """Whether the `.bin` file is there."""
        return os.path.isfile(self.path)

    @property
    def n_samples(self) -> int:
        """Whole samples of the `.bin` file; 0 if it is not there."""
        return os.path.getsize(self.path) // (2 * self.meta.n_channels) if self.has_data else 0


@dataclass(frozen=True)
class RunStream:
    """One stream of a run: its pieces, in order."""

    run: str
    stream: str
    pieces: tuple[PieceFile, ...] = field(repr=False)
    without_meta: tuple[str, ...] = ()

    @property
    def places(self) -> dict[str, str]:
        """What chooses it."""
        return {"recording": self.run, "stream": self.stream}

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Nothing else."""
        return {}

    @property
    def detail(self) -> str:
        """Nothing: what it is called says what it is."""
        return ""

    @property
    def opens_by_default(self) -> bool:
        """Whether it has neural channels, and a data file is there."""
        try:
            neural = {"AP", "LF", "MN", "MA"} & set(self.pieces[0].meta.kinds())
        except EcogcatError:
            neural = {"AP"}  # opening it says what is wrong
        return bool(neural) and any(piece.has_data for piece in self.pieces)


def parse_name(path: str) -> PieceFile | None:
    """Return what the name of a `.bin` or `.meta` file says, None if it is of another kind.

    Examples
    --------
    >>> parse_name("/data/rat_g0_t12.imec1.ap.meta")
    PieceFile(path='/data/rat_g0_t12.imec1.ap.bin', run='rat', gate=0, trigger=12, stream='imec1.ap')
    """
    match = _NAME.match(os.path.basename(path))
    if match is None:
        return None
    cat = match["trigger"] == "cat"
    run = f"{match['run']}_tcat" if cat else match["run"]
    trigger = 0 if cat else int(match["trigger"])
    data = os.path.splitext(path)[0] + ".bin"
    return PieceFile(data, run, int(match["gate"]), trigger, match["stream"])


def find_streams(path: str) -> list[RunStream]:
    """Return the streams that a file, or the folder of a run, a gate or a probe holds, by run and stream."""
    by_stream: dict[tuple[str, str], dict[str, PieceFile]] = {}
    for one in _files(path):
        piece = parse_name(one)
        if piece is not None:
            by_stream.setdefault((piece.run, piece.stream), {})[piece.path] = piece
    found = []
    for (run, stream), pieces in sorted(by_stream.items()):
        described = [one for one in pieces.values() if os.path.isfile(one.meta_path)]
        if described:
            lost = [os.path.basename(one.path) for one in pieces.values() if one not in described]
            found.append(RunStream(run, stream, _in_order(described), tuple(sorted(lost))))
    return found


def _in_order(pieces: Sequence[PieceFile]) -> tuple[PieceFile, ...]:
    return tuple(sorted(pieces, key=lambda one: (one.gate, one.trigger, one.path)))


def _files(path: str) -> list[str]:
    if os.path.isfile(path):
        return [path]
    found: list[str] = []
    stack = [(path, 0)]
    while stack:
        folder, depth = stack.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda one: one.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            inner = _PROBE_FOLDER.match(entry.name) or _GATE_FOLDER.match(entry.name)
            if inner and depth < 2 and os.path.isdir(entry):  # is_dir() raises where links run in circles
                stack.append((entry.path, depth + 1))
            elif entry.name.endswith((".meta", ".bin")) and _NAME.match(entry.name):
                found.append(entry.path)
    return found
