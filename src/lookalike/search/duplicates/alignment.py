"""How one picture lies in another: an affine map, guessed and then refined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.imaging.fingerprints import BYTES, distances, orientations
from lookalike.imaging.local_features import matching_points
from lookalike.search.duplicates.sample import Sample, mirrored

Matrix = npt.NDArray[np.float64]

MAX_BITS = 48
"""Hashes that differ in more bits say nothing about how two pictures lie to each other."""

_LEAST_SIDE = 40
_REPROJECTION_PX = 3.0
_MAX_STRETCH = 2.2
_MAX_SCALE = 10.0


@dataclass(frozen=True)
class Alignment:
    """Where each point of picture a lies in picture b.

    Attributes:
        matrix: shape (2, 3): (x, y, 1) in pixels of a, from its upper left edge, to those of b.
        by: ``frame`` (their edges lie on each other) or ``features`` (matching local features).
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


def frame_alignment(a: Sample, b: Sample) -> Alignment | None:
    """Edges on edges, in the orientation in which the hashes are nearest; None if none is near."""
    one = np.frombuffer(a.fingerprint.whole, np.uint8).reshape(1, BYTES)
    other = np.frombuffer(b.fingerprint.whole, np.uint8).reshape(1, BYTES)
    bits = [int(distances(turned, other)[0]) for turned in orientations(one)]
    number = int(np.argmin(bits))
    return Alignment(_turned(number, a, b), "frame") if bits[number] <= MAX_BITS else None


def feature_alignments(a: Sample, b: Sample) -> Iterator[Alignment]:
    """Maps that matching features agree on, of a as it is and mirrored.

    Features match that are each other's nearest and much nearer than the next (Lowe, 2004); the
    map is the one that most of them fulfil (RANSAC; Fischler and Bolles, 1981). Of pictures as
    small as thumbnails no part is looked for: there is too little in it to tell it by.
    """
    if min(*a.size, *b.size) < _LEAST_SIDE:
        return
    for flip in (False, True):
        own = mirrored(a.features, a.size[0]) if flip else a.features
        pairs = matching_points(own, b.features)
        if pairs is None:
            continue
        found, _ = cv2.estimateAffine2D(
            *pairs, method=cv2.RANSAC, ransacReprojThreshold=_REPROJECTION_PX
        )
        matrix = None if found is None else np.asarray(found, np.float64)
        if matrix is not None and _is_sane(matrix):
            yield Alignment(matrix @ _mirror(a.size[0]) if flip else matrix, "features")


def _turned(number: int, a: Sample, b: Sample) -> Matrix:
    wide, high = b.size
    own = a.size[::-1] if number & 4 else a.size
    scale_x, scale_y = wide / own[0], high / own[1]
    matrix: Matrix = np.array([[0.0, 1, 0], [1, 0, 0]]) if number & 4 else np.eye(2, 3)
    matrix *= np.array([[scale_x], [scale_y]])
    if number & 1:
        matrix[0] = [-matrix[0, 0], -matrix[0, 1], wide - matrix[0, 2]]
    if number & 2:
        matrix[1] = [-matrix[1, 0], -matrix[1, 1], high - matrix[1, 2]]
    return matrix


def _mirror(width: int) -> Matrix:
    return np.array([[-1.0, 0, width], [0, 1, 0], [0, 0, 1]])


def _is_sane(matrix: Matrix) -> bool:
    """Whether the map may be what people do to pictures: some stretch, some scale."""
    most, least = np.linalg.svd(matrix[:, :2], compute_uv=False)
    if least < 1 / _MAX_SCALE or most > _MAX_SCALE:
        return False
    return bool(most / least < _MAX_STRETCH)
