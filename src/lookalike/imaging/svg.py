"""SVG drawings, drawn by resvg (package ``resvg_py``).

A drawing may name files and addresses, and may carry scripts. resvg runs no scripts and has no
network, but it reads local files that a drawing names: so all such names are removed first.
"""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Iterator
from typing import cast
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

from PIL import Image

from lookalike.imaging.blob import Blob
from lookalike.imaging.deferred import MissingReaderError

SIDE = 1024
"""The longer side that drawings are drawn with, in pixels."""

_Events = Iterator[tuple[str, ElementTree.Element]]

_MAX_TEXT_BYTES = 32 * 2**20
_MAX_ELEMENTS = 200_000
_MAX_DEPTH = 256
_WITHIN = re.compile(r"#|data:[\w.+-]*/?[\w.+-]*(?:;[^,]{1,64})?,")
_NAMES = ("href", "{http://www.w3.org/1999/xlink}href")
_SVG = "{http://www.w3.org/2000/svg}"


def open_svg(blob: Blob) -> Image.Image:
    """A drawing as a picture whose longer side has :data:`SIDE` pixels.

    Its title and description come as ``Title`` and ``Description`` in ``info``.

    Raises:
        MissingReaderError: ``resvg_py`` is not installed.
        ValueError: the drawing is damaged, too long or too deep.
        Image.DecompressionBombError: a picture within it has too many pixels.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise MissingReaderError("svg") from error
    root = _parsed(_text_bytes(blob))
    has_text = _without_files(root)
    try:
        data = resvg_py.svg_to_bytes(
            svg_string=ElementTree.tostring(root, encoding="unicode"),
            width=SIDE,
            height=SIDE,
            skip_system_fonts=not has_text,  # reading them takes longer than drawing
        )
    except BaseException as error:
        # A Rust panic arrives as an exception of its own kind, not derived from Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise ValueError(str(error)) from error
    with Image.open(io.BytesIO(data), formats=("PNG",)) as drawn:
        image = drawn.copy()
    for key, tag in (("Title", "title"), ("Description", "desc")):
        if words := "".join(root.findtext(f"{_SVG}{tag}") or "").strip():
            image.info[key] = words
    return image


def _text_bytes(blob: Blob) -> bytes:
    data = blob.stream.read(_MAX_TEXT_BYTES + 1)
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            data = unpacker.decompress(data, _MAX_TEXT_BYTES + 1)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        if not unpacker.eof and len(data) <= _MAX_TEXT_BYTES:
            raise EOFError("the compressed data end early")
    if len(data) > _MAX_TEXT_BYTES:
        raise ValueError(f"more than {_MAX_TEXT_BYTES >> 20} MiB of text")
    return data


def _parsed(data: bytes) -> ElementTree.Element:
    """The tree. The parser fetches nothing, and bounds how far entities may blow a text up."""
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(
        ("start", "end")
    )
    depth = count = 0
    root: ElementTree.Element | None = None
    try:
        for start in range(0, len(data), 65536):
            parser.feed(data[start : start + 65536])
            for event, element in cast(_Events, parser.read_events()):
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                count += event == "start"
                if depth > _MAX_DEPTH or count > _MAX_ELEMENTS:
                    raise ValueError("too many elements, or too deep in each other")
        parser.close()
    except ElementTree.ParseError as error:
        if error.code in (3, 5, 6):  # no element found, unclosed token, partial character
            raise EOFError("the text ends early") from error
        raise ValueError(str(error)) from error
    if root is None or root.tag not in (f"{_SVG}svg", "svg"):
        raise ValueError("its outermost element is not <svg>")
    return root


def _without_files(root: ElementTree.Element) -> bool:
    """Remove every reference that leads out of the drawing; whether the drawing has text."""
    has_text = False
    for element in root.iter():
        has_text = has_text or str(element.tag).endswith("}text")
        for name in _NAMES:
            target = element.get(name, "#")
            if not _WITHIN.match(target):
                del element.attrib[name]
            elif target.startswith("data:"):
                _check_embedded(target)
    return has_text


def _check_embedded(address: str) -> None:
    """Refuse a picture within the drawing that would take too much room once decoded.

    Raises:
        Image.DecompressionBombError: it has too many pixels.
    """
    head, _, body = address.partition(",")
    data = unquote_to_bytes(body)
    try:
        if head.endswith(";base64"):
            data = base64.b64decode(data)
        Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")).close()
    except (OSError, SyntaxError, ValueError):
        return  # resvg leaves out what is no picture
