"""Damage that Pillow reads over."""

from __future__ import annotations

import zlib

from lookalike.imaging.blob import Stream


def check_png(stream: Stream) -> None:
    """Check the pixel data of a PNG against its checksums (PNG specification, 3rd edition, 5.5).

    Args:
        stream: the whole file; its position is moved.

    Raises:
        ValueError: a chunk of pixel data is not what was written.
    """
    stream.seek(8)
    while len(header := stream.read(8)) == 8:
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind == b"IEND":
            return
        if kind != b"IDAT":
            stream.seek(length + 4, 1)
            continue
        checksum = zlib.crc32(stream.read(length), zlib.crc32(kind))
        if stream.read(4) != checksum.to_bytes(4, "big"):
            raise ValueError("the checksum of the pixel data is wrong")
