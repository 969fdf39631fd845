"""The values of the page's templates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lookalike.errors import FilterError, LookalikeError, NotFoundError
from lookalike.library import Library
from lookalike.search.results import Results
from lookalike.server.about import title
from lookalike.server.browse import Browse, browse
from lookalike.server.chips import Chip, Titles, chips
from lookalike.server.page_query import PAGE_K, PageQuery
from lookalike.server.served import Served
from lookalike.server.teach import Teach, teach
from lookalike.server.tiles import Tile, recent_tiles, tiles

METER_FULL = 4.0
KIN = "These come closest; perhaps none of them shows the same."


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
        weaker: address of the list with weaker hits; None where there are none.
        surer: address of the list without weaker hits; None where they are not shown.
        error: why there are no results.
        examples: words to begin with.
        meter_full: the score at which the meter is full.
        teach: how the query learns.
        browse: ways through what was found.
        filtered_out: whether the filter alone keeps every picture out.
    """

    query: PageQuery
    box: str = ""
    chips: list[Chip] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    summary: str = ""
    notes: tuple[str, ...] = ()
    more: str | None = None
    weaker: str | None = None
    surer: str | None = None
    error: LookalikeError | None = None
    examples: tuple[str, ...] = ()
    meter_full: float = METER_FULL
    teach: Teach = field(default_factory=Teach)
    browse: Browse = field(default_factory=Browse)
    filtered_out: bool = False

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


def search_page(
    served: Served, query: PageQuery, *, teaching: bool = False, like: str = ""
) -> SearchPage:
    """Search, and lay out what was found or why it failed.

    Args:
        served: the library and the operator's decisions.
        query: what was asked for.
        teaching: also show pictures to judge next.
        like: a clause: those pictures shall be like it.
    """
    box = "" if query.words is None else str(query.clauses[query.words])
    library, originals = served.library(), served.settings.serves_originals
    titles = _titles(library, query)
    page = SearchPage(query, box, chips(query, titles))
    if query.empty:
        examples = served.examples.of(library)
        recent = recent_tiles(examples.recent, originals=originals)
        return replace(page, tiles=recent, examples=examples.words)
    try:
        results = served.search(query.query())
        kin = _only_kin(results)
        if kin:  # who goes from picture to picture must not end in an empty page
            results = served.search(replace(query.query(), cut=None))
    except LookalikeError as error:
        return replace(page, error=error, summary="The search failed.")
    asked = replace(query, cut=None) if kin else query
    return replace(
        page,
        tiles=tiles(query, results, titles, originals=originals),
        summary=KIN if kin else _summary(results),
        notes=results.notes,
        examples=() if results.hits else served.examples.of(library).words,
        weaker=query.uncut() if results.cut_reason == "chance" else None,
        surer=query.ending() if query.cut is None and query.clauses else None,
        more=_more(asked, results, served.settings.max_k),
        meter_full=max([METER_FULL, *(hit.score for hit in results.hits)]),
        browse=browse(query, results),
        filtered_out=results.plan.matching == 0,
        teach=teach(served, query, results, asked=teaching, like=like),
    )


def unreadable(box: str, where: str, error: LookalikeError) -> SearchPage:
    """The page for a query that cannot even be taken apart."""
    return SearchPage(PageQuery(where=where), box, error=error, summary="The search failed.")


def _titles(library: Library, query: PageQuery) -> Titles:
    found: dict[str, str] = {}
    for name in (clause.value for clause in query.clauses if clause.kind == "picture"):
        try:
            found[name] = title(library.picture(name))
        except NotFoundError:  # the search says so
            continue
    return found


def _only_kin(results: Results) -> bool:
    """Whether pictures alone are looked for, and the list is cut before its first hit."""
    pictures = all(clause.looks_at_pixels for clause in results.query.weighed)
    return not results.hits and results.cut_reason == "chance" and pictures


def _summary(results: Results) -> str:
    found, among = len(results), results.plan.matching
    if not found:
        return "No pictures found."
    shown = f"{found:,} picture{'s' if found > 1 else ''}"
    if results.query.surprise is not None:
        return (
            f"{shown}, drawn at random from {results.plan.pictures if among is None else among:,}"
        )
    if results.cut_reason == "k" and among is not None and not results.query.weighed:
        return f"The first {shown} of {among:,} that match the filter"
    if results.cut_reason == "k" and results.total is not None:
        which = "best" if results.query.sort == "best" else "first"
        return f"The {which} {shown} of {results.total:,}"
    return f"The best {shown}" if results.cut_reason == "k" else shown


def _more(query: PageQuery, results: Results, limit: int) -> str | None:
    if results.cut_reason != "k" or not len(results):
        return None
    if query.k >= limit:
        return replace(query, after=results.next).url() if results.next else None
    return replace(query, k=min(query.k + PAGE_K, limit)).url()
