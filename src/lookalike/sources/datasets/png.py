"""Pixels as the bytes of a PNG file, the same ones every time."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _GREY = 2, 0


def png_bytes(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A PNG file of these pixels (PNG specification, 3rd edition).

    A picture's id is the hash of its bytes, and what a packer makes of pixels changes from one
    version of it to the next: so they are stored unpacked.

    Args:
        pixels: shape (height, width, 3) for RGB or (height, width) for grey.
    """
    height, width = pixels.shape[:2]
    kind = _RGB if pixels.ndim == 3 else _GREY
    rows = np.zeros((height, 1 + pixels[0].size), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">LLBBBBB", width, height, 8, kind, 0, 0, 0)
    data = _stored(rows.tobytes())
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _stored(raw: bytes) -> bytes:
    """A zlib stream (RFC 1950) of stored blocks (RFC 1951, section 3.2.4)."""
    parts = [b"\x78\x01"]
    for start in range(0, len(raw), 65535):
        block = raw[start : start + 65535]
        last = start + 65535 >= len(raw)
        parts.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    return b"".join(parts) + zlib.adler32(raw).to_bytes(4, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return len(data).to_bytes(4, "big") + kind + data + checksum.to_bytes(4, "big")
