"""A k-d tree, the index of the first visual searches."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.bench.engines.base import EngineKind, register
from lookalike.store.known import Int64Array


class KdTree:
    """SciPy's tree; the order by distance is that by inner product, for vectors of length 1."""

    efforts = (0,)

    def __init__(self, vectors: Float32Array, _: Path) -> None:
        from scipy.spatial import cKDTree

        self._tree = cKDTree(np.asarray(vectors))

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        return np.asarray(np.atleast_1d(self._tree.query(query, k)[1]), np.int64)


register(EngineKind("kdtree", "SciPy's k-d tree, exact", KdTree, "scipy", 200_000))
