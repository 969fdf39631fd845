"""Duplicates: their groups, and what people say about them; as JSON and as a page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from lookalike.search.duplicates.groups import CLASSES, DuplicateClass, DuplicateGroup
from lookalike.server.routes.documented import errors
from lookalike.server.routes.judgments import check_judging
from lookalike.server.schemas import API, EXAMPLE_ID, thumbnail_url
from lookalike.server.served import ServedDep
from lookalike.server.templating import render

router = APIRouter(tags=["duplicates"])

PAGE_GROUPS = 20


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CopyBody(_Body):
    """One file of a group."""

    id: str = Field(examples=[EXAMPLE_ID])
    location: str
    width: int
    height: int
    bytes: int
    format: str
    relation: str = Field(description="What became of the keeper in it.")
    similarity: float = Field(description="Cosine of their vectors.")
    thumbnail: str = Field(description="Address of a small JPEG.")


class GroupBody(_Body):
    """Files that are one picture, or similar."""

    kind: DuplicateClass = Field(alias="class")
    keeper: CopyBody = Field(description="The file that is worth keeping.")
    reasons: list[str] = Field(description="Why that one.")
    copies: list[CopyBody] = Field(description="The others.")
    extra_bytes: int = Field(description="What the others take on the disk.")


class DuplicatesBody(_Body):
    """Groups of a class, those first that take the most space."""

    total: int = Field(description="Groups there are.")
    uncompared: int = Field(description="Pictures that `lookalike duplicates` has yet to look at.")
    groups: list[GroupBody]


class VerdictRequest(_Body):
    """What a person says about two pictures."""

    pictures: tuple[str, str] = Field(
        description="Ids; the first digits do.", examples=[[EXAMPLE_ID, EXAMPLE_ID]]
    )
    distinct: bool = Field(default=True, description="False forgets what was said.")


class VerdictBody(_Body):
    """What is noted now."""

    pictures: tuple[str, str]
    distinct: bool


@router.get(
    f"{API}/duplicates",
    name="duplicates",
    summary="Files that are one picture, and similar pictures",
    responses={200: {"model": DuplicatesBody}, **errors(422)},
)
def duplicates(
    served: ServedDep,
    kind: Annotated[DuplicateClass, Query(alias="class")] = "same-picture",
    upright: Annotated[
        bool, Query(description="Turned or mirrored copies are other pictures.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> JSONResponse:
    """What `lookalike duplicates` found; no file is ever deleted."""
    library = served.library()
    groups = library.duplicates(kind, upright=upright)
    page = [_json(group) for group in groups[offset : offset + limit]]
    body = {"total": len(groups), "uncompared": library.uncompared, "groups": page}
    return JSONResponse(body)


@router.post(
    f"{API}/duplicates/verdicts",
    name="duplicate_verdict",
    summary="Say that two pictures are different",
    responses={200: {"model": VerdictBody}, **errors(400, 403, 404, 409, 422, 507)},
)
def verdict(served: ServedDep, asked: VerdictRequest) -> JSONResponse:
    """They are in no group together from now on. Needs `lookalike serve --judging`."""
    check_judging(served)
    pair = served.library().mark_distinct(*asked.pictures, forget=not asked.distinct)
    return JSONResponse({"pictures": list(pair), "distinct": asked.distinct})


@router.get("/duplicates", name="duplicates_page", include_in_schema=False)
def duplicates_page(
    request: Request,
    served: ServedDep,
    kind: Annotated[DuplicateClass, Query(alias="class")] = "same-picture",
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """Groups with their keepers, and a button for each copy that is none."""
    library = served.library()
    groups = library.duplicates(kind)
    first = (page - 1) * PAGE_GROUPS
    values = {
        "kind": kind,
        "classes": CLASSES,
        "groups": [_json(group) for group in groups[first : first + PAGE_GROUPS]],
        "total": len(groups),
        "page_number": page,
        "earlier": _url(kind, page - 1) if page > 1 else None,
        "later": _url(kind, page + 1) if first + PAGE_GROUPS < len(groups) else None,
        "uncompared": library.uncompared,
        "judging": served.settings.accepts_judgments,
    }
    return render(request, "duplicates.html", values)


@router.post("/duplicates", name="tell_apart", include_in_schema=False)
def tell_apart(
    served: ServedDep,
    one: Annotated[str, Form()],
    other: Annotated[str, Form()],
    kind: Annotated[DuplicateClass, Form(alias="class")] = "same-picture",
    page: Annotated[int, Form(ge=1)] = 1,
) -> Response:
    """The button "these are different"."""
    check_judging(served)
    served.library().mark_distinct(one, other)
    return RedirectResponse(_url(kind, page), status_code=303)


def _url(kind: DuplicateClass, page: int) -> str:
    return f"/duplicates?{urlencode({'class': kind, 'page': page})}"


def _json(group: DuplicateGroup) -> dict[str, Any]:
    body = group.as_dict()
    for copy in (body["keeper"], *body["copies"]):
        copy["thumbnail"] = thumbnail_url(copy["id"])
    return body
