"""The page's ways through what was found: order, variety, counts, what was understood."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from lookalike.search.query import MAX_SEED, Query, Sort
from lookalike.search.results import Results
from lookalike.server.page_query import PAGE_K, PageQuery

FACETS = ("tag", "folder", "date", "camera", "format", "class")
"""What the page counts when it is asked to."""
AS_THEY_STAND = "Words are taken as they stand."
VARIED = 0.5
_ORDERS: tuple[tuple[Sort, str], ...] = (
    ("best", "best"), ("newest", "newest"), ("oldest", "oldest"), ("largest", "largest"),
    ("name", "by name"),
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A link to another search.

    Attributes:
        label: for people.
        url: its address; None where one is there already.
        count: how many pictures it leads to; None where nobody counted.
    """

    label: str
    url: str | None
    count: int | None = None


@dataclass(frozen=True)
class Narrowing:
    """A field with its values among the pictures that were found."""

    field: str
    ways: tuple[Way, ...]
    others: int


@dataclass(frozen=True)
class Browse:
    """Links beside the results.

    Attributes:
        orders: the orders there are.
        varied: to hits that are less alike, or back.
        narrow: to the counts, or back.
        narrowing: the counts.
        understood: how words were taken, for people.
        undo: to the search that takes them as they stand, or back; None where nothing differs.
        suggestions: other searches.
        surprise: pictures at random.
    """

    orders: tuple[Way, ...] = ()
    varied: Way | None = None
    narrow: Way | None = None
    narrowing: tuple[Narrowing, ...] = ()
    understood: tuple[str, ...] = ()
    undo: Way | None = None
    suggestions: tuple[Way, ...] = ()
    surprise: str = field(default_factory=lambda: surprise_url())


def surprise_url(where: str = "") -> str:
    """Address of pictures at random; another one each time."""
    return PageQuery(where=where, surprise=secrets.randbelow(MAX_SEED)).url()


def browse(query: PageQuery, results: Results) -> Browse:
    """The links for the results of a query."""
    first = replace(query, k=PAGE_K, after="")
    some = bool(results.hits)
    return Browse(
        orders=_orders(first) if some and query.surprise is None else (),
        varied=_varied(first) if some else None,
        narrow=_narrow(first) if some else None,
        narrowing=tuple(_narrowing(first, results)),
        understood=(AS_THEY_STAND,) if first.literal else tuple(map(str, results.understood)),
        undo=_undo(first, results),
        suggestions=tuple(_suggested(query, results)),
        surprise=surprise_url(query.where if query.surprise is not None else ""),
    )


def _orders(first: PageQuery) -> tuple[Way, ...]:
    return tuple(
        Way(label, None if sort == first.sort else replace(first, sort=sort).url())
        for sort, label in _ORDERS
        if sort != "best" or first.clauses
    )


def _undo(first: PageQuery, results: Results) -> Way | None:
    if first.literal and first.has_words:
        return Way("Read what they mean", replace(first, literal=False).url())
    if results.understood:
        return Way("Take the words as they stand", replace(first, literal=True).url())
    return None


def _varied(first: PageQuery) -> Way | None:
    if not first.clauses:
        return None
    if first.diversity:
        return Way("less varied", replace(first, diversity=0.0).url())
    return Way("more varied", replace(first, diversity=VARIED).url())


def _narrow(first: PageQuery) -> Way:
    if first.facets:
        return Way("hide the counts", replace(first, facets=()).url())
    return Way("narrow down", replace(first, facets=FACETS).url())


def _narrowing(first: PageQuery, results: Results) -> list[Narrowing]:
    return [
        Narrowing(
            facet.field,
            tuple(
                Way(value.value, replace(first, where=_both(first.where, value.where)).url(),
                    value.count)
                for value in facet.values
            ),
            facet.others,
        )
        for facet in results.facets
        if len(facet.values) > 1 or (facet.values and facet.missing)
    ]  # fmt: skip


def _both(where: str, more: str) -> str:
    if not where.strip():
        return more
    return f"{where} and {more}" if " or " not in where.lower() else f"({where}) and {more}"


def _suggested(query: PageQuery, results: Results) -> list[Way]:
    return [Way(one.label, _page(query, one.query).url()) for one in results.suggestions]


def _page(query: PageQuery, other: Query) -> PageQuery:
    return replace(query, **{**vars(other), "k": PAGE_K, "after": ""})
