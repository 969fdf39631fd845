"""Hits that are unlike one another, and pictures at random that are.

Both choose one picture after the other, by what was chosen before and never by how many are
wanted. So the pages of an answer, whatever their length, are one list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

POOL = 300
"""So many of the best hits are chosen among, and as many more for each third of them chosen."""
RANDOM_POOL = 1_000

Pick = Callable[[Int64Array, Float32Array, int], int]


def diverse(
    keys: Int64Array,
    scores: Float32Array,
    view: VectorView,
    count: int,
    diversity: float,
    done: Int64Array | None = None,
) -> Int64Array:
    """Choose hits by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    One after the other the hit is chosen that is best in
    ``(1 - diversity) * relevance - diversity * likeness``: its score, scaled to 0 to 1 within the
    best :data:`POOL`, against its largest cosine with a chosen one. Cosines are taken after the
    mean of the library is subtracted: otherwise all pictures are alike.

    Args:
        keys: shape (n,), the hits.
        scores: shape (n,), their scores.
        view: the pictures' vectors.
        count: how many to choose.
        diversity: from 0 (the best hits) to 1 (as unlike one another as possible; the best
            hit stays the first).
        done: positions in ``keys`` of those that were chosen before.

    Returns:
        Positions in ``keys``, at most ``count``, in the order of choice.
    """
    order = np.lexsort((keys, -scores))
    relevance = _to_unit(scores, order[:POOL])
    mean = view.background.mean(axis=0) if len(keys) else 0

    def best(pool: Int64Array, likeness: Float32Array, step: int) -> int:
        value = relevance[pool]
        if step:
            value = np.where(
                likeness < np.inf, (1 - diversity) * value - diversity * likeness, -np.inf
            )
        return int(np.argmax(value))

    def vectors(at: Int64Array) -> Float32Array:
        return unit_rows(view.vectors(keys[at]) - mean)

    return np.fromiter(_chosen(order, POOL, vectors, best, count, done), np.int64)


def surprising(
    keys: Int64Array, view: VectorView, count: int, seed: int, done: Int64Array | None = None
) -> Int64Array:
    """Choose pictures at random that are unlike one another.

    Each is drawn with a probability that grows with the square of its distance to the nearest
    that was drawn before (the seeding of k-means++, Arthur and Vassilvitskii, 2007).

    Args:
        keys: shape (n,): what to choose from.
        view: the pictures' vectors.
        count: how many.
        seed: the same one gives the same pictures.
        done: positions in ``keys`` of those that were drawn before.

    Returns:
        Positions in ``keys``, at most ``count``.
    """

    def draw(_: Int64Array, likeness: Float32Array, step: int) -> int:
        left = likeness < np.inf
        apart = np.where(left, np.square(1 - likeness.clip(-1, 1)), 0) if step else left * 1.0
        apart[apart < 1e-9] = 0
        shares = np.cumsum(apart if apart.any() else left * 1.0)
        at = np.random.default_rng([seed, step]).random() * shares[-1]
        return int(np.searchsorted(shares, at, side="right"))

    def vectors(at: Int64Array) -> Float32Array:
        return unit_rows(view.vectors(keys[at]))

    order = np.argsort(_shuffled(keys, seed), kind="stable")
    return np.fromiter(_chosen(order, RANDOM_POOL, vectors, draw, count, done), np.int64)


def _chosen(
    order: Int64Array,
    pool_size: int,
    vectors: Callable[[Int64Array], Float32Array],
    pick: Pick,
    count: int,
    done: Int64Array | None,
) -> Iterator[int]:
    """Positions, one after the other.

    Args:
        order: all positions; a pool is a first part of it.
        pool_size: the pool grows by so much whenever a third of it is chosen.
        vectors: of length 1, of the pictures at some positions.
        pick: the place in the pool of the next one. It is told how near each is to the nearest
            that was chosen (inf: it was itself chosen), and how many were.
        count: how many.
        done: positions that were chosen before.
    """
    taken = [] if done is None else done.tolist()
    wanted = min(len(order), len(taken) + count)
    while len(taken) < wanted:
        block = len(taken) // (pool_size // 3)
        pool = order[: pool_size * (block + 1)]
        within = vectors(pool)
        likeness = np.full(len(pool), -np.inf, np.float32)
        if taken:
            likeness = np.asarray((within @ vectors(np.array(taken)).T).max(axis=1), np.float32)
        likeness[np.isin(pool, taken)] = np.inf
        for step in range(len(taken), min(wanted, (block + 1) * (pool_size // 3))):
            at = pick(pool, likeness, step)
            yield int(pool[at])
            taken.append(int(pool[at]))
            likeness = np.maximum(likeness, within @ within[at])
            likeness[at] = np.inf


def _shuffled(keys: Int64Array, seed: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Numbers that put the keys in an order at random, which no other key changes (SplitMix64)."""
    state = keys.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(state ^ (state >> np.uint64(31)))


def _to_unit(scores: Float32Array, among: Int64Array) -> Float32Array:
    if not len(among):
        return scores
    low, high = float(scores[among].min()), float(scores[among].max())
    return np.asarray((scores - low) / max(high - low, 1e-6), np.float32)
