"""From an opened picture to upright, 8-bit sRGB pixels in the size an encoder wants."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageStat, JpegImagePlugin

from lookalike.imaging.colour import Colours, strips
from lookalike.imaging.picture import Box, InputSpec, UInt8Array

# Shrinking to twice the wanted size first leaves the vectors of EfficientNet-Lite0 as they were
# (cosine .9996 to those of the full decode; .998 at the wanted size itself).
_MARGIN = 2.0
_DCT_SCALES = (8, 4, 2)
_FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
_ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def scale_for(specs: Sequence[InputSpec], size: tuple[int, int]) -> float:
    """How far a picture of that size may be shrunk before it is resampled with care.

    Args:
        specs: what is wanted.
        size: width and height in pixels.

    Returns:
        A factor of at most 1 that leaves each spec twice the pixels that it asks for.
    """
    if not specs:
        return 1 / _DCT_SCALES[0]
    return min(
        1.0, _MARGIN * max(_scale(spec, seen) for spec in specs for seen in _seen(spec, size))
    )


def scale_for_side(side: int, size: tuple[int, int]) -> float:
    """The same for a picture whose longer side is to become ``side``."""
    return min(1.0, _MARGIN * side / max(size))


def _seen(spec: InputSpec, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Width and height of what a spec wants; both that may be meant before it is turned upright."""
    if spec.box is None:
        return [size]
    width, height = size
    sizes = []
    for across, down in ((width, height), (height, width)):
        _, _, wide, high = spec.box.within(across, down)
        sizes.append((max(1.0, wide * across), max(1.0, high * down)))
    return sizes


def _scale(spec: InputSpec, size: tuple[float, float]) -> float:
    if spec.fit in ("pad", "within"):
        return spec.size / max(size)
    if spec.fit == "squash":
        return spec.size / min(size)
    return spec.size / spec.crop_share / min(size)


def draft(image: Image.Image, scale: float) -> None:
    """Let a JPEG be decoded at a half, a quarter or an eighth where ``scale`` allows it."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        return
    if not image.quantization:
        return  # lossless, it has no coefficients to leave out
    for factor in _DCT_SCALES:
        if scale * factor <= 1 and min(image.size) >= factor:
            image.draft(None, (image.width // factor, image.height // factor))
            return


def to_rgb(image: Image.Image, factor: int = 1) -> Image.Image:
    """8-bit sRGB pixels of a decoded picture, shrunk by a whole factor, not yet turned upright.

    A large picture is converted and shrunk in strips, so that no second copy of it is made.

    Args:
        image: the decoded picture.
        factor: each block of ``factor`` × ``factor`` pixels becomes their mean.
    """
    colours = Colours.of(image)
    if factor == 1:
        return colours.convert(image)
    width, height = image.size
    target = Image.new("RGB", (math.ceil(width / factor), math.ceil(height / factor)))
    top = 0
    for strip in strips(image, factor):
        small = colours.convert(strip).reduce(factor)
        target.paste(small, (0, top))
        top += small.height
    return target


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as EXIF orientation 1 to 8 wants it shown."""
    method = _ORIENTATIONS.get(orientation)
    return image if method is None else image.transpose(method)


def cropped(image: Image.Image, box: Box, full: tuple[int, int]) -> Image.Image:
    """The part of a picture that a box marks; at least one pixel of it.

    Args:
        image: upright, perhaps at a reduced scale.
        box: what is wanted.
        full: width and height of the picture at full size.
    """
    x, y, width, height = box.within(*full)
    left, right = _pixels(x, width, image.width)
    upper, lower = _pixels(y, height, image.height)
    return image.crop((left, upper, right, lower))


def _pixels(start: float, length: float, side: int) -> tuple[int, int]:
    first = min(max(round(start * side), 0), side - 1)
    return first, min(max(round((start + length) * side), first + 1), side)


def fitted(image: Image.Image, spec: InputSpec) -> UInt8Array:
    """The pixels for one encoder, scaled with antialiasing; by Lanczos for people.

    Args:
        image: mode RGB, upright.
        spec: what the encoder wants; ``pad`` fills with the picture's own mean colour.

    Returns:
        Shape (size, size, 3), uint8; (height, width, 3) if ``within`` is asked for.
    """
    if spec.fit == "within":
        return np.asarray(shrunk(image, spec.size))
    square = (spec.size, spec.size)
    if spec.fit == "pad":
        return np.asarray(_padded(image, spec.size, _FILTERS[spec.interpolation]))
    box = None if spec.fit == "squash" else _centre(image.size, spec.crop_share)
    return np.asarray(image.resize(square, _FILTERS[spec.interpolation], box=box))


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """The picture with ``side`` pixels on the longer side, unless it is smaller already."""
    ratio = side / max(image.size)
    if ratio >= 1:
        return image
    size = (max(1, round(image.width * ratio)), max(1, round(image.height * ratio)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _centre(size: tuple[int, int], share: float) -> tuple[float, float, float, float]:
    width, height = size
    side = min(size) * share
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def _padded(image: Image.Image, side: int, scaled: Image.Resampling) -> Image.Image:
    width, height = image.size
    ratio = side / max(image.size)
    inner = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    small = image.resize(inner, scaled)
    mean = tuple(round(value) for value in ImageStat.Stat(small).mean)
    canvas = Image.new("RGB", (side, side), mean)
    canvas.paste(small, ((side - inner[0]) // 2, (side - inner[1]) // 2))
    return canvas
