"""Which pictures are worth an exact score: all of a small library, the most promising of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookalike.search.results import Via
from lookalike.search.scope import Scope
from lookalike.search.scorers import ScoredClause, VectorScorer
from lookalike.search.views import Views
from lookalike.store.known import Int64Array

EXACT_PICTURES = 50_000
"""Up to so many matching pictures, each clause scores every one of them."""
MIN_CANDIDATES = 500
"""More pictures than that are narrowed down to so many for each clause, or ten times k."""
_FOLDED: tuple[Via, ...] = ("look", "joint", "concept")


def candidates(
    clauses: Sequence[ScoredClause], k: int, scope: Scope, views: Views
) -> tuple[Int64Array, str]:
    """Keys of the pictures to score, ascending, and what was done, for people.

    Args:
        clauses: at least one.
        k: how many hits are wanted; one more tells whether there are more.
        scope: where to look.
        views: the library.
    """
    if scope.size <= EXACT_PICTURES:
        every = views.store.keys() if scope.matching is None else scope.matching
        return scope.less_excluded(every), "scored every one of them"
    several = sum(len(clause.scorers) for clause in clauses) > 1
    count = max(MIN_CANDIDATES, 10 * k) if several else k + len(scope.excluded) + 1
    chosen = scope.less_excluded(_best_of_each(clauses, count, scope.matching))
    return chosen, f"scored the {len(chosen):,} that seem best for some clause"


def _best_of_each(
    clauses: Sequence[ScoredClause], count: int, keys: Int64Array | None
) -> Int64Array:
    """The best for each clause alone, and those that are good for all pictures' clauses at once."""
    wanted = [clause for clause in clauses if clause.clause.weight > 0]
    found = [scorer.candidates(count, keys) for c in wanted for scorer in c.scorers]
    found += [
        scorer.candidates(count, keys)
        for via in _FOLDED
        if (scorer := _folded(clauses, via)) is not None
    ]
    return np.unique(np.concatenate(found))


def _folded(clauses: Sequence[ScoredClause], via: Via) -> VectorScorer | None:
    """All clauses of a space as one query: a sum of standardised inner products is one, too."""
    parts = [
        (clause.clause.weight, scorer)
        for clause in clauses
        for scorer in clause.scorers
        if isinstance(scorer, VectorScorer) and scorer.via == via
    ]
    if len(parts) < 2:
        return None
    query = np.sum([w / s.background.spread * s.query for w, s in parts], axis=0)
    return VectorScorer(parts[0][1].view, query.astype(np.float32), via, parts[0][1].likeness)
