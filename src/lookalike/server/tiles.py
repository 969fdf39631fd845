"""The results on the page, and the links that lead on from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lookalike.search.clause import Clause
from lookalike.search.results import Hit, Results, Via
from lookalike.server.about import alt_text, fitted, shape, title
from lookalike.server.chips import WHOLE, Titles, label
from lookalike.server.page_query import PageQuery, negated
from lookalike.server.schemas import original_url, thumbnail_url
from lookalike.store.rows import PictureRecord

THUMBNAIL_SIDE = 320
CERTAIN = 9.0
_VIA: dict[Via, str] = {
    "region": "a part looks alike",
    "look": "looks alike",
    "words": "words beside it",
    "joint": "what is seen in it",
    "concept": "what is seen in it",
    "colour": "its colours",
    "learned": "learned from judgments",
}


@dataclass(frozen=True)
class Actions:
    """Addresses of what one can do with a picture.

    Attributes:
        page: all about it.
        like: a search for pictures like it.
        add: the present search, with this picture added.
        unlike: the present search, without pictures like it; None if nothing is searched for.
        original: the picture's own file; None where the server keeps it to itself.
        part: a search for a part of it; :data:`~.chips.WHOLE` in it is to be replaced.
    """

    page: str
    like: str
    add: str
    unlike: str | None
    original: str | None
    part: str


@dataclass(frozen=True)
class Part:
    """What a clause contributed to a score."""

    label: str
    via: str
    value: float


@dataclass(frozen=True)
class Tile:
    """A result in the grid.

    Attributes:
        id: the picture's.
        title: one line.
        alt: what a screen reader says of the picture.
        shape: CSS class of its aspect ratio.
        width: of the thumbnail, in pixels; likewise ``height``.
        score: of the hit; None where nothing was scored.
        chance: the score in words.
        parts: what made the score.
        thumbnail: address; ``thumbnail_2x`` for dense screens.
        actions: what one can do with it.
        box: left, upper, width and height of the part that it was found by, as shares.
    """

    id: str
    title: str
    alt: str
    shape: str
    width: int
    height: int
    score: float | None
    chance: str
    parts: tuple[Part, ...]
    thumbnail: str
    thumbnail_2x: str
    actions: Actions
    box: tuple[float, float, float, float] | None = None


def tiles(query: PageQuery, results: Results, titles: Titles, *, originals: bool) -> list[Tile]:
    """The results for the grid."""
    return [_tile(query, hit.picture, hit, titles, originals=originals) for hit in results.hits]


def recent_tiles(records: Sequence[PictureRecord], *, originals: bool) -> list[Tile]:
    """Pictures that nobody searched for, for the start page."""
    return [_tile(PageQuery(), record, None, {}, originals=originals) for record in records]


def suggested_tiles(
    query: PageQuery, records: Sequence[PictureRecord], *, originals: bool
) -> tuple[Tile, ...]:
    """Pictures to judge next."""
    return tuple(_tile(query, record, None, {}, originals=originals) for record in records)


def actions(query: PageQuery, picture_id: str, *, originals: bool) -> Actions:
    """What one can do with a picture while looking at a query's results."""
    this = Clause("picture", picture_id)
    return Actions(
        page=query.url(f"/picture/{picture_id}"),
        like=PageQuery((this,)).url(),
        add=query.adding(this).url(),
        unlike=query.adding(negated(this)).url() if _wants_something(query) else None,
        original=original_url(picture_id) if originals else None,
        part=PageQuery((replace(this, region=WHOLE),)).url(),
    )


def _wants_something(query: PageQuery) -> bool:
    return any(clause.weight > 0 for clause in query.clauses)


def _tile(
    query: PageQuery, record: PictureRecord, hit: Hit | None, titles: Titles, *, originals: bool
) -> Tile:
    width, height = fitted(record, THUMBNAIL_SIDE)
    scored = hit is not None and bool(hit.contributions)
    return Tile(
        id=record.id,
        title=title(record),
        alt=alt_text(record),
        shape=shape(record),
        width=width,
        height=height,
        score=hit.score if hit and scored else None,
        chance=_chance(hit.score) if hit and scored else "",
        parts=_parts(hit, titles) if hit else (),
        thumbnail=thumbnail_url(record.id, THUMBNAIL_SIDE),
        thumbnail_2x=thumbnail_url(record.id, 2 * THUMBNAIL_SIDE),
        actions=actions(query, record.id, originals=originals),
        box=None if hit is None or hit.box is None else hit.box.within(width, height),
    )


def _chance(score: float) -> str:
    if score <= 0:
        return "no better than chance"
    if score > CERTAIN:
        return "chance alone would hardly ever match this well"
    return f"by chance, about 1 picture in {10**score:,.0f} would match this well"


def _parts(hit: Hit, titles: Titles) -> tuple[Part, ...]:
    return tuple(
        Part(
            label=("not: " if part.clause.weight < 0 else "") + label(part.clause, titles),
            via=_VIA[part.via],
            value=part.value,
        )
        for part in hit.contributions
    )
