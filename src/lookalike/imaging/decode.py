"""One file to the pixels that encoders ask for, the facts and the metadata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from lookalike.imaging.blob import Blob, blob_of
from lookalike.imaging.checksums import check_png
from lookalike.imaging.colour import has_alpha
from lookalike.imaging.deferred import DeferredImage
from lookalike.imaging.frames import count_frames
from lookalike.imaging.metadata import read_metadata
from lookalike.imaging.opening import (
    BROKEN,
    check_area,
    check_size,
    ends_early,
    open_picture,
    raise_damaged,
)
from lookalike.imaging.picture import Decoded, InputSpec, Limits, PictureFacts
from lookalike.imaging.pixels import (
    cropped,
    draft,
    fitted,
    scale_for,
    scale_for_side,
    to_rgb,
    upright,
)
from lookalike.sources.archives.span import Span
from lookalike.sources.frame_names import frame_id

OnSize = Callable[[int], None]
"""Called with the number of pixels just before they are decoded."""

_ORIENTATION = 0x0112


def decode(
    source: Path | Span | bytes,
    specs: Sequence[InputSpec],
    limits: Limits,
    on_size: OnSize | None = None,
    name: str = "",
    frame: int = 1,
) -> Decoded:
    """Decode a file.

    What it is, is told by its bytes. Only one frame counts. The colours are converted to
    sRGB, what is transparent lies on white, the EXIF orientation is applied. Large JPEGs are
    decoded at a reduced scale that leaves each encoder twice the pixels it asks for.

    Args:
        source: the file, a stretch of an archive, or the bytes themselves; read once.
        specs: what the encoders want.
        limits: what the picture may cost.
        on_size: told how many pixels will be held, before they are decoded.
        name: what messages call the picture; its path by default.
        frame: which frame of an animation or page of a document, from 1.

    Raises:
        DecodeError: with one of the codes ``vanished``, ``permission-denied``, ``unreadable``,
            ``empty-file``, ``too-large``, ``archive-corrupt``, ``not-a-picture``,
            ``unsupported-format``, ``zero-size``, ``too-many-pixels``, ``truncated``, ``corrupt``,
            ``out-of-memory``.
    """
    with blob_of(source, limits, name) as blob:
        return _decode(blob, specs, limits, on_size, frame)


def decode_bytes(data: bytes, specs: Sequence[InputSpec], limits: Limits, name: str) -> Decoded:
    """Decode bytes that never were a file here, e.g. an upload.

    Args:
        data: the bytes of a picture file.
        specs: as in :func:`decode`.
        limits: as in :func:`decode`.
        name: what messages call the picture.

    Raises:
        DecodeError: as :func:`decode`.
    """
    with blob_of(data, limits, name) as blob:
        return _decode(blob, specs, limits, None, 1)


def open_oriented(
    source: Path | bytes, limits: Limits, reduce_to: int | None = None
) -> tuple[Image.Image, PictureFacts]:
    """The whole picture for showing it: mode RGB, sRGB, upright.

    Args:
        source: a file, or its bytes.
        limits: as in :func:`decode`.
        reduce_to: the longer side that the caller will scale to; the picture comes with at
            least twice that where it has as much, and is decoded faster. None: full size.

    Raises:
        DecodeError: as :func:`decode`.
    """
    with blob_of(source, limits) as blob:
        image = open_picture(blob, limits)
        check_area(blob, image.size)
        scale = 1.0 if reduce_to is None else scale_for_side(reduce_to, image.size)
        return _developed(blob, image, scale, limits, None)


def _decode(
    blob: Blob,
    specs: Sequence[InputSpec],
    limits: Limits,
    on_size: OnSize | None,
    frame: int,
) -> Decoded:
    image = open_picture(blob, limits)
    _turn_to(frame, image, blob, limits)
    check_area(blob, image.size)
    scale = scale_for(specs, image.size)
    rgb, facts = _developed(blob, image, scale, limits, on_size)
    full = (facts.width, facts.height)
    pixels = tuple(
        fitted(rgb if spec.box is None else cropped(rgb, spec.box, full), spec) for spec in specs
    )
    if frame > 1:
        facts = replace(facts, frames=1)  # a still of its own
    picture_id = frame_id(blob.id, frame)
    return Decoded(picture_id, blob.size_bytes, pixels, facts, read_metadata(image))


def _turn_to(frame: int, image: Image.Image, blob: Blob, limits: Limits) -> None:
    if frame == 1:
        return
    try:
        image.seek(frame - 1)
    except (*BROKEN, Image.DecompressionBombError, MemoryError) as error:
        raise_damaged(blob, error, limits, image.size)


def _developed(
    blob: Blob, image: Image.Image, scale: float, limits: Limits, on_size: OnSize | None
) -> tuple[Image.Image, PictureFacts]:
    """Decode, convert, shrink by a whole factor, turn upright."""
    full, mode = image.size, image.mode
    turned_by_reader = _tag(image) if image.format == "TIFF" else 1
    try:
        draft(image, scale)
        # All coefficients of a progressive JPEG are held, at whatever scale it is decoded.
        held = full if image.info.get("progressive") else image.size
        check_size(blob, held, limits)
        if on_size is not None:
            on_size(held[0] * held[1])
        drafted = image.size
        image.load()
        if image.format == "PNG":
            check_png(blob.stream)
        if image.size != drafted and not isinstance(image, DeferredImage):
            # An icon, say, of which another size was read.
            full = image.size
        factor = max(1, int(min(image.size) / (min(full) * scale)))
        orientation = _orientation(image)
        rgb = upright(to_rgb(image, factor), orientation)
    except (*BROKEN, Image.DecompressionBombError, MemoryError) as error:
        raise_damaged(blob, error, limits, full, image)
    width, height = reversed(full) if orientation > 4 else full
    facts = PictureFacts(
        format=blob.kind.name if blob.kind else str(image.format).lower(),
        width=width,
        height=height,
        mode=mode,
        orientation=max(turned_by_reader, orientation),
        frames=count_frames(image, blob.stream),
        alpha=has_alpha(image),
        truncated=ends_early(blob),
    )
    return rgb, facts


def _orientation(image: Image.Image) -> int:
    """What is left to be done after loading.

    The reader of TIFF has turned the picture already; so has that of HEIF, where the container
    and not the EXIF block says how.
    """
    if isinstance(image, DeferredImage):
        return image.orientation
    return 1 if image.format in ("TIFF", "HEIF") else _tag(image)


def _tag(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except BROKEN:
        # A damaged EXIF block says nothing about orientation.
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
