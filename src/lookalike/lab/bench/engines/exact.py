"""Every row is compared, as rclip does it (NumPy) and as FAISS does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.bench.engines.base import EngineKind, register
from lookalike.store.known import Int64Array


class NumpyMatrix:
    """One matrix in memory, one product a query."""

    efforts = (0,)

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        self._rows = np.array(vectors, np.float32)

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        scores = self._rows @ query
        best = np.argpartition(-scores, min(k, len(scores)) - 1)[:k]
        return np.asarray(best[np.argsort(-scores[best])], np.int64)


class FaissFlat:
    """FAISS's exact index."""

    efforts = (0,)

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        import faiss

        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        found: Int64Array = self._index.search(query[None], k)[1][0]
        return found


register(EngineKind("numpy", "one matrix product (the way of rclip)", NumpyMatrix))
register(EngineKind("faiss-flat", "FAISS, exact", FaissFlat))
