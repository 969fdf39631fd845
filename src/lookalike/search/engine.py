"""From a query to hits: resolve the filter, gather candidates, score them exactly, fuse."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.errors import QueryError
from lookalike.search.clause import Clause
from lookalike.search.query import Query
from lookalike.search.results import Contribution, Hit, Plan, Results
from lookalike.search.scorers import ScoredClause, Scorer, VectorScorer, WordScorer
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.vectors import VectorView

EXACT_PICTURES = 50_000
"""Up to so many matching pictures, each clause scores every one of them."""
MIN_CANDIDATES = 500
"""More pictures than that are narrowed down to so many for each clause, or ten times k."""


@dataclass(frozen=True)
class ClauseVectors:
    """What encoders made of a clause.

    Attributes:
        look: its vector in the picture space, or None for words.
        concept: its vector in the concept space, or None.
        key: the library's picture that it is, or None.
    """

    look: Float32Array | None = None
    concept: Float32Array | None = None
    key: int | None = None


@dataclass(frozen=True)
class Views:
    """One version of a library, ready to be searched.

    Attributes:
        store: the table.
        look: vectors of the picture space.
        concept: vectors of the concept space, if there is one.
    """

    store: LanceStore
    look: VectorView
    concept: VectorView | None


def search(query: Query, vectors: Sequence[ClauseVectors], views: Views, began: float) -> Results:
    """Answer a query.

    Args:
        query: what is wanted.
        vectors: for each clause that has a weight what the encoders made of it.
        views: where to look.
        began: :func:`time.perf_counter` when the query came in.

    Raises:
        QueryError, FilterError: the query cannot be understood.
    """
    steps: list[str] = []
    condition, keys = None, None
    if query.where.strip():
        from lookalike.search.filter import compile_filter

        condition = compile_filter(query.where)
        keys = np.sort(views.store.keys_where(condition))
        steps.append(f"{len(keys):,} of {len(views.store):,} pictures match the filter")
    clauses = [
        ScoredClause(clause, _scorers(query, clause, found, views, condition))
        for clause, found in zip(query.weighed, vectors, strict=True)
    ]
    own = [found.key for found in vectors if found.key is not None]
    if not clauses:
        return _newest(query, views, keys, began, steps)
    matching = len(views.store) if keys is None else len(keys)
    if matching <= EXACT_PICTURES:
        chosen = views.store.keys() if keys is None else keys
        steps.append("scored every one of them")
    else:
        count = max(MIN_CANDIDATES, 10 * query.k) if _several(clauses) else query.k + len(own)
        chosen = _candidates(clauses, count, keys)
        steps.append(f"scored the {len(chosen):,} that seem best for some clause")
    chosen = np.setdiff1d(chosen, own, assume_unique=True) if own else chosen
    hits = _hits(query, clauses, chosen, views.store)
    plan = Plan(
        pictures=len(views.store),
        matching=None if keys is None else len(keys),
        method="exact" if all(s.exact for c in clauses for s in c.scorers) else "index",
        candidates=len(chosen),
        steps=tuple(steps),
    )
    return Results(
        query=query,
        hits=hits,
        plan=plan,
        took_ms=(time.perf_counter() - began) * 1000,
        notes=_notes(query, clauses, hits),
        cut_reason="k" if len(hits) == query.k else "all",
    )


def _scorers(
    query: Query, clause: Clause, found: ClauseVectors, views: Views, condition: str | None
) -> list[Scorer]:
    if found.look is not None:
        return [VectorScorer(views.look, found.look, "look")]
    scorers: list[Scorer] = []
    if query.match != "concept":
        scorers.append(WordScorer(views.store, clause.value, condition))
    if query.match != "words" and found.concept is not None and views.concept is not None:
        scorers.append(VectorScorer(views.concept, found.concept, "concept"))
    if not scorers:
        raise QueryError(
            f"{clause.value!r} cannot be searched as a concept: this library has no concept space.",
            "Search its metadata instead (match by words).",
            code="no-concept-space",
        )
    return scorers


def _several(clauses: Sequence[ScoredClause]) -> bool:
    return sum(len(clause.scorers) for clause in clauses) > 1


def _candidates(clauses: Sequence[ScoredClause], count: int, keys: Int64Array | None) -> Int64Array:
    """The best for each clause alone, and those that are good for all pictures' clauses at once."""
    wanted = [clause for clause in clauses if clause.clause.weight > 0]
    found = [scorer.candidates(count, keys) for c in wanted for scorer in c.scorers]
    found += [
        scorer.candidates(count, keys)
        for via in ("look", "concept")
        if (scorer := _folded(clauses, via)) is not None
    ]
    return np.unique(np.concatenate(found))


def _folded(clauses: Sequence[ScoredClause], via: str) -> VectorScorer | None:
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
    return VectorScorer(parts[0][1].view, query.astype(np.float32), parts[0][1].via)


def _hits(
    query: Query, clauses: Sequence[ScoredClause], keys: Int64Array, store: LanceStore
) -> tuple[Hit, ...]:
    scored = [clause.score(keys) for clause in clauses]
    total = np.sum([values for values, _ in scored], axis=0) if len(keys) else np.empty(0)
    possible = np.flatnonzero(total > 0) if query.match == "words" else np.arange(len(keys))
    if len(possible) > query.k:
        possible = possible[np.argpartition(-total[possible], query.k - 1)[: query.k]]
    # Equal scores in the order in which the pictures came in, so that pages are stable.
    order = possible[np.lexsort((keys[possible], -total[possible]))]
    records = store.records(keys[order])
    return tuple(
        Hit(
            rank=rank,
            picture=record,
            score=float(total[at]),
            contributions=tuple(
                Contribution(clause.clause, float(values[at]), clause.scorers[best[at]].via)
                for clause, (values, best) in zip(clauses, scored, strict=True)
            ),
        )
        for rank, (at, record) in enumerate(zip(order, records, strict=True), start=1)
    )


def _newest(
    query: Query, views: Views, keys: Int64Array | None, began: float, steps: list[str]
) -> Results:
    assert keys is not None
    chosen = keys[::-1][: query.k]
    hits = tuple(Hit(i, r, 0.0, ()) for i, r in enumerate(views.store.records(chosen), start=1))
    plan = Plan(len(views.store), len(keys), "filter", len(keys), (*steps, "newest first"))
    return Results(
        query=query,
        hits=hits,
        plan=plan,
        took_ms=(time.perf_counter() - began) * 1000,
        cut_reason="k" if len(hits) == query.k else "all",
    )


def _notes(query: Query, clauses: Sequence[ScoredClause], hits: Sequence[Hit]) -> tuple[str, ...]:
    if query.match != "auto" or not hits:
        return ()
    unknown = [
        clause.clause.value
        for i, clause in enumerate(clauses)
        if clause.clause.kind == "text"
        and clause.clause.weight > 0
        and not any(hit.contributions[i].via == "words" for hit in hits)
    ]
    return tuple(
        f"No metadata says {words!r}: these pictures were found by what the encoder sees, which "
        "knows things rather than people, colours or actions."
        for words in unknown
    )
