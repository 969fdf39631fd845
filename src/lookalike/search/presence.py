"""Whether what a picture shows, or what words mean, is in the library at all.

A picture of something new has nearest pictures, too: those of its kin. But these have their own
kind beside them, so they are nearer to one another than to the newcomer, which is far down in
their lists of neighbours (the local outlier factor compares the same distances: Breunig et al.,
2000; neighbours that are mutual: Jegou, Harzallah and Schmid, 2007). The numbers were chosen on
half the classes of ``benchmarks/cut.py``, with those classes taken out and left in, by the empty
answers that they add and the F1 that they cost; docs/search.md has the figures of the other half.

Words are there if a picture lies in their direction, or at least far nearer to it than any other
does, as the only picture of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

FIRST = 3
"""So many of the best hits are asked for their neighbours."""
MIN_PICTURES = 30
"""Fewer pictures have no neighbourhoods to speak of."""
LEAST_LOG_ODDS = -2.5
"""A search by picture has no result below these. They are low because kin of what is looked for is
worth showing: of what is there less than a fiftieth is missed."""
LEAST_OF_WORDS = -1.3
"""A search by words that nothing is described by has no result below these."""
_CONSTANT, _LIKENESS, _NEARER, _RANK = 1.27, 3.8, 16.0, -1.13
_DEEPEST = 20
"""How far the hits' lists of neighbours are read."""
_ENOUGH = 0.1
"""Being nearer to a hit than its nearest neighbour by more than that says nothing more."""
_COPY = 0.85
"""So near is nothing but the same picture, or the same thing, of which there may be one alone."""
_SAME = 1e-4
_WORDS, _NEAR, _ALONE = -5.46, 8.0, 4.8
_ENOUGH_ALONE = 0.6
_KINDS = 0.5
"""The more kinds a noun stands for, the longer its vector, and the nearer it comes to anything."""


def log_odds(
    query: Float32Array, view: VectorView, first: Int64Array, without: Iterable[int] = ()
) -> float:
    """The logarithm of the odds that the library shows what the query does.

    Args:
        query: shape (dims,), as the default encoder made it, length 1.
        view: its space.
        first: keys of the best hits; :data:`FIRST` of them count.
        without: keys of pictures that are the query itself.

    Returns:
        Infinity where there are too few pictures to tell, or one is so near that it settles it.
    """
    keys = first[:FIRST]
    if len(view) < MIN_PICTURES or not len(keys) or view.holds(keys) is not None:
        return np.inf
    hits = view.vectors(keys)
    likeness = hits @ query
    if likeness.max() >= _COPY:
        return np.inf
    own = set(without)
    beside = [_beside(view, hit, {key, *own}) for key, hit in zip(keys.tolist(), hits, strict=True)]
    nearer = [s - scores[0] for s, scores in zip(likeness, beside, strict=True)]
    rank = [(scores > s + _SAME).sum() for s, scores in zip(likeness, beside, strict=True)]
    return float(
        _CONSTANT
        + _LIKENESS * np.mean(likeness)
        + _NEARER * np.mean(np.minimum(nearer, _ENOUGH))
        + _RANK * np.mean(np.log1p(rank))
    )


def words_log_odds(query: Float32Array, scores: Float32Array) -> float:
    """The logarithm of the odds that the library shows what words mean.

    Args:
        query: shape (dims,), in a concept space; of any length.
        scores: shape (n,), its inner products with pictures, the best two among them.

    Returns:
        Minus infinity where there is no picture.
    """
    if not len(scores):
        return -np.inf
    best = np.sort(scores)[-2:] / max(float(np.linalg.norm(query)), 1e-9) ** _KINDS
    alone = min(best[-1] - best[0], _ENOUGH_ALONE) if len(best) > 1 else 0.0
    return float(_WORDS + _NEAR * best[-1] + _ALONE * alone)


def _beside(view: VectorView, vector: Float32Array, without: set[int]) -> Float32Array:
    """Inner products of a picture with its nearest others, best first."""
    found = view.top(vector, _DEEPEST + len(without))
    others = ~np.isin(found.keys, np.fromiter(without, np.int64))
    return found.scores[others][:_DEEPEST]
