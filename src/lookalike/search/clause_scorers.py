"""Which ways of scoring a clause has."""

from __future__ import annotations

from lookalike.errors import QueryError
from lookalike.search.clause import Clause
from lookalike.search.colours import colour_scorer
from lookalike.search.feedback.learned import BlendScorer, JointScorer, LearnedScorer, TrustedScorer
from lookalike.search.look_scorer import LookScorer
from lookalike.search.query import Query
from lookalike.search.region_scorer import RegionScorer
from lookalike.search.scorers import ScoredClause, Scorer
from lookalike.search.views import ClauseVectors, Views
from lookalike.search.word_scorer import WordScorer
from lookalike.search.words.terms import only_phrases
from lookalike.search.words.text import Lexicon


def scorers_of(
    query: Query, clause: Clause, found: ClauseVectors, views: Views, condition: str | None
) -> list[Scorer]:
    """The scorers of a clause, at least one.

    Args:
        query: the query that it is part of.
        clause: one that has a weight.
        found: what the encoders made of it.
        views: the library.
        condition: the query's filter as SQL, or None.

    Raises:
        QueryError: this library cannot answer it.
    """
    negated = clause.weight < 0
    if found.learned is not None:
        return [LearnedScorer(views.look.products, found.learned, negated=negated)]
    if found.parts:
        parts = [
            ScoredClause(part, scorers_of(query, part, its, views, condition), share=its.share)
            for part, its in found.parts
        ]
        return [BlendScorer(parts, negated=negated)]
    if found.colour is not None:
        return [colour_scorer(views, clause.value, found.colour)]
    if found.look is not None:
        if found.region is None or views.regions is None:
            return [LookScorer(views, found)]
        look = LookScorer(views, found, beside_regions=True)
        return [look, RegionScorer(views.regions, found.region, len(views.store))]
    scorers: list[Scorer] = []
    if query.match in ("auto", "words"):
        words = clause.value if query.literal else Lexicon.of(views.store).query(clause.value)
        scorers.append(WordScorer(views.store, words, condition))
    quoted = query.match == "auto" and not query.literal and only_phrases(clause.value)
    seen = query.match != "words" and not quoted
    if seen and found.joint is not None and views.joint is not None:
        scorers.append(JointScorer(views.joint, found.joint, "joint", found.trust))
    elif seen and found.concept is not None and views.concept is not None:
        scorers.append(TrustedScorer(views.concept, found.concept, "concept", found.trust))
    if not scorers:
        raise QueryError(
            f"{clause.value!r} cannot be searched as a concept: this library has no concept space.",
            "Search its metadata instead (match by words).",
            code="no-concept-space",
        )
    return scorers
