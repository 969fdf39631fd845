"""Local features of pictures, and how many of them two pictures share in one arrangement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.imaging.picture import UInt8Array

Float32Array = npt.NDArray[np.float32]

DIMS = 128
MIN_MATCHES = 6
RATIO = 0.8
_CONTRAST = 0.02
_LEAST_SIDE = 200
_INLIER_SHARE = 0.01
"""Of the longer side: how far a point may lie from where the map of all would have it."""
_MAX_STRETCH = 4.0
_NOTHING = np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Features:
    """Local features of a picture.

    Attributes:
        points: shape (n, 2), float32: x and y in pixels, from the picture's upper left edge.
        descriptors: shape (n, 128), uint8, as OpenCV rounds them; of about the same length.
    """

    points: Float32Array
    descriptors: UInt8Array

    @cached_property
    def unit_rows(self) -> Float32Array:
        """The descriptors as rows of length 1, shape (n, 128), float32."""
        rows = self.descriptors.astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)


def find_features(pixels: UInt8Array, count: int = 400) -> Features:
    """The strongest SIFT features (Lowe, 2004) of a picture; a small one is enlarged first.

    Args:
        pixels: shape (height, width, 3), RGB.
        count: how many at most, about.
    """
    grey = cast(UInt8Array, cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    height, width = grey.shape
    factor = 1
    while max(width, height) * factor < _LEAST_SIDE:
        factor *= 2
    if factor > 1:
        wanted = (width * factor, height * factor)
        grey = cast(UInt8Array, cv2.resize(grey, wanted, interpolation=cv2.INTER_CUBIC))
    finder = cv2.SIFT.create(nfeatures=count, contrastThreshold=_CONTRAST)
    found, rows = finder.detectAndCompute(grey, None)
    if rows is None or not len(found):
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, DIMS), np.uint8))
    places = np.array([point.pt for point in found], np.float32)
    points = np.asarray((places + 0.5) / factor, np.float32)
    return Features(points, np.asarray(rows, np.uint8))


def matching_points(a: Features, b: Features) -> tuple[Float32Array, Float32Array] | None:
    """Points whose features are each other's nearest and much nearer than the next.

    Returns:
        Those of a and those of b, each of shape (n, 2); None if there are hardly any.
    """
    if min(len(a.points), len(b.points)) < MIN_MATCHES:
        return None
    # Not by NumPy: its BLAS would start threads for each of these small products.
    likeness = cast(
        Float32Array, cv2.gemm(a.unit_rows, b.unit_rows, 1, _NOTHING, 0, flags=cv2.GEMM_2_T)
    )
    best = likeness.argmax(axis=1)
    mutual = likeness.argmax(axis=0)[best] == np.arange(len(best))
    first_two = np.partition(likeness, -2, axis=1)[:, -2:]
    clear = 1 - first_two[:, 1] < RATIO**2 * (1 - first_two[:, 0])
    chosen = np.flatnonzero(mutual & clear)
    if len(chosen) < MIN_MATCHES:
        return None
    return a.points[chosen], b.points[best[chosen]]


def shared_arrangement(a: Features, b: Features, side: int) -> int:
    """How many matching points lie in both pictures in the same arrangement, seen from anywhere.

    They fulfil one affine map, which most of the matches agree on (RANSAC; Fischler and Bolles,
    1981), and which neither flattens nor mirrors.

    Args:
        a: features of one picture.
        b: of the other.
        side: the longer side of picture b, in pixels.
    """
    pairs = matching_points(a, b)
    if pairs is None:
        return 0
    cv2.setRNGSeed(0)
    agreed: tuple[Any, Any] = cv2.estimateAffine2D(
        *pairs,
        method=cv2.RANSAC,
        ransacReprojThreshold=max(3.0, _INLIER_SHARE * side),
        maxIters=1000,
    )
    found, inliers = agreed
    if found is None:
        return 0
    linear = np.asarray(found, np.float64)[:, :2]
    most, least = np.linalg.svd(linear, compute_uv=False)
    if least <= 0 or most > _MAX_STRETCH * least or np.linalg.det(linear) < 0:
        return 0
    return int(inliers.sum())
