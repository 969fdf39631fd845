"""The query in the page's address: the same parameters as the API's ``GET /search``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Literal, Unpack
from urllib.parse import urlencode

from lookalike.search.clause import Clause, parse_clause
from lookalike.search.query import Match, Query, QueryFields, QueryParts

PAGE_K = 40
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
KEPT = ("cut", "collapse", "diversity", "sort", "space", "facets", "verify")
"""What the form has no field for, and what is not about the words that are in it."""


@dataclass(frozen=True)
class PageQuery(QueryParts):
    """What the page shows; every link on it leads to another one of these."""

    k: int = PAGE_K

    @classmethod
    def read(
        cls, q: Iterable[str], without: Iterable[str] = (), **fields: Unpack[QueryFields]
    ) -> PageQuery:
        """Read an address's parameters; empty form fields do not count.

        Raises:
            QueryError: a clause cannot be understood.
        """
        wanted = [parse_clause(text.strip()) for text in q if text.strip()]
        unwanted = [parse_clause(text.strip()) for text in without if text.strip()]
        negated = [replace(clause, weight=-abs(clause.weight)) for clause in unwanted]
        fields["where"] = fields.get("where", "").strip()
        return cls((*wanted, *negated), **fields)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.clauses and not self.where and self.surprise is None

    @property
    def has_words(self) -> bool:
        """Whether words are asked for, with whatever weight."""
        return any(clause.kind == "text" for clause in self.clauses)

    @property
    def words(self) -> int | None:
        """Index of the clause that the search bar holds: the first words of plain weight."""
        plain = (i for i, c in enumerate(self.clauses) if c.kind == "text" and c.weight == 1)
        return next(plain, None)

    def query(self) -> Query:
        """The query to run.

        Raises:
            QueryError: it cannot be run.
        """
        return Query(**vars(self))

    def params(self) -> list[tuple[str, str]]:
        """The parameters of its address; defaults are left out."""
        wanted = [("q", str(clause)) for clause in self.clauses if clause.weight >= 0]
        unwanted = [("not", str(_positive(c))) for c in self.clauses if c.weight < 0]
        changed = [
            (field.name, _written(value))
            for field in fields(self)
            if field.name not in ("clauses", "facets")
            and (value := getattr(self, field.name)) != field.default
        ]
        return [*wanted, *unwanted, *changed, *(("facets", name) for name in self.facets)]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters that the next search from the form keeps: how results are found and shown."""
        return [(n, v) for n, v in self.params() if n in KEPT]

    def url(self, base: str = "/") -> str:
        """Its address."""
        params = urlencode(self.params())
        return f"{base}?{params}" if params else base

    def adding(self, clause: Clause) -> PageQuery:
        """With one clause more; a clause of the same thing is replaced."""
        same = (clause.kind, clause.value)
        kept = tuple(c for c in self.clauses if (c.kind, c.value) != same)
        return replace(self, clauses=(*kept, clause), k=PAGE_K, after="")

    def replacing(self, index: int, clause: Clause | None) -> PageQuery:
        """With another clause in the place of one, or with none there."""
        put = () if clause is None else (clause,)
        changed = (*self.clauses[:index], *put, *self.clauses[index + 1 :])
        return replace(self, clauses=changed, k=PAGE_K, after="")

    def searching(self, words: str) -> str:
        """Address of a search for words, with nothing else kept."""
        return PageQuery((Clause("text", words),)).url()

    def unfiltered(self) -> str:
        """Address of the query without its filter."""
        return replace(self, where="", k=PAGE_K, after="").url()

    def uncut(self) -> str:
        """Address of the query with weaker hits as well."""
        return replace(self, cut=None, after="").url()

    def ending(self) -> str:
        """Address of the query with its results ending where they usually do."""
        return replace(self, cut=PageQuery.cut, k=PAGE_K, after="").url()

    def matching(self, match: Match) -> str:
        """Address of the query with its words matched differently."""
        return replace(self, match=match, k=PAGE_K, after="").url()


def stepped(clause: Clause, step: Literal[-1, 1]) -> Clause | None:
    """The clause with the next larger or smaller weight; None where there is no such."""
    size = abs(clause.weight)
    steps = [w for w in WEIGHTS if (w > size if step > 0 else w < size)]
    if not steps:
        return None
    nearest = min(steps) if step > 0 else max(steps)
    return replace(clause, weight=nearest if clause.weight > 0 else -nearest)


def negated(clause: Clause) -> Clause:
    """The clause with "this" and "not this" exchanged."""
    return replace(clause, weight=-clause.weight)


def _positive(clause: Clause) -> Clause:
    return replace(clause, weight=abs(clause.weight))


def _written(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
