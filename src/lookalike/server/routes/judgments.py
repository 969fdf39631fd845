"""Judgments, concepts, and which pictures to judge next."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from lookalike.errors import UsageError
from lookalike.search.query import Query as PictureQuery
from lookalike.search.query import parse_clauses
from lookalike.server.problems import ForbiddenError
from lookalike.server.routes.documented import errors
from lookalike.server.schemas import API, thumbnail_url
from lookalike.server.schemas_feedback import (
    ConceptBody,
    ConceptsBody,
    ForgottenBody,
    JudgedBody,
    JudgeRequest,
    JudgmentsBody,
    RenameRequest,
    SuggestionsBody,
)
from lookalike.server.served import Served, ServedDep
from lookalike.store.concepts_table import ConceptRecord

router = APIRouter(prefix=API, tags=["feedback"])

_ANYONE = "Only what this person said; an empty name stands for those who gave none."
Clauses = Annotated[list[str], Query(alias="q", description="Only under this query.")]
Without = Annotated[list[str], Query(alias="not", description="The query's `not`.")]
ConceptName = Annotated[str, Query(description="Only of this concept.")]
User = Annotated[str | None, Query(description=_ANYONE)]


@router.post(
    "/judgments",
    name="judge",
    status_code=201,
    summary="Say which pictures fit a query",
    responses={201: {"model": JudgedBody}, **errors(400, 403, 404, 422, 507)},
)
def judge(served: ServedDep, asked: JudgeRequest) -> JSONResponse:
    """Later searches for the same learn from it. With `as`, the query becomes a concept.

    All of it is kept, or nothing. Needs `lookalike serve --judging`, which is the default where
    nobody else can reach the server.
    """
    check_judging(served)
    told = parse_clauses(asked.q, without=asked.without)
    kept = served.library().teaching.judge(
        told, asked.relevant, asked.not_relevant, concept=asked.concept, user=asked.user
    )
    return JSONResponse({"judged": [judgment.as_dict() for judgment in kept]}, status_code=201)


@router.get(
    "/judgments",
    name="judgments",
    summary="What was judged",
    responses={200: {"model": JudgmentsBody}, **errors(400, 404, 422)},
)
def judgments(
    served: ServedDep,
    q: Clauses = [],  # noqa: B006  # FastAPI copies it
    without: Without = [],  # noqa: B006
    concept: ConceptName = "",
    user: User = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> JSONResponse:
    """Oldest first."""
    told = parse_clauses(q, without=without)
    found = served.library().teaching.judgments(told, concept=concept, user=user)
    page = [judgment.as_dict() for judgment in found[offset : offset + limit]]
    return JSONResponse({"total": len(found), "judgments": page})


@router.delete(
    "/judgments",
    name="forget_judgments",
    summary="Forget what was judged",
    responses={200: {"model": ForgottenBody}, **errors(400, 403, 404, 422, 507)},
)
def forget(
    served: ServedDep,
    q: Clauses = [],  # noqa: B006
    without: Without = [],  # noqa: B006
    concept: ConceptName = "",
    user: User = None,
    id: Annotated[list[str], Query(description="Only these judgments.")] = [],  # noqa: A002, B006
) -> JSONResponse:
    """For good. At least one parameter must say which."""
    check_judging(served)
    if not (q or without or concept or id or user is not None):
        raise UsageError("Nothing says what to forget.", "Give q, concept, user or id.")
    teaching = served.library().teaching
    told = parse_clauses(q, without=without)
    found = teaching.judgments(told, concept=concept, user=user)
    chosen = [judgment for judgment in found if not id or judgment.id in id]
    return JSONResponse({"forgotten": teaching.forget(chosen)})


@router.get(
    "/suggestions",
    name="suggestions",
    summary="Which pictures to judge next",
    responses={200: {"model": SuggestionsBody}, **errors(400, 404, 422, 502)},
)
def suggestions(
    served: ServedDep,
    q: Annotated[list[str], Query(description="The query.")],
    without: Without = [],  # noqa: B006
    where: Annotated[str, Query(description="A filter.")] = "",
    n: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 10,
) -> JSONResponse:
    """Those near the top that nobody judged, unlike one another."""
    query = PictureQuery(parse_clauses(q, without=without), where)
    found = served.library().suggest(query, n)
    rows = [
        {"id": p.id, "location": p.locations[0].path, "thumbnail": thumbnail_url(p.id)}
        for p in found
    ]
    return JSONResponse({"suggestions": rows})


@router.get(
    "/concepts",
    name="concepts",
    summary="Learned queries with a name",
    responses={200: {"model": ConceptsBody}},
)
def concepts(served: ServedDep) -> JSONResponse:
    """By name; `concept:NAME` is a clause."""
    found = served.library().teaching.concepts()
    return JSONResponse({"concepts": [_concept_json(concept, n) for concept, n in found]})


@router.get(
    "/concepts/{name}",
    name="concept",
    summary="One concept",
    responses={200: {"model": ConceptBody}, **errors(404, 422)},
)
def concept(served: ServedDep, name: str) -> JSONResponse:
    """What it was made from."""
    return JSONResponse(_concept_json(*served.library().teaching.concept(name)))


@router.patch(
    "/concepts/{name}",
    name="rename_concept",
    summary="Give a concept another name",
    responses={200: {"model": ConceptBody}, **errors(400, 403, 404, 422, 507)},
)
def rename_concept(served: ServedDep, name: str, asked: RenameRequest) -> JSONResponse:
    """Its judgments come along."""
    check_judging(served)
    teaching = served.library().teaching
    renamed = teaching.rename(name, asked.name)
    return JSONResponse(_concept_json(*teaching.concept(renamed.name)))


@router.delete(
    "/concepts/{name}",
    name="delete_concept",
    summary="Delete a concept",
    responses={200: {"model": ConceptBody}, **errors(403, 404, 422, 507)},
)
def delete_concept(served: ServedDep, name: str) -> JSONResponse:
    """What was judged for it is forgotten; what was judged under its query stays."""
    check_judging(served)
    teaching = served.library().teaching
    found = teaching.concept(name)
    teaching.delete(name)
    return JSONResponse(_concept_json(*found))


def check_judging(served: Served) -> None:
    """Make sure that visitors may judge.

    Raises:
        ForbiddenError: they may not.
    """
    if not served.settings.accepts_judgments:
        raise ForbiddenError(
            "This server keeps no judgments.",
            "Its operator can allow it: lookalike serve --judging.",
            code="read-only",
        )


def _concept_json(concept: ConceptRecord, judged: int) -> dict[str, Any]:
    return concept.as_dict() | {"judged": judged}
