"""Pictures by the best of their regions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.region_grid import GRID
from lookalike.search.fusion import Background
from lookalike.search.likeness import Likeness
from lookalike.search.region import Region
from lookalike.search.results import Via
from lookalike.store.known import Int64Array
from lookalike.store.regions import BestRegions, RegionView

LIKENESS = Likeness(18, 0.6)
"""What the inner product with the best of a picture's regions means: chosen on every other query of
benchmarks/regions.py; docs/regions.md has the figures of those between."""


class RegionScorer:
    """Nearness of the best region of a picture.

    Chance is measured on the best region of random pictures: the best of many is good more often
    than any one.

    Args:
        regions: of the library.
        query: shape (dims,).
        pictures: how many the library holds.
    """

    via: Via = "region"

    def __init__(self, regions: RegionView, query: Float32Array, pictures: int) -> None:
        self._regions, self._query, self._pictures = regions, query, pictures
        self.exact = True
        self._places: dict[int, int] = {}

    @cached_property
    def background(self) -> Background:
        """How the best regions' inner products are spread over the library."""
        return Background.of(self._regions.background(self._query))

    @cached_property
    def _best_of_all(self) -> BestRegions:
        return self._regions.best(self._query)

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """The pictures with the nearest regions."""
        del rough
        best = self._best_of_all if keys is None else self._regions.best(self._query, keys)
        self.exact = self.exact and best.exact
        return best.keys[np.argsort(-best.scores, kind="stable")[:count]]

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of these pictures' best regions; 0 where none is among the best of all."""
        return self._of_best(keys, self.background.surprise)

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely their best regions show it; 0 where none is among the best of all."""
        return self._of_best(keys, LIKENESS.chance)

    def _of_best(
        self, keys: Int64Array, what: Callable[[Float32Array], Float32Array]
    ) -> Float32Array:
        few = len(keys) < self._pictures // 2
        best = self._regions.best(self._query, keys) if few else self._best_of_all
        self.exact = self.exact and best.exact
        values = np.zeros(len(keys), np.float32)
        _, at, found = np.intersect1d(keys, best.keys, assume_unique=True, return_indices=True)
        values[at] = what(best.scores[found])
        self._places |= dict(zip(best.keys.tolist(), best.places.tolist(), strict=True))
        return values

    def region(self, key: int) -> Region:
        """The region that a picture, which has a surprise, was found by."""
        left, upper, width, height = (100 * share for share in GRID[self._places[key]])
        # Thirds do not quite add up to one.
        return Region(left, upper, min(width, 100 - left), min(height, 100 - upper))
