"""How near two vectors of a space are: inner products, or less their distance."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array

Metric = Literal["cosine", "dot", "euclidean", "manhattan"]
METRICS: tuple[Metric, ...] = ("cosine", "dot", "euclidean", "manhattan")
"""Encoders and transforms give vectors of length 1, on which the first three rank alike; scores
differ: inner products of the first two, less the length of the difference of the third. The fourth
is less the sum of the differences."""


def is_product(metric: Metric) -> bool:
    """Whether nearness is an inner product, which has quick products of matrices and an index."""
    return metric in ("cosine", "dot")


def nearness(metric: Metric, queries: Float32Array, rows: Float32Array) -> Float32Array:
    """How near rows (m, dims) are to queries (n, dims): shape (n, m), float32; larger is nearer."""
    if is_product(metric):
        return np.asarray(queries @ rows.T, np.float32)
    import faiss

    queries, rows = np.ascontiguousarray(queries), np.ascontiguousarray(rows)
    apart = faiss.pairwise_distances(queries, rows, metric=_kind(metric))
    return _less(metric, apart)


def nearest_of(
    metric: Metric, queries: Float32Array, rows: Float32Array, k: int
) -> tuple[Float32Array, Int64Array]:
    """The k nearest of rows (m, dims) to each query: nearness and row numbers, each (n, k)."""
    import faiss

    found, numbers = faiss.knn(queries, rows, k, metric=_kind(metric))
    return (found if is_product(metric) else _less(metric, found)), numbers


def _kind(metric: Metric) -> int:
    import faiss

    if is_product(metric):
        return int(faiss.METRIC_INNER_PRODUCT)
    return int(faiss.METRIC_L2 if metric == "euclidean" else faiss.METRIC_L1)


def _less(metric: Metric, apart: Float32Array) -> Float32Array:
    """Distances as FAISS tells them (squares of euclidean ones), as nearness."""
    if metric == "euclidean":
        apart = np.sqrt(np.maximum(apart, 0))
    return np.asarray(-apart, np.float32)
