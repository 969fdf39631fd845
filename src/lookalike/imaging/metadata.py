"""What a picture file says about itself: EXIF, IPTC, XMP, text chunks and comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce

from PIL import Image, PngImagePlugin

from lookalike.imaging.boilerplate import spoken
from lookalike.imaging.exif import read_exif
from lookalike.imaging.iptc import read_iptc
from lookalike.imaging.opening import BROKEN
from lookalike.imaging.picture import Metadata
from lookalike.sources.text import decode_text, one_line
from lookalike.sources.values import date_of
from lookalike.sources.xmp import parse_xmp

# Image generators keep the prompt under this key, followed by what was not wanted and settings.
_PROMPT_END = re.compile(r"\n(?:Negative prompt|Steps): ")


def read_metadata(image: Image.Image) -> Metadata:
    """Collect what a picture says about itself.

    Where blocks disagree, XMP counts before IPTC before EXIF before plain text. A damaged block
    is passed over: words are a bonus, the picture is taken in without them.

    Args:
        image: opened and loaded; its stream still open.
    """
    readers = (_text_chunks, read_exif, read_iptc, _xmp)
    return reduce(Metadata.merged_under, (_read(reader, image) for reader in readers))


def _read(reader: Callable[[Image.Image], Metadata], image: Image.Image) -> Metadata:
    try:
        return reader(image)
    except BROKEN:
        return Metadata()


def _xmp(image: Image.Image) -> Metadata:
    packet = image.info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    return parse_xmp(packet) if isinstance(packet, bytes) else Metadata()


def _text_chunks(image: Image.Image) -> Metadata:
    if not image.info:
        return Metadata()
    comment = spoken(_text(image, "comment") or _text(image, "Comment"))
    prompt = _PROMPT_END.split(_text(image, "parameters"))[0]
    extra = {
        "author": one_line(_text(image, "Author") or _text(image, "Artist")),
        "copyright": one_line(_text(image, "Copyright")),
        "source": one_line(_text(image, "Source")),
    }
    return Metadata(
        title=one_line(_text(image, "Title")),
        caption=spoken(_text(image, "Description")) or comment or spoken(prompt),
        taken=date_of(_text(image, "Creation Time")),
        extra={name: text for name, text in extra.items() if text},
    )


def _text(image: Image.Image, key: str) -> str:
    value = image.info.get(key)
    if isinstance(value, str) and not isinstance(value, PngImagePlugin.iTXt):
        # The standard says Latin-1, many programs write UTF-8.
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return str(value)
    return decode_text(value).strip("\0 ") if isinstance(value, bytes) else str(value or "")
