"""A picture that is searched for, together with those nearest to it: weighted query expansion.

What the nearest pictures have in common with the query is what it shows; what they do not share
is its background, its angle, its light. The query becomes the sum of its own vector and those of
its nearest, weighted by their inner products (alpha query expansion: Radenović, Tolias and Chum,
2019, here with alpha 1). How many and how weighted was chosen on half the classes of
``benchmarks/blending.py``; docs/encoders.md has the figures of the other half.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.store.known import Int64Array
from lookalike.store.metric import nearest_of
from lookalike.store.vectors import Neighbours, VectorView

NEAREST = 2
"""So many pictures join a query: with two, the nearest stays the nearest."""
_BLOCK = 1_024


def expanded(
    query: Float32Array,
    view: VectorView,
    without: Iterable[int] = (),
    near: Neighbours | None = None,
) -> Float32Array:
    """A query with its nearest pictures.

    Args:
        query: shape (dims,), length 1.
        view: where to look; compared by inner products.
        without: keys of pictures that are the query itself.
        near: its nearest pictures, where they are known already.

    Returns:
        Shape (dims,), length 1.
    """
    own = np.fromiter(without, np.int64)
    count = NEAREST + len(own)
    found = view.top(query, count) if near is None or len(near.keys) < count else near
    others = ~np.isin(found.keys, own)
    keys, scores = found.keys[others][:NEAREST], found.scores[others][:NEAREST]
    if not len(keys):
        return query
    joined = _joined(query[None], scores[None], view.vectors(keys)[None])
    return np.asarray(joined[0], np.float32)


def all_expanded(
    queries: Float32Array, rows: Float32Array, own: Int64Array, count: int = NEAREST
) -> Float32Array:
    """The same of many queries at once.

    Args:
        queries: shape (q, dims), rows of length 1.
        rows: shape (n, dims), those of the library.
        own: shape (q,), the number of the row that a query is itself, -1 for none.
        count: how many pictures join a query.

    Returns:
        Shape (q, dims), rows of length 1.
    """
    if not len(rows):
        return queries
    found = np.empty_like(queries)
    for start in range(0, len(queries), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores, near = nearest_of("cosine", queries[part], rows, min(count + 1, len(rows)))
        scores[near == own[part, None]] = -np.inf  # it weighs nothing
        best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        weights = np.take_along_axis(scores, best, axis=1)
        joining = rows[np.take_along_axis(near, best, axis=1)]
        found[part] = _joined(queries[part], weights, joining)
    return found


def _joined(queries: Float32Array, scores: Float32Array, near: Float32Array) -> Float32Array:
    weights = np.maximum(scores, 0)
    return unit_rows(queries + np.einsum("nk,nkd->nd", weights, near, dtype=np.float32))
