"""A library of drawn pictures with dates, cameras, tags and sizes, and the fake encoder."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.library import Library

GROUNDS = {
    "red": (210, 40, 30),
    "green": (40, 170, 60),
    "blue": (40, 60, 210),
    "yellow": (235, 215, 50),
}
COLUMNS = ("file", "title", "tags", "taken", "camera", "author", "mood")


def paint(path: Path, colour: str, seed: int, size: tuple[int, int] = (48, 36)) -> Path:
    """A noisy ground with a grey stripe."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    pixels = np.full((size[1], size[0], 3), GROUNDS[colour], np.float32)
    pixels += random.normal(0, 14, pixels.shape)
    pixels[: 3 + seed % 9] = 128
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


def fill(folder: Path, numbers: Sequence[int]) -> Path:
    """Pictures of four colours with words; every third has neither date nor camera."""
    rows = []
    for i in numbers:
        colour = list(GROUNDS)[i % 4]
        name = f"{colour}/p{i:03}.png"
        paint(folder / name, colour, i, (48 + 8 * (i % 5), 36))
        dated = i % 3 > 0
        rows.append(
            {
                "file": name,
                "title": f"number{i} of many",
                "tags": ";".join(["even" if i % 2 == 0 else "odd", f"mod{i % 5}"]),
                "taken": f"{2017 + i % 4}-0{1 + i % 7}-1{i % 9}" if dated else "",
                "camera": ["Canon EOS", "Nikon D50"][i % 2] if dated else "",
                "author": ["Ada", 'Bob "the" *'][i % 2],
                "mood": ["calm", "wild", ""][i % 3],
            }
        )
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    return folder


def grow(library: Library, folder: Path, numbers: Sequence[int]) -> None:
    """Index further pictures, in a folder of their own."""
    library.index([fill(folder, numbers)])
