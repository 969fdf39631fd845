"""The JSON of the API, for its documentation and for reading requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, create_model

from lookalike.search.clause import Clause
from lookalike.search.query import QueryParts
from lookalike.search.region import Region
from lookalike.search.results import CutReason, Method, Via
from lookalike.search.understood import SuggestedBecause, UnderstoodAs
from lookalike.store.failures import FailureRecord
from lookalike.store.rows import PictureRecord

API = "/api/v1"
EXAMPLE_ID = "3f1c0a52b7d94e68a1c2d3e4f5061728"


class Body(BaseModel):
    """JSON that comes in or goes out."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ErrorDetail(Body):
    """What went wrong."""

    code: str = Field(examples=["bad-filter"], description="Stable; for programs.")
    message: str = Field(description="What happened; for people.")
    hint: str = Field(description="What to do about it; may be empty.")
    retryable: bool = Field(description="Whether the same request may succeed later.")


class ErrorBody(Body):
    """The answer to every request that failed."""

    error: ErrorDetail


class ContributionBody(Body):
    """What one clause added to the score."""

    clause: str
    value: float
    via: Via


class BoxBody(Body):
    """A part of a picture, in percent of its width and height."""

    x: float
    y: float
    width: float
    height: float


class HitBody(Body):
    """One picture that was found."""

    rank: int
    id: str = Field(examples=[EXAMPLE_ID])
    location: str
    locations: list[str]
    score: float = Field(description="Powers of ten: at 3, one in a thousand would match by chance")
    contributions: list[ContributionBody] = Field(description="They add up to the score.")
    box: BoxBody | None = Field(
        description="The part of the picture that it was found by; null for all of it."
    )
    duplicates: list[str] = Field(
        description="Further places of the same bytes; of other copies, too, if they are collapsed."
    )
    width: int
    height: int
    format: str
    bytes: int
    title: str
    caption: str
    tags: list[str]
    taken: str | None
    camera: str
    classes: list[str] = Field(description="What the encoder sees, best first.")
    thumbnail: str = Field(description="Address of a small JPEG.")


def _query_fields() -> dict[str, Any]:
    """The fields of a query, and their types as JSON has them."""
    written = {tuple[Clause, ...]: list[str], tuple[str, ...]: list[str]}
    kinds = get_type_hints(QueryParts)
    return {name: (written.get(kind, kind), ...) for name, kind in kinds.items()}


if TYPE_CHECKING:
    QueryBody = Body
else:
    QueryBody = create_model(
        "QueryBody", __base__=Body, __doc__="The query as it was understood.", **_query_fields()
    )


class CutBody(Body):
    """Where the hits end: after `k` (there are more), after `all` that match, or by `chance`:
    what comes next is more likely wrong than worth showing."""

    kept: int
    reason: CutReason
    total: int | None = Field(
        default=None, description="Hits of all pages together; null where there is no end to them."
    )


class PlanBody(Body):
    """How the query was answered."""

    pictures: int
    matching: int | None
    method: Method
    candidates: int
    steps: list[str]


class UnderstoodBody(Body):
    """Some words of the query that were not taken as they stand; `literal` undoes it."""

    text: str
    kind: UnderstoodAs
    meaning: str = Field(description="What counts in their place.", examples=["date = 2019-07"])


class SuggestionBody(Body):
    """Another query that may find more, or just what was meant."""

    label: str
    kind: SuggestedBecause
    query: QueryBody


class FacetValueBody(Body):
    """One value of a field."""

    value: str
    count: int = Field(description="Pictures that have it, among those that were found.")
    where: str = Field(description="The filter that keeps just those.", examples=['tag = "snow"'])


class FacetBody(Body):
    """The values of one field among the pictures that were found."""

    field: str
    values: list[FacetValueBody]
    others: int = Field(description="How many further values there are.")
    missing: int = Field(description="Pictures without any.")


class TaughtBody(Body):
    """Something that judgments taught, and that took part in a search."""

    about: str = Field(description="What was judged: a clause, the whole query or a concept.")
    judged: int = Field(description="How many pictures were judged.")
    concept: str = Field(description="The concept's name; empty if it is none.")


class SearchBody(Body):
    """The answer to a search."""

    query: QueryBody
    hits: list[HitBody]
    cut: CutBody
    plan: PlanBody
    notes: list[str]
    understood: list[UnderstoodBody]
    suggestions: list[SuggestionBody]
    next: str | None = Field(description="The cursor of the next page, for `after`.")
    facets: list[FacetBody]
    taught: list[TaughtBody]
    took_ms: float


class PictureBody(Body):
    """Everything the library knows about a picture."""

    id: str = Field(examples=[EXAMPLE_ID])
    locations: list[str]
    width: int
    height: int
    format: str
    bytes: int
    frames: int
    title: str
    caption: str
    tags: list[str]
    taken: str | None
    camera: str
    latitude: float | None
    longitude: float | None
    extra: dict[str, str]
    classes: list[str]
    class_probs: list[float]
    added: str
    thumbnail: str
    original: str | None = Field(description="Null where the server keeps originals to itself.")


class UploadBody(Body):
    """A picture that was sent."""

    upload: str = Field(description="Its hash.", examples=[EXAMPLE_ID])
    clause: str = Field(description="Use it as `q`.", examples=[f"upload:{EXAMPLE_ID}"])


class AddedPictureBody(Body):
    """What became of a picture that was sent."""

    name: str = Field(description="The file's name, as it was sent.")
    id: str | None = Field(description="Null if it was not taken in.", examples=[EXAMPLE_ID])
    known: bool = Field(description="Whether the library held it already.")
    error: ErrorDetail | None


class AddedBody(Body):
    """The answer to pictures that were sent, in their order."""

    pictures: list[AddedPictureBody]


class RemovedBody(Body):
    """A picture that is not in the library any more."""

    id: str = Field(examples=[EXAMPLE_ID])
    deleted: bool = Field(description="Whether the library kept its file, which is deleted.")
    dismissed: list[str] = Field(description="Files that stay, and are passed over from now on.")


class FailureBody(Body):
    """A file that could not be taken in."""

    location: str
    stage: str
    code: str
    message: str
    when: str


class FailuresBody(Body):
    """Failures, by location."""

    total: int
    codes: dict[str, int] = Field(description="How many of each code there are.")
    failures: list[FailureBody]


def thumbnail_url(picture_id: str, side: int | None = None, region: Region | None = None) -> str:
    """Where a picture's thumbnail is served, or that of a part of it."""
    return f"{API}/pictures/{picture_id}/thumbnail{_asked(side, region)}"


def upload_thumbnail_url(upload: str, side: int | None = None, region: Region | None = None) -> str:
    """The same for a picture that was sent to search with."""
    return f"{API}/uploads/{upload}/thumbnail{_asked(side, region)}"


def _asked(side: int | None, region: Region | None) -> str:
    asked = {"side": side, "region": str(region).partition("=")[2] if region else None}
    params = urlencode({name: value for name, value in asked.items() if value})
    return f"?{params}" if params else ""


def original_url(picture_id: str) -> str:
    """Where a picture's original is served."""
    return f"{API}/pictures/{picture_id}/original"


def picture_json(record: PictureRecord, *, originals: bool) -> dict[str, Any]:
    """The record as :class:`PictureBody` describes it."""
    facts, meta = record.facts, record.metadata
    return {
        "id": record.id,
        "locations": [place.path for place in record.locations],
        "width": facts.width,
        "height": facts.height,
        "format": facts.format,
        "bytes": record.size_bytes,
        "frames": facts.frames,
        "title": meta.title,
        "caption": meta.caption,
        "tags": list(meta.tags),
        "taken": meta.taken.isoformat() if meta.taken else None,
        "camera": meta.camera,
        "latitude": meta.latitude,
        "longitude": meta.longitude,
        "extra": meta.extra,
        "classes": list(record.classes),
        "class_probs": [round(p, 4) for p in record.class_probs],
        "added": record.added.isoformat(),
        "thumbnail": thumbnail_url(record.id),
        "original": original_url(record.id) if originals else None,
    }


def failure_json(record: FailureRecord) -> dict[str, str]:
    """The record as :class:`FailureBody` describes it."""
    failure = record.failure
    return {
        "location": failure.location,
        "stage": failure.stage,
        "code": failure.code,
        "message": failure.message,
        "when": record.when.isoformat(),
    }
