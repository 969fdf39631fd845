"""Hits that are unlike one another, and pictures at random that are."""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

POOL = 300
"""At least so many of the best hits are chosen among, or three times as many as are shown."""
RANDOM_POOL = 1_000


def diverse(
    keys: Int64Array, scores: Float32Array, view: VectorView, count: int, diversity: float
) -> Int64Array:
    """Choose hits by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    One after the other the hit is chosen that is best in
    ``(1 - diversity) * relevance - diversity * likeness``: its score, scaled to 0 to 1 within the
    pool, against its largest cosine with a chosen one. Cosines are taken after the mean of the
    library is subtracted: otherwise all pictures are alike.

    Args:
        keys: shape (n,), the hits.
        scores: shape (n,), their scores.
        view: the pictures' vectors.
        count: how many to choose.
        diversity: from 0 (the best hits) to 1 (as unlike one another as possible; the best
            hit stays the first).

    Returns:
        Positions in ``keys``, shape (min(n, count),), in the order of choice.
    """
    pool = np.lexsort((keys, -scores))[: max(POOL, 3 * count)]
    if len(pool) == 0:
        return pool
    vectors = unit_rows(view.vectors(keys[pool]) - view.background.mean(axis=0))
    relevance = _to_unit(scores[pool])
    likeness = np.zeros(len(pool), np.float32)
    left = np.ones(len(pool), bool)
    chosen: list[int] = []
    while len(chosen) < min(count, len(pool)):
        value = (1 - diversity) * relevance - diversity * likeness if chosen else relevance
        best = int(np.argmax(np.where(left, value, -np.inf)))
        chosen.append(best)
        left[best] = False
        near = vectors @ vectors[best]
        likeness = near if len(chosen) == 1 else np.maximum(likeness, near)
    return np.asarray(pool[chosen], np.int64)


def surprising(keys: Int64Array, view: VectorView, count: int, seed: int) -> Int64Array:
    """Choose pictures at random that are unlike one another.

    Each is drawn with a probability that grows with the square of its distance to the nearest
    that was drawn before (the seeding of k-means++, Arthur and Vassilvitskii, 2007).

    Args:
        keys: shape (n,): what to choose from.
        view: the pictures' vectors.
        count: how many.
        seed: the same one gives the same pictures.

    Returns:
        Positions in ``keys``, shape (min(n, count),).
    """
    random = np.random.default_rng(seed)
    pool = np.arange(len(keys))
    if len(keys) > max(RANDOM_POOL, 2 * count):
        pool = np.sort(random.choice(len(keys), max(RANDOM_POOL, 2 * count), replace=False))
    vectors = unit_rows(view.vectors(keys[pool]))
    apart = np.ones(len(pool))
    chosen: list[int] = []
    while len(chosen) < min(count, len(pool)):
        total = apart.sum()
        left = np.setdiff1d(np.arange(len(pool)), chosen) if total <= 0 else None
        drawn = int(random.choice(left) if left is not None else random.choice(
            len(pool), p=apart / total))  # fmt: skip
        chosen.append(drawn)
        apart = np.minimum(apart, np.square(1 - np.clip(vectors @ vectors[drawn], -1, 1)))
        apart[apart < 1e-9] = 0
        apart[drawn] = 0
    return np.asarray(pool[chosen], np.int64)


def _to_unit(scores: Float32Array) -> Float32Array:
    low, high = float(scores.min()), float(scores.max())
    return np.asarray((scores - low) / max(high - low, 1e-6), np.float32)
