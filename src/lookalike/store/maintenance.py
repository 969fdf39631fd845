"""The one owner of everything that keeps a library quick: compaction, clean-up, indices, caches.

Run by whoever holds the writing place. Nothing here changes what the library holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import lance
import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.ann import TRAINING_ROWS_PER_CLUSTER, VARIANCE, AnnIndex, cluster_count
from lookalike.store.cache_state import IndexName
from lookalike.store.description import SpaceDescription
from lookalike.store.disk import disk_errors
from lookalike.store.lance_store import PICTURES, LanceStore
from lookalike.store.metric import is_product
from lookalike.store.neighbour_spaces import refresh_neighbours
from lookalike.store.space_table import KEEP_VERSIONS
from lookalike.store.vector_cache import VectorCache
from lookalike.store.vectors import VectorView

MIN_INDEX_ROWS = 50_000
"""Below, every row is scored: 5 to 10 ms, and no recall to lose."""
MIN_RECALL = 0.99
FRESH_SHARE = 0.05
"""Rows that the index does not cover are scored one by one; at most this share of all."""
MAX_FILES = 8
_PROBE_QUERIES = 400
_PROBES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_MARGINS = (0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4)
_DEPTHS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0)
_LOST_TO_DEPTH = 0.002
_TIES = 1e-5
_LEAST_TRAINING_ROWS = 20_000
_BATCH_ROWS = 4_000
_SAMPLE_ROWS = 10_000


@dataclass(frozen=True)
class IndexHealth:
    """How the vectors of a space are searched.

    Attributes:
        space: its name.
        rows: vectors in the files.
        indexed: of them in the approximate index; 0 if every row is scored.
        recall: recall@10 of the index against exact search, 1 without one.
    """

    space: str
    rows: int
    indexed: int
    recall: float


def maintain(store: LanceStore) -> list[IndexHealth]:
    """Do all that is due.

    Args:
        store: the library's store; the caller holds the writing place.
    """
    if _has_loose_ends(store):
        optimize(store)
    for space in store.description.spaces:
        if space.added:
            store.space_table(space).tidy(store.keys())
    caches = (VectorCache(store, space) for space in store.description.ready)
    health = [refresh_vectors(cache) for cache in caches]
    refresh_neighbours(store)
    return health


def _has_loose_ends(store: LanceStore) -> bool:
    """Whether rows came or changed since the table was optimized."""
    rows = len(store)
    indexed = [index.num_rows_indexed for index in store.table.describe_indices()]
    return len(store.table.get_fragments()) > MAX_FILES or min(indexed, default=0) < rows


def optimize(store: LanceStore) -> None:
    """Merge small files, take fresh rows into the table's indices, remove old versions."""
    with disk_errors(Path(store.path), "optimizing"):
        table = lance.dataset(str(store.path / PICTURES))
        table.optimize.compact_files()
        table.optimize.optimize_indices()
        table.cleanup_old_versions(older_than=KEEP_VERSIONS)
    store.refresh()


def refresh_vectors(cache: VectorCache) -> IndexHealth:
    """Bring a space's files up to date, and its index if the library is large enough for one."""
    with disk_errors(cache.folder, "writing the vectors to"):
        rows = cache.sync().rows
        index = cache.view().index
        if rows >= MIN_INDEX_ROWS and _is_indexed(cache.space):
            index = _refreshed(cache, index, rows)
    if index is None:
        return IndexHealth(cache.space.name, rows, 0, 1.0)
    return IndexHealth(cache.space.name, rows, index.name.rows, index.name.recall)


def _is_indexed(space: SpaceDescription) -> bool:
    """Colours are few and cheap numbers, codes are quick; the index knows inner products only."""
    return space.kind != "colour" and space.codes != "binary" and is_product(space.metric)


def _refreshed(cache: VectorCache, index: AnnIndex | None, rows: int) -> AnnIndex | None:
    """A new index, the old one with the fresh rows, or None where no index keeps the recall."""
    view = cache.view()
    if index is not None and index.name.trained_rows * 2 >= rows:
        if rows - index.name.rows <= FRESH_SHARE * rows:
            return index
        index.add(_rows_from(view, index.name.rows))
        if _probed(cache, view, index):
            return index
    for variance in (VARIANCE, 1.0):
        index = _trained(view, rows, variance)
        index.add(_rows_from(view, 0))
        if _probed(cache, view, index):
            return index
    cache.drop_index()
    return None


def _probed(cache: VectorCache, view: VectorView, index: AnnIndex) -> bool:
    """Write the index if it keeps the recall."""
    name = probe(replace_index(view, index))
    if name is not None:
        index.name = name
        cache.set_index(index)
    return name is not None


def replace_index(view: VectorView, index: AnnIndex) -> VectorView:
    """The same vectors, searched through another index."""
    return VectorView(view.dims, view.segments, view.live, index)


def probe(view: VectorView) -> IndexName | None:
    """The index's name with the least effort that keeps the recall, and the recall@10.

    Measured with random pictures of the library as queries, which do not count as their own
    answers. None if no effort keeps it.
    """
    assert view.index is not None
    random = np.random.default_rng(1)
    asked = np.sort(random.permutation(view.live)[:_PROBE_QUERIES])
    queries = view.vectors(asked)
    least = _tenth_best(view, queries)
    most = max(view.index.clusters // 2, _PROBES[0])
    wide = replace(view.index.name, probes=min(most, _PROBES[-1]), margin=None)
    deep = replace(wide, depth=_DEPTHS[-1])
    enough = _recall(view, queries, least, deep) - _LOST_TO_DEPTH
    depths = (replace(wide, depth=depth) for depth in _DEPTHS)
    chosen = _least(view, queries, least, depths, enough) or deep
    efforts = (replace(chosen, probes=probes) for probes in _PROBES if probes <= most)
    fixed = _least(view, queries, least, efforts)
    if fixed is None:
        return None
    margins = (replace(fixed, margin=margin) for margin in _MARGINS)
    return _least(view, queries, least, margins) or fixed


def _least(
    view: VectorView,
    queries: Float32Array,
    least: Float32Array,
    efforts: Iterable[IndexName],
    enough: float | None = None,
) -> IndexName | None:
    """The first effort that keeps the recall, with what it keeps; None if none does."""
    wanted = MIN_RECALL if enough is None else enough
    for effort in efforts:
        recall = _recall(view, queries, least, effort)
        if recall >= wanted:
            return replace(effort, recall=recall)
    return None


def _tenth_best(view: VectorView, queries: Float32Array) -> Float32Array:
    """For each query the exact score of its tenth best picture besides itself, shape (n,)."""
    best = np.full((len(queries), 11), -np.inf, dtype=np.float32)
    alive = np.zeros(sum(len(segment) for segment in view.segments), dtype=bool)
    alive[view.offsets(view.live)] = True
    start = 0
    for rows in _rows_from(view, 0):
        scores = queries @ rows[alive[start : start + len(rows)]].T
        both = np.concatenate([best, scores], axis=1)
        best = -np.partition(-both, 10, axis=1)[:, :11]
        start += len(rows)
    return np.asarray(best.min(axis=1), dtype=np.float32)


def _recall(
    view: VectorView, queries: Float32Array, least: Float32Array, effort: IndexName
) -> float:
    """The share of the ten best that is found. Pictures with equal scores stand for each other."""
    assert view.index is not None
    view.index.name = effort
    found = [view.top(query, 11).scores for query in queries]
    hits = [np.count_nonzero(s >= t - _TIES) - 1 for s, t in zip(found, least, strict=True)]
    return float(np.mean(np.clip(hits, 0, 10)) / 10)


def _trained(view: VectorView, rows: int, variance: float) -> AnnIndex:
    """A new index that has learned from as many rows as it can use, and holds none."""
    wanted = max(_LEAST_TRAINING_ROWS, TRAINING_ROWS_PER_CLUSTER * cluster_count(len(view.live)))
    count = min(len(view.live), wanted)
    chosen = np.random.default_rng(2).choice(view.live, count, replace=False)
    sample = view.vectors(np.sort(chosen[:_SAMPLE_ROWS]))
    parts = np.array_split(np.sort(chosen), -(-count // _BATCH_ROWS))
    return AnnIndex.train(sample, (view.vectors(part) for part in parts), rows, variance)


def _rows_from(view: VectorView, first: int) -> Iterator[Float32Array]:
    """The rows of the files from ``first`` on, deleted ones included, in batches."""
    start = 0
    for segment in view.segments:
        for low in range(0, len(segment), _BATCH_ROWS):
            high = min(low + _BATCH_ROWS, len(segment))
            if start + high > first:
                low = max(low, first - start)
                yield segment.reconstruct(np.arange(low, high, dtype=np.int64))
        start += len(segment)
