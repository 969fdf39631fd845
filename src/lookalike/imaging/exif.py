"""EXIF blocks (CIPA DC-008) as metadata."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PIL import Image

from lookalike.imaging.boilerplate import spoken
from lookalike.imaging.picture import Metadata
from lookalike.sources.text import decode_text, one_line
from lookalike.sources.values import camera_name, date_of, tags_of

Tags = Mapping[int, Any]

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_DESCRIPTION, _MAKE, _MODEL = 0x010E, 0x010F, 0x0110
_DATE, _DATE_ORIGINAL, _DATE_DIGITIZED = 0x0132, 0x9003, 0x9004
_ARTIST, _COPYRIGHT, _USER_COMMENT = 0x013B, 0x8298, 0x9286
_XP_TITLE, _XP_COMMENT, _XP_AUTHOR, _XP_KEYWORDS, _XP_SUBJECT = range(0x9C9B, 0x9CA0)
_LATITUDE, _LONGITUDE = (1, 2, 90.0), (3, 4, 180.0)


def read_exif(image: Image.Image) -> Metadata:
    """Words, date, camera and place of an opened and loaded picture.

    Raises:
        Exception: whatever Pillow raises on a damaged block; the caller's list of those is
            :data:`lookalike.imaging.opening.BROKEN`.
    """
    exif = image.getexif()
    if not exif:
        return Metadata()
    detail = exif.get_ifd(_EXIF_IFD)
    latitude, longitude = _place(exif.get_ifd(_GPS_IFD))
    comment = _user_comment(detail.get(_USER_COMMENT), exif.endian or "<")
    extra = {
        "author": one_line(_text(exif.get(_ARTIST))) or one_line(_wide(exif.get(_XP_AUTHOR))),
        "copyright": one_line(_text(exif.get(_COPYRIGHT))),
    }
    return Metadata(
        title=one_line(_wide(exif.get(_XP_TITLE))) or one_line(_wide(exif.get(_XP_SUBJECT))),
        caption=spoken(_text(exif.get(_DESCRIPTION)))
        or spoken(_wide(exif.get(_XP_COMMENT)))
        or spoken(comment),
        tags=tuple(dict.fromkeys(tags_of([_wide(exif.get(_XP_KEYWORDS))]))),
        taken=_taken(exif, detail),
        camera=camera_name(_text(exif.get(_MAKE)), _text(exif.get(_MODEL))),
        latitude=latitude,
        longitude=longitude,
        extra={name: text for name, text in extra.items() if text},
    )


def _taken(exif: Tags, detail: Tags) -> datetime | None:
    for tags, tag in ((detail, _DATE_ORIGINAL), (detail, _DATE_DIGITIZED), (exif, _DATE)):
        if moment := date_of(_text(tags.get(tag)).strip("\0 ")):
            return moment
    return None


def _text(value: object) -> str:
    """Text of a tag. Pillow reads it as Latin-1, but many programs write UTF-8."""
    if isinstance(value, tuple | list) and value:
        value = value[0]
    if isinstance(value, str):
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return str(value)
    return decode_text(value).rstrip("\0") if isinstance(value, bytes) else ""


def _wide(value: object) -> str:
    """Text of the tags that Windows writes: UTF-16, little-endian."""
    if isinstance(value, tuple | list) and all(isinstance(unit, int) for unit in value):
        value = bytes(unit & 255 for unit in value)
    if not isinstance(value, bytes):
        return ""
    return value.decode("utf-16-le", "ignore").split("\0")[0]


def _user_comment(value: object, endian: str) -> str:
    """A text with an eight-byte name of its encoding before it."""
    if isinstance(value, str):
        value = value.encode("latin-1", "ignore")
    if not isinstance(value, bytes):
        return ""
    encoding, text = value[:8].rstrip(b"\0 "), value[8:]
    if encoding == b"UNICODE":
        codec = "utf-16-be" if endian == ">" else "utf-16-le"
        # Many writers ignore the byte order of the block: ASCII letters tell which it is.
        if text[:40:2].count(0) != text[1:40:2].count(0):
            codec = "utf-16-be" if text[:40:2].count(0) > text[1:40:2].count(0) else "utf-16-le"
        return text.decode(codec, "ignore").strip("\0 ")
    if encoding == b"JIS":
        return text.decode("iso2022_jp", "ignore").strip("\0 ")
    if encoding in (b"ASCII", b""):
        return decode_text(text).strip("\0 ")
    return decode_text(value).strip("\0 ")


def _place(gps: Tags) -> tuple[float | None, float | None]:
    latitude, longitude = _degrees(gps, *_LATITUDE), _degrees(gps, *_LONGITUDE)
    # Cameras without a fix write 0, 0; nobody takes pictures there.
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None, None
    return latitude, longitude


def _degrees(gps: Tags, side_tag: int, tag: int, limit: float) -> float | None:
    value = gps.get(tag)
    if not isinstance(value, tuple | list) or not 1 <= len(value) <= 3:
        return None
    parts = [float(part) for part in value]
    degrees = sum(part / 60.0**place for place, part in enumerate(parts))
    if not math.isfinite(degrees) or min(parts) < 0 or degrees > limit:
        return None
    return -degrees if _text(gps.get(side_tag))[:1].upper() in ("S", "W") else degrees
