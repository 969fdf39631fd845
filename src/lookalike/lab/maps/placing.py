"""New pictures on a map that is drawn already."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.maps.nearest import nearest
from lookalike.store.known import Int64Array

_NEIGHBOURS = 10
_NEAR = 0.08


def place(
    vectors: Float32Array, drawn: Float32Array, places: Float32Array
) -> tuple[Float32Array, Int64Array]:
    """Places for new pictures, among their nearest neighbours on the map.

    The start that UMAP and openTSNE give new points, the weighted mean of their neighbours'
    places, lies in no man's land where the neighbours lie in two groups. Here only those
    neighbours count that lie around the one with most weight near it.

    Args:
        vectors: shape (n, dims), float32: of the new pictures.
        drawn: shape (m, dims), float32: of the pictures on the map, m >= 1.
        places: shape (m, 2), float32: where these lie, at most 1 from the centre.

    Returns:
        Places, shape (n, 2), float32; and the row of the neighbour each lies nearest to, shape
        (n,).
    """
    rows, cosines = nearest(vectors, drawn, min(_NEIGHBOURS, len(drawn)))
    spread = np.maximum(cosines[:, :1] - cosines.mean(axis=1, keepdims=True), 1e-6)
    weights = np.exp((cosines - cosines[:, :1]) / spread)
    around = places[rows]
    apart = np.linalg.norm(around[:, :, None] - around[:, None], axis=-1)
    support = np.where(apart < _NEAR, weights[:, None, :], 0)
    best = (support.sum(axis=2) * weights).argmax(axis=1)
    chosen = support[np.arange(len(rows)), best]
    chosen /= chosen.sum(axis=1, keepdims=True)
    found = np.einsum("nk,nkd->nd", chosen, around)
    closest = rows[np.arange(len(rows)), chosen.argmax(axis=1)]
    return np.asarray(found, np.float32), np.asarray(closest, np.int64)
