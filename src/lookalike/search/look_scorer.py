"""Pictures by how they look."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.search.fusion import Background
from lookalike.search.likeness import BLENDED, LOOK
from lookalike.search.presence import log_odds
from lookalike.search.scorers import VectorScorer
from lookalike.search.views import ClauseVectors, Views
from lookalike.store.known import Int64Array

_NEARER = 0.2
"""Where parts are looked at, too, a whole picture says what parts do not if it is nearly the same.

Vectors that were blended with their neighbours', and queries that were joined by theirs, come in
groups, so their best inner products would surprise more than those of any part: there, the best
tenth of the sample counts as background. On every other query of
benchmarks/regions.py parts then find what they find alone, and whole pictures no less."""


class LookScorer(VectorScorer):
    """Nearness in the space that is searched; what it means is read off the encoder's own space.

    A space that was fitted to a library (centred, blended with neighbours, whitened) ranks better,
    but its inner products depend on what else lies in the library.

    Args:
        views: the library.
        found: of a picture.
        beside_regions: whether the clause is also looked for in parts of pictures.
    """

    def __init__(self, views: Views, found: ClauseVectors, *, beside_regions: bool = False) -> None:
        query, self._own = views.joined_query(found)
        likeness = views.likeness
        if beside_regions:
            likeness = replace(likeness, middle=likeness.middle + _NEARER)
        super().__init__(views.look, query, "look", likeness)
        self._upper = beside_regions and views.expands
        self._without = found.excluded
        self._measured = LOOK.get(views.space.encoder) is not None
        self._blended = None
        if views.expands and not beside_regions:
            self._blended = BLENDED.get(views.space.encoder)
        self._encoded: VectorScorer | None = None
        if views.encoded is not None and found.encoded is not None:
            self._encoded = VectorScorer(views.encoded, found.encoded, "look", likeness)

    @cached_property
    def background(self) -> Background:
        """How the query's inner products are spread over the library."""
        sample = self.view.scores_of(self.query, self.view.background)
        return Background.of(sample, upper=self._upper)

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely these pictures show the same; in a blended space, the best hits among them."""
        if self._encoded is None:
            return super().chance(keys)
        if self._blended is None:
            return self._encoded.chance(keys)
        held = self.view.holds(keys)
        there = np.ones(len(keys), bool) if held is None else held
        found = np.zeros(len(keys), np.float32)
        found[there] = self._blended.chance(
            self._encoded.inner(keys[there]),
            self.inner(keys[there]),
            self.background.spread,
            self._encoded.background.mean,
            ~np.isin(keys[there], self._own),
        )
        return found

    def presence(self, first: Int64Array) -> float | None:
        """Log odds that the library shows what the picture does; None if nobody measured that."""
        if not self._measured:
            return None
        scorer = self._encoded or self
        return log_odds(scorer.query, scorer.view, first, self._without)
