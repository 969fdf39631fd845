"""Searching."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from lookalike.search.clause import Clause
from lookalike.search.query import Query as PictureQuery
from lookalike.search.query import parse_query
from lookalike.server.forms import read_search
from lookalike.server.routes.documented import BINARY, errors, form, several
from lookalike.server.schemas import API, SearchBody, thumbnail_url
from lookalike.server.search_request import SearchRequest
from lookalike.server.served import Served, ServedDep

router = APIRouter(prefix=API, tags=["search"])

_JSON_SCHEMA: dict[str, Any] = SearchRequest.model_json_schema(by_alias=True)
_FIELDS: dict[str, Any] = {
    "picture": several(BINARY),
    "weight": several({"type": "number"}) | {"description": "one for each picture, in their order"},
    **_JSON_SCHEMA["properties"],
}


@router.get(
    "/search",
    name="search",
    summary="Search by words and pictures",
    responses={200: {"model": SearchBody}, **errors(400, 403, 404, 422, 502)},
)
def search(served: ServedDep, asked: Annotated[SearchRequest, Query()]) -> JSONResponse:
    """The pictures that fit best, best first.

    Without `q`, the pictures that fulfil `where`, newest first.
    """
    return _answer(served, asked, [])


@router.post(
    "/search",
    name="search_with_pictures",
    summary="Search with a JSON query, or with pictures of your own",
    responses={200: {"model": SearchBody}, **errors(400, 403, 404, 413, 415, 422, 502)},
    openapi_extra=form(_FIELDS, also={"application/json": _JSON_SCHEMA}),
)
async def search_with_pictures(request: Request, served: ServedDep) -> JSONResponse:
    """The same as GET; the form may hold pictures, which are kept as uploads for a while."""
    asked, pictures = await read_search(request, served)
    return await run_in_threadpool(_answer, served, asked, pictures)


def _answer(served: Served, asked: SearchRequest, pictures: list[Clause]) -> JSONResponse:
    results = served.search(_query(asked, pictures))
    body = results.as_dict()
    for hit in body["hits"]:
        hit["thumbnail"] = thumbnail_url(hit["id"])
    return JSONResponse(body, headers={"Server-Timing": f"search;dur={results.took_ms:.1f}"})


def _query(asked: SearchRequest, pictures: list[Clause]) -> PictureQuery:
    """The query; local files are never meant by what comes over the web."""
    written = [*asked.q, *(str(clause) for clause in pictures)]
    return parse_query(written, without=asked.without, **asked.fields())
