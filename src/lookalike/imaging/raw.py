"""Camera RAW files, read by LibRaw (package ``rawpy``)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from lookalike.imaging.blob import Blob
from lookalike.imaging.deferred import DeferredImage, MissingReaderError

if TYPE_CHECKING:
    import rawpy

PREVIEW_SIDE = 1024
"""A preview whose longer side has this many pixels is as good as developing the picture."""

# LibRaw's way to say how the camera was held, as EXIF orientation.
_FLIPS = {3: 3, 5: 8, 6: 6}
_BACK = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
_TIFF_HEADS = (b"II*\x00", b"MM\x00*", b"IIRO", b"IIRS", b"IIU\x00", b"MMOR")


def open_raw(blob: Blob) -> Image.Image:
    """A RAW file: the camera's own preview where it is large enough, else half the resolution.

    Raises:
        MissingReaderError: ``rawpy`` is not installed.
        NotImplementedError: the camera is not known.
        ValueError: the file is damaged.
        MemoryError: it wants more memory than there is.
    """
    try:
        import rawpy
    except ImportError as error:
        raise MissingReaderError("raw") from error
    try:
        raw = rawpy.imread(blob.stream)
    except rawpy.LibRawError as error:
        raise _translated(error) from error
    sizes = raw.sizes
    orientation = _FLIPS.get(sizes.flip, 1)
    size = (sizes.width, sizes.height)

    def read() -> Image.Image:
        with raw:
            return _preview(raw, size, orientation) or _developed(raw)

    exif = blob.stream if blob.head.startswith(_TIFF_HEADS) else None
    return DeferredImage("RAW", size, read, exif, orientation)


def _preview(raw: rawpy.RawPy, size: tuple[int, int], orientation: int) -> Image.Image | None:
    import rawpy

    try:
        found = raw.extract_thumb()
    except rawpy.LibRawError:
        return None  # there is none, or it is damaged: the sensor's data count
    if found.format is not rawpy.ThumbFormat.JPEG or not isinstance(found.data, bytes):
        return None
    try:
        preview = Image.open(io.BytesIO(found.data), formats=("JPEG",))
        if max(preview.size) < min(PREVIEW_SIDE, max(size) // 2):
            return None
        preview.draft(None, (PREVIEW_SIDE, PREVIEW_SIDE))
        preview.load()
    except (OSError, SyntaxError, ValueError):
        return None
    image = preview.convert("RGB") if preview.mode != "RGB" else preview.copy()
    # Most cameras store it as the sensor lies; those that turn it are turned back.
    turned = (image.width > image.height) != (size[0] > size[1]) and orientation in _BACK
    return image.transpose(_BACK[orientation]) if turned else image


def _developed(raw: rawpy.RawPy) -> Image.Image:
    import rawpy

    try:
        pixels = raw.postprocess(
            half_size=True, use_camera_wb=True, output_bps=8, user_flip=0, no_auto_bright=False
        )
    except rawpy.LibRawError as error:
        raise _translated(error) from error
    return Image.fromarray(np.ascontiguousarray(pixels))


def _translated(error: Exception) -> Exception:
    """What Pillow would raise in such a case."""
    import rawpy

    text = error.args[0] if error.args else ""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if isinstance(error, rawpy.LibRawUnsufficientMemoryError | rawpy.LibRawMemPoolOverflowError):
        return MemoryError(text)
    if isinstance(error, rawpy.LibRawFileUnsupportedError | rawpy.LibRawNotImplementedError):
        return NotImplementedError(text)
    return ValueError(text)
