"""What is kept of a picture to compare it with others: small pixels, and local features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from lookalike.imaging.local_features import DIMS, Features, find_features
from lookalike.imaging.picture import InputSpec, UInt8Array

RECIPE = 1
"""Changes whenever other sketches would be made of the same pictures."""
SIDE = 256
INPUT = InputSpec(SIDE, "within")
"""The pixels that :func:`sketch_of` takes."""
FLAT = 0.3
"""A picture is a drawing if so large a share of its pixels are as their neighbours."""

_FEATURES = 200
_FLAT_LEVELS = 2
_QUALITY = 95
_POINT_STEPS = 64
"""Places of features are kept in steps of so small a part of a pixel."""


@dataclass(frozen=True)
class Sketch:
    """What is kept of a picture: some 60 kB of a photo, 5 kB of an icon.

    Attributes:
        picture: at most 256 pixels a side, as a PNG file if it is flat in large parts, else JPEG.
        flatness: the share of pixels that are as their neighbours: much of a drawing.
        points: where its local features lie: x and y in 64ths of a pixel, uint16, little-endian.
        descriptors: 128 bytes each.
    """

    picture: bytes
    flatness: float
    points: bytes
    descriptors: bytes

    def pixels(self) -> UInt8Array:
        """Shape (height, width, 3), RGB, uint8."""
        found = cv2.imdecode(np.frombuffer(self.picture, np.uint8), cv2.IMREAD_COLOR)
        assert found is not None  # it was written by sketch_of
        return cast(UInt8Array, cv2.cvtColor(found, cv2.COLOR_BGR2RGB))

    def features(self) -> Features:
        """The strongest 200 local features."""
        steps = np.frombuffer(self.points, "<u2").reshape(-1, 2)
        points = np.asarray(steps / _POINT_STEPS, np.float32)
        return Features(points, np.frombuffer(self.descriptors, np.uint8).reshape(-1, DIMS))


def sketch_of(pixels: UInt8Array) -> Sketch:
    """Make one.

    Args:
        pixels: shape (height, width, 3), RGB, uint8; neither side above 256.
    """
    flat, found = flatness(pixels), find_features(pixels, _FEATURES)
    turned = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if flat >= FLAT:  # details of drawings count, and JPEG blurs them
        _, file = cv2.imencode(".png", turned, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    else:
        sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        _, file = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, *sampling])
    steps = (found.points.clip(0) * _POINT_STEPS).round()
    descriptors = np.ascontiguousarray(found.descriptors)
    return Sketch(file.tobytes(), flat, steps.astype("<u2").tobytes(), descriptors.tobytes())


def flatness(pixels: UInt8Array) -> float:
    """The share of pixels that are as their neighbours.

    Args:
        pixels: shape (height, width, 3), RGB, uint8.
    """
    levels = pixels.astype(np.int16)
    across = np.abs(np.diff(levels, axis=1)).max(axis=2)[:-1]
    down = np.abs(np.diff(levels, axis=0)).max(axis=2)[:, :-1]
    flat = (across <= _FLAT_LEVELS) & (down <= _FLAT_LEVELS)
    return float(flat.mean()) if flat.size else 1.0
