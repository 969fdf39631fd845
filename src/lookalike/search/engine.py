"""From a query to hits: scope, candidates, scores, and the steps that choose what is shown."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from lookalike.search.arrange import arrange
from lookalike.search.candidates import candidates
from lookalike.search.clause_scorers import scorers_of
from lookalike.search.duplicates.collapse import groups_of, with_copies
from lookalike.search.facets import count_facets
from lookalike.search.listing import listed
from lookalike.search.notes import notes
from lookalike.search.paging import Cursor, cursor_of
from lookalike.search.query import Query
from lookalike.search.results import Method, Plan, Results
from lookalike.search.scope import Scope
from lookalike.search.scored import Scored, score
from lookalike.search.scorers import ScoredClause
from lookalike.search.views import ClauseVectors, Views


def search(query: Query, vectors: Sequence[ClauseVectors], views: Views, began: float) -> Results:
    """Answer a query.

    Args:
        query: what is wanted.
        vectors: for each clause that has a weight what the encoders made of it.
        views: where to look.
        began: :func:`time.perf_counter` when the query came in.

    Raises:
        QueryError, FilterError: the query cannot be understood, or its cursor is no good.
    """
    scope = Scope.of(query, vectors, views)
    clauses = _clauses(query, vectors, views, scope)
    cursor = cursor_of(query, int(views.store.keys()[-1]) if len(views.store) else 0)
    found, step = _found(query, clauses, scope, views, cursor) if clauses else _newest(scope, views)
    if query.verify:
        from lookalike.search.verification import verified

        found = verified(found, vectors, views.store, seen=cursor.shown)
    complete = len(found) >= scope.eligible
    kept, cursor = listed(query, found, cursor, views, complete=complete)
    closest = None if len(kept) or not len(found) else found.first(1).hits(views.store)[0]
    bounded = not clauses or query.match == "words" or query.cut is not None
    page = arrange(query, kept, cursor, views, bounded=bounded)
    hits = page.shown.hits(views.store, len(cursor.shown))
    if query.collapse:
        hits = with_copies(hits, views.copies, views.store)
    plan = _plan(clauses, scope, len(found), step)
    return Results(
        query=query,
        hits=hits,
        plan=plan,
        took_ms=(time.perf_counter() - began) * 1000,
        notes=notes(query, hits, closest, (found.lacks for found in vectors), plan.matching),
        total=page.total if cursor.listed is not None or (bounded and complete) else None,
        cut_reason="k" if page.more else "chance" if cursor.ended else "all",
        next=page.next,
        facets=count_facets(views.store, query.facets, kept.keys),
    )


def ranked(query: Query, vectors: Sequence[ClauseVectors], views: Views) -> Scored:
    """All pictures that may be hits, best first, before the list is cut or arranged.

    Args:
        query: at least one of its clauses has a weight.
        vectors: as for :func:`search`.
        views: where to look.

    Raises:
        QueryError, FilterError: the query cannot be understood.
    """
    scope = Scope.of(query, vectors, views)
    clauses = _clauses(query, vectors, views, scope)
    return _found(query, clauses, scope, views, cursor_of(query, 0))[0]


def _clauses(
    query: Query, vectors: Sequence[ClauseVectors], views: Views, scope: Scope
) -> list[ScoredClause]:
    pictures = any(clause.looks_at_pixels for clause in query.weighed)
    return [
        ScoredClause(
            clause,
            scorers_of(query, clause, found, views, scope.condition),
            pictures,
            found.share,
        )
        for clause, found in zip(query.weighed, vectors, strict=True)
    ]


def _found(
    query: Query, clauses: Sequence[ScoredClause], scope: Scope, views: Views, cursor: Cursor
) -> tuple[Scored, str]:
    """All pictures that may be hits, best first, and how they were found."""
    if cursor.listed is not None:
        keys = scope.holding(cursor.listed, views.store.keys())
        step = f"went on with the {len(keys):,} that the first page listed"
        return score(clauses, keys).best_first(), step
    whole = bool(query.facets) or query.sort != "best"
    wanted = depth = cursor.depth(query)
    while True:
        ends = query.cut is not None
        keys, step = candidates(clauses, depth, scope, views, whole=whole, ends=ends)
        enough = not query.collapse or len(np.unique(groups_of(keys, views.copies))) > wanted
        if enough or len(keys) >= scope.eligible or depth >= scope.size:
            break
        depth *= 2
    scored = score(clauses, keys)
    if query.match == "words":
        scored = scored.above(0)
    return scored.best_first(), step


def _newest(scope: Scope, views: Views) -> tuple[Scored, str]:
    """The pictures of a query without clauses."""
    keys = views.store.keys() if scope.matching is None else scope.matching
    return score([], keys[::-1]), "newest first"


def _plan(clauses: Sequence[ScoredClause], scope: Scope, scored: int, step: str) -> Plan:
    exact = all(scorer.exact for clause in clauses for scorer in clause.scorers)
    method: Method = "filter" if not clauses else "exact" if exact else "index"
    steps = [step]
    if scope.matching is not None:
        steps.insert(0, f"{scope.size:,} of {scope.pictures:,} pictures match the filter")
    matching = None if scope.matching is None else scope.size
    return Plan(scope.pictures, matching, method, scored, tuple(steps))
