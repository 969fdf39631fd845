"""Annoy's forest of random splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.bench.engines.base import EngineKind, register
from lookalike.store.known import Int64Array

_TREES = 50


class Annoy:
    """A forest over the angle."""

    efforts = (100, 400, 1600, 6400, 25_600)

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        from annoy import AnnoyIndex

        self._index = AnnoyIndex(vectors.shape[1], "angular")
        self._index.set_seed(0)
        for row, vector in enumerate(vectors):
            self._index.add_item(row, vector)
        self._index.build(_TREES)

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        return np.asarray(self._index.get_nns_by_vector(query, k, effort), np.int64)


register(EngineKind("annoy", "50 trees; effort is search_k", Annoy, "annoy", 500_000))
