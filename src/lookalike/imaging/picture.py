"""What decoding yields: the pixels an encoder asked for, and what the file says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lookalike.sources.metadata import Metadata as Metadata

UInt8Array = npt.NDArray[np.uint8]

Fit = Literal["crop", "squash", "pad", "within"]
Interpolation = Literal["bicubic", "bilinear", "lanczos", "nearest"]


@dataclass(frozen=True)
class Box:
    """A part of a picture as it is seen (orientation applied).

    Attributes:
        x: left edge.
        y: upper edge.
        width: above 0.
        height: above 0.
        unit: ``percent`` of the picture's width and height, or ``pixel``.
    """

    x: float
    y: float
    width: float
    height: float
    unit: Literal["percent", "pixel"] = "percent"

    def within(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, upper, width and height as shares of a picture of this size; not checked."""
        across, down = (100, 100) if self.unit == "percent" else (width, height)
        return self.x / across, self.y / down, self.width / across, self.height / down


@dataclass(frozen=True)
class InputSpec:
    """How an encoder wants its pixels.

    Attributes:
        size: side of the square input, in pixels; of ``within`` the longest side there may be.
        fit: ``crop`` scales the shorter side to ``size / crop_share`` and cuts the centre out,
            ``squash`` scales both sides to ``size``, ``pad`` scales the longer side to ``size``
            and fills the rest with the mean colour, ``within`` keeps the shape, for showing the
            picture, and enlarges nothing.
        crop_share: the share of the shorter side that ``crop`` keeps, in (0, 1].
        box: the part of the picture that is wanted, as if it were all of it; what of it lies
            outside is cut off. None for all.
        interpolation: how it is scaled, with antialiasing; of ``within`` always Lanczos.
    """

    size: int
    fit: Fit = "crop"
    crop_share: float = 0.875
    box: Box | None = None
    interpolation: Interpolation = "bicubic"


@dataclass(frozen=True)
class Limits:
    """What one picture may cost before it is refused.

    Attributes:
        max_bytes: size of the file.
        max_pixels: pixels that must be held decoded at once (a JPEG counts at its reduced scale).
        max_memory_bytes: address space of one decoding worker beyond its own start.
        timeout_s: wall-clock time for one picture.
    """

    max_bytes: int = 512 * 2**20
    max_pixels: int = 120_000_000
    max_memory_bytes: int = 1024 * 2**20
    timeout_s: float = 60.0


@dataclass(frozen=True)
class PictureFacts:
    """What the decoder saw.

    Attributes:
        format: short lower-case name by content, e.g. ``jpeg``, ``png``, ``heif``.
        width: in pixels, after orientation was applied.
        height: in pixels, after orientation was applied.
        mode: Pillow's mode of the stored picture, e.g. ``CMYK``, ``I;16``, ``P``.
        orientation: the EXIF orientation that was applied, 1 to 8.
        frames: number of frames or pages; 1 where one of them was asked for by number.
        alpha: whether it had transparency (composed onto white).
        truncated: whether the end of the file was missing (never taken in silently).
    """

    format: str
    width: int
    height: int
    mode: str
    orientation: int = 1
    frames: int = 1
    alpha: bool = False
    truncated: bool = False


@dataclass(frozen=True)
class Decoded:
    """One decoded picture.

    Attributes:
        id: 32 hex digits, the first half of the SHA-256 of the file's bytes; of a later frame,
            that of the file's and its number.
        size_bytes: length of the file.
        pixels: per requested :class:`InputSpec` an array of shape (size, size, 3), RGB, uint8;
            (height, width, 3) where ``within`` was asked for.
        facts: what the decoder saw.
        metadata: what the file says about itself.
    """

    id: str
    size_bytes: int
    pixels: tuple[UInt8Array, ...]
    facts: PictureFacts
    metadata: Metadata
