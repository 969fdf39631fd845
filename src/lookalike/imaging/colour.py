"""Any mode that a picture may be stored in, as 8-bit sRGB."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from lookalike.imaging.opening import BROKEN

_DEEP = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
_WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
# In these formats white is the largest number there is; elsewhere 16 bits may hold 10 or 12.
_FULL_SCALE = frozenset({"PNG", "PPM", "JPEG2000", "AVIF", "HEIF"})
_PROFILE_SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
_SRGB_MARKS = (b"sRGB", "sRGB".encode("utf-16-be"))
_STRIP_PIXELS = 2_000_000
_MAX_PROFILE_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Colours:
    """How the colours of one picture are to be read.

    Attributes:
        low: stored value that becomes black, for modes of more than 8 bits.
        high: stored value that becomes white.
        transparency: what Pillow says about a transparent colour.
        profile: its ICC profile, empty if it has none or is sRGB.
    """

    low: float = 0.0
    high: float = 255.0
    transparency: int | bytes | tuple[int, ...] | None = None
    profile: bytes = b""

    @classmethod
    def of(cls, image: Image.Image) -> Colours:
        """How to read a decoded picture."""
        low, high = _range(image) if image.mode in _DEEP else (0.0, 255.0)
        return cls(low, high, image.info.get("transparency"), _profile(image))

    @property
    def has_transparency(self) -> bool:
        """Whether one colour stands for "nothing here"."""
        return self.transparency is not None

    def convert(self, image: Image.Image) -> Image.Image:
        """8-bit sRGB; what is transparent becomes white.

        Args:
            image: the whole picture or a part of it, decoded.
        """
        if image.mode in _DEEP:
            image = self._to_eight_bits(image)
        elif image.mode in _WITH_ALPHA or self.has_transparency:
            image = _on_white(image)
        if image.mode not in _PROFILE_SPACES:
            image = image.convert("RGB")
        if self.profile:
            image = _to_srgb(image, self.profile)
        return image if image.mode == "RGB" else image.convert("RGB")

    def _to_eight_bits(self, image: Image.Image) -> Image.Image:
        values = np.asarray(image)
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = (values.astype(np.float32) - self.low) * (255.0 / (self.high - self.low))
        grey = np.nan_to_num(scaled, nan=0.0).clip(0, 255).round().astype(np.uint8)
        if isinstance(self.transparency, int):
            grey[values == self.transparency] = 255
        return Image.fromarray(grey)


def has_alpha(image: Image.Image) -> bool:
    """Whether a picture has transparent parts, or at least room for them."""
    return image.mode in _WITH_ALPHA or image.info.get("transparency") is not None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    white = Image.new("RGB", layer.size, (255, 255, 255))
    white.paste(layer.convert("RGB"), mask=layer.getchannel("A"))
    return white


def _range(image: Image.Image) -> tuple[float, float]:
    """Which values become black and white."""
    low, high = _extrema(image)
    if image.mode == "F" and 0 <= low <= high <= 255:
        return 0.0, 1.0 if high <= 1 else 255.0
    if image.mode != "F" and low >= 0:
        bits = 16 if image.format in _FULL_SCALE else max(8, int(high).bit_length())
        return 0.0, float(2**bits - 1)
    return (low, high) if high > low else (low - 1, low)


def _extrema(image: Image.Image) -> tuple[float, float]:
    """The smallest and the largest number, leaving out those that are none."""
    low, high = math.inf, -math.inf
    for strip in strips(image):
        values: npt.NDArray[np.generic] = np.asarray(strip)
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def strips(image: Image.Image, rows_of: int = 1) -> Iterator[Image.Image]:
    """The picture from top to bottom in parts that are small enough to be copied.

    Args:
        image: decoded.
        rows_of: the height of each part but the last is a multiple of this.
    """
    rows = max(1, _STRIP_PIXELS // image.width // rows_of) * rows_of
    if image.height <= rows:
        yield image
        return
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _profile(image: Image.Image) -> bytes:
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not 128 < len(profile) <= _MAX_PROFILE_BYTES:
        return b""
    return b"" if any(mark in profile for mark in _SRGB_MARKS) else profile


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    transform = _transform(profile, image.mode)
    if transform is None:
        return image
    return ImageCms.applyTransform(image, transform) or image


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None where the profile is damaged or is for other colours: the picture counts, not it."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _PROFILE_SPACES[mode]:
            return None
        return ImageCms.buildTransform(source, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, *BROKEN):
        return None


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
