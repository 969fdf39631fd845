"""One picture as the tests for duplicates look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lookalike.imaging.fingerprints import Fingerprint
from lookalike.imaging.local_features import Features, find_features
from lookalike.imaging.picture import InputSpec, UInt8Array

SIDE = 256
INPUT = InputSpec(SIDE, "within")
"""The pixels that a :class:`Sample` is made of."""

_FEATURES = 400


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
        return find_features(self.pixels, _FEATURES)


def mirrored(features: Features, width: int) -> Features:
    """The features of the picture mirrored left to right, without looking at it again.

    In a mirrored picture the descriptor's 4 × 4 cells lie upside down about the direction of the
    feature, and its 8 directions run the other way round.
    """
    cells = features.descriptors.reshape(-1, 4, 4, 8)[:, ::-1][..., -np.arange(8) % 8]
    points = features.points.copy()
    points[:, 0] = width - points[:, 0]
    return Features(points, np.ascontiguousarray(cells.reshape(-1, 128)))
