"""Turns vectors so that their signs keep as much as they can: iterative quantization.

After Gong and Lazebnik ("Iterative quantization: a Procrustean approach to learning binary codes",
2011): the rotation under which vectors lie nearest to the corners of a cube.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Transform

ITERATIONS = 30
MOST_ROWS = 10_000
MOST_DIMS = 512
"""Longer vectors are turned by chance: a step's time grows with the cube of their length."""


def for_signs(transform: Transform, sample: Float32Array) -> Transform:
    """The same map of vectors, followed by a rotation that their signs lose least by.

    Args:
        transform: centres, and may project; has no further layers.
        sample: vectors of random pictures before it, shape (n, d), float32.
    """
    rows = transform(sample[:MOST_ROWS])
    turn = rotation(rows)
    turned = turn if transform.matrix is None else transform.matrix @ turn
    return replace(transform, matrix=np.asarray(turned, np.float32))


def rotation(rows: Float32Array) -> Float32Array:
    """The rotation, shape (dims, dims), fitted to rows of shape (n, dims); the same every time."""
    dims = rows.shape[1]
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((dims, dims)))
    turn = turn.astype(np.float32)
    if dims > MOST_DIMS:
        return turn
    for _ in range(ITERATIONS):
        corners = np.where(rows @ turn > 0, np.float32(1), np.float32(-1))
        left, _, right = np.linalg.svd(rows.T @ corners)
        turn = left @ right
    return turn
