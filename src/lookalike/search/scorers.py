"""What scores pictures for one clause. Each gives candidates, and surprise for any pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.search.clause import Clause
from lookalike.search.fusion import Background, best_of, bm25_surprise
from lookalike.search.likeness import CONCEPT, Likeness
from lookalike.search.results import Via
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.text_query import TextQuery
from lookalike.store.vectors import VectorView


class Scorer(Protocol):
    """Scores pictures for one clause in one way."""

    via: Via

    @property
    def exact(self) -> bool:
        """Whether the candidates so far are those of a full scan."""
        ...

    def candidates(self, count: int, keys: Int64Array | None) -> Int64Array:
        """Pictures that may be among the best ``count``, of ``keys`` or of all."""
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
        return Background.of(self.view.background @ self.query)

    def candidates(self, count: int, keys: Int64Array | None) -> Int64Array:
        """The nearest pictures."""
        found = self.view.top(self.query, count, keys)
        self.exact = self.exact and found.exact
        return found.keys

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of the inner products with these pictures; 0 for those without a vector."""
        return self._of_those_there(keys, self.background.surprise)

    def chance(self, keys: Int64Array) -> Float32Array:
        """What the inner products with these pictures mean; 0 for those without a vector."""
        return self._of_those_there(keys, self.likeness.chance)

    def _of_those_there(
        self, keys: Int64Array, what: Callable[[Float32Array], Float32Array]
    ) -> Float32Array:
        there = self.view.holds(keys)
        if there is None:
            return what(self._inner(keys))
        values = np.zeros(len(keys), dtype=np.float32)
        values[there] = what(self._inner(keys[there]))
        return values

    def _inner(self, keys: Int64Array) -> Float32Array:
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
    if len(keys) > len(known):
        return None
    at = np.searchsorted(known, keys).clip(max=max(len(known) - 1, 0))
    return np.asarray(scores[at], np.float32) if np.array_equal(known[at], keys) else None


class WordScorer:
    """BM25 over all that is written about a picture (Robertson et al., 1994).

    Args:
        store: the library's store.
        words: what to look for.
        condition: the filter as SQL, or None.
    """

    via: Via = "words"
    exact = True

    def __init__(self, store: LanceStore, words: str | TextQuery, condition: str | None) -> None:
        self._store, self._words, self._condition = store, words, condition
        self._best = 0.0

    def candidates(self, count: int, keys: Int64Array | None) -> Int64Array:
        """The pictures with the best matching words."""
        del keys  # the condition says the same
        found, _ = self._store.text_search(self._words, count, self._condition)
        return found

    def surprise(self, keys: Int64Array) -> Float32Array:
        """Surprise of the BM25 scores; 0 where no word matches."""
        found, scores = self._matches(keys)
        surprise = np.zeros(len(keys), dtype=np.float32)
        at = np.searchsorted(keys, found)
        at[at == len(keys)] = 0
        hit = keys[at] == found if len(keys) else np.zeros(0, dtype=bool)
        surprise[at[hit]] = bm25_surprise(scores)[hit]
        self._best = max(self._best, float(surprise.max(initial=0)))
        return surprise

    def chance(self, keys: Int64Array) -> Float32Array:
        """Near 1 where a single word is written; of several, the more of the best match's."""
        surprise = self.surprise(keys)
        best = max(self._best, float(surprise.max(initial=0)))
        if not best:
            return surprise
        lacking = 2 * (1 - 1 / max(1, _count(self._words)))
        share = np.asarray((surprise / best).clip(1e-6) ** lacking, np.float32)
        return np.asarray(np.where(surprise > 0, WRITTEN * share, 0), np.float32)

    def _matches(self, keys: Int64Array) -> tuple[Int64Array, Float32Array]:
        if len(keys) > _FEW:
            return self._store.text_search(self._words, len(self._store), self._condition)
        listed = ", ".join(str(key) for key in keys.tolist())
        condition = f"key IN ({listed})" if listed else "false"
        return self._store.text_search(self._words, max(len(keys), 1), condition)


def _count(words: str | TextQuery) -> int:
    """How many words there are."""
    if isinstance(words, str):
        return len(words.split())
    return len(words.words.split()) + len(words.required) or 1


_FEW = 3_000
WRITTEN = np.float32(0.95)
"""How likely a picture is what words mean that are written about it."""
CONCEPT_SHARE = np.float32(0.2)
CONCEPT_BESIDE_PICTURES = 0.2
"""Concepts have few directions, so their inner products spread little by chance, and any match is
more surprising than one of looks: benchmarks/fusion.py, where this was chosen on half of it."""
MAX_CONCEPT_BESIDE_WORDS = np.float32(5)


@dataclass(frozen=True)
class ScoredClause:
    """A clause with the ways to score it.

    Words that are written about a picture say more than what an encoder makes of it: where
    any picture's words match, the concept only adds a fifth of its surprise, at most 1. That was
    chosen on half of the caption, title and tag queries that docs/benchmarks.md names.

    Attributes:
        clause: the clause.
        scorers: at least one.
        beside_pictures: whether the query has pictures, too, beside which concepts count less.
    """

    clause: Clause
    scorers: Sequence[Scorer]
    beside_pictures: bool = False

    def score(self, keys: Int64Array) -> tuple[Float32Array, Int64Array]:
        """Weighted surprise of these pictures, and which scorer found them; each (n,)."""
        each = [scorer.surprise(keys) for scorer in self.scorers]
        if self.scorers[-1].via == "region":
            ways, best = best_of(each)
            return np.float32(self.clause.weight) * best, ways
        first = each[0]
        if len(each) == 1 or not first.any():
            way = len(each) - 1
            counts = self.clause.weight
            if self.beside_pictures and self.scorers[way].via == "concept":
                counts *= CONCEPT_BESIDE_PICTURES
            return np.float32(counts) * each[way], np.full(len(keys), way)
        surprise = first + CONCEPT_SHARE * np.minimum(each[1], MAX_CONCEPT_BESIDE_WORDS)
        weighted = np.asarray(self.clause.weight * surprise, np.float32)
        return weighted, np.where(first > 0, 0, 1)

    def chance(self, keys: Int64Array) -> Float32Array:
        """How likely these pictures are what the clause means: by any of its scorers, (n,)."""
        otherwise = np.prod([1 - scorer.chance(keys) for scorer in self.scorers], axis=0)
        return np.asarray(1 - otherwise, np.float32)
