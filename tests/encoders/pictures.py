"""Pictures that tests of encoders look at."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from lookalike.imaging.decode import decode
from lookalike.imaging.picture import InputSpec, Limits, UInt8Array


def painted(size: int) -> UInt8Array:
    """Three drawn pictures, shape (3, size, size, 3): waves, discs, noise on a gradient."""
    y, x = np.mgrid[0:size, 0:size] / size
    waves = np.stack([np.sin(9 * x + 4 * y), np.sin(23 * y), np.cos(14 * x * y)], axis=-1)
    discs = np.stack([np.hypot(x - c, y - 0.5) < 0.3 for c in (0.3, 0.5, 0.7)], axis=-1)
    noise = np.random.default_rng(7).random((size // 8, size // 8, 3)).repeat(8, 0).repeat(8, 1)
    noise = np.resize(noise, (size, size, 3)) * x[..., None]
    drawn = np.stack([waves * 0.5 + 0.5, discs * 0.8 + 0.1, noise])
    return np.asarray(drawn * 255, np.uint8)


def decoded(folder: Path, spec: InputSpec, every: int = 1) -> tuple[UInt8Array, list[str]]:
    """Pictures of a shared data set, shape (n, size, size, 3), and their labels."""
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::every]
    pixels = [decode(folder / row["path"], [spec], Limits()).pixels[0] for row in rows]
    return np.stack(pixels), [row.get("label", "") for row in rows]
