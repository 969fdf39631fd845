"""A query: weighted clauses, a filter, a cut and a length; one value that every edge writes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, Unpack, get_args

from lookalike.errors import QueryError
from lookalike.search.clause import Clause, parse_clause

Match = Literal["auto", "words", "concept", "classes"]
MATCHES: tuple[Match, ...] = get_args(Match)
Sort = Literal["best", "newest", "oldest", "largest", "smallest", "name"]
SORTS: tuple[Sort, ...] = get_args(Sort)

MAX_K = 10_000
MAX_CLAUSES = 50
MAX_FACETS = 20
MAX_SEED = 2**32 - 1


@dataclass(frozen=True)
class QueryParts:
    """What a query is made of, not checked yet.

    Attributes:
        clauses: at least one, of which one has a positive weight; or none, and then
            the filter's pictures come newest first.
        where: a filter (see :mod:`lookalike.search.filter`); empty for all pictures.
        k: how many hits at most.
        match: how words are matched: ``words`` against the metadata only, ``concept``
            against what the encoder sees only, ``auto`` both, ``classes`` against the classes
            of the concept space even where a joint model reads words.
        cut: where the results end (see :mod:`lookalike.search.cut`): how much a picture that is
            missed counts against one that is wrong, so above 1 lists are longer; None for ``k``
            hits in any case.
        collapse: whether hits that are the same picture are shown as one.
        diversity: from 0 (the best hits) to 1 (hits as unlike one another as possible).
        sort: the order of the hits that are shown.
        after: a cursor: only what comes after the page that gave it.
        space: name of the space that pictures are compared in; empty for the default one.
        facets: fields whose values are counted among the pictures that were found.
        literal: take words as they stand: no dates, corrections, or words that are not meant.
        surprise: a seed: pictures at random that are unlike one another. There is no clause then.
        learned: whether what people judged under this query counts.
        verify: whether the best hits for a picture are looked at again, point by point (see
            :mod:`lookalike.search.verification`).
    """

    clauses: tuple[Clause, ...] = ()
    where: str = ""
    k: int = 20
    match: Match = "auto"
    cut: float | None = 1.0
    collapse: bool = False
    diversity: float = 0.0
    sort: Sort = "best"
    after: str = ""
    space: str = ""
    facets: tuple[str, ...] = ()
    literal: bool = False
    surprise: int | None = None
    learned: bool = True
    verify: bool = False


@dataclass(frozen=True)
class Query(QueryParts):
    """What is searched for: a :class:`QueryParts` that can be answered.

    Raises:
        QueryError: some part cannot be used.
    """

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_K:
            raise QueryError(f"k = {self.k} cannot be used.", f"It lies between 1 and {MAX_K}.")
        _one_of(self.match, MATCHES, "Words cannot be matched by")
        _one_of(self.sort, SORTS, "Hits cannot be sorted by")
        if self.cut is not None and not (math.isfinite(self.cut) and self.cut > 0):
            raise QueryError(
                f"The cut {self.cut:g} cannot be used.",
                "It is a number above 0: 1 is usual, 2 gives longer lists; or none.",
            )
        if not 0 <= self.diversity <= 1:
            raise QueryError(
                f"The diversity {self.diversity:g} cannot be used.", "It lies between 0 and 1."
            )
        written = sum(clause.kind != "learned" for clause in self.clauses)
        if written > MAX_CLAUSES:
            raise QueryError(
                f"The query has {written} clauses.",
                f"At most {MAX_CLAUSES} will do.",
                code="too-many-clauses",
            )
        if len(self.facets) > MAX_FACETS:
            raise QueryError(
                f"The query asks for {len(self.facets)} facets.", f"At most {MAX_FACETS} will do."
            )
        if self.surprise is not None:
            self._check_surprise(self.surprise)
        elif not self.clauses and not self.where.strip():
            raise QueryError(
                "Nothing to search for.",
                'Give words ("red fox"), a picture, or a --where filter.',
                code="empty-query",
            )
        if self.clauses and all(clause.weight <= 0 for clause in self.clauses):
            raise QueryError(
                "The query only says what not to find.",
                "Add what you are looking for.",
                code="only-negative",
            )

    def _check_surprise(self, seed: int) -> None:
        if self.clauses:
            raise QueryError(
                "A surprise takes no clauses: it is not looked for.",
                "Leave them out; a filter may stay.",
            )
        if not 0 <= seed <= MAX_SEED:
            raise QueryError(
                f"The seed {seed} cannot be used.", f"It lies between 0 and {MAX_SEED}."
            )

    def as_dict(self) -> dict[str, Any]:
        """The query as JSON's types."""
        rest = {name: value for name, value in vars(self).items() if name != "clauses"}
        return {"clauses": [str(c) for c in self.clauses], **rest, "facets": list(self.facets)}

    @property
    def weighed(self) -> tuple[Clause, ...]:
        """The clauses that count: all but those of weight 0."""
        return tuple(clause for clause in self.clauses if clause.weight)


class QueryFields(TypedDict, total=False):
    """The fields of :class:`Query` besides its clauses."""

    where: str
    k: int
    match: Match
    cut: float | None
    collapse: bool
    diversity: float
    sort: Sort
    after: str
    space: str
    facets: tuple[str, ...]
    literal: bool
    surprise: int | None
    learned: bool
    verify: bool


def parse_query(
    clauses: Iterable[str],
    *,
    without: Iterable[str] = (),
    local_files: bool = False,
    **fields: Unpack[QueryFields],
) -> Query:
    """Build a query from what a person wrote.

    Args:
        clauses: what to find.
        without: what not to find; their weights are turned negative.
        local_files: see :func:`lookalike.search.clause.parse_clause`.
        fields: the other fields of :class:`Query`.

    Raises:
        QueryError: some part cannot be used.
    """
    return Query(parse_clauses(clauses, without=without, local_files=local_files), **fields)


def parse_clauses(
    clauses: Iterable[str], *, without: Iterable[str] = (), local_files: bool = False
) -> tuple[Clause, ...]:
    """Read clauses; the arguments are those of :func:`parse_query`.

    Raises:
        QueryError: one cannot be understood.
    """
    wanted = [parse_clause(text, local_files=local_files) for text in clauses]
    unwanted = [parse_clause(text, local_files=local_files) for text in without]
    negated = [replace(clause, weight=-abs(clause.weight)) for clause in unwanted]
    return (*wanted, *negated)


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise QueryError(f"{what} {value!r}.", f"Choose {' or '.join(allowed)}.")
