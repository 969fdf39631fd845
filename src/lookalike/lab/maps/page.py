"""A map as one HTML file that needs nothing else: no server, no network, no other file."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from lookalike.lab.maps.palette import colour_of
from lookalike.lab.maps.picture_map import PictureMap
from lookalike.lab.maps.tiles import sheets, spread_out, tile

_HERE = Path(__file__).parent
_SIDE = 64
_COLUMNS = 32
_QUALITY = 72


@dataclass(frozen=True)
class Shown:
    """What the page says of a picture.

    Attributes:
        title: its name.
        location: where it lies.
    """

    title: str
    location: str


def map_page(
    drawn: PictureMap,
    title: str,
    shown: Sequence[Shown],
    thumbnail: Callable[[int], Path | None],
    most: int = 3000,
) -> str:
    """The map as a page to move about in, with thumbnails and search.

    Args:
        drawn: the map.
        title: of the page.
        shown: what to say of each picture, in the order of its keys.
        thumbnail: a small copy of the picture with this key; None if there is none.
        most: how many thumbnails the page carries, about 1.5 kB each; the others are dots.
    """
    rows, images = [], []
    for row in spread_out(drawn.places, most).tolist():
        small = thumbnail(int(drawn.keys[row]))
        if small is not None:
            rows.append(row)
            images.append(tile(small, _SIDE))
    data = {
        "places": _packed(np.round(drawn.places * 16000).astype("<i2")),
        "clusters": _packed(drawn.numbers.astype("<i2")),
        "thumbnails": _packed(np.asarray(rows, "<i4")),
        "sheets": [_data_url(sheet) for sheet in sheets(images, _SIDE, _COLUMNS)],
        "side": _SIDE,
        "columns": _COLUMNS,
        "pictures": [[each.title, each.location] for each in shown],
        "names": [
            {"name": each.name, "size": each.size, "x": each.x, "y": each.y,
             "colour": colour_of(number)}
            for number, each in enumerate(drawn.clusters)
        ],
        "none": colour_of(-1),
    }  # fmt: skip
    template = Template((_HERE / "page.html").read_text("utf-8"))
    return template.substitute(
        title=html.escape(title),
        about=html.escape(about(drawn)),
        # "</" would end the script.
        data=json.dumps(data, separators=(",", ":")).replace("</", "<\\/"),
        style=(_HERE / "page.css").read_text("utf-8"),
        script=(_HERE / "page.js").read_text("utf-8"),
    )


def about(drawn: PictureMap) -> str:
    """The map in a sentence or two."""
    placed = int((~drawn.fitted).sum())
    quality = drawn.quality
    later = f", {placed:,} of them placed later" if placed else ""
    return (
        f"{len(drawn):,} pictures{later} in {len(drawn.clusters)} clusters; space {drawn.space}, "
        f"{drawn.options.method}. Trustworthiness {quality.trustworthiness:.3f}, continuity "
        f"{quality.continuity:.3f}, {quality.preserved:.0%} of the {quality.k} nearest kept."
    )


def _packed(values: np.ndarray[tuple[int, ...], np.dtype[np.signedinteger]]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def _data_url(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
