"""A library of plain colours, in eight shades each, with the fake encoder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.library import Library
from lookalike.opening import create_library, open_library
from lookalike.settings import Settings

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 180, 50),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 40),
    "black": (10, 10, 10),
}


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the library, at ``library``, and its pictures, at ``pictures``."""
    base = tmp_path_factory.mktemp("colours")
    for i, colour in enumerate(list(COLOURS) * 8):
        random = np.random.default_rng(i)
        pixels = np.full((48, 64, 3), COLOURS[colour], np.float32)
        pixels += random.normal(0, 12, pixels.shape)
        pixels[: 4 + i % 8] = 128
        folder = base / "pictures" / colour
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"p{i:02}.png")
    settings = Settings(cache=base / "cache")
    with create_library(base / "library", encoder="fake", settings=settings) as library:
        library.index([base / "pictures"])
    return base


@pytest.fixture
def library(colours: Path, tmp_path: Path) -> Iterator[Library]:
    """A copy of the library that the test may change."""
    shutil.copytree(colours / "library", tmp_path / "library")
    with open_library(tmp_path / "library", settings=Settings(cache=colours / "cache")) as opened:
        yield opened


@pytest.fixture
def of(library: Library) -> dict[str, list[str]]:
    """The ids of the pictures of each colour."""
    # Pictures come in as they are decoded, which differs from run to run.
    hits = sorted(
        library.search(where="width > 0", k=100), key=lambda hit: hit.location, reverse=True
    )
    found: dict[str, list[str]] = {colour: [] for colour in COLOURS}
    for hit in hits:
        found[Path(hit.location).parent.name].append(hit.id)
    return found
