"""From bytes to an opened picture: only what the bytes are, only within the limits."""

from __future__ import annotations

import re
import struct
import warnings
from pathlib import PurePath
from typing import NoReturn

from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from lookalike.errors import DecodeError
from lookalike.imaging.blob import Blob, refuse
from lookalike.imaging.deferred import MissingReaderError
from lookalike.imaging.headers import size_in_header
from lookalike.imaging.picture import Limits
from lookalike.imaging.varieties import variety_of
from lookalike.sources.sniff import EXPORT, PICTURE_EXTENSIONS

# Pillow warns about what is odd in a file; that is the file's business, not the terminal's.
warnings.filterwarnings("ignore", module=r"PIL\.")

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    struct.error,
)
"""What Pillow and its plugins raise on a damaged file or block."""

# Formats without a mark of their own: Pillow's reader must be sure, or the name must promise it.
_UNMARKED = ("SPIDER", "IMT")
_TGA_SUFFIXES = (".tga", ".icb", ".vda", ".vst")
_TGA_FOOTER = b"TRUEVISION-XFILE.\x00"

_PROMISED = "Its name promises a picture: it may be damaged, encrypted, or of another kind."

_VARIETY_HINT = "Export it as PNG or JPEG and index that; if nothing opens it, it is damaged."

# Bytes per pixel that some readers may want.
_GREEDY = {"webp": 16, "jpeg2000": 16, "avif": 12, "heif": 12, "jxl": 20}


def open_picture(blob: Blob, limits: Limits) -> Image.Image:
    """The picture, opened but not yet decoded.

    Raises:
        DecodeError: ``not-a-picture``, ``unsupported-format``, ``truncated``, ``corrupt``,
            ``zero-size`` or ``too-many-pixels``.
    """
    formats = _formats(blob)
    said = size_in_header(_kind(blob), blob.head)
    if said is not None:
        check_size(blob, said, limits)
    try:
        image = _open(blob, formats)
    except MissingReaderError as error:
        raise _needs_extra(blob, error.extra) from error
    except (*BROKEN, Image.DecompressionBombError, MemoryError) as error:
        if isinstance(error, UnidentifiedImageError) and blob.kind is None:
            if _is_targa(blob):
                raise refuse(
                    blob.name,
                    "unsupported-format",
                    "is a TGA picture of a variety that cannot be read",
                    _VARIETY_HINT,
                ) from error
            promised = PurePath(blob.name).suffix.lower() in PICTURE_EXTENSIONS
            raise refuse(
                blob.name,
                "not-a-picture",
                "is of no format that lookalike knows",
                _PROMISED if promised else "",
            ) from error
        raise_damaged(blob, error, limits, said or (0, 0))
    return image


def check_size(blob: Blob, size: tuple[int, int], limits: Limits) -> None:
    """Refuse a picture without area, and one that would take too much room once decoded.

    Raises:
        DecodeError: ``zero-size`` or ``too-many-pixels``.
    """
    check_area(blob, size)
    if size[0] * size[1] > limits.max_pixels:
        raise _too_many_pixels(blob, f"{size[0]} × {size[1]} pixels", limits)


def check_area(blob: Blob, size: tuple[int, int]) -> None:
    """Refuse a picture without area.

    Raises:
        DecodeError: ``zero-size``.
    """
    if 0 in size:
        raise refuse(
            blob.name,
            "zero-size",
            "says that it is 0 pixels wide or high",
            "There is nothing to see in it; fetch or export it again.",
        )


def raise_damaged(
    blob: Blob,
    error: BaseException,
    limits: Limits,
    size: tuple[int, int] = (0, 0),
    image: Image.Image | None = None,
) -> NoReturn:
    """Turn what Pillow raised into a :class:`DecodeError` that says what is wrong with the file.

    Args:
        blob: the file.
        error: what was raised.
        limits: what the picture might cost.
        size: its width and height, as far as known.
        image: the picture, if it could be opened.

    Raises:
        DecodeError: always.
    """
    label = blob.kind.label if blob.kind else "a picture"
    if isinstance(error, Image.DecompressionBombError):
        raise _too_many_pixels(blob, _pixels_in(error), limits) from error
    if isinstance(error, MemoryError) or _may_lack_memory(blob, size, limits):
        raise refuse(
            blob.name,
            "out-of-memory",
            "needs more memory than one picture may take",
            "Store a smaller copy, or raise the memory limit.",
        ) from error
    head = blob.head if _kind(blob) == "jpeg2000" else b""
    if (variety := variety_of(error, image, head)) is not None:
        raise refuse(
            blob.name,
            "unsupported-format",
            f"is {label} of a variety that cannot be read ({variety})",
            _VARIETY_HINT,
        ) from error
    if isinstance(error, OSError) and error.errno is not None:
        raise refuse(
            blob.name, "unreadable", f"cannot be read ({error.strerror})", "Check the disk."
        ) from error
    if ends_early(blob) or _says_truncated(error) or _lacks_end(blob):
        raise refuse(
            blob.name, "truncated", f"is {label} that ends early", "Fetch or copy it again."
        ) from error
    detail = "" if isinstance(error, UnidentifiedImageError) else f" ({_first_line(error)})"
    raise refuse(
        blob.name, "corrupt", f"is {label} with damaged contents{detail}", "Fetch or copy it again."
    ) from error


def ends_early(blob: Blob) -> bool:
    """Whether the mark or length that closes the file is missing, as far as its kind has one."""
    kind = _kind(blob)
    tail = blob.tail.rstrip(b"\x00\r\n ")
    if kind == "jpeg":
        return not tail.endswith(b"\xff\xd9")
    if kind == "png":
        return b"IEND" not in blob.tail
    if kind == "gif":
        return not tail.endswith(b";")
    if kind == "webp":
        return blob.size_bytes < int.from_bytes(blob.head[4:8], "little") + 8
    return False


def _formats(blob: Blob) -> tuple[str, ...]:
    kind = blob.kind
    if kind is not None and kind.name == "ole" and blob.name.lower().endswith(".fpx"):
        what = "is a FlashPix picture, which cannot be read"
        raise refuse(blob.name, "unsupported-format", what, EXPORT)
    if kind is None or (kind.name == "text" and blob.head.startswith(b"*file imt")):
        return ("TGA", *_UNMARKED) if _may_be_targa(blob) else _UNMARKED
    if kind.decodable:
        return (kind.name.upper(),)
    if kind.picture:
        raise refuse(
            blob.name, "unsupported-format", f"is {kind.label}, which cannot be read", kind.hint
        )
    raise refuse(blob.name, "not-a-picture", f"is {kind.label} and not a picture", kind.hint)


def _may_be_targa(blob: Blob) -> bool:
    return blob.name.lower().endswith(_TGA_SUFFIXES) or _TGA_FOOTER in blob.tail


def _is_targa(blob: Blob) -> bool:
    """Whether the header is one of Truevision's, too."""
    head = blob.head
    if not _may_be_targa(blob) or len(head) < 18:
        return False
    return head[1] < 2 and head[2] in (1, 2, 3, 9, 10, 11) and head[16] in (8, 15, 16, 24, 32)


def _open(blob: Blob, formats: tuple[str, ...]) -> Image.Image:
    if formats == ("JPEG",):
        # Not by Image.open: it judges the size before DCT scaling.
        return JpegImagePlugin.JpegImageFile(blob.stream)
    if formats == ("HEIF",):
        from pillow_heif import HeifImageFile

        opened: Image.Image = HeifImageFile(blob.stream)
        return opened
    if formats == ("RAW",):
        from lookalike.imaging.raw import open_raw

        return open_raw(blob)
    if formats == ("SVG",):
        from lookalike.imaging.svg import open_svg

        return open_svg(blob)
    if formats == ("JXL",):
        from lookalike.imaging.jxl import open_jxl

        return open_jxl(blob)
    return Image.open(blob.stream, formats=formats)


def _needs_extra(blob: Blob, extra: str) -> DecodeError:
    label = blob.kind.label if blob.kind else "a picture"
    return refuse(
        blob.name,
        "unsupported-format",
        f"is {label}; what reads it is not installed",
        f"Install it with `pip install lookalike[{extra}]`, then run "
        "`lookalike failures --retry --code unsupported-format`.",
    )


def _may_lack_memory(blob: Blob, size: tuple[int, int], limits: Limits) -> bool:
    """These readers call a file damaged if they get no memory, and take several copies' worth."""
    needed = size[0] * size[1] * _GREEDY.get(_kind(blob), 0)
    return needed > limits.max_memory_bytes


def _kind(blob: Blob) -> str:
    return blob.kind.name if blob.kind else ""


def _too_many_pixels(blob: Blob, what: str, limits: Limits) -> DecodeError:
    return refuse(
        blob.name,
        "too-many-pixels",
        f"has {what}; the limit is {limits.max_pixels / 1e6:,.0f} million",
        "Store a smaller copy, or raise the limit on pixels.",
    )


def _lacks_end(blob: Blob) -> bool:
    """Of a JPEG 2000 picture that cannot be read; one that can may lack the mark, or go on."""
    return _kind(blob) == "jpeg2000" and not blob.tail.rstrip(b"\x00").endswith(b"\xff\xd9")


def _pixels_in(error: Exception) -> str:
    said = re.search(r"\((\d+) pixels\)", str(error))
    return f"{int(said[1]):,} pixels" if said else "too many pixels"


def _says_truncated(error: BaseException) -> bool:
    text = str(error).lower()
    marks = ("truncated", "not enough", "end of file", "end-of-file", "only got", "unexpected end")
    return isinstance(error, EOFError) or any(mark in text for mark in marks)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    if lines and lines[0].startswith("decoder error"):
        return "its data cannot be unpacked"
    return lines[0][:200] if lines else type(error).__name__
