"""The pictures that are shown on a map, small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array


def spread_out(places: Float32Array, most: int) -> Int64Array:
    """Rows of up to ``most`` places, from all parts of a map, the sparse ones first.

    One of each cell of ever finer grids is taken until there are enough.
    """
    taken = np.zeros(len(places), bool)
    chosen: list[Int64Array] = []
    cells = 4
    while sum(map(len, chosen)) < min(most, len(places)):
        grid = np.floor((places + 1) / 2 * cells).astype(np.int64)
        rows = np.flatnonzero(~taken)
        _, first = np.unique(grid[rows], axis=0, return_index=True)
        fresh = rows[first]
        taken[fresh] = True
        chosen.append(fresh)
        cells *= 2
    return np.concatenate([np.empty(0, np.int64), *chosen])[:most]


def tile(thumbnail: Path, side: int) -> Image.Image:
    """A square of a thumbnail: its middle, ``side`` pixels."""
    with Image.open(thumbnail) as found:
        image = found.convert("RGB")
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    return image.resize(
        (side, side), Image.Resampling.BOX, (left, top, left + edge, top + edge), reducing_gap=2.0
    )


def sheets(tiles: Iterable[Image.Image], side: int, columns: int) -> Iterator[Image.Image]:
    """Tiles on square sheets of ``columns`` x ``columns``, row by row."""
    sheet, filled = Image.new("RGB", (columns * side, columns * side)), 0
    for each in tiles:
        sheet.paste(each, (filled % columns * side, filled // columns * side))
        filled += 1
        if filled == columns**2:
            yield sheet
            sheet, filled = Image.new("RGB", sheet.size), 0
    if filled:
        yield sheet.crop((0, 0, sheet.width, -(-filled // columns) * side))
