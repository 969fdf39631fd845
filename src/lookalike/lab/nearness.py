"""How near vectors are to queries, in the metrics of retrieval."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows

Metric = Literal["inner", "cosine", "euclidean", "manhattan", "chebyshev"]
METRICS: tuple[Metric, ...] = ("inner", "cosine", "euclidean", "manhattan", "chebyshev")


class Nearness:
    """Vectors, ready to be compared with many queries; larger is nearer.

    Args:
        vectors: shape (n, dims).
        metric: ``inner`` product; ``cosine`` of the angle; less half the square of the
            ``euclidean`` distance, so that it is a matrix product, too; less the ``manhattan``
            distance (sum of differences) or the ``chebyshev`` distance (the largest one).
    """

    def __init__(self, vectors: Float32Array, metric: Metric = "inner") -> None:
        self._metric = metric
        self._vectors = unit_rows(vectors) if metric == "cosine" else vectors
        self._halves = (vectors**2).sum(axis=1) / 2 if metric == "euclidean" else None

    def __call__(self, queries: Float32Array) -> Float32Array:
        """The nearness of every vector to queries of shape (q, dims): shape (q, n), float32."""
        if self._metric in ("manhattan", "chebyshev"):
            import faiss

            kind = faiss.METRIC_L1 if self._metric == "manhattan" else faiss.METRIC_Linf
            apart: Float32Array = faiss.pairwise_distances(queries, self._vectors, metric=kind)
            return np.negative(apart)
        if self._metric == "cosine":
            queries = unit_rows(queries)
        scores: Float32Array = queries @ self._vectors.T
        if self._halves is not None:
            scores -= self._halves
        return scores
