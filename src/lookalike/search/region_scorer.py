"""Pictures by the best of their regions."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.region_grid import GRID
from lookalike.search.fusion import Background
from lookalike.search.likeness import by_surprise
from lookalike.search.region import Region
from lookalike.search.results import Via
from lookalike.store.known import Int64Array
from lookalike.store.regions import BestRegions, RegionView


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
        few = len(keys) < self._pictures // 2
        best = self._regions.best(self._query, keys) if few else self._best_of_all
        self.exact = self.exact and best.exact
        surprise = np.zeros(len(keys), np.float32)
        _, at, found = np.intersect1d(keys, best.keys, assume_unique=True, return_indices=True)
        surprise[at] = self.background.surprise(best.scores[found])
        self._places = dict(zip(best.keys.tolist(), best.places.tolist(), strict=True))
        return surprise

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely their best regions show it, by their surprise."""
        return by_surprise(self.surprise(keys), self._pictures)

    def region(self, key: int) -> Region:
        """The region that a picture, which has a surprise, was found by."""
        left, upper, width, height = (100 * share for share in GRID[self._places[key]])
        # Thirds do not quite add up to one.
        return Region(left, upper, min(width, 100 - left), min(height, 100 - upper))
