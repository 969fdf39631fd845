"""Ranking by an approximate index of FAISS, beside the exact one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.lab.judged import Ranking
from lookalike.lab.nearness import Metric
from lookalike.store.known import Int64Array

Search = Literal["exact", "hnsw", "ivf"]
SEARCHES: tuple[Search, ...] = ("exact", "hnsw", "ivf")

DEPTH = 100
_LINKS = 16
_PROBED_SHARE = 1 / 16


class Approximate:
    """Vectors in an index: a graph (HNSW; Malkov and Yashunin, 2018) or inverted lists (IVF).

    Both with the settings that people begin with: 16 links a picture and 64 candidates; as many
    lists as the root of the pictures, of which a sixteenth is looked into.

    Args:
        vectors: shape (n, dims).
        metric: how they are compared.
        search: ``hnsw`` or ``ivf``.
    """

    def __init__(self, vectors: Float32Array, metric: Metric, search: Search) -> None:
        import faiss

        kinds = {
            "inner": faiss.METRIC_INNER_PRODUCT, "cosine": faiss.METRIC_INNER_PRODUCT,
            "euclidean": faiss.METRIC_L2, "manhattan": faiss.METRIC_L1,
            "chebyshev": faiss.METRIC_Linf,
        }  # fmt: skip
        self._cosine, self._larger = metric == "cosine", metric in ("inner", "cosine")
        self._index = _index(vectors.shape, kinds[metric], search)
        kept = np.ascontiguousarray(unit_rows(vectors) if self._cosine else vectors)
        if search == "ivf":
            self._index.cp.min_points_per_centroid = 1
            self._index.train(kept)
        self._index.add(kept)

    def nearest(self, queries: Float32Array, count: int) -> tuple[Float32Array, Int64Array]:
        """Nearness (larger is nearer) and rows of the nearest, each shape (q, count).

        Rows are -1 where the index found no more.
        """
        queries = np.ascontiguousarray(unit_rows(queries) if self._cosine else queries)
        scores, rows = self._index.search(queries, count)
        return scores if self._larger else -scores, rows


def rank_by_index(
    queries: Float32Array,
    index: Approximate,
    keys: Int64Array,
    excluded: Sequence[Int64Array],
    depth: int = DEPTH,
) -> Ranking:
    """Rank by what an index finds.

    Args:
        queries: shape (q, dims).
        index: over the vectors of ``keys``.
        keys: shape (n,): what the vectors belong to.
        excluded: per query the keys that do not count.
        depth: hits that are kept.
    """
    more = max((len(out) for out in excluded), default=0)
    deep = min(depth, len(keys))
    scores, rows = index.nearest(queries, min(deep + more, len(keys)))
    found = Ranking(
        np.full((len(queries), deep), -1, np.int64),
        np.zeros((len(queries), deep), np.float32),
        np.zeros(len(queries), np.int64),
    )
    for number, out in enumerate(excluded):
        named = keys[rows[number]]
        good = np.flatnonzero((rows[number] >= 0) & ~np.isin(named, out))[:deep]
        found.keys[number, : len(good)] = named[good]
        found.scores[number, : len(good)] = scores[number][good]
        found.found[number] = len(good)
    return found


def _index(shape: tuple[int, ...], metric: int, search: Search) -> Any:
    import faiss

    pictures, dims = shape
    if search == "hnsw":
        graph = faiss.IndexHNSWFlat(dims, _LINKS, metric)
        graph.hnsw.efSearch = 64
        return graph
    lists = max(1, round(pictures**0.5))
    coarse = faiss.IndexFlat(dims, metric)
    inverted = faiss.IndexIVFFlat(coarse, dims, lists, metric)
    inverted.nprobe = max(1, round(lists * _PROBED_SHARE))
    inverted.referenced_objects = [coarse]
    return inverted
