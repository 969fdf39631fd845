"""How one picture lies in another: an affine map, guessed and then refined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.imaging.fingerprints import distances, orientations
from lookalike.imaging.local_features import matching_points
from lookalike.search.duplicates.placement import Placement, placement
from lookalike.search.duplicates.sample import Box, Sample

Matrix = npt.NDArray[np.float64]

MAX_BITS = 96
"""Hashes that differ in more bits say nothing about how two pictures lie to each other."""

_LEAST_SIDE = 40
_REPROJECTION_PX = 3.0
_MAX_STRETCH = 2.2
_MAX_SCALE = 10.0
_MOST_FRAMES = 2
_LEAST_PLACED = 26


@dataclass(frozen=True)
class Alignment:
    """Where each point of picture a lies in picture b.

    Attributes:
        matrix: shape (2, 3): (x, y, 1) in pixels of a, from its upper left edge, to those of b.
        by: ``frame`` (their edges lie on each other), ``features`` (matching local features) or
            ``place`` (one was found in the other pixel by pixel).
    """

    matrix: Matrix
    by: str

    @property
    def orientation(self) -> int:
        """The nearest of the eight orientations, as :func:`~.fingerprints.oriented` counts."""
        (a, b), (c, d) = self.matrix[:, :2]
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return int(a < 0) | int(d < 0) << 1
        return 4 | int(b < 0) | int(c < 0) << 1


def frame_alignments(a: Sample, b: Sample) -> Iterator[Alignment]:
    """Edges on edges, in the orientation in which the hashes are nearest; nearest hashes first.

    The edges of a picture with a plain border may be those of the border, or of what it frames.
    """
    found = []
    for (one, own), (other, its) in product(a.frames, b.frames):
        bits = [int(distances(turned, other)[0]) for turned in orientations(one)]
        number = int(np.argmin(bits))
        if bits[number] <= MAX_BITS:
            found.append((bits[number], number, own, its))
    for _, number, own, its in sorted(found)[:_MOST_FRAMES]:
        yield Alignment(_turned(number, own, its), "frame")


def feature_alignments(a: Sample, b: Sample) -> Iterator[Alignment]:
    """Maps that matching features agree on, of a as it is and mirrored.

    Features match that are each other's nearest and much nearer than the next (Lowe, 2004); the
    map is the one that most of them fulfil (RANSAC; Fischler and Bolles, 1981): one that keeps
    shapes, then one that may stretch them. Of pictures as small as thumbnails no part is looked
    for: there is too little in it to tell it by.
    """
    if min(*a.size, *b.size) < _LEAST_SIDE:
        return
    for flip in (False, True):
        own = a.mirrored_features if flip else a.features
        pairs = matching_points(own, b.features)
        if pairs is None:
            continue
        for estimate in (cv2.estimateAffinePartial2D, cv2.estimateAffine2D):
            found, _ = estimate(*pairs, method=cv2.RANSAC, ransacReprojThreshold=_REPROJECTION_PX)
            matrix = None if found is None else np.asarray(found, np.float64)
            if matrix is not None and _is_sane(matrix):
                yield Alignment(matrix @ _mirror(a.size[0]) if flip else matrix, "features")


def placed_alignments(a: Sample, b: Sample) -> Iterator[Alignment]:
    """One upright within the other, found without local features.

    Small pictures, drawings and plain things on white have too few of them, or none that match.
    """
    if min(*a.size, *b.size) < _LEAST_PLACED:
        return
    if (found := placement(a.pixels, b.pixels)) is not None:
        yield Alignment(_placed(found), "place")
    if (found := placement(b.pixels, a.pixels)) is not None:
        inverse = cv2.invertAffineTransform(_placed(found))
        yield Alignment(np.asarray(inverse, np.float64), "place")


def _placed(found: Placement) -> Matrix:
    return np.array([[found.scale, 0, found.left], [0, found.scale, found.top]])


def _turned(number: int, own: Box, its: Box) -> Matrix:
    wide, high = its.right - its.left, its.bottom - its.top
    size = (own.right - own.left, own.bottom - own.top)
    size = size[::-1] if number & 4 else size
    scale_x, scale_y = wide / size[0], high / size[1]
    matrix: Matrix = np.array([[0.0, 1, 0], [1, 0, 0]]) if number & 4 else np.eye(2, 3)
    matrix *= np.array([[scale_x], [scale_y]])
    if number & 1:
        matrix[0] = [-matrix[0, 0], -matrix[0, 1], wide - matrix[0, 2]]
    if number & 2:
        matrix[1] = [-matrix[1, 0], -matrix[1, 1], high - matrix[1, 2]]
    matrix[:, 2] += (its.left, its.top) - matrix[:, :2] @ (own.left, own.top)
    return matrix


def _mirror(width: int) -> Matrix:
    return np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])


def _is_sane(matrix: Matrix) -> bool:
    """Whether the map may be what people do to pictures: some stretch, some scale."""
    most, least = np.linalg.svd(matrix[:, :2], compute_uv=False)
    if least < 1 / _MAX_SCALE or most > _MAX_SCALE:
        return False
    return bool(most / least < _MAX_STRETCH)
