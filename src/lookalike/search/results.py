"""What a search gives back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from lookalike.search.clause import Clause
from lookalike.search.facets import Facet
from lookalike.search.query import Query
from lookalike.search.region import Region
from lookalike.search.understood import Suggestion, Understood
from lookalike.store.rows import PictureRecord

Via = Literal["look", "region", "words", "joint", "concept", "colour", "learned"]
CutReason = Literal["k", "chance", "all"]
Method = Literal["exact", "index", "filter"]


@dataclass(frozen=True)
class Contribution:
    """What one clause added to a hit's score.

    Attributes:
        clause: the clause.
        value: its part of the score: weight times surprise.
        via: what found it: ``look`` (picture vectors), ``region`` (the best part of the picture),
            ``words`` (metadata, BM25), ``concept`` (what the encoder sees) or ``learned``
            (judgments).
    """

    clause: Clause
    value: float
    via: Via


@dataclass(frozen=True)
class Hit:
    """One result.

    Attributes:
        rank: 1 for the first of the first page; later pages count on.
        picture: the picture's record.
        score: the sum of the contributions: how surprising the match is, in powers of ten
            (3 means that one picture in a thousand of this library would do so by chance).
        contributions: one for each clause, in the query's order.
        copies: where the other pictures lie that are the same one, if the query collapses them.
        box: the part of the picture that it was found by; None for all of it.
    """

    rank: int
    picture: PictureRecord
    score: float
    contributions: tuple[Contribution, ...]
    box: Region | None = None
    copies: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The picture's id, 32 hex digits."""
        return self.picture.id

    @property
    def location(self) -> str:
        """Where the picture lies; the first place if there are several."""
        return self.picture.locations[0].path

    def as_dict(self) -> dict[str, Any]:
        """The hit as JSON's types."""
        picture, meta, facts = self.picture, self.picture.metadata, self.picture.facts
        return {
            "rank": self.rank,
            "id": self.id,
            "location": self.location,
            "locations": [place.path for place in picture.locations],
            "score": round(self.score, 4),
            "contributions": [
                {"clause": str(part.clause), "value": round(part.value, 4), "via": part.via}
                for part in self.contributions
            ],
            "box": None if self.box is None else self.box.as_dict(),
            "duplicates": [*(place.path for place in picture.locations[1:]), *self.copies],
            "width": facts.width,
            "height": facts.height,
            "format": facts.format,
            "bytes": picture.size_bytes,
            "title": meta.title,
            "caption": meta.caption,
            "tags": list(meta.tags),
            "taken": meta.taken.isoformat() if meta.taken else None,
            "camera": meta.camera,
            "classes": list(picture.classes),
        }


@dataclass(frozen=True)
class Plan:
    """How a query was answered.

    Attributes:
        pictures: in the library.
        matching: pictures that fulfil the filter; None without one.
        method: ``exact`` (every candidate scored), ``index`` (candidates from the
            approximate index, then scored exactly) or ``filter`` (no clause).
        candidates: pictures that were scored.
        steps: what happened, for people.
    """

    pictures: int
    matching: int | None
    method: Method
    candidates: int
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taught:
    """Something that judgments taught.

    Attributes:
        about: the clause, the whole query or the concept that was judged, as one would write it.
        judged: how many pictures were judged.
        concept: the name of the concept; empty if it is none.
    """

    about: str
    judged: int
    concept: str = ""


@dataclass(frozen=True)
class Results:
    """The answer to a query.

    Attributes:
        query: as it was understood.
        hits: best first.
        plan: how it was answered.
        took_ms: milliseconds from the query to the hits, encoding included.
        notes: what people should know, e.g. words that no metadata holds.
        taught: what was learned from judgments and took part.
        cut_reason: why there are not more hits: ``k`` (there are more), ``chance``
            (what comes next is more likely wrong than worth showing), ``all`` (no more match).
        total: how many hits all pages together have; None where that is not known, or there is no
            end to them.
        next: the cursor of the next page, for ``after``; empty after the last one.
        facets: the counts that the query asked for.
        understood: words that were not taken as they stand; ``literal`` undoes it.
        suggestions: other queries that may find what was meant.
    """

    query: Query
    hits: tuple[Hit, ...]
    plan: Plan
    took_ms: float
    notes: tuple[str, ...] = field(default=())
    taught: tuple[Taught, ...] = ()
    cut_reason: CutReason = "k"
    total: int | None = None
    next: str = ""
    facets: tuple[Facet, ...] = ()
    understood: tuple[Understood, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def __getitem__(self, index: int) -> Hit:
        return self.hits[index]

    def as_dict(self) -> dict[str, Any]:
        """The results as JSON's types."""
        query, plan = self.query, self.plan
        return {
            "query": query.as_dict(),
            "hits": [hit.as_dict() for hit in self.hits],
            "cut": {"kept": len(self.hits), "reason": self.cut_reason, "total": self.total},
            "plan": {
                "pictures": plan.pictures,
                "matching": plan.matching,
                "method": plan.method,
                "candidates": plan.candidates,
                "steps": list(plan.steps),
            },
            "notes": list(self.notes),
            "understood": [one.as_dict() for one in self.understood],
            "suggestions": [one.as_dict() for one in self.suggestions],
            "next": self.next or None,
            "facets": [facet.as_dict() for facet in self.facets],
            "taught": [vars(taught) for taught in self.taught],
            "took_ms": round(self.took_ms, 2),
        }
