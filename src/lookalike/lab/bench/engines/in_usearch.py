"""USearch, a graph in half precision."""

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


class USearch:
    """A navigable graph over float16."""

    efforts = EFFORTS

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        from usearch.index import Index

        self._index = Index(
            ndim=vectors.shape[1],
            metric="ip",
            dtype="f16",
            connectivity=LINKS,
            expansion_add=BUILD_EFFORT,
        )
        self._index.add(np.arange(len(vectors)), np.asarray(vectors))

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        self._index.expansion_search = max(effort, k)
        return np.asarray(self._index.search(query, k, threads=1).keys, np.int64)


register(EngineKind("usearch", "graph, float16; effort is the expansion", USearch, "usearch"))
