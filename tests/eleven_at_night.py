"""Eleven at night: 40 recordings of 7.5 GB have to become one dataset, a few are odd, and the folder has moved.

``python -m tests.eleven_at_night [FOLDER]`` writes the recordings (sparse files: they take no space), runs the command
as a person would, and prints what it was told and what it answered. What it finds is asserted.
"""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

N_CHANNELS = 64
RATE = 20000
BYTES = 7_500_000_000
SLOW, TRUNCATED, COARSE = 7, 31, (13, 22)
_MAIN = "import sys; from ecogcat.cli import main; sys.argv[0] = 'ecogcat'; main()"
_MEASURED = "import atexit, resource, sys; atexit.register(lambda: sys.stderr.write(" + (
    "f'\\n{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}')); "
)


@dataclass
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float


def in_a_process(arguments: list[str], folder: Path) -> Said:
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED + _MAIN, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    err, _, kilobytes = done.stderr.rpartition("\n")
    return Said(done.returncode, done.stdout, err, perf_counter() - start, int(kilobytes) / 1024)


@dataclass
class Night:
    """The folder, and the command run in it."""

    folder: Path
    tell: Callable[[str], None]
    command: Callable[[list[str], Path], Said]

    def ecogcat(self, line: str, status: int = 0) -> Said:
        """Run the command; its exit status is asserted."""
        said = self.command(shlex.split(line), self.folder)
        self.tell(f"\n$ ecogcat {line}")
        self.tell(said.out.rstrip() + ("\n" + said.err.rstrip() if said.err.strip() else ""))
        self.tell(f"[exit {said.status}, {said.seconds:.1f} s, {said.megabytes:.0f} MB]")
        assert said.status == status, said
        return said


def name_of(k: int) -> str:
    return f"night_{k:02}"


def write_recordings(folder: Path, n: int, n_bytes: int) -> None:
    """Write SpikeGLX runs of zeros, a sample of ones in front of each; one slow, one cut."""
    frame = 2 * (N_CHANNELS + 1)
    n_samples = n_bytes // frame
    for k in range(n):
        run = folder / f"{name_of(k)}_g0"
        run.mkdir(parents=True)
        rate = RATE // 2 if k == SLOW % n else RATE
        held = n_samples * 3 // 5 * frame + 17 if k == TRUNCATED % n else n_samples * frame
        data = run / f"{name_of(k)}_g0_t0.nidq.bin"
        with open(data, "wb") as file:
            file.write((1).to_bytes(2, "little") * (N_CHANNELS + 1))
            file.truncate(held)
        facts = {
            **{"typeThis": "nidq", "nSavedChans": N_CHANNELS + 1, "snsMnMaXaDw": f"{N_CHANNELS},0,1,0"},
            **{"niSampRate": rate, "niAiRangeMax": 5, "niMNGain": 200, "niMAGain": 1},
            **{"fileSizeBytes": n_samples * frame, "firstSample": 0},
            "fileCreateTime": f"2026-03-{14 + k // 24:02}T{k % 24:02}:00:00",
        }
        text = "".join(f"{key}={value}\n" for key, value in facts.items())
        data.with_suffix(".meta").write_text(text)


def write_grid(path: Path, pitch_mm: float) -> None:
    lines = ["# shape: 8 8", f"# pitch_mm: {pitch_mm}", "channel,role,row,col"]
    path.write_text("\n".join([*lines, *(f"{k},electrode,{k // 8},{k % 8}" for k in range(N_CHANNELS))]) + "\n")


def run(
    folder: Path,
    n: int = 40,
    n_bytes: int = BYTES,
    tell: Callable[[str], None] = print,
    command: Callable[[list[str], Path], Said] = in_a_process,
) -> Night:
    """Go through the night; everything that matters is asserted."""
    night = Night(folder, tell, command)
    write_recordings(folder / "rig", n, n_bytes)
    write_grid(folder / "grid.csv", 0.406)
    write_grid(folder / "coarse.csv", 0.5)
    slow, cut = name_of(SLOW % n), name_of(TRUNCATED % n)
    coarse = [name_of(k % n) for k in COARSE]
    odd = {slow, cut, *coarse}
    assert len(odd) == 4

    said = night.ecogcat("scan rig -o night.yaml -l electrode=grid.csv")
    assert said.out.startswith(f"{n} recordings in")
    catalog = folder / "night.yaml"
    text = catalog.read_text()
    tell(f"\n# in an editor: {' and '.join(coarse)} were recorded with the coarse grid")
    for name in coarse:
        entry = text.index(f"recording: {name}") if f"recording: {name}" in text else text.index(f"{name}_g0:")
        place = text.index("grid.csv", entry)
        text = text[:place] + "coarse.csv" + text[place + len("grid.csv") :]
    catalog.write_text(text)

    entries = [line.strip().rstrip(":") for line in text.splitlines() if line.startswith("  night_")]
    of = {name: next(one for one in entries if one.startswith(name)) for name in map(name_of, range(n))}
    assert len(entries) == n
    said = night.ecogcat("plan night.yaml", status=1)
    named = {name for name in of if any(of[name] in line for line in _stopping(said.out))}
    assert named == {slow, *coarse}, named
    gained = f"the other {n - 3} join: {N_CHANNELS} channels x"
    assert f"without {', '.join(of[name] for name in sorted({slow, *coarse}))} {gained}" in said.out
    assert f"{of[cut]}: " in said.out.partition("warnings of the recordings:")[2], "the one that was cut is told, too"
    said = night.ecogcat(f"info night.yaml:{of[cut]}")
    assert "17" in said.out, "the bytes that are left over are told"

    os.rename(folder / "rig", folder / "archive")
    tell("\n$ mv rig archive")
    rest = " ".join(f"--exclude {of[name]}" for name in sorted(odd))
    said = night.ecogcat(f"join night.yaml {rest} -o rest.yaml", status=1)
    assert "relink" in said.err
    said = night.ecogcat("relink night.yaml rig archive")
    assert f"{n} paths" in said.out
    said = night.ecogcat(f"join night.yaml {rest} -o rest.yaml")
    assert said.seconds < 30, "seconds: headers only"
    assert said.megabytes < 300, said.megabytes
    night.ecogcat("check rest.yaml")
    code = (
        "import intake, numpy as np\n"
        "joined = intake.open_catalog('rest.yaml')['rest'].read()\n"
        "seam = joined.seams[-1].sample\n"
        "print(joined.signal.shape, joined.signal[:, seam - 2 : seam + 2].round(3)[0].tolist())\n"
    )
    tell(f"\n$ python -c '\n{code}'")
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    tell(done.stdout.rstrip())
    n_samples = n_bytes // (2 * (N_CHANNELS + 1)) * (n - 4)
    assert done.stdout.startswith(f"({N_CHANNELS}, {n_samples})"), done.stdout
    values = done.stdout.rpartition("[")[2]
    before, after = [float(one) for one in values.strip(" ])\n").split(", ")][1:3]
    assert before == 0, values
    assert after > 0, "the first sample of a part is a one"
    return night


def _stopping(plan: str) -> list[str]:
    """Return the lines of a plan that say why it stops."""
    return [line for line in plan.splitlines() if "refuse" in line]


def main() -> int:
    """Run it in a folder, or in one that is deleted afterwards."""
    if len(sys.argv) > 1:
        run(Path(sys.argv[1]).absolute())
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nthe largest process took {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
