"""Telling camera RAW files from the TIFF files that they look like."""

from __future__ import annotations

import io
import struct
from pathlib import PurePath

from lookalike.sources.sniff import RAW_EXTENSIONS

Stream = io.BufferedReader | io.BytesIO

_MAX_DIRECTORIES = 16
_MAX_ENTRIES = 512
_PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION = 0x0106, 0x014A, 0xC612
# Colour filter array, linear raw (TIFF/EP, ISO 12234-2; DNG specification 1.7).
_SENSOR_DATA = frozenset({32803, 34892})
_FORMATS = {1: "B", 3: "H", 4: "L", 13: "L"}


def is_camera_raw(stream: Stream, name: str) -> bool:
    """Whether a file with a TIFF header holds what a sensor saw, and not a finished picture.

    NEF, ARW, DNG, PEF and others begin as TIFF files with a thumbnail: a reader of TIFF would
    take that for the picture. Told by the directories; by the name where they are not clear.

    Args:
        stream: the whole file; its position is moved.
        name: of the file.
    """
    try:
        tags = _tags(stream)
    except (struct.error, OSError, ValueError, OverflowError):
        tags = {}  # damaged; whoever reads it will say so
    if _DNG_VERSION in tags or _SENSOR_DATA & set(tags.get(_PHOTOMETRIC, ())):
        return True
    return PurePath(name).suffix.lower() in RAW_EXTENSIONS


def _tags(stream: Stream) -> dict[int, tuple[int, ...]]:
    """The tags of interest, those of all directories together."""
    found: dict[int, tuple[int, ...]] = {}
    stream.seek(0)
    head = stream.read(8)
    order = "<" if head[:2] == b"II" else ">"
    if head[2:4] not in (b"*\0", b"\0*"):
        return found  # a BigTIFF; no camera writes that
    waiting = [struct.unpack(order + "L", head[4:8])[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        offset = waiting.pop(0)
        if not offset or offset in seen:
            continue
        seen.add(offset)
        stream.seek(offset)
        (count,) = struct.unpack(order + "H", stream.read(2))
        entries = stream.read(min(count, _MAX_ENTRIES) * 12)
        following = stream.read(4) if count <= _MAX_ENTRIES else b""
        for at in range(0, len(entries) - 11, 12):
            tag, kind, number = struct.unpack_from(order + "HHL", entries, at)
            if tag in (_PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION) and kind in _FORMATS:
                values = _values(stream, order, kind, number, entries[at + 8 : at + 12])
                found[tag] = found.get(tag, ()) + values
                if tag == _SUB_DIRECTORIES:
                    waiting += values
        if len(following) == 4:
            waiting += struct.unpack(order + "L", following)
    return found


def _values(stream: Stream, order: str, kind: int, number: int, field: bytes) -> tuple[int, ...]:
    layout = struct.Struct(f"{order}{min(number, _MAX_DIRECTORIES)}{_FORMATS[kind]}")
    if layout.size > 4:
        stream.seek(struct.unpack(order + "L", field)[0])
        field = stream.read(layout.size)
    return layout.unpack_from(field)
