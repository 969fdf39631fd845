"""Turned and mirrored copies: all eight orientations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from lookalike.lab.suites.base import Bench, Row, Suite
from lookalike.lab.suites.changed import SETS, Save, rows_of_changes

_TURNS = {
    "upright": None,
    "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
    "upside down": Image.Transpose.ROTATE_180,
    "upside down, mirrored": Image.Transpose.FLIP_TOP_BOTTOM,
    "turned left": Image.Transpose.ROTATE_90,
    "turned right": Image.Transpose.ROTATE_270,
    "transposed": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}


def _turn(how: Image.Transpose | None) -> Save:
    def save(image: Image.Image, path: Path) -> Path:
        file = path.with_suffix(".png")
        (image if how is None else image.transpose(how)).save(file, compress_level=1)
        return file

    return save


def _rows(bench: Bench) -> Iterator[Row]:
    changes = {name: _turn(how) for name, how in _TURNS.items()}
    yield from rows_of_changes(bench, NAME, changes)


NAME = "orientation"
SUITE = Suite(NAME, "a turned or mirrored copy finds its picture first", _rows, SETS)
