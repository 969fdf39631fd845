"""Telling what is damaged from what is merely of a variety that no reader here knows."""

from __future__ import annotations

import io
import re
from functools import lru_cache

from PIL import Image

from lookalike.imaging.headers import has_subsampled_parts

_UNKNOWN = re.compile(
    r"\b(?:unsupported|unimplemented|not supported|unknown pixel format|invalid palette size)\b",
    re.I,
)
# Whether these can be unpacked is a matter of how libtiff was built; named as Pillow names them.
_COMPRESSIONS = {34925: "lzma", 50000: "zstd", 50001: "webp"}
_COMPRESSION = 0x0103


def variety_of(
    error: BaseException, image: Image.Image | None = None, head: bytes = b""
) -> str | None:
    """What cannot be read about a sound picture; None where it is damaged instead.

    Args:
        error: what a reader raised.
        image: the picture, if it could be opened.
        head: the first bytes of the file.
    """
    if isinstance(error, NotImplementedError) or _UNKNOWN.search(str(error)):
        return str(error).strip().splitlines()[0][:200] if str(error).strip() else "unknown"
    if has_subsampled_parts(head):
        return "components of different sizes"
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
