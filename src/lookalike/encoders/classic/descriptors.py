"""Local descriptors of small square pictures, for visual words."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, cast

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.imaging.picture import UInt8Array

Feature = Literal["dense", "colour", "sift", "orb"]
DIMS: dict[Feature, int] = {"dense": 128, "colour": 131, "sift": 128, "orb": 256}
SIDE = 128
_STEP = 8
_SIZES = (3.5, 6.0)
"""OpenCV looks at six times as many pixels across: 21 and 36."""
_LARGE_SIZES = (6.0, 10.0)
_SPOT = 24
"""Side of the square whose mean colour counts."""
_MOST = 500
_FLAT = 8.0
"""A patch whose SIFT gradients are below this in length shows nothing."""

Found = tuple[Float32Array, Float32Array]
"""Places, shape (n, 2), from 0 to 1, and descriptors, shape (n, dims)."""


def describe(pixels: UInt8Array, feature: Feature) -> Found:
    """The local descriptors of one picture.

    ``dense`` is SIFT (Lowe, 2004) on a grid in two sizes, upright, as Lazebnik et al. (2006) and
    Bosch et al. (2007) have it for classes of things; ``colour`` takes larger sizes, which suits
    tiny pictures, and the mean colour besides. ``sift`` and ``orb`` (Rublee et al., 2011) find
    their own points, and take the grid where there are none. SIFT's are turned into RootSIFT
    (Arandjelovic and Zisserman, 2012).

    Args:
        pixels: shape (size, size, 3), RGB.
        feature: which.
    """
    grey = cast(UInt8Array, cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    points, rows = _own_points(grey, feature) if feature in ("sift", "orb") else ((), None)
    if rows is None or not len(points):
        points, rows = _on_grid(grey, feature)
    at = np.array([point.pt for point in points])
    places: Float32Array = np.asarray(at / len(grey), np.float32)
    if feature == "orb":
        bits = np.unpackbits(rows.astype(np.uint8), axis=1).astype(np.float32)
        return places, np.asarray((bits - 0.5) / 8, np.float32)
    told = np.linalg.norm(rows, axis=1) > _FLAT
    if told.any():
        places, rows = np.asarray(places[told], np.float32), rows[told]
    shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-6)
    rooted = np.asarray(np.sqrt(shares), np.float32)
    if feature != "colour":
        return places, rooted
    return places, np.concatenate([rooted, _colours_at(pixels, places)], axis=1)


def _colours_at(pixels: UInt8Array, places: Float32Array) -> Float32Array:
    """The mean colour around each place, in CIELAB, as hundredths."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    blurred = np.asarray(cv2.blur(lab, (_SPOT, _SPOT)))
    across, down = np.minimum((places * len(pixels)).astype(np.intp), len(pixels) - 1).T
    return np.asarray(blurred[down, across] / 100, np.float32)


def _own_points(grey: UInt8Array, feature: Feature) -> tuple[Any, npt.NDArray[Any] | None]:
    finder: Any = (
        cv2.SIFT.create(nfeatures=_MOST, contrastThreshold=0.01)
        if feature == "sift"
        else cv2.ORB.create(nfeatures=_MOST, edgeThreshold=12, patchSize=24, fastThreshold=5)
    )
    found: tuple[Any, npt.NDArray[Any] | None] = finder.detectAndCompute(grey, None)
    return found


def _on_grid(grey: UInt8Array, feature: Feature) -> tuple[Any, npt.NDArray[Any]]:
    finder: Any = cv2.ORB.create() if feature == "orb" else cv2.SIFT.create()
    found: tuple[Any, npt.NDArray[Any]] = finder.compute(
        grey, _grid(len(grey), _LARGE_SIZES if feature == "colour" else _SIZES)
    )
    return found


@cache
def _grid(side: int, sizes: tuple[float, ...]) -> tuple[cv2.KeyPoint, ...]:
    at = np.arange(_STEP, side - _STEP / 2, _STEP, dtype=float)
    return tuple(
        cv2.KeyPoint(float(x), float(y), size, 0) for size in sizes for y in at for x in at
    )
