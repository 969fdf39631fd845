"""Exact nearest neighbours of many vectors."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array
from lookalike.store.metric import nearest_of


def nearest(vectors: Float32Array, among: Float32Array, k: int) -> tuple[Int64Array, Float32Array]:
    """The k rows of ``among`` with the largest inner products.

    Args:
        vectors: shape (n, dims), float32.
        among: shape (m, dims), float32, m >= k.
        k: how many.

    Returns:
        Rows and inner products, shape (n, k) each, best first.
    """
    asked = np.ascontiguousarray(vectors, np.float32)
    products, rows = nearest_of("cosine", asked, np.ascontiguousarray(among, np.float32), k)
    return rows, products
