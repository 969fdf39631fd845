"""A map as one image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from lookalike.lab.maps.palette import colour_of
from lookalike.lab.maps.picture_map import PictureMap
from lookalike.lab.maps.tiles import tile

_PAPER, _INK = "#ffffff", "#202020"
_MARGIN = 40
_DOT = 3


def map_image(
    drawn: PictureMap,
    thumbnail: Callable[[int], Path | None],
    *,
    width: int = 1800,
    side: int = 36,
) -> Image.Image:
    """Thumbnails where they lie on a map, as many as fit, dots for the others, clusters by name.

    Args:
        drawn: the map.
        thumbnail: a small copy of the picture with this key; None if there is none.
        width: of the image, in pixels; its height follows from the map.
        side: of a thumbnail, in pixels; 0 for dots alone.

    Returns:
        An RGB image.
    """
    scale = (width - 2 * _MARGIN) / 2
    low, high = float(drawn.places[:, 1].min()), float(drawn.places[:, 1].max())
    height = max(round((high - low) * scale), side) + 2 * _MARGIN
    at = np.empty_like(drawn.places)
    at[:, 0] = _MARGIN + (drawn.places[:, 0] + 1) * scale
    at[:, 1] = _MARGIN + (high - drawn.places[:, 1]) * scale
    image = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(image)
    for (x, y), number in zip(at.tolist(), drawn.numbers.tolist(), strict=True):
        box = (x - _DOT, y - _DOT, x + _DOT, y + _DOT)
        pen.ellipse(box, fill=ImageColor.getrgb(colour_of(number)))
    if side:
        _thumbnails(image, pen, drawn, at, thumbnail, side)
    _names(pen, drawn, scale, high)
    return image


def _thumbnails(
    image: Image.Image,
    pen: ImageDraw.ImageDraw,
    drawn: PictureMap,
    at: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    thumbnail: Callable[[int], Path | None],
    side: int,
) -> None:
    """One picture for each cell of a grid: that nearest to the cell's middle."""
    step = side + 2
    cells = np.floor(at / step).astype(np.int64)
    off = np.abs(at - (cells + 0.5) * step).sum(axis=1)
    order = np.argsort(off, kind="stable")
    _, first = np.unique(cells[order], axis=0, return_index=True)
    for row in order[first].tolist():
        small = thumbnail(int(drawn.keys[row]))
        if small is None:
            continue
        x, y = (cells[row] * step).tolist()
        pen.rectangle((x, y, x + step, y + step), fill=colour_of(int(drawn.numbers[row])))
        image.paste(tile(small, side - 2), (x + 2, y + 2))


def _names(pen: ImageDraw.ImageDraw, drawn: PictureMap, scale: float, high: float) -> None:
    font = ImageFont.load_default(20)
    taken: list[tuple[float, float, float, float]] = []
    for cluster in drawn.clusters:
        if not cluster.name:
            continue
        spot = (_MARGIN + (cluster.x + 1) * scale, _MARGIN + (high - cluster.y) * scale)
        box = pen.textbbox(spot, cluster.name, font, "mm", stroke_width=4)
        if not any(_meet(box, other) for other in taken):
            taken.append(box)
            pen.text(spot, cluster.name, _INK, font, "mm", stroke_width=4, stroke_fill=_PAPER)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return not (one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1])
