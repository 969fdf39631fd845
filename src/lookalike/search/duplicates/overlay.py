"""Two aligned pictures on one grid of pixels, that of the coarser of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.imaging.picture import UInt8Array
from lookalike.search.duplicates.alignment import Alignment, Matrix
from lookalike.search.duplicates.sample import Sample

GRID = 128
_LEAST_SIDE = 8
_LEAST_PIXELS = 64
_STEPS = 30
_SOFT_PX = 0.8
_LEAST_SHARE = 1e-3
_PRECISION = 1e-3


@dataclass(frozen=True)
class Overlay:
    """What two pictures show at the same places.

    Attributes:
        first: shape (height, width, 3), float32: luma, and two colour differences about 128.
        second: the same of the other picture.
        both: shape (height, width): where both have pixels.
        covers: the shares of picture a and of picture b that lie in both.
    """

    first: Float32Array
    second: Float32Array
    both: npt.NDArray[np.bool_]
    covers: tuple[float, float]


def overlaid(a: Sample, b: Sample, how: Alignment, *, refine: bool = False) -> Overlay | None:
    """Lay b over a.

    Args:
        a: one picture.
        b: another.
        how: where a lies in b.
        refine: move it by what is left of a pixel, or of some, until the correlation is highest
            (ECC; Evangelidis and Psarakis, 2008).

    Returns:
        None if they have next to nothing in common.
    """
    scale = np.sqrt(abs(np.linalg.det(how.matrix[:, :2])))
    if scale < 1:  # b is the coarser one
        inverse = np.asarray(cv2.invertAffineTransform(how.matrix), np.float64)
        found = _on_grid(b.pixels, a.pixels, inverse, refine=refine)
        return None if found is None else _swapped(found)
    return _on_grid(a.pixels, b.pixels, how.matrix, refine=refine)


def _swapped(overlay: Overlay) -> Overlay:
    return Overlay(overlay.second, overlay.first, overlay.both, overlay.covers[::-1])


def _on_grid(a: UInt8Array, b: UInt8Array, matrix: Matrix, *, refine: bool) -> Overlay | None:
    a, shrink = _shrunk(a, min(1.0, GRID / max(a.shape[:2])))
    matrix = matrix @ np.linalg.inv(shrink)
    finer = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    b, shrink = _shrunk(b, min(1.0, 1 / finer))
    matrix = shrink[:2, :2] @ matrix
    if min(*a.shape[:2], *b.shape[:2]) < _LEAST_SIDE:
        return None
    first, other = _luma_and_colour(a), _luma_and_colour(b)
    warp = _of_centres(matrix)
    if refine:
        refined = _refined(first, other, warp)
        if refined is None:
            return None
        warp = refined
    height, width = first.shape[:2]
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    edge = cv2.BORDER_REPLICATE
    second = np.asarray(
        cv2.warpAffine(other, warp, (width, height), flags=how, borderMode=edge), np.float32
    )
    inside = cv2.warpAffine(np.ones(other.shape[:2], np.float32), warp, (width, height), flags=how)
    both = np.asarray(inside) > 0.99
    count = int(both.sum())
    if count < _LEAST_PIXELS:
        return None
    area = abs(float(np.linalg.det(warp[:, :2]))) * count
    covers = (count / both.size, min(1.0, area / (other.shape[0] * other.shape[1])))
    return Overlay(_softened(first, both), _softened(second, both), both, covers)


def _shrunk(pixels: UInt8Array, factor: float) -> tuple[UInt8Array, Matrix]:
    """The picture smaller, and the 3 × 3 map from its old places to the new ones."""
    height, width = pixels.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return pixels, np.eye(3)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cast(UInt8Array, small), np.diag([size[0] / width, size[1] / height, 1.0])


def _luma_and_colour(pixels: UInt8Array) -> Float32Array:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb), np.float32)


def _softened(picture: Float32Array, both: npt.NDArray[np.bool_]) -> Float32Array:
    """Without what is finer than resampling keeps: only one of the two was resampled twice.

    Nothing seeps in from where only one of them has pixels.
    """
    inside = both.astype(np.float32)
    share = cv2.GaussianBlur(inside, (0, 0), _SOFT_PX)
    soft = cv2.GaussianBlur(picture * inside[..., None], (0, 0), _SOFT_PX)
    return np.asarray(soft / np.maximum(share, _LEAST_SHARE)[..., None], np.float32)


def _of_centres(matrix: Matrix) -> Matrix:
    """OpenCV counts from the middle of the first pixel, we from its edge."""
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    return moved


def _refined(first: Float32Array, other: Float32Array, warp: Matrix) -> Matrix | None:
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _PRECISION)
    try:
        _, found = cv2.findTransformECC(
            np.ascontiguousarray(first[..., 0]),
            np.ascontiguousarray(other[..., 0]),
            warp.astype(np.float32),
            cv2.MOTION_AFFINE,
            until,
        )
    except cv2.error:  # it does not converge: the pictures differ too much
        return None
    return np.asarray(found, np.float64)
