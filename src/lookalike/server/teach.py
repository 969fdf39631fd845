"""What the page needs to let people judge pictures and name what was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from lookalike.library import Library
from lookalike.search.clause import parse_clause
from lookalike.search.query import Query
from lookalike.search.results import Results, Taught
from lookalike.server.page_query import PAGE_K, PageQuery
from lookalike.server.served import Served
from lookalike.server.tiles import Tile, suggested_tiles
from lookalike.store.rows import PictureRecord

SUGGESTED = 8


@dataclass(frozen=True)
class Teach:
    """How the present query learns.

    Attributes:
        action: where the buttons below the pictures send verdicts; empty where nobody may judge.
        verdicts: by picture id what most people said under this query.
        taught: what was learned and took part.
        plain: address of the query without what was learned; None where nothing was.
        learned: address of the query with it; None where it is on, or there is nothing.
        more: address of the page with pictures to judge next.
        show_one: where a picture is sent that shows what the words mean.
        suggestions: pictures to judge next, where they were asked for.
        name: what a concept of this query might be called.
    """

    action: str = ""
    verdicts: Mapping[str, bool] = field(default_factory=dict)
    taught: tuple[Taught, ...] = ()
    plain: str | None = None
    learned: str | None = None
    more: str = ""
    show_one: str = ""
    suggestions: tuple[Tile, ...] = ()
    name: str = ""

    @property
    def told(self) -> str:
        """What was learned, in a few words."""
        count = sum(taught.judged for taught in self.taught)
        named = [f"the concept {taught.concept}" for taught in self.taught if taught.concept]
        if count:
            named.append(f"{count} judged picture{'' if count == 1 else 's'}")
        return " and ".join(named)


def teach(
    served: Served, query: PageQuery, results: Results, *, asked: bool, like: str = ""
) -> Teach:
    """How the query of a page learns.

    Args:
        served: the library and the operator's decisions.
        query: the page's.
        results: of the query.
        asked: whether pictures to judge next were asked for.
        like: a clause: those pictures shall be like it.
    """
    if not query.clauses:
        return Teach()
    library, allowed = served.library(), served.settings.accepts_judgments
    verdicts = library.teaching.verdicts(query.clauses)
    known = bool(results.taught or verdicts)
    tiles: tuple[Tile, ...] = ()
    if asked and allowed:
        found = _suggested(library, query, like)
        tiles = suggested_tiles(query, found, originals=served.settings.serves_originals)
    first = replace(query, k=PAGE_K, after="")
    return Teach(
        action=page_url(query, teaching=asked, like=like, base="/judge") if allowed else "",
        show_one=page_url(query, teaching=False, base="/show-one"),
        verdicts=verdicts,
        taught=results.taught,
        plain=replace(first, learned=False).url() if results.taught else None,
        learned=replace(first, learned=True).url() if known and not query.learned else None,
        more=page_url(first, teaching=True),
        suggestions=tiles,
        name=" ".join(c.value for c in query.clauses if c.kind == "text" and c.weight > 0)[:80],
    )


def page_url(query: PageQuery, *, teaching: bool, like: str = "", base: str = "/") -> str:
    """Address of a query's page, with or without pictures to judge next."""
    params = query.params()
    params += [("teach", "true")] if teaching else []
    params += [("like", like)] if teaching and like else []
    return f"{base}?{urlencode(params)}" if params else base


def _suggested(library: Library, query: PageQuery, like: str) -> Sequence[PictureRecord]:
    if not like:
        return library.suggest(query.query(), SUGGESTED)
    example = Query((parse_clause(like),), query.where, SUGGESTED, cut=None)
    return [hit.picture for hit in library.search(example)]
