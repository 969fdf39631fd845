"""What the templates show of a query and its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

from lookalike.search.query import Clause
from lookalike.search.results import Hit, Results
from lookalike.server.page_query import PageQuery, negated, stepped
from lookalike.server.schemas import API, original_url, thumbnail_url
from lookalike.store.rows import PictureRecord

THUMBNAIL_SIDE = 320
METER_FULL = 4.0
_VIA = {"look": "looks alike", "words": "words beside it", "concept": "what is seen in it"}


@dataclass(frozen=True)
class Chip:
    """A clause in the query, with the addresses that change it.

    Attributes:
        key: tells chips and their buttons apart.
        name: parameter name of the clause.
        value: the clause as one would write it.
        label: what people call it.
        kind: of the clause.
        thumbnail: address of a small picture, if there is one.
        negative: whether it says "not this".
        weight: e.g. ``×2``; empty for plain weight.
        more: address of the query in which it counts more; likewise ``less``.
        flip: address of the query in which it says the opposite.
        remove: address of the query without it.
    """

    key: str
    name: str
    value: str
    label: str
    kind: str
    thumbnail: str | None
    negative: bool
    weight: str
    more: str | None
    less: str | None
    flip: str | None
    remove: str


@dataclass(frozen=True)
class Actions:
    """Addresses of what one can do with a picture.

    Attributes:
        page: all about it.
        like: a search for pictures like it.
        add: the present search, with this picture added.
        unlike: the present search, without pictures like it; None if nothing is searched for.
        original: the picture's own file; None where the server keeps it to itself.
    """

    page: str
    like: str
    add: str
    unlike: str | None
    original: str | None


@dataclass(frozen=True)
class Part:
    """What a clause contributed to a score."""

    label: str
    via: str
    value: float
    share: float


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


def chips(query: PageQuery) -> list[Chip]:
    """The clauses of a query; words alone need none, the search bar shows them."""
    if len(query.clauses) == 1 and query.words == 0:
        return []
    return [_chip(query, index) for index in range(len(query.clauses))]


def tiles(query: PageQuery, results: Results, *, originals: bool) -> list[Tile]:
    """The results for the grid."""
    return [_tile(query, hit.picture, hit, originals) for hit in results.hits]


def actions(query: PageQuery, picture_id: str, *, originals: bool) -> Actions:
    """What one can do with a picture while looking at a query's results."""
    this = Clause("picture", picture_id)
    return Actions(
        page=query.url(f"/picture/{picture_id}"),
        like=PageQuery((this,)).url(),
        add=query.adding(this).url(),
        unlike=query.adding(negated(this)).url() if _wants_something(query) else None,
        original=original_url(picture_id) if originals else None,
    )


def title(record: PictureRecord) -> str:
    """The picture's title, or else its caption or its file's name."""
    meta = record.metadata
    return meta.title or meta.caption or PurePath(record.locations[0].path).name


def alt_text(record: PictureRecord) -> str:
    """The picture in words, as far as the library has any."""
    meta = record.metadata
    return meta.caption or meta.title or ", ".join(meta.tags[:5]) or title(record)


def fitted(record: PictureRecord, side: int) -> tuple[int, int]:
    """Width and height of the picture's thumbnail, in pixels."""
    width, height = record.facts.width, record.facts.height
    scale = min(1.0, side / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shape(record: PictureRecord) -> str:
    """CSS class of the aspect ratio, in tenths; extreme ones are cropped."""
    ratio = record.facts.width / max(record.facts.height, 1)
    return f"shape-{min(max(round(ratio * 10), 6), 25)}"


def label(clause: Clause) -> str:
    """What people call a clause."""
    if clause.kind == "url":
        address = urlsplit(clause.value)
        return f"{address.hostname or ''}/…/{PurePath(address.path).name}"
    named = {"picture": f"picture {clause.value[:6]}", "upload": "your picture"}
    return named.get(clause.kind, clause.value)


def recent_tiles(records: Sequence[PictureRecord], *, originals: bool) -> list[Tile]:
    """Pictures that nobody searched for, for the start page."""
    return [_tile(PageQuery(), record, None, originals) for record in records]


def _wants_something(query: PageQuery) -> bool:
    return any(clause.weight > 0 for clause in query.clauses)


def _chip(query: PageQuery, index: int) -> Chip:
    clause = query.clauses[index]
    positive = clause.weight > 0
    only_wanted = positive and sum(c.weight > 0 for c in query.clauses) == 1
    size = abs(clause.weight)

    def to(changed: Clause | None) -> str | None:
        return query.replacing(index, changed).url() if changed else None

    name, value = PageQuery((clause,)).params()[0]
    return Chip(
        key=f"{index}",
        name=name,
        value=value,
        label=label(clause),
        kind=clause.kind,
        thumbnail=_clause_thumbnail(clause),
        negative=not positive,
        weight="" if size == 1 else f"×{size:g}",
        more=to(stepped(clause, 1)),
        less=to(stepped(clause, -1)),
        flip=None if only_wanted else to(negated(clause)),
        remove=query.replacing(index, None).url(),
    )


def _clause_thumbnail(clause: Clause) -> str | None:
    if clause.kind == "picture":
        return thumbnail_url(clause.value, 160)
    if clause.kind == "upload":
        return f"{API}/uploads/{clause.value}/thumbnail"
    return None


def _tile(query: PageQuery, record: PictureRecord, hit: Hit | None, originals: bool) -> Tile:
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
        parts=_parts(hit) if hit else (),
        thumbnail=thumbnail_url(record.id, THUMBNAIL_SIDE),
        thumbnail_2x=thumbnail_url(record.id, 2 * THUMBNAIL_SIDE),
        actions=actions(query, record.id, originals=originals),
    )


def _chance(score: float) -> str:
    if score <= 0:
        return "no better than chance"
    return f"by chance, about 1 picture in {10 ** min(score, 12):,.0f} would match this well"


def _parts(hit: Hit) -> tuple[Part, ...]:
    largest = max((abs(part.value) for part in hit.contributions), default=0) or 1
    return tuple(
        Part(
            label=("not: " if part.clause.weight < 0 else "") + label(part.clause),
            via=_VIA[part.via],
            value=part.value,
            share=abs(part.value) / largest,
        )
        for part in hit.contributions
    )
