"""Approximate indices of FAISS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.bench.engines.base import (
    BUILD_EFFORT,
    EFFORTS,
    LINKS,
    EngineKind,
    register,
)
from lookalike.store.known import Int64Array


class Hnsw:
    """A navigable graph (Malkov and Yashunin, 2018)."""

    efforts: Sequence[int] = EFFORTS

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        import faiss

        self._index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = BUILD_EFFORT
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        import faiss

        params = faiss.SearchParametersHNSW(efSearch=effort)
        found: Int64Array = self._index.search(query[None], k, params=params)[1][0]
        return found[found >= 0]


class Ivf:
    """Clusters with whole vectors."""

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        import faiss

        rows = np.ascontiguousarray(vectors, np.float32)
        clusters = max(1, min(4 * math.isqrt(len(rows)), len(rows) // 40))
        self._quantizer = faiss.IndexFlatIP(rows.shape[1])
        self._index = faiss.IndexIVFFlat(
            self._quantizer, rows.shape[1], clusters, faiss.METRIC_INNER_PRODUCT
        )
        self._index.train(rows)
        self._index.add(rows)
        self.efforts = sorted({min(2**n, clusters) for n in range(8)})

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        import faiss

        params = faiss.SearchParametersIVF(nprobe=effort)
        found: Int64Array = self._index.search(query[None], k, params=params)[1][0]
        return found[found >= 0]


register(EngineKind("faiss-hnsw", "FAISS, graph; effort is efSearch", Hnsw))
register(EngineKind("faiss-ivf", "FAISS, clusters; effort is nprobe", Ivf))
