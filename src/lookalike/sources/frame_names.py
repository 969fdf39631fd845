"""How single frames of a file are called: ``cat.gif#frame=3`` is the third one of ``cat.gif``.

The file itself stands for its first frame.
"""

from __future__ import annotations

import hashlib
import re

_MARK = "#frame="
_FRAME = re.compile(rf"(.+){_MARK}([1-9][0-9]{{0,5}})", re.S)


def frame_location(location: str, frame: int) -> str:
    """The location of a frame, counted from 1."""
    return location if frame == 1 else f"{location}{_MARK}{frame}"


def split_frame(location: str) -> tuple[str, int]:
    """The file's location, and which frame of it is meant; the reverse of :func:`frame_location`.

    A file may really be called so: look for it first.
    """
    match = _FRAME.fullmatch(location) if _MARK in location else None
    return (match[1], int(match[2])) if match else (location, 1)


def frame_id(picture_id: str, frame: int) -> str:
    """The id of a frame of the file whose first frame has the id ``picture_id``."""
    if frame == 1:
        return picture_id
    return hashlib.sha256(f"{picture_id}{_MARK}{frame}".encode()).hexdigest()[:32]
