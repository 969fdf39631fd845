"""hnswlib, the graph of many vector databases."""

from __future__ import annotations

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


class Hnswlib:
    """A navigable graph."""

    efforts = EFFORTS

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        import hnswlib

        self._index = hnswlib.Index(space="ip", dim=vectors.shape[1])
        self._index.init_index(len(vectors), ef_construction=BUILD_EFFORT, M=LINKS)
        self._index.add_items(np.asarray(vectors), np.arange(len(vectors)))
        self._index.set_num_threads(1)

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        self._index.set_ef(max(effort, k))
        return np.asarray(self._index.knn_query(query, k=k)[0][0], np.int64)


register(EngineKind("hnswlib", "graph; effort is ef", Hnswlib, package="hnswlib"))
