"""What scores pictures for one clause. Each gives candidates, and surprise for any pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.search.clause import Clause
from lookalike.search.fusion import Background, best_of
from lookalike.search.likeness import CONCEPT, Likeness
from lookalike.search.results import Via
from lookalike.store.known import Int64Array
from lookalike.store.vectors import VectorView


class Scorer(Protocol):
    """Scores pictures for one clause in one way."""

    via: Via

    @property
    def exact(self) -> bool:
        """Whether the candidates so far are those of a full scan."""
        ...

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """Pictures that may be among the best ``count``, of ``keys`` or of all.

        ``rough`` ones seem to be so: enough where many are scored again with other clauses.
        """
        ...

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of these pictures, shape (n,); ``keys`` ascend."""
        ...

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely each of these is what the clause means, from 0 to 1; ``keys`` ascend."""
        ...


class VectorScorer:
    """Nearness of vectors.

    Args:
        view: the space's vectors.
        query: shape (dims,).
        via: ``look`` or ``concept``.
        likeness: what its inner products mean.
    """

    def __init__(
        self, view: VectorView, query: Float32Array, via: Via, likeness: Likeness = CONCEPT
    ) -> None:
        self.view, self.query, self.via, self.likeness = view, query, via, likeness
        self.exact = True
        self._scored: tuple[Int64Array, Float32Array] | None = None

    @cached_property
    def background(self) -> Background:
        """How the query's inner products are spread over the library."""
        return Background.of(self.view.scores_of(self.query, self.view.background))

    def candidates(self, count: int, keys: Int64Array | None, *, rough: bool = False) -> Int64Array:
        """The nearest pictures."""
        if rough:
            near, exact = self.view.near(self.query, count, keys)
        else:
            found = self.view.top(self.query, count, keys)
            near, exact = found.keys, found.exact
        self.exact = self.exact and exact
        return near

    def note(self, keys: Int64Array, inner: Float32Array) -> None:
        """Take over inner products with these pictures that were computed for many at once."""
        self._scored = keys, inner

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of the inner products with these pictures; 0 for those without a vector."""
        return self._of_those_there(keys, self.background.surprise)

    def chance(self, keys: Int64Array) -> Float32Array:
        """What the inner products with these pictures mean; 0 for those without a vector."""
        return self._of_those_there(keys, self.likeness.chance)

    def presence(self, first: Int64Array) -> float | None:
        """Log odds that the library shows what is looked for; None if nobody measured that.

        Args:
            first: keys of the best hits, best first.
        """
        return None

    def _of_those_there(
        self, keys: Int64Array, what: Callable[[Float32Array], Float32Array]
    ) -> Float32Array:
        there = self.view.holds(keys)
        if there is None:
            return what(self.inner(keys))
        values = np.zeros(len(keys), dtype=np.float32)
        values[there] = what(self.inner(keys[there]))
        return values

    def inner(self, keys: Int64Array) -> Float32Array:
        """Inner products with these pictures, which all have a vector; shape (n,)."""
        if self._scored is not None and (again := _among(keys, *self._scored)) is not None:
            return again
        if len(keys) == len(self.view):
            scores: Float32Array = self.view.all_scores(self.query[None])[0]
        else:
            scores = self.view.scores(self.query[None], keys)[0]
        self._scored = keys, scores
        return scores


def _among(keys: Int64Array, known: Int64Array, scores: Float32Array) -> Float32Array | None:
    """The scores of these keys, where all of them are known."""
    if keys is known:
        return scores
    if len(keys) > len(known):
        return None
    at = np.searchsorted(known, keys).clip(max=max(len(known) - 1, 0))
    return np.asarray(scores[at], np.float32) if np.array_equal(known[at], keys) else None


CONCEPT_SHARE = np.float32(0.2)
CONCEPT_BESIDE_PICTURES = 0.2
"""Concepts have few directions, so their inner products spread little by chance, and any match is
more surprising than one of looks: benchmarks/fusion.py, where this was chosen on half of it."""
MAX_CONCEPT_BESIDE_WORDS = np.float32(5)
_BEYOND = np.float32(0.05)


def _beside_words(surprise: Float32Array) -> Float32Array:
    """A concept's surprise beside words: hardly more than 5, but whatever is larger stays so."""
    beyond = np.log1p(np.maximum(surprise - MAX_CONCEPT_BESIDE_WORDS, 0))
    within = np.minimum(surprise, MAX_CONCEPT_BESIDE_WORDS)
    return np.asarray(within + _BEYOND * beyond, np.float32)


@dataclass(frozen=True)
class ScoredClause:
    """A clause with the ways to score it.

    Words that are written about a picture say more than what an encoder makes of it: where
    any picture's words match, the concept only adds a fifth of its surprise, hardly more than 1.
    That was chosen on half of the caption, title and tag queries that docs/benchmarks.md names.

    Attributes:
        clause: the clause.
        scorers: at least one.
        beside_pictures: whether the query has pictures, too, beside which concepts count less.
        share: how much of the clause this is: one that was taught stands beside what was learned.
    """

    clause: Clause
    scorers: Sequence[Scorer]
    beside_pictures: bool = False
    share: float = 1.0

    @property
    def weight(self) -> float:
        """What its surprise is multiplied by."""
        return self.clause.weight * self.share

    def score(self, keys: Int64Array) -> tuple[Float32Array, Int64Array]:
        """Weighted surprise of these pictures, and which scorer found them; each (n,)."""
        each = [scorer.surprise(keys) for scorer in self.scorers]
        if self.scorers[-1].via == "region":
            ways, best = best_of(each)
            return np.float32(self.weight) * best, ways
        first = each[0]
        if len(each) == 1 or not first.any():
            way = len(each) - 1
            counts = self.weight
            if self.beside_pictures and self.scorers[way].via == "concept":
                counts *= CONCEPT_BESIDE_PICTURES
            return np.float32(counts) * each[way], np.full(len(keys), way)
        surprise = first + CONCEPT_SHARE * _beside_words(each[1])
        weighted = np.asarray(self.weight * surprise, np.float32)
        return weighted, np.where(first > 0, 0, 1)

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely these pictures are what the clause means: by any of its scorers, (n,)."""
        otherwise = np.prod([1 - scorer.chance(keys) for scorer in self.scorers], axis=0)
        return np.asarray(1 - otherwise, np.float32)
