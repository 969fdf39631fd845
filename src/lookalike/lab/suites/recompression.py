"""Copies saved anew: other formats, stronger compression, smaller, grey, cropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from lookalike.lab.suites.base import Bench, Row, Suite
from lookalike.lab.suites.changed import SETS, Save, rows_of_changes

_LEAST = 16
"""Pixels; no copy becomes smaller."""


def _scaled(image: Image.Image, share: float) -> Image.Image:
    width, height = (max(_LEAST, round(side * share)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _cropped(image: Image.Image, share: float) -> Image.Image:
    width, height = (side * (1 - share**0.5) / 2 for side in image.size)
    return image.crop((round(width), round(height), image.width - round(width),
                       image.height - round(height)))  # fmt: skip


def _saved(
    suffix: str, change: Callable[[Image.Image], Image.Image] = lambda image: image, **options: Any
) -> Save:
    def save(image: Image.Image, path: Path) -> Path:
        file = path.with_suffix(suffix)
        change(image).save(file, **options)
        return file

    return save


CHANGES: dict[str, Save] = {
    "JPEG quality 75": _saved(".jpg", quality=75),
    "JPEG quality 30": _saved(".jpg", quality=30),
    "JPEG quality 10": _saved(".jpg", quality=10),
    "WebP quality 50": _saved(".webp", quality=50),
    "half the size": _saved(".jpg", lambda image: _scaled(image, 0.5), quality=85),
    "a quarter of the size": _saved(".jpg", lambda image: _scaled(image, 0.25), quality=85),
    "grey": _saved(".jpg", lambda image: image.convert("L"), quality=85),
    "cropped to 80 % of the area": _saved(".jpg", lambda image: _cropped(image, 0.8), quality=85),
    "cropped to 60 % of the area": _saved(".jpg", lambda image: _cropped(image, 0.6), quality=85),
}


def _rows(bench: Bench) -> Iterator[Row]:
    yield from rows_of_changes(bench, NAME, CHANGES)


NAME = "recompression"
SUITE = Suite(NAME, "a copy that was saved anew finds its picture first", _rows, SETS)
