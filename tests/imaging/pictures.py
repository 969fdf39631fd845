"""Small pictures for the tests, made on the spot."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lookalike.imaging.picture import InputSpec, Limits, UInt8Array

LIMITS = Limits()
WHOLE = InputSpec(size=16, fit="squash")


def gradient(width: int = 48, height: int = 32) -> Image.Image:
    """No two corners, rows or columns alike."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)]
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def saved(image: Image.Image, path: Path, **options: Any) -> Path:
    image.save(path, **options)
    return path


def mean_colour(pixels: UInt8Array) -> tuple[int, int, int]:
    red, green, blue = pixels.reshape(-1, 3).mean(axis=0).round().astype(int)
    return int(red), int(green), int(blue)
