"""How many frames or pages a picture has, without decoding them."""

from __future__ import annotations

import struct

from PIL import Image

from lookalike.imaging.blob import Stream
from lookalike.imaging.opening import BROKEN

MAX_FRAMES = 1000
"""Counting stops here."""

_COUNTED_BY_HEADER = frozenset({"PNG", "WEBP", "AVIF", "HEIF", "FLI", "DCX", "IM"})


def count_frames(image: Image.Image, stream: Stream) -> int:
    """Number of frames of an animation or pages of a document, 1 to :data:`MAX_FRAMES`.

    Args:
        image: the opened picture.
        stream: the same bytes; its position is moved.
    """
    try:
        if image.format == "GIF":
            return max(1, _gif_frames(stream))
        if image.format == "TIFF":
            return max(1, _tiff_pages(stream))
        if image.format in _COUNTED_BY_HEADER:
            return max(1, min(int(getattr(image, "n_frames", 1)), MAX_FRAMES))
    except BROKEN:
        # A damaged later frame is no reason to refuse the first one.
        return 1
    return 1


def _gif_frames(stream: Stream) -> int:
    """Image descriptors up to the trailer (GIF89a specification, 1990, section 20)."""
    stream.seek(10)
    flags = stream.read(3)[0]
    stream.seek(_palette_bytes(flags), 1)
    frames = 0
    while frames < MAX_FRAMES:
        block = stream.read(1)
        if block == b"!":
            stream.seek(1, 1)
        elif block == b",":
            flags = stream.read(9)[8]
            stream.seek(_palette_bytes(flags) + 1, 1)
            frames += 1
        else:
            break
        while (length := stream.read(1)) and length != b"\x00":
            stream.seek(length[0], 1)
    return frames


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _tiff_pages(stream: Stream) -> int:
    """Directories of the chain (TIFF 6.0, 1992, section 2; BigTIFF where marked 43)."""
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(order + "H", head[2:4])[0] == 43
    count, entry_bytes, link = ("Q", 20, "Q") if big else ("H", 12, "L")
    count_of, link_of = struct.Struct(order + count), struct.Struct(order + link)
    (offset,) = link_of.unpack_from(head, 8 if big else 4)
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) < MAX_FRAMES:
        stream.seek(offset)
        (entries,) = count_of.unpack(stream.read(count_of.size))
        seen.add(offset)
        stream.seek(entries * entry_bytes, 1)
        (offset,) = link_of.unpack(stream.read(link_of.size))
    return len(seen)
