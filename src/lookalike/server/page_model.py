"""The values of the page's templates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lookalike.errors import FilterError, LookalikeError
from lookalike.search.results import Results
from lookalike.server.page_query import PAGE_K, PageQuery
from lookalike.server.routes.search import run_search
from lookalike.server.served import Served
from lookalike.server.view import METER_FULL, Chip, Tile, chips, recent_tiles, tiles


@dataclass(frozen=True)
class SearchPage:
    """Everything that ``search.html`` shows.

    Attributes:
        query: what was asked for.
        box: content of the search bar.
        chips: the query's clauses.
        tiles: the results, or the newest pictures where nothing was asked for.
        summary: one line on the results, also read out by screen readers.
        notes: what people should know of the results.
        more: address of a longer list; None at its end.
        error: why there are no results.
        examples: words to begin with.
        meter_full: the score at which the meter is full.
    """

    query: PageQuery
    box: str = ""
    chips: list[Chip] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    summary: str = ""
    notes: tuple[str, ...] = ()
    more: str | None = None
    error: LookalikeError | None = None
    examples: tuple[str, ...] = ()
    meter_full: float = METER_FULL

    @property
    def status(self) -> int:
        """The HTTP status that goes with it."""
        return self.error.status if self.error else 200

    @property
    def filter_error(self) -> FilterError | None:
        """The error, where it is the filter's."""
        return self.error if isinstance(self.error, FilterError) else None

    @property
    def beside_the_box(self) -> list[Chip]:
        """The clauses that the search bar does not hold: the form sends them hidden."""
        return [chip for index, chip in enumerate(self.chips) if index != self.query.words]

    @property
    def heading(self) -> str:
        """The page's title."""
        said = ", ".join([chip.label for chip in self.chips]) or self.box or self.query.where
        return f"{said} · lookalike" if said else "lookalike"


def search_page(served: Served, query: PageQuery) -> SearchPage:
    """Search, and lay out what was found or why it failed."""
    box = "" if query.words is None else str(query.clauses[query.words])
    page = SearchPage(query, box, chips(query))
    library, originals = served.library(), served.settings.serves_originals
    page = replace(page, examples=served.examples.of(library).words)
    if query.empty:
        recent = served.examples.of(library).recent
        return replace(page, tiles=recent_tiles(recent, originals=originals))
    try:
        results = run_search(served, query.query())
    except LookalikeError as error:
        return replace(page, error=error, summary="The search failed.")
    return replace(
        page,
        tiles=tiles(query, results, originals=originals),
        summary=_summary(results),
        notes=results.notes,
        more=_more(query, results, served.settings.max_k),
        meter_full=max([METER_FULL, *(hit.score for hit in results.hits)]),
    )


def unreadable(box: str, where: str, error: LookalikeError) -> SearchPage:
    """The page for a query that cannot even be taken apart."""
    return SearchPage(PageQuery(where=where), box, error=error, summary="The search failed.")


def _summary(results: Results) -> str:
    found, among = len(results), results.plan.matching
    if not found:
        return "No pictures found."
    shown = f"{found:,} picture{'s' if found > 1 else ''}"
    if results.cut_reason == "k" and among is not None:
        return f"The first {shown} of {among:,} that match the filter"
    return f"The best {shown}" if results.cut_reason == "k" else shown


def _more(query: PageQuery, results: Results, limit: int) -> str | None:
    if results.cut_reason != "k" or query.k >= limit or not len(results):
        return None
    return replace(query, k=min(query.k + PAGE_K, limit)).url()
