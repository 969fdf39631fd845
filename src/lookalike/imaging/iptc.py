"""IPTC-IIM records (version 4.2) as metadata."""

from __future__ import annotations

from PIL import Image, ImageFile, IptcImagePlugin

from lookalike.imaging.picture import Metadata
from lookalike.sources.text import decode_text, one_line, plain_text
from lookalike.sources.values import date_of

_TITLE, _HEADLINE, _CAPTION, _KEYWORDS = (2, 5), (2, 105), (2, 120), (2, 25)
_DATE, _TIME = (2, 55), (2, 60)
_EXTRA = {
    "author": (2, 80),
    "copyright": (2, 116),
    "place": (2, 92),  # where within the city
    "city": (2, 90),
    "state": (2, 95),
    "country": (2, 101),
}


def read_iptc(image: Image.Image) -> Metadata:
    """Words and date of an opened picture.

    Raises:
        Exception: whatever Pillow raises on a damaged block; the caller's list of those is
            :data:`lookalike.imaging.opening.BROKEN`.
    """
    records = IptcImagePlugin.getiptcinfo(image) if isinstance(image, ImageFile.ImageFile) else None
    if not records:
        return Metadata()

    def all_of(record: tuple[int, int]) -> list[str]:
        found = records.get(record, b"")
        return [decode_text(text) for text in (found if isinstance(found, list) else [found])]

    def first(record: tuple[int, int]) -> str:
        return all_of(record)[0]

    tags = (one_line(tag) for tag in all_of(_KEYWORDS))
    extra = {name: one_line(", ".join(all_of(record))) for name, record in _EXTRA.items()}
    return Metadata(
        title=one_line(first(_TITLE)) or one_line(first(_HEADLINE)),
        caption=plain_text(first(_CAPTION)) or plain_text(first(_HEADLINE)),
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        taken=date_of(_moment(first(_DATE), first(_TIME))),
        extra={name: text for name, text in extra.items() if text},
    )


def _moment(date: str, time: str) -> str:
    """``20190712`` and ``100000+0200`` as EXIF writes them."""
    day = f"{date[:4]}:{date[4:6]}:{date[6:8]}"
    return f"{day} {time[:2]}:{time[2:4]}:{time[4:6]}" if time[:6].isdigit() else day
