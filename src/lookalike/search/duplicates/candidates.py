"""Which pictures may be the same: near hashes in eight orientations, and neighbours by vector.

No pair of pictures is held that is not a candidate, so memory grows with the library alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import faiss
import numpy as np

from lookalike.imaging.fingerprints import BITS, MIN_DETAIL, orientations
from lookalike.imaging.picture import UInt8Array
from lookalike.store.fingerprints import Fingerprints
from lookalike.store.known import Int64Array
from lookalike.store.neighbours import NeighbourLists
from lookalike.store.vectors import VectorView

MAX_BITS = 31
"""Two hashes that differ in no more of their 256 bits are near (as in PDQ)."""
MAX_NEAR = 24
"""Of pictures with near hashes the nearest so many are looked at: plain ones have thousands."""
NEIGHBOURS = 16
MIN_SIMILARITY = 0.45
"""The vector of a crop to 60 % of each side is nearer to that of the whole in 98 of 100."""

_FLAT_ROWS = 50_000
_TABLES, _TABLE_BITS = 16, 16


class HashIndex:
    """Finds near hashes.

    Up to 50,000 pictures, every hash is looked at; more are found by multi-index hashing (Norouzi,
    Punjani and Fleet, 2012): hashes that differ little are equal in one of 16 parts.

    Args:
        prints: of all pictures.
    """

    def __init__(self, prints: Fingerprints) -> None:
        differ = (prints.whole != prints.inner).any(axis=1)
        detailed = prints.detail >= MIN_DETAIL
        self._rows = np.concatenate(
            [np.flatnonzero(detailed), np.flatnonzero(detailed & differ)]
        ).astype(np.int64)
        hashes = np.concatenate([prints.whole[detailed], prints.inner[detailed & differ]])
        self._keys = prints.keys
        self._hashes = np.ascontiguousarray(hashes[:, _scatter()])
        if len(hashes) <= _FLAT_ROWS:
            self._index = faiss.IndexBinaryFlat(BITS)
        else:
            self._index = faiss.IndexBinaryMultiHash(BITS, _TABLES, _TABLE_BITS)
        self._index.add(self._hashes)

    def near(self, hashes: UInt8Array) -> list[Int64Array]:
        """For each picture the keys of those with near hashes, the nearest 24 at most.

        Args:
            hashes: shape (n, m, 32), uint8: m hashes of each of n pictures.
        """
        n, m = hashes.shape[:2]
        asked = orientations(hashes.reshape(n * m, -1)).swapaxes(0, 1).reshape(-1, BITS // 8)
        limits, bits, rows = self._index.range_search(
            np.ascontiguousarray(asked[:, _scatter()]), MAX_BITS + 1
        )
        ends = limits[:: 8 * m].astype(np.int64)
        return [
            self._nearest(rows[low:high], bits[low:high]) for low, high in pairwise(ends.tolist())
        ]

    def _nearest(self, rows: Int64Array, bits: Int64Array) -> Int64Array:
        keys = self._keys[self._rows[rows[np.argsort(bits, kind="stable")]]]
        _, first = np.unique(keys, return_index=True)
        return keys[np.sort(first)[:MAX_NEAR]]


def _scatter() -> Int64Array:
    """Bytes in another order: so each part of a hash has frequencies from everywhere."""
    return np.arange(BITS // 8, dtype=np.int64).reshape(8, 4).T.ravel()


def candidates(
    keys: Int64Array,
    prints: Fingerprints,
    near: HashIndex,
    view: VectorView,
    lists: NeighbourLists | None = None,
) -> Iterator[tuple[int, int, float]]:
    """Pairs that may be the same picture, or similar, with the cosine of their vectors.

    Args:
        keys: of the pictures that are compared with all others.
        prints: of all pictures.
        near: over them.
        view: the vectors of all pictures.
        lists: their nearest neighbours by these vectors, where they are kept.

    Yields:
        Each pair once: one of ``keys``, the other, cosine.
    """
    at = np.searchsorted(prints.keys, keys)
    found = near.near(np.stack([prints.whole[at], prints.inner[at]], axis=1))
    plain = prints.detail[at] < MIN_DETAIL
    met: set[tuple[int, int]] = set()
    for key, by_hash, is_plain in zip(keys.tolist(), found, plain.tolist(), strict=True):
        scores = _by_vector(key, view, lists)
        likely = [other for other, score in scores.items() if score >= MIN_SIMILARITY]
        others = _others(key, likely if is_plain else [*by_hash.tolist(), *likely], met)
        for other in others:
            yield key, other, scores.get(other, 0.0)


def _by_vector(key: int, view: VectorView, lists: NeighbourLists | None) -> dict[int, float]:
    """The nearest other pictures by their vectors, and the cosines."""
    if lists is None:
        found = view.top(view.vectors(np.array([key]))[0], NEIGHBOURS + 1)
        nearest, cosines = found.keys, found.scores
    else:
        nearest, cosines = lists.of(key)
    scores = dict(zip(nearest.tolist(), cosines.tolist(), strict=True))
    scores.pop(key, None)
    return dict(list(scores.items())[:NEIGHBOURS])


def _others(key: int, found: Iterable[int], met: set[tuple[int, int]]) -> list[int]:
    chosen = []
    for other in dict.fromkeys(found):
        pair = (min(key, other), max(key, other))
        if other != key and pair not in met:
            met.add(pair)
            chosen.append(other)
    return chosen
