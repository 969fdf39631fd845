"""Scored pictures, on their way from the engine to a page of hits.

Each step of a search takes a :class:`Scored` and gives one: it ranks, cuts, collapses, spreads or
sorts by :meth:`Scored.take`, which picks pictures and puts them in an order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.search.region import Region
from lookalike.search.region_scorer import RegionScorer
from lookalike.search.results import Contribution, Hit
from lookalike.search.scorers import ScoredClause, VectorScorer
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore

WANTED_SPARES = np.float32(0.75)
"""So much of the mean surprise of what is wanted is left standing by pictures that are not:
benchmarks/fusion.py, where this was chosen on half of it."""


@dataclass(frozen=True)
class Scored:
    """Pictures with what each clause adds to their scores.

    Attributes:
        keys: shape (n,), int64.
        total: shape (n,), float32: the sum of the contributions.
        values: shape (clauses, n), float32: weight times surprise.
        ways: shape (clauses, n), int8: which scorer of the clause found the picture.
        clauses: those that have a weight, in the query's order.
    """

    keys: Int64Array
    total: Float32Array
    values: Float32Array
    ways: npt.NDArray[np.int8]
    clauses: tuple[ScoredClause, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, at: npt.NDArray[np.intp]) -> Scored:
        """Only the pictures at these places, in this order."""
        return Scored(
            self.keys[at], self.total[at], self.values[:, at], self.ways[:, at], self.clauses
        )

    def best_first(self) -> Scored:
        """Sorted by score; equal ones in the order in which the pictures came in."""
        return self.take(np.lexsort((self.keys, -self.total)))

    def first(self, count: int) -> Scored:
        """The first ``count``."""
        return self.take(np.arange(min(count, len(self))))

    def above(self, least: float) -> Scored:
        """Those whose score is larger, in the order that they are in."""
        return self.take(np.flatnonzero(self.total > least))

    def hits(self, store: LanceStore, before: int = 0) -> tuple[Hit, ...]:
        """These pictures as results, in this order; so many are ``before`` them."""
        return tuple(
            Hit(
                before + i + 1,
                record,
                float(self.total[i]),
                self._contributions(i),
                self._region(i),
            )
            for i, record in enumerate(store.records(self.keys))
        )

    def _region(self, i: int) -> Region | None:
        """The part of a picture that adds most to its score, if that was found by a part."""
        at = int(np.argmax(self.values[:, i])) if len(self.clauses) else -1
        if at < 0 or self.values[at, i] <= 0:
            return None
        scorer = self.clauses[at].scorers[self.ways[at, i]]
        return scorer.region(int(self.keys[i])) if isinstance(scorer, RegionScorer) else None

    def _contributions(self, i: int) -> tuple[Contribution, ...]:
        return tuple(
            Contribution(scored.clause, float(value), scored.scorers[way].via)
            for scored, value, way in zip(
                self.clauses, self.values[:, i], self.ways[:, i], strict=True
            )
        )


def score(clauses: Sequence[ScoredClause], keys: Int64Array) -> Scored:
    """Score these pictures by every clause.

    Args:
        clauses: may be none: all scores are 0 then.
        keys: ascending.
    """
    _score_together(clauses, keys)
    values = np.empty((len(clauses), len(keys)), np.float32)
    ways = np.empty((len(clauses), len(keys)), np.int8)
    for at, clause in enumerate(clauses):
        values[at], ways[at] = clause.score(keys)
    _spare_wanted(clauses, values)
    return Scored(keys, values.sum(axis=0), values, ways, tuple(clauses))


def _spare_wanted(clauses: Sequence[ScoredClause], values: Float32Array) -> None:
    """Let pictures that are not wanted count only as far as they say more than what is wanted.

    What looks like them often looks like the wanted ones, too: taken off as a whole, they cost most
    of what is wanted. What is written, and what is seen in a word, tells things apart better.
    """
    weights = np.array([clause.weight for clause in clauses], np.float32)
    wanted = weights > 0
    if not wanted.any() or wanted.all():
        return
    spared = WANTED_SPARES * values[wanted].sum(axis=0).clip(0) / weights[wanted].sum()
    for at in np.flatnonzero(~wanted).tolist():
        if clauses[at].scorers[0].via == "look":
            values[at] = weights[at] * np.maximum(values[at] / weights[at] - spared, 0)


def _score_together(clauses: Sequence[ScoredClause], keys: Int64Array) -> None:
    """Read each vector once for all the clauses that it is compared with."""
    by_view: dict[int, list[VectorScorer]] = {}
    for scorer in (scorer for clause in clauses for scorer in clause.scorers):
        if isinstance(scorer, VectorScorer):
            by_view.setdefault(id(scorer.view), []).append(scorer)
    for scorers in by_view.values():
        view = scorers[0].view
        if len(scorers) > 1 and len(keys) < len(view) and view.holds(keys) is None:
            inner = view.scores(np.stack([scorer.query for scorer in scorers]), keys)
            for scorer, row in zip(scorers, inner, strict=True):
                scorer.note(keys, row)
