"""Width and height as the first bytes say, before any reader takes memory for them."""

from __future__ import annotations

import struct

# For the formats in which they always stand in the same place.
_FIXED = {"png": (">LL", 16), "gif": ("<HH", 6), "qoi": (">LL", 4), "psd": (">LL", 14)}

# Start of a JPEG 2000 code stream, and the marker of its sizes.
_SIZ = b"\xff\x4f\xff\x51"


def size_in_header(kind: str, head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where they are not easily found.

    Args:
        kind: name of the format, as :func:`lookalike.sources.sniff.sniff` gives it.
        head: the first bytes of the file.
    """
    try:
        if kind == "webp":
            return _webp(head)
        if kind == "jpeg2000":
            return _jpeg2000(head)
        if kind not in _FIXED:
            return None
        layout, offset = _FIXED[kind]
        first, second = struct.unpack_from(layout, head, offset)
    except struct.error:
        return None  # the file ends within its header; its reader will say so
    return (second, first) if kind == "psd" else (first, second)


def has_subsampled_parts(head: bytes) -> bool:
    """Whether some component of a JPEG 2000 picture has fewer samples than another.

    Args:
        head: the first bytes of the file.
    """
    at = head.find(_SIZ)
    count = int.from_bytes(head[at + 40 : at + 42], "big") if at >= 0 else 0
    steps = head[at + 42 : at + 42 + 3 * count]
    if int.from_bytes(head[at + 4 : at + 6], "big") != 38 + len(steps):
        return False  # damaged
    return any(steps[i + 1 : i + 3] != b"\x01\x01" for i in range(0, len(steps) - 2, 3))


def _jpeg2000(head: bytes) -> tuple[int, int] | None:
    """ISO/IEC 15444-1, annex A.5.1."""
    at = head.find(_SIZ)
    if at < 0:
        return None
    right, bottom, left, top = struct.unpack_from(">LLLL", head, at + 8)
    return max(0, right - left), max(0, bottom - top)


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
