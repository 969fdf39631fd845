"""Which pictures are worth an exact score: all of a small library, the most promising of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.search.look_scorer import LookScorer
from lookalike.search.results import Via
from lookalike.search.scope import Scope
from lookalike.search.scorers import (
    CONCEPT_BESIDE_PICTURES,
    CONCEPT_SHARE,
    ScoredClause,
    VectorScorer,
)
from lookalike.search.views import Views
from lookalike.search.word_scorer import WordScorer, best_at, is_among
from lookalike.store.known import Int64Array
from lookalike.store.metric import is_product
from lookalike.store.vectors import EXACT_ROWS

EXACT_PICTURES = 50_000
"""In a library of up to so many pictures, each clause scores every one that matches the filter."""
MIN_CANDIDATES = 150
"""In others each clause names so many, or ten times k; benchmarks/combined.py has the recall."""
ENDING_CANDIDATES = 500
"""Where a list ends is weighed among so many, or it would depend on how few are shown."""
_SPARE = 3
"""Times as many as are shown seem best: the index's codes may have their order a little wrong."""
_MEANT: tuple[Via, ...] = ("joint", "concept")
"""What an encoder makes of words."""
_FOLDED: tuple[Via, ...] = ("look", *_MEANT)


def candidates(
    clauses: Sequence[ScoredClause],
    k: int,
    scope: Scope,
    views: Views,
    *,
    whole: bool = False,
    ends: bool = False,
) -> tuple[Int64Array, str]:
    """Keys of the pictures to score, ascending, and what was done, for people.

    Args:
        clauses: at least one.
        k: how many hits are wanted; one more tells whether there are more.
        scope: where to look.
        views: the library.
        whole: whether people will see more of the answer than its best hits: counts of values,
            or another order.
        ends: whether the list ends where hits are likely wrong.
    """
    if scope.size <= (EXACT_PICTURES if whole or scope.pictures <= EXACT_PICTURES else EXACT_ROWS):
        every = views.store.keys() if scope.matching is None else scope.matching
        return scope.less_excluded(every), "scored every one of them"
    several = sum(len(clause.scorers) for clause in clauses) > 1
    if several:
        found = list(_of_many(clauses, max(MIN_CANDIDATES, 10 * k), scope.matching))
    else:
        count = k + len(scope.excluded) + 1
        listed = _listed(clauses[0], count, scope, views, ends=ends)
        if listed is not None:
            return listed, f"took the {len(listed):,} from the picture's kept list of neighbours"
        count = max(_SPARE * count, ENDING_CANDIDATES) if ends else count
        found = [clauses[0].scorers[0].candidates(count, scope.matching, rough=ends)]
    chosen = scope.less_excluded(np.unique(np.concatenate(found)))
    return chosen, f"scored the {len(chosen):,} that seem best for some clause"


def _listed(
    clause: ScoredClause, count: int, scope: Scope, views: Views, *, ends: bool
) -> Int64Array | None:
    """The neighbours of a picture of the library that is all that is asked for, where kept."""
    whole = clause.clause.kind == "picture" and clause.clause.region is None
    liked = isinstance(clause.scorers[0], LookScorer) and clause.weight > 0
    plain = whole and liked and not views.expands and scope.matching is None
    lists = views.neighbours if plain else None
    if lists is None or count > lists.rows.shape[1]:
        return None
    near, _ = lists.of(views.store.key_of(clause.clause.value))
    return np.sort(near if ends else near[:count])


def _of_many(
    clauses: Sequence[ScoredClause], count: int, keys: Int64Array | None
) -> Iterator[Int64Array]:
    """The best for each clause alone, and those that are good for several at once."""
    for clause in clauses:
        for scorer in clause.scorers if clause.weight > 0 else ():
            # Where a clause's words are written, its concept is but a small addition to them.
            beside = scorer.via in _MEANT and _is_written(clause, keys)
            if not beside and not (isinstance(scorer, WordScorer) and scorer.every is not None):
                yield scorer.candidates(count, keys, rough=True)
    written = _written(clauses, keys)
    if len(written.keys):
        yield written.keys[best_at(written.surprise, count)]
    for via in _FOLDED:
        parts = [(c, s) for c in clauses for s in c.scorers
                 if isinstance(s, VectorScorer) and s.via == via
                 and is_product(s.view.metric)]  # fmt: skip
        if not any(clause.weight > 0 for clause, _ in parts):
            continue
        folded = _folded(parts, via, keys)
        if len(parts) > 1 or (via in _MEANT and _is_written(parts[0][0], keys)):
            yield folded.candidates(count, keys, rough=True)
        if len(written.keys) > count:  # many say the same: which of them look right, too?
            yield folded.candidates(count, written.keys, rough=True)
            written = _NOTHING_WRITTEN  # the pictures' looks tell more than concepts do


@dataclass(frozen=True)
class _Written:
    """Pictures that some wanted words are written about, and the surprise of all words together."""

    keys: Int64Array
    surprise: Float32Array


_NOTHING_WRITTEN = _Written(np.empty(0, np.int64), np.empty(0, np.float32))


def _written(clauses: Sequence[ScoredClause], keys: Int64Array | None) -> _Written:
    found = [(clause.weight, scorer.every) for clause in clauses for scorer in clause.scorers
             if isinstance(scorer, WordScorer) and scorer.every is not None]  # fmt: skip
    wanted = [every[0] for weight, every in found if weight > 0]
    if not wanted:
        return _NOTHING_WRITTEN
    every = wanted[0] if len(wanted) == 1 else np.unique(np.concatenate(wanted))
    if keys is not None:
        every = every[is_among(every, keys)]
    total = np.zeros(len(every), np.float32)
    for weight, (matches, surprise) in found:
        there = is_among(matches, every)
        total[np.searchsorted(every, matches[there])] += np.float32(weight) * surprise[there]
    return _Written(every, total)


def _folded(
    parts: Sequence[tuple[ScoredClause, VectorScorer]], via: Via, keys: Int64Array | None
) -> VectorScorer:
    """All clauses of a space as one query: a sum of standardised inner products is one, too."""
    query = np.sum(
        [_counts(c, via, keys) / s.background.spread * s.query for c, s in parts], axis=0
    )
    first = parts[0][1]
    return VectorScorer(first.view, query.astype(np.float32), via, first.likeness)


def _counts(clause: ScoredClause, via: Via, keys: Int64Array | None) -> float:
    """What the surprise of a clause in a space adds to the score, times this."""
    weight = clause.weight
    if via in _MEANT and _is_written(clause, keys):
        return weight * float(CONCEPT_SHARE)
    beside = via == "concept" and clause.beside_pictures
    return weight * (CONCEPT_BESIDE_PICTURES if beside else 1)


def _is_written(clause: ScoredClause, keys: Int64Array | None) -> bool:
    """Whether the words of a clause are written about some picture."""
    words = clause.scorers[0]
    return isinstance(words, WordScorer) and words.occurs(keys)
