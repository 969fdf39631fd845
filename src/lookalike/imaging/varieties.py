"""Telling what is damaged from what is merely of a variety that no reader here knows."""

from __future__ import annotations

import io
import re
from functools import lru_cache

from PIL import Image

_UNKNOWN = re.compile(r"\b(?:unsupported|unimplemented|not supported|unknown pixel format)\b", re.I)
# Whether these can be unpacked is a matter of how libtiff was built; named as Pillow names them.
_COMPRESSIONS = {34925: "lzma", 50000: "zstd", 50001: "webp"}
_COMPRESSION = 0x0103


def variety_of(error: BaseException, image: Image.Image | None = None) -> str | None:
    """What cannot be read about a sound picture; None where it is damaged instead.

    Args:
        error: what a reader raised.
        image: the picture, if it could be opened.
    """
    if isinstance(error, NotImplementedError) or _UNKNOWN.search(str(error)):
        return str(error).strip().splitlines()[0][:200] if str(error).strip() else "unknown"
    tags = getattr(image, "tag_v2", None) or {}
    compression = _COMPRESSIONS.get(tags.get(_COMPRESSION, 0))
    if compression is not None and not _unpacks(compression):
        return f"compressed as {compression}"
    return None


@lru_cache
def _unpacks(compression: str) -> bool:
    try:
        Image.new("L", (1, 1)).save(io.BytesIO(), "TIFF", compression=compression)
    except (OSError, RuntimeError, ValueError):
        return False
    return True
