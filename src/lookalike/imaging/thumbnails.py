"""Small pictures to show: thumbnails, and contact sheets of several."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lookalike.errors import DecodeError
from lookalike.imaging.decode import open_oriented
from lookalike.imaging.picture import Box, Limits, UInt8Array
from lookalike.imaging.pixels import shrunk

_QUALITY = 82
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}

_PAPER, _INK, _GREY, _FAINT = (255, 255, 255), (32, 32, 32), (214, 214, 214), (96, 96, 96)
_GAP = 8
_REASONS = {
    "vanished": "not there any more",
    "permission-denied": "may not be read",
    "too-large": "too large",
    "too-many-pixels": "too many pixels",
}


def thumbnail_bytes(
    source: Path | bytes, side: int = 320, limits: Limits | None = None, kind: str = "JPEG"
) -> bytes:
    """A small, upright copy of a picture, without its metadata.

    Args:
        source: a file, or its bytes.
        side: the longer side, in pixels; a smaller picture keeps its size.
        limits: what the picture may cost.
        kind: ``JPEG`` or ``WEBP``.

    Raises:
        DecodeError: the picture cannot be read.
    """
    image, _ = open_oriented(source, limits or Limits(), side)
    return _encoded(shrunk(image, side), kind)


def encoded_thumbnail(pixels: UInt8Array, kind: str = "JPEG") -> bytes:
    """Pixels as the bytes of a thumbnail.

    Args:
        pixels: shape (height, width, 3), RGB.
        kind: ``JPEG`` or ``WEBP``.
    """
    return _encoded(Image.fromarray(pixels), kind)


def save_thumbnail(pixels: UInt8Array, target: Path) -> None:
    """Write pixels as a thumbnail; ``target`` is there whole or not at all.

    Args:
        pixels: shape (height, width, 3), RGB, as asked for with the fit ``within``.
        target: the file to write; WebP if its name ends in ``.webp``, else JPEG.

    Raises:
        OSError: the thumbnail cannot be written.
    """
    kind = _FORMATS.get(target.suffix.lower(), "JPEG")
    _write_whole(encoded_thumbnail(pixels, kind), target)


def write_thumbnail(
    source: Path, target: Path, side: int = 320, limits: Limits | None = None
) -> None:
    """Write a thumbnail; ``target`` is there whole or not at all.

    Args:
        source: the picture.
        target: the file to write; WebP if its name ends in ``.webp``, else JPEG.
        side: the longer side, in pixels; a smaller picture keeps its size.
        limits: what the picture may cost.

    Raises:
        DecodeError: the picture cannot be read.
        OSError: the thumbnail cannot be written.
    """
    kind = _FORMATS.get(target.suffix.lower(), "JPEG")
    _write_whole(thumbnail_bytes(source, side, limits, kind), target)


def contact_sheet(
    items: Sequence[tuple[Path | None, str]],
    columns: int = 5,
    side: int = 240,
    limits: Limits | None = None,
    boxes: Sequence[Box | None] = (),
) -> Image.Image:
    """Several pictures on one sheet, with captions.

    A picture that cannot be read is a grey tile that says why.

    Args:
        items: files and captions, in reading order; without a file the tile holds the words.
        columns: tiles in a row, at most.
        side: of a tile, in pixels.
        limits: what each picture may cost.
        boxes: for each picture the part that is marked in it, or None; or none at all.

    Returns:
        Mode RGB.
    """
    columns = max(1, min(columns, len(items) or 1))
    rows = -(-len(items) // columns)
    font = _font(max(11, side // 16))
    line = round(font.size * 1.6) if isinstance(font, ImageFont.FreeTypeFont) else 16
    step_x, step_y = side + _GAP, side + line + _GAP
    sheet = Image.new("RGB", (columns * step_x + _GAP, max(1, rows) * step_y + _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (path, caption) in enumerate(items):
        left = _GAP + number % columns * step_x
        top = _GAP + number // columns * step_y
        if path is None:
            middle = (left + side // 2, top + side // 2)
            draw.multiline_text(middle, _wrapped(caption, side, font), _INK, font, "mm")
            continue
        tile = _tile(path, side, limits or Limits(), font)
        if (box := boxes[number] if boxes else None) is not None:
            _mark(tile, box)
        sheet.paste(tile, (left + (side - tile.width) // 2, top + (side - tile.height) // 2))
        text = _ellipsis(caption, side, font)
        draw.text((left + side // 2, top + side + line // 2), text, _INK, font, anchor="mm")
    return sheet


def _mark(tile: Image.Image, box: Box) -> None:
    """Draw a box that shows on light and on dark."""
    x, y, width, height = box.within(*tile.size)
    edges = (x * tile.width, y * tile.height, (x + width) * tile.width, (y + height) * tile.height)
    left, upper, right, lower = (round(edge) for edge in edges)
    draw = ImageDraw.Draw(tile)
    for inset, colour in ((0, _INK), (1, _PAPER), (2, _PAPER), (3, _INK)):
        sides = (left + inset, upper + inset, right - 1 - inset, lower - 1 - inset)
        if sides[0] < sides[2] and sides[1] < sides[3]:
            draw.rectangle(sides, outline=colour)


_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def _font(size: int) -> _Font:
    for name in ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf"):
        try:
            return ImageFont.truetype(name, size)
        except OSError:  # not on this machine
            continue
    return ImageFont.load_default(size)  # Latin letters without accents


def _tile(path: Path, side: int, limits: Limits, font: _Font) -> Image.Image:
    try:
        image, _ = open_oriented(path, limits, side)
    except DecodeError as error:
        reason = _REASONS.get(error.code, error.code.replace("-", " "))
        tile = Image.new("RGB", (side, side), _GREY)
        middle = (side // 2, side // 2)
        ImageDraw.Draw(tile).text(
            middle, _ellipsis(reason, side - _GAP, font), _FAINT, font, anchor="mm"
        )
        return tile
    return shrunk(image, side)


def _write_whole(data: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".thumbnail-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    options = {"optimize": True, "progressive": True} if kind == "JPEG" else {"method": 4}
    image.save(out, kind, quality=_QUALITY, **options)
    return out.getvalue()


def _wrapped(text: str, width: int, font: _Font) -> str:
    """As many lines as words need; at most ten."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(_ellipsis(word, width, font))
    return "\n".join(lines[:10])


def _ellipsis(text: str, width: int, font: _Font) -> str:
    """As much of one line as fits, with ``…`` for the rest."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    low, high = 0, min(len(text), width)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle].rstrip() + "…") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
