"""XMP packets (ISO 16684-1), as found in ``.xmp`` files and inside pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from lookalike.sources.metadata import Metadata
from lookalike.sources.text import decode_text, one_line, plain_text
from lookalike.sources.values import camera_name, date_of, degrees_of

MAX_XMP_BYTES = 4 << 20
"""Larger packets hold embedded previews or mischief, and are not read."""

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"

_TITLES = (f"{_DC}title", f"{_PHOTOSHOP}Headline")
_CAPTIONS = (f"{_DC}description", f"{_TIFF}ImageDescription", f"{_EXIF}UserComment")
_TAGS = (f"{_DC}subject", f"{_IPTC}PersonInImage")
_TREES = (
    "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
    "{http://www.digikam.org/ns/1.0/}TagsList",
)
_DATES = (f"{_EXIF}DateTimeOriginal", f"{_PHOTOSHOP}DateCreated", f"{_XMP}CreateDate")
_EXTRA = {
    "copyright": (f"{_DC}rights",),
    "licence": (
        "{http://creativecommons.org/ns#}license",
        "{http://ns.adobe.com/xap/1.0/rights/}UsageTerms",
    ),
    "place": ("{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}Location",),
    "city": (f"{_PHOTOSHOP}City",),
    "state": (f"{_PHOTOSHOP}State",),
    "country": (f"{_PHOTOSHOP}Country",),
    "rating": (f"{_XMP}Rating",),
}
_START = re.compile(r"<((?:\w+:)?(?:xmpmeta|RDF))\b")


def parse_xmp(packet: bytes) -> Metadata:
    """Read title, description, keywords, date, camera, place and rights.

    Args:
        packet: a whole XMP packet or ``.xmp`` file in UTF-8, UTF-16 or UTF-32.

    Returns:
        What could be read. Empty for a broken packet and for one with a document type
        declaration, which XMP forbids and entity bombs need.
    """
    text = _decoded(packet[:MAX_XMP_BYTES])
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        return Metadata()
    try:
        root = ElementTree.fromstring(_trimmed(text))
    except (ElementTree.ParseError, ValueError):
        return Metadata()  # words are a bonus: the picture is taken in without them
    return _metadata({name: texts for name, texts in _properties(root) if texts})


def _trimmed(text: str) -> str:
    """The XML proper, without the wrapper, padding and zeros around it."""
    start = _START.search(text)
    if start is None:
        return ""
    # Searched from behind: a pattern with ".*" needs quadratic time on many openings.
    end = text.find(">", text.rfind(f"</{start[1]}"))
    return text[start.start() : end + 1]


def _decoded(packet: bytes) -> str:
    if packet[:4] == b"<\0\0\0":
        return packet.decode("utf-32-le", "replace")
    if packet[:2] == b"<\0":
        return packet.decode("utf-16-le", "replace")
    if packet[:2] == b"\0<":
        return packet.decode("utf-16-be", "replace")
    return decode_text(packet)


def _properties(root: ElementTree.Element) -> Iterator[tuple[str, list[str]]]:
    # Only the first one: those inside others would be gone through again and again.
    rdf = next(root.iter(f"{_RDF}RDF"), root)
    for description in rdf.findall(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            yield name, [value] if value.strip() else []
        for child in description:
            yield child.tag, _values(child)


def _values(element: ElementTree.Element) -> list[str]:
    items = list(element.iter(f"{_RDF}li"))
    items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
    texts = ["".join(item.itertext()) for item in items or [element]]
    resource = element.get(f"{_RDF}resource")
    return [text for text in (*texts, resource or "") if text.strip()]


def _metadata(found: dict[str, list[str]]) -> Metadata:
    def first(*names: str) -> str:
        return next((found[name][0] for name in names if name in found), "")

    trees = (tree for name in _TREES for tree in found.get(name, ()))
    tags = [tag for name in _TAGS for tag in found.get(name, ())]
    tags += [part for tree in trees for part in re.split(r"[|/]", tree)]
    extra = {name: one_line(first(*sources)) for name, sources in _EXTRA.items()}
    extra["author"] = one_line(", ".join(found.get(f"{_DC}creator", ())))
    return Metadata(
        title=one_line(first(*_TITLES)),
        caption=plain_text(first(*_CAPTIONS)),
        tags=tuple(dict.fromkeys(text for tag in tags if (text := one_line(tag)))),
        taken=next((date for name in _DATES if (date := date_of(first(name)))), None),
        camera=camera_name(first(f"{_TIFF}Make"), first(f"{_TIFF}Model")),
        latitude=degrees_of(first(f"{_EXIF}GPSLatitude"), 90),
        longitude=degrees_of(first(f"{_EXIF}GPSLongitude"), 180),
        extra={name: text for name, text in extra.items() if text},
    )
