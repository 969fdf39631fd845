"""Width and height as the first bytes say, before any reader takes memory for them."""

from __future__ import annotations

import struct

# For the formats in which they always stand in the same place.
_FIXED = {"png": (">LL", 16), "gif": ("<HH", 6), "qoi": (">LL", 4), "psd": (">LL", 14)}


def size_in_header(kind: str, head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where they are not easily found.

    Args:
        kind: name of the format, as :func:`lookalike.sources.sniff.sniff` gives it.
        head: the first bytes of the file.
    """
    try:
        if kind == "webp":
            return _webp(head)
        if kind not in _FIXED:
            return None
        layout, offset = _FIXED[kind]
        first, second = struct.unpack_from(layout, head, offset)
    except struct.error:
        return None  # the file ends within its header; its reader will say so
    return (second, first) if kind == "psd" else (first, second)


def _webp(head: bytes) -> tuple[int, int] | None:
    """RFC 9649, sections 2.5 to 2.7."""
    variety = head[12:16]
    if variety == b"VP8X":
        width, height = head[24:27], head[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if variety == b"VP8 ":
        first, second = struct.unpack_from("<HH", head, 26)
        return first & 0x3FFF, second & 0x3FFF
    if variety == b"VP8L":
        (bits,) = struct.unpack_from("<L", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
