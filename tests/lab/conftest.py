"""A library of plain colours with the fake encoder: its classes are its colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.library import Library
from lookalike.opening import create_library
from lookalike.settings import Settings

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 50), "blue": (40, 60, 220)}


def paint_colours(folder: Path, each: int = 6) -> Path:
    """Six pictures of each of three colours, in a folder of that name; one without a label."""
    rows = ["path,label,shade"]
    for label, colour in COLOURS.items():
        for seed in range(each):
            name = f"{label}/p{seed}.png"
            _draw(folder / name, colour, seed + len(label) * 100)
            rows.append(f"{name},{label},{'light' if seed % 2 else 'dark'}")
    _draw(folder / "other.png", (240, 220, 40), 7)
    rows.append("other.png,,")
    (folder / "manifest.csv").write_text("\n".join(rows))
    return folder


def _draw(path: Path, colour: tuple[int, int, int], seed: int) -> None:
    random = np.random.default_rng(seed)
    pixels = np.full((32, 40, 3), colour, np.float32) + random.normal(0, 40, (32, 40, 3))
    pixels[: 4 + seed % 9] = random.integers(0, 255, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paint_colours(tmp_path_factory.mktemp("colours") / "pictures")


@pytest.fixture(scope="session")
def library(colours: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    cache = tmp_path_factory.mktemp("cache")
    with create_library(
        colours.parent / "library", encoder="fake", settings=Settings(cache=cache)
    ) as made:
        made.index([colours], table=colours / "manifest.csv")
        yield made
