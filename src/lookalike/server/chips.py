"""The clauses of the query on the page, and the links that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from urllib.parse import urlsplit

from lookalike.search.clause import Clause
from lookalike.search.region import Region
from lookalike.server.page_query import PageQuery, negated, stepped
from lookalike.server.schemas import thumbnail_url, upload_thumbnail_url

CHIP_SIDE = 160
LARGE_SIDE = 1280
WHOLE = Region(0, 0, 100, 100)
"""What the script that draws boxes replaces in an address."""

Titles = Mapping[str, str]
"""Titles of the library's pictures that a query names, by what it calls them."""


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
        large: address of a large picture, to choose a part of; None if it shows none.
        part: address of the query with a part of it; :data:`WHOLE` in it is to be replaced.
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
    large: str | None = None
    part: str | None = None


def chips(query: PageQuery, titles: Titles) -> list[Chip]:
    """The clauses of a query; words alone need none, the search bar shows them."""
    if len(query.clauses) == 1 and query.words == 0:
        return []
    return [_chip(query, index, titles) for index in range(len(query.clauses))]


def label(clause: Clause, titles: Titles) -> str:
    """What people call a clause."""
    if clause.kind == "url":
        address = urlsplit(clause.value)
        return f"{address.hostname or ''}/…/{PurePath(address.path).name}"
    part = "part of " if clause.region else ""
    if clause.kind == "picture":
        return part + titles.get(clause.value, f"picture {clause.value[:6]}")
    return f"{part}your picture" if clause.kind == "upload" else clause.value


def _chip(query: PageQuery, index: int, titles: Titles) -> Chip:
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
        label=label(clause, titles),
        kind=clause.kind,
        thumbnail=_clause_picture(clause, CHIP_SIDE, clause.region),
        negative=not positive,
        weight="" if size == 1 else f"×{size:g}",
        more=to(stepped(clause, 1)),
        less=to(stepped(clause, -1)),
        flip=None if only_wanted else to(negated(clause)),
        remove=query.replacing(index, None).url(),
        large=_clause_picture(clause, LARGE_SIDE),
        part=to(replace(clause, region=WHOLE)) if clause.looks_at_pixels else None,
    )


def _clause_picture(clause: Clause, side: int, region: Region | None = None) -> str | None:
    if clause.kind == "picture":
        return thumbnail_url(clause.value, side, region)
    if clause.kind == "upload":
        return upload_thumbnail_url(clause.value, side, region)
    return None
