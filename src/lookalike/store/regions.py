"""The vectors of the regions of pictures as a search sees them.

They lie in an added space (:mod:`lookalike.store.space_table`), one row a region: its key is the
picture's times :data:`~lookalike.encoders.region_grid.MOST_REGIONS`, plus its place in the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.region_grid import GRID, MOST_REGIONS, region_keys
from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView

MOST_FOUND = 4_000
"""Of many pictures, only those count by a region that have one among so many best regions."""
BACKGROUND_PICTURES = 512


@dataclass(frozen=True)
class BestRegions:
    """The best region of each of some pictures.

    Attributes:
        keys: of the pictures, shape (n,), ascending.
        scores: inner products, shape (n,).
        places: in the grid, shape (n,).
        exact: whether every region that counts was scored.
    """

    keys: Int64Array
    scores: Float32Array
    places: Int64Array
    exact: bool


class RegionView:
    """The regions of all pictures at one version of a library.

    Args:
        view: the rows of the space.
        space: which space it is.
        base: the space whose vectors become queries of it.
    """

    def __init__(self, view: VectorView, space: SpaceDescription, base: SpaceDescription) -> None:
        self._view, self.space, self.base = view, space, base

    @cached_property
    def pictures(self) -> Int64Array:
        """The keys of the pictures that have regions, ascending."""
        return np.unique(self._view.live // MOST_REGIONS)

    def best(self, query: Float32Array, keys: Int64Array | None = None) -> BestRegions:
        """The best regions for a vector of shape (dims,), of these pictures or of all."""
        if keys is None:
            found = self._view.top(query, MOST_FOUND)
        else:
            rows = region_keys(np.intersect1d(keys, self.pictures, assume_unique=True))
            few = len(rows) <= MOST_FOUND
            found = self._view.top(query, MOST_FOUND, rows, exact=few)
        pictures, first = np.unique(found.keys // MOST_REGIONS, return_index=True)
        places = found.keys[first] % MOST_REGIONS  # the best ones come first
        return BestRegions(pictures, found.scores[first], places, found.exact)

    def background(self, query: Float32Array) -> Float32Array:
        """The best score of each of some random pictures, shape (n,); the same ones every time."""
        if not len(self._sample):
            return np.empty(0, np.float32)
        best: Float32Array = (self._sample @ query).reshape(-1, len(GRID)).max(axis=1)
        return best

    @cached_property
    def _sample(self) -> Float32Array:
        random = np.random.default_rng(0)
        count = min(BACKGROUND_PICTURES, len(self.pictures))
        chosen = random.choice(self.pictures, count, replace=False)
        return self._view.vectors(region_keys(np.sort(chosen)))
