"""SpikeGLX files written by hand, and the vendor's formulas written out once more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def write_piece(folder: Path, name: str, stored: np.ndarray, fields: dict[str, Any]) -> Path:
    """Write `<name>.bin` and `.meta` of samples (n_channels, n_samples); a value None leaves a field out."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.bin"
    np.ascontiguousarray(stored.T, "<i2").tofile(path)
    meta = {"nSavedChans": len(stored), "fileSizeBytes": stored.size * 2, "snsSaveChanSubset": "all", **fields}
    lines = [f"{key}={value}" for key, value in meta.items() if value is not None]
    (folder / f"{name}.meta").write_text("\n".join(lines) + "\n")
    return path


def imec(n: int, kind: str = "ap", *, probe: int | None = 0, first: int = 0, **more: Any) -> dict[str, Any]:
    """Fields of a probe of n channels: gains of 500 + 10 k (AP) and 250 (LF), a sync word behind."""
    ap = kind == "ap"
    fields: dict[str, Any] = {
        "typeThis": "imec",
        "imSampRate": 30000 if ap else 2500,
        "imAiRangeMax": 0.6,
        "snsApLfSy": f"{n if ap else 0},{0 if ap else n},1",
        "acqApLfSy": f"{n},{n},1",
        "snsSaveChanSubset": f"0:{n - 1},{2 * n}" if ap else f"{n}:{2 * n}",
        "fileCreateTime": "2024-02-29T10:00:00",
        "firstSample": first,
        "imDatPrb_type": probe,
        "~imroTbl": f"({probe or 0},{n})" + "".join(f"({k} 0 0 {500 + 10 * k} 250 1)" for k in range(n)),
    }
    return {**fields, **more}


def nidq(mn: int, ma: int, xa: int, dw: int, first: int = 0, **more: Any) -> dict[str, Any]:
    """Fields of a National Instruments device."""
    fields = {
        "typeThis": "nidq",
        "niSampRate": 25000.5,
        "niAiRangeMax": 5,
        "niMNGain": 200,
        "niMAGain": 2,
        "snsMnMaXaDw": f"{mn},{ma},{xa},{dw}",
        "acqMnMaXaDw": f"{mn},{ma},{xa},{dw}",
        "fileCreateTime": "2024-02-29T10:00:00",
        "firstSample": first,
    }
    return {**fields, **more}


def draw(n_channels: int, n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-512, 512, (n_channels, n_samples)).astype("i2")


def decode(path: Path) -> tuple[np.ndarray, dict[str, str]]:
    """Return stored numbers (n_channels, n_samples) and the fields of a `.bin` file."""
    meta = dict(line.lstrip("~").split("=", 1) for line in path.with_suffix(".meta").read_text().splitlines())
    n = int(meta["nSavedChans"])
    flat = np.fromfile(path, "<i2")
    return flat[: len(flat) // n * n].reshape(-1, n).T, meta


def probe_microvolts(stored: np.ndarray, meta: dict[str, str], kind: str) -> np.ndarray:
    """V = i * Vmax / Imax / gain of NP 1.0 probes all of whose channels were saved, in uV."""
    entries = meta["imroTbl"].split(")")[1:-1]
    gains = np.array([float(entry.split(" ")[3 if kind == "ap" else 4]) for entry in entries])
    step = float(meta["imAiRangeMax"]) / float(meta.get("imMaxInt", 512))
    return (stored.astype(np.float64) * (step / gains * 1e6)[:, None]).astype(np.float32)
