"""Vectors blended with those of their nearest neighbours: database-side feature augmentation.

After Arandjelovic and Zisserman ("Three things everyone should know to improve object retrieval",
2012) and Radenovic et al. ("Fine-tuning CNN image retrieval with no human annotation", 2019), whose
weights are powers of the similarity. A picture's vector becomes the mean of its own and its nearest
pictures' vectors, so that what they have in common counts and what is accidental does not. Queries
stay as they are, apart from centring, which is why a search costs the same as before.
"""

from __future__ import annotations

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.encoders.postprocessing import Transform
from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore

MAX_PICTURES = 50_000
"""Up to so many pictures; finding the neighbours takes a time that grows with their square."""
MIN_PICTURES = 30
GROWTH = 1.3
"""Vectors are blended anew once the library has grown, or shrunk, by this factor."""
POWER = 2.0
OWN = 0.75
"""How much a picture counts besides its share of the mean, so that its copies find it first."""
_BLOCK = 2_048


class Blended:
    """A source of blended vectors, see :class:`lookalike.pipeline.fill.VectorSource`.

    Args:
        base: the space whose vectors are blended.
        transform: what is done to them first.
        neighbours: how many of the nearest pictures.
    """

    def __init__(self, base: SpaceDescription, transform: Transform, neighbours: int) -> None:
        self._base, self._transform, self._neighbours = base, transform, neighbours
        self._held: tuple[object, Int64Array, Float32Array] | None = None

    def available(self, store: LanceStore) -> Int64Array:
        """All pictures that have a vector in the other space."""
        return store.keys_in(self._base)

    def vectors(self, store: LanceStore, keys: Int64Array) -> Float32Array:
        """The blended vectors of these keys."""
        known, rows = self._all(store)
        return blend(rows[np.searchsorted(known, keys)], rows, self._neighbours)

    def _all(self, store: LanceStore) -> tuple[Int64Array, Float32Array]:
        """Keys, ascending, and transformed vectors of all pictures, read once per version."""
        state = store.state_of(self._base)
        if self._held is None or self._held[0] != state:
            batches = [*store.vector_batches(self._base)]
            keys = np.concatenate([keys for keys, _ in batches])
            rows = np.concatenate([self._transform(v.astype(np.float32)) for _, v in batches])
            order = np.argsort(keys)
            self._held = (state, keys[order], rows[order])
        return self._held[1], self._held[2]


def blend(
    vectors: Float32Array,
    among: Float32Array,
    neighbours: int,
    power: float = POWER,
    own: float = OWN,
) -> Float32Array:
    """Blend vectors with those of their nearest neighbours.

    Args:
        vectors: shape (n, dims), rows of length 1; all of them are in ``among``, too.
        among: shape (m, dims), rows of length 1.
        neighbours: how many besides the picture itself.
        power: of the inner product, which weighs a neighbour.
        own: how much a picture's own vector counts beside the mean, brought to length 1.

    Returns:
        Shape (n, dims), float32, rows of length 1: means of the neighbours, the picture itself
        among them.
    """
    import faiss

    count = min(neighbours + 1, len(among))
    found = np.empty_like(vectors)
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores, nearest = faiss.knn(vectors[part], among, count, metric=faiss.METRIC_INNER_PRODUCT)
        weights = np.maximum(scores, 0) ** power
        found[part] = np.einsum("nk,nkd->nd", weights, among[nearest])
    return unit_rows(own * vectors + unit_rows(found))
