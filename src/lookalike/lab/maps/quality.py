"""How far a map can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.store.known import Int64Array

_SAMPLE = 1000
_BLOCK = 10_000_000


@dataclass(frozen=True)
class MapQuality:
    """What a map keeps of the neighbourhoods in a space; 1 is all.

    Attributes:
        trustworthiness: 1 if all that lies near on the map is near in the space, about .5 for a
            random map (Venna and Kaski, 2001).
        continuity: 1 if all that is near in the space lies near on the map (the same).
        preserved: the share of the k nearest in the space that are among the k nearest on the map.
        k: how many neighbours were looked at.
        pictures: of how many pictures.
    """

    trustworthiness: float
    continuity: float
    preserved: float
    k: int
    pictures: int


def measure_map(
    vectors: Float32Array, places: Float32Array, k: int = 10, rows: Int64Array | None = None
) -> MapQuality:
    """Measure a map.

    Args:
        vectors: shape (n, dims), float32, compared by their inner products.
        places: shape (n, 2), float32.
        k: how many neighbours; at most (n - 1) / 2 are looked at.
        rows: whose neighbourhoods are compared; by default those of up to 1,000 random pictures.
    """
    n = len(vectors)
    k = min(k, (n - 1) // 2)
    if k < 1:
        return MapQuality(1.0, 1.0, 1.0, 0, n)
    if rows is None:
        rows = np.arange(n)
        if n > _SAMPLE:
            rows = np.sort(np.random.default_rng(0).choice(n, _SAMPLE, replace=False))
    false = lost = kept = 0.0
    step = max(1, _BLOCK // n)
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        high = _ranks(-(vectors[block] @ vectors.T), block)
        low = _ranks(_distances(places, block), block)
        false += float(np.where(low <= k, np.maximum(high - k, 0), 0).sum())
        lost += float(np.where(high <= k, np.maximum(low - k, 0), 0).sum())
        kept += float(((high <= k) & (low <= k)).sum())
    worst = len(rows) * k * (2 * n - 3 * k - 1) / 2
    return MapQuality(1 - false / worst, 1 - lost / worst, kept / (len(rows) * k), k, len(rows))


def _distances(places: Float32Array, rows: Int64Array) -> Float32Array:
    return np.asarray(((places[rows, None] - places[None]) ** 2).sum(axis=-1), np.float32)


def _ranks(distances: Float32Array, rows: Int64Array) -> Int64Array:
    """Ranks of all others by distance, from 1; a picture itself comes last."""
    distances[np.arange(len(rows)), rows] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, order.shape[1] + 1)[None], axis=1)
    return ranks
