"""The boxes of a picture that have vectors of their own: the same shares of every picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array

SCALES = ((1 / 2, 3), (1 / 3, 5))
"""Side of a box as a share of the picture's, and boxes a row: they overlap by a half."""
MOST_REGIONS = 64
"""A region is known by its picture's key times this, plus its place in the grid."""
_CENTRE_VARIANCE = 0.5
"""Of the pooling weights, in half sides of the box: as for whole pictures."""


def grid() -> tuple[tuple[float, float, float, float], ...]:
    """Left, upper, width and height of each box, as shares of the picture."""
    return tuple(
        (float(left), float(upper), side, side)
        for side, count in SCALES
        for upper in np.linspace(0, 1 - side, count)
        for left in np.linspace(0, 1 - side, count)
    )


GRID = grid()


def region_keys(pictures: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The keys of all regions of these pictures, in their order."""
    keys: npt.NDArray[np.int64] = (pictures[:, None] * MOST_REGIONS + np.arange(len(GRID))).ravel()
    return keys


def pooling_weights(side: int) -> Float32Array:
    """What each place of a feature map counts in each box.

    Args:
        side: side of the map, in places.

    Returns:
        Shape (side * side, boxes); each column adds up to 1.
    """
    columns = [
        np.outer(_along(upper, high, side), _along(left, wide, side)).ravel()
        for left, upper, wide, high in GRID
    ]
    return np.asarray([column / column.sum() for column in columns], np.float32).T


def _along(start: float, length: float, side: int) -> Float32Array:
    """How much of each place lies between two edges, times the weight of its distance."""
    edges = np.arange(side + 1) / side
    inside = np.minimum(edges[1:], start + length) - np.maximum(edges[:-1], start)
    apart = ((edges[1:] + edges[:-1]) / 2 - start - length / 2) / (length / 2)
    weights = np.clip(inside, 0, None) * np.exp(-(apart**2) / (2 * _CENTRE_VARIANCE))
    return np.asarray(weights, np.float32)
