"""One picture as the tests for duplicates look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import cv2
import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.imaging.fingerprints import Fingerprint
from lookalike.imaging.picture import InputSpec, UInt8Array

SIDE = 256
INPUT = InputSpec(SIDE, "within")
"""The pixels that a :class:`Sample` is made of."""

_FEATURES = 400
_CONTRAST = 0.02
_LEAST_SIDE = 200


@dataclass(frozen=True)
class Features:
    """Local features of a picture.

    Attributes:
        points: shape (n, 2), float32: x and y in pixels, from the picture's upper left edge.
        descriptors: shape (n, 128), float32, rows of length 1.
    """

    points: Float32Array
    descriptors: Float32Array


@dataclass(frozen=True)
class Sample:
    """One picture, small.

    Attributes:
        pixels: shape (height, width, 3), RGB, uint8; the longer side at most 256.
        fingerprint: of the whole picture.
    """

    pixels: UInt8Array
    fingerprint: Fingerprint

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @cached_property
    def features(self) -> Features:
        """SIFT features (Lowe, 2004), the strongest 400, found once."""
        grey = cast(UInt8Array, cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY))
        factor = 1
        while max(self.size) * factor < _LEAST_SIDE:
            factor *= 2
        if factor > 1:
            wanted = (self.size[0] * factor, self.size[1] * factor)
            grey = cast(UInt8Array, cv2.resize(grey, wanted, interpolation=cv2.INTER_CUBIC))
        finder = cv2.SIFT.create(nfeatures=_FEATURES, contrastThreshold=_CONTRAST)
        found, rows = finder.detectAndCompute(grey, None)
        if rows is None or not len(found):
            return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
        places = np.array([point.pt for point in found], np.float32)
        points = np.asarray((places + 0.5) / factor, np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return Features(points, np.asarray(rows / np.maximum(lengths, 1e-6), np.float32))


def mirrored(features: Features, width: int) -> Features:
    """The features of the picture mirrored left to right, without looking at it again.

    In a mirrored picture the descriptor's 4 × 4 cells lie upside down about the direction of the
    feature, and its 8 directions run the other way round.
    """
    cells = features.descriptors.reshape(-1, 4, 4, 8)[:, ::-1][..., -np.arange(8) % 8]
    points = features.points.copy()
    points[:, 0] = width - points[:, 0]
    return Features(points, np.ascontiguousarray(cells.reshape(-1, 128)))
