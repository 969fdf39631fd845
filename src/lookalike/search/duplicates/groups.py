"""Groups of duplicates, from the pairs that were compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lookalike.search.duplicates.keeper import looks_copied, quality, reasons
from lookalike.search.duplicates.relation import relation
from lookalike.store.pairs import Pair
from lookalike.store.rows import PictureRecord

DuplicateClass = Literal["same-bytes", "same-picture", "similar"]
CLASSES: tuple[DuplicateClass, ...] = get_args(DuplicateClass)

_Distinct = Collection[tuple[str, str]]


@dataclass(frozen=True)
class Copy:
    """One file of a group.

    Attributes:
        id: of its picture.
        location: where it lies.
        width: in pixels.
        height: in pixels.
        bytes: length of the file.
        format: e.g. ``jpeg``.
        relation: what became of the keeper in it, e.g. ``mirrored, 59 % of it``.
        similarity: cosine of their vectors; 1 for the same bytes.
    """

    id: str
    location: str
    width: int
    height: int
    bytes: int
    format: str
    relation: str = ""
    similarity: float = 1.0


@dataclass(frozen=True)
class DuplicateGroup:
    """Files that are one picture, or similar.

    Attributes:
        kind: ``same-bytes``, ``same-picture`` or ``similar``.
        keeper: the one that is worth keeping.
        reasons: why that one.
        copies: the others.
    """

    kind: DuplicateClass
    keeper: Copy
    reasons: tuple[str, ...]
    copies: tuple[Copy, ...]

    @property
    def extra_bytes(self) -> int:
        """What the others take on the disk."""
        return sum(copy.bytes for copy in self.copies)

    def as_dict(self) -> dict[str, Any]:
        """The group as JSON's types."""
        return {
            "class": self.kind,
            "keeper": dict(vars(self.keeper)),
            "reasons": list(self.reasons),
            "copies": [dict(vars(copy)) for copy in self.copies],
            "extra_bytes": self.extra_bytes,
        }


def best_places(record: PictureRecord) -> list[str]:
    """Where a picture lies, the plainest name first."""
    return sorted(
        (place.path for place in record.locations),
        key=lambda path: (looks_copied(path), path.count("/"), len(path), path),
    )


def groups_of_locations(records: Iterable[PictureRecord]) -> list[DuplicateGroup]:
    """Files with the same bytes. The one with the plainest name is the keeper."""
    found = []
    for record in records:
        places = best_places(record)
        copies = [_copy(record, path, "same bytes") for path in places]
        if len(copies) > 1:
            plain = looks_copied(places[-1]) and not looks_copied(places[0])
            why = "not named like a copy" if plain else "shortest path"
            found.append(DuplicateGroup("same-bytes", copies[0], (why,), tuple(copies[1:])))
    return found


def groups_of_pairs(
    pairs: Sequence[Pair],
    records: Mapping[int, PictureRecord],
    kind: DuplicateClass,
    distinct: _Distinct = frozenset(),
) -> list[DuplicateGroup]:
    """Stars about the best pictures.

    Every member was compared with the keeper itself: a chain of copies of copies, in which the
    first and the last have nothing in common, never becomes one group. Two pictures that people
    said are different are in no group together.

    Args:
        pairs: of the class.
        records: those of the pictures by key; pairs with others are passed over.
        kind: what the groups are called.
        distinct: pairs of ids, the smaller one first.
    """
    linked: defaultdict[int, dict[int, Pair]] = defaultdict(dict)
    for pair in pairs:
        if pair.a in records and pair.b in records:
            linked[pair.a][pair.b] = linked[pair.b][pair.a] = pair
    order = sorted(linked, key=lambda key: quality(records[key]), reverse=True)
    taken: set[int] = set()
    found = []
    for key in order:
        if key in taken:
            continue
        members = _members(key, linked[key], records, taken, distinct)
        if members:
            taken.update((key, *members))
            found.append(_group(kind, key, members, linked[key], records))
    return found


def _members(
    key: int,
    links: Mapping[int, Pair],
    records: Mapping[int, PictureRecord],
    taken: set[int],
    distinct: _Distinct,
) -> list[int]:
    members: list[int] = []
    for other in sorted(links, key=lambda other: quality(records[other]), reverse=True):
        told = any(_told(records[other].id, records[m].id, distinct) for m in (key, *members))
        if other not in taken and not told:
            members.append(other)
    return members


def _told(one: str, other: str, distinct: _Distinct) -> bool:
    return (min(one, other), max(one, other)) in distinct


def _group(
    kind: DuplicateClass,
    key: int,
    members: Sequence[int],
    links: Mapping[int, Pair],
    records: Mapping[int, PictureRecord],
) -> DuplicateGroup:
    keeper, others = records[key], [records[member] for member in members]
    copies = tuple(
        _copy(
            other,
            best_places(other)[0],
            relation(links[other.key], keeper, other),
            links[other.key].similarity,
        )
        for other in others
    )
    own = _copy(keeper, best_places(keeper)[0])
    return DuplicateGroup(kind, own, reasons(keeper, others), copies)


def _copy(
    record: PictureRecord, location: str, relation: str = "", similarity: float = 1.0
) -> Copy:
    return Copy(
        id=record.id,
        location=location,
        width=record.facts.width,
        height=record.facts.height,
        bytes=record.size_bytes,
        format=record.facts.format,
        relation=relation,
        similarity=round(similarity, 4),
    )
