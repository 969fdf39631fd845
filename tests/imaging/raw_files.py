"""Camera RAW files for the tests, written field by field."""

from __future__ import annotations

import struct

import numpy as np

_SHORT, _LONG, _RATIONAL, _SIGNED = 3, 4, 5, 10
_LAYOUTS = {1: "B", 2: "c", _SHORT: "H", _LONG: "L", _RATIONAL: "LL", _SIGNED: "ll"}

Tag = tuple[int, int, list[int] | bytes]


def dng(
    width: int = 640, height: int = 480, *, preview: bytes = b"", orientation: int = 1
) -> bytes:
    """A DNG file (specification 1.4): a grey thumbnail of 16 x 12, and a Bayer pattern.

    The scene is red in its left half and blue in its right one.

    Args:
        width: of the sensor, in pixels.
        height: likewise.
        preview: a JPEG file to embed.
        orientation: how the camera was held.
    """
    thumbnail = np.full((12, 16, 3), 128, np.uint8).tobytes()
    x, y = np.arange(width), np.arange(height)[:, None]
    red, blue = (x % 2 == 0) & (y % 2 == 0), (x % 2 == 1) & (y % 2 == 1)
    left = x < width // 2
    mosaic = np.where((red & left) | (blue & ~left), 12000, 600).astype("<u2").tobytes()

    def sensor(at: int) -> list[Tag]:
        return [
            (0x00FE, _LONG, [0]),
            (0x0100, _LONG, [width]),
            (0x0101, _LONG, [height]),
            (0x0102, _SHORT, [16]),
            (0x0103, _SHORT, [1]),
            (0x0106, _SHORT, [32803]),
            (0x0111, _LONG, [at]),
            (0x0115, _SHORT, [1]),
            (0x0116, _LONG, [height]),
            (0x0117, _LONG, [len(mosaic)]),
            (0x828D, _SHORT, [2, 2]),
            (0x828E, 1, bytes([0, 1, 1, 2])),
            (0xC61A, _SHORT, [0]),
            (0xC61D, _LONG, [16383]),
        ]

    def shown(at: int) -> list[Tag]:
        return [
            (0x00FE, _LONG, [1]),
            (0x0100, _LONG, [1]),
            (0x0101, _LONG, [1]),
            (0x0103, _SHORT, [7]),
            (0x0106, _SHORT, [6]),
            (0x0111, _LONG, [at]),
            (0x0117, _LONG, [len(preview)]),
        ]

    def first(at: int, below: list[int]) -> list[Tag]:
        return [
            (0x00FE, _LONG, [1]),
            (0x0100, _LONG, [16]),
            (0x0101, _LONG, [12]),
            (0x0102, _SHORT, [8, 8, 8]),
            (0x0103, _SHORT, [1]),
            (0x0106, _SHORT, [2]),
            (0x010F, 2, b"Brand\0"),
            (0x0110, 2, b"Brand One\0"),
            (0x0111, _LONG, [at]),
            (0x0112, _SHORT, [orientation]),
            (0x0115, _SHORT, [3]),
            (0x0116, _LONG, [12]),
            (0x0117, _LONG, [len(thumbnail)]),
            (0x0132, 2, b"2019:07:12 10:00:00\0"),
            (0x014A, _LONG, below),
            (0xC612, 1, bytes([1, 4, 0, 0])),
            (0xC614, 2, b"Brand One\0"),
            (0xC621, _SIGNED, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]),
            (0xC628, _RATIONAL, [1, 1, 1, 1, 1, 1]),
            (0xC65A, _SHORT, [21]),
        ]

    data = bytearray(struct.pack("<2sHL", b"II", 42, 8))
    count = 2 if preview else 1
    data += bytes(_size(first(0, [0] * count)))
    at_thumbnail = _add(data, thumbnail)
    at_mosaic = _add(data, mosaic)
    below = [_add(data, bytes(_size(sensor(0))))]
    _write(data, below[0], sensor(at_mosaic))
    if preview:
        at_preview = _add(data, preview)
        below.append(_add(data, bytes(_size(shown(0)))))
        _write(data, below[1], shown(at_preview))
    _write(data, 8, first(at_thumbnail, below))
    return bytes(data)


def _add(data: bytearray, block: bytes) -> int:
    data += bytes(-len(data) % 4)
    at = len(data)
    data += block
    return at


def _packed(kind: int, values: list[int] | bytes) -> tuple[int, bytes]:
    if isinstance(values, bytes):
        return len(values), values
    block = struct.pack(f"<{len(values)}{_LAYOUTS[kind][0]}", *values)
    return len(values) // len(_LAYOUTS[kind]), block


def _size(tags: list[Tag]) -> int:
    blocks = (len(_packed(kind, values)[1]) for _, kind, values in tags)
    return 6 + 12 * len(tags) + sum(size + size % 2 for size in blocks if size > 4)


def _write(data: bytearray, at: int, tags: list[Tag]) -> None:
    beside = at + 6 + 12 * len(tags)
    entries = struct.pack("<H", len(tags))
    for tag, kind, values in tags:
        count, block = _packed(kind, values)
        if len(block) > 4:
            data[beside : beside + len(block)] = block
            block, beside = struct.pack("<L", beside), beside + len(block) + len(block) % 2
        entries += struct.pack("<HHL4s", tag, kind, count, block)
    data[at : at + len(entries) + 4] = entries + bytes(4)
