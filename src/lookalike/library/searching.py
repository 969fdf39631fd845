"""Searching a library, and teaching it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from lookalike.errors import NotFoundError
from lookalike.library.base import LibraryBase
from lookalike.search.clause import parse_clause
from lookalike.search.query import Query, QueryFields, parse_clauses, parse_query
from lookalike.search.results import Results
from lookalike.store.rows import PictureRecord

if TYPE_CHECKING:
    from lookalike.search.feedback.apply import Enriched
    from lookalike.search.feedback.teaching import Teaching
    from lookalike.search.understood import Suggestion
    from lookalike.search.views import ClauseVectors, Views
    from lookalike.store.judgments import Judgment


class Searching(LibraryBase):
    """Searches, and what they learn from."""

    def search(
        self,
        *query: Query | str,
        without: Iterable[str] = (),
        **fields: Unpack[QueryFields],
    ) -> Results:
        """Find pictures.

        Args:
            query: one :class:`Query`, or clauses as text: words, paths, URLs, ``id:ID``.
            without: clauses that the pictures shall not be like.
            fields: the other fields of a :class:`Query`: ``where="tag = snow and date >= 2019"``,
                ``k=50``, ``match="concept"`` ...

        Raises:
            QueryError, FilterError: the query cannot be understood.
            DecodeError: a query picture is none.
            FetchError, ForbiddenUrlError: a query URL cannot or must not be fetched.
            NotFoundError: a picture that the query names is not there.
        """
        from lookalike.search.engine import search
        from lookalike.search.words.suggest import suggestions
        from lookalike.search.words.understand import read_as_kinds, understand

        began = time.perf_counter()
        if len(query) == 1 and isinstance(query[0], Query):
            asked = query[0]
        else:
            texts = [text for text in query if isinstance(text, str)]
            asked = parse_query(texts, without=without, local_files=True, **fields)
        views = self.views(asked.space)
        if len(views.store) == 0:
            raise NotFoundError(
                f"The library {self.path} is empty.",
                "Fill it with `lookalike index FOLDER`.",
                code="empty-library",
            )
        meant, understood = understand(asked, views.store, self._memory)
        found = self._enriched(meant, views)
        results = search(found.query, found.vectors, views, began)
        understood += read_as_kinds(found.query.weighed, found.vectors)
        results = replace(results, query=meant, taught=found.taught, understood=understood)
        others: tuple[Suggestion, ...] = ()
        if results.plan.matching != 0:  # else it is the filter that other words would not help
            others = suggestions(asked, results, views.store, self._clauses.related)
        took = (time.perf_counter() - began) * 1000
        return replace(results, suggestions=others, took_ms=took)

    def encoded(self, query: Query) -> list[ClauseVectors]:
        """What the encoders make of each clause that has a weight.

        Raises:
            DecodeError, FetchError, ForbiddenUrlError, NotFoundError: as for :meth:`search`.
        """
        return list(self._enriched(replace(query, learned=False), self.views(query.space)).vectors)

    def _enriched(self, query: Query, views: Views) -> Enriched:
        from lookalike.search.feedback.apply import enrich

        return enrich(query, self._memory, views, lambda c: self._clauses.vectors(c, query, views))

    def judge(
        self,
        *clauses: str,
        relevant: Iterable[str] = (),
        not_relevant: Iterable[str] = (),
        without: Iterable[str] = (),
        concept: str = "",
        user: str = "",
    ) -> list[Judgment]:
        """Say which pictures fit a query; later searches for it learn from that.

        Args:
            clauses: the query, written as for :meth:`search`; may be none for a concept.
            relevant: pictures that fit: their ids, of which the first digits do as well, or their
                files.
            not_relevant: pictures that do not.
            without: clauses that the pictures shall not be like.
            concept: give the query this name; then ``concept:NAME`` is a clause, and the name a
                word.
            user: who says so.

        Raises:
            QueryError: the query cannot be understood.
            UsageError: nothing is said, or a picture is to be both.
            NotFoundError: there is no such picture; nothing is kept then.
        """
        told = parse_clauses(clauses, without=without, local_files=True)
        fit, do_not = ([self._id_of(text) for text in named] for named in (relevant, not_relevant))
        return self.teaching.judge(told, fit, do_not, concept=concept, user=user)

    def _id_of(self, text: str) -> str:
        """The id of a picture that is named by its id or its file."""
        from lookalike.search.feedback.canonical import content_id

        clause = parse_clause(text, local_files=True)
        if clause.kind != "file":
            return text
        picture = content_id(Path(clause.value))
        if not self._store.keys_of_ids([picture]):
            raise NotFoundError(
                f"The library does not hold {clause.value}.",
                f"Take it in with `lookalike index {clause.value}`.",
                code="no-such-picture",
            )
        return picture

    def suggest(self, query: Query, count: int = 10) -> list[PictureRecord]:
        """Pictures whose verdict would teach most about a query, best first.

        Args:
            query: its clauses, filter and space count.
            count: how many at most.

        Raises:
            LookalikeError: as :meth:`search` says.
        """
        from lookalike.search.feedback.suggest import CANDIDATES, to_judge

        judged = {j.picture for j in self.teaching.judgments(query.clauses)}
        plain = Query(query.clauses, query.where, match=query.match, space=query.space, cut=None)
        found = self.search(replace(plain, k=CANDIDATES + len(judged)))
        fresh = [hit.picture for hit in found if hit.id not in judged]
        return to_judge(fresh, count, self.views(query.space))

    @property
    def teaching(self) -> Teaching:
        """Everything else about judgments and concepts: list, forget, name, suggest."""
        from lookalike.search.feedback.teaching import Teaching

        return Teaching(self._memory, lambda: self._store)
