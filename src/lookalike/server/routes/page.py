"""The pages for people."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lookalike.errors import LookalikeError
from lookalike.search.clause import Clause
from lookalike.search.filter import FIELDS
from lookalike.server.about import alt_text, fitted, seen_in, title
from lookalike.server.forms import add_upload, read_picture
from lookalike.server.page_model import search_page, unreadable
from lookalike.server.page_query import PageQuery
from lookalike.server.reference import operations
from lookalike.server.schemas import thumbnail_url
from lookalike.server.search_request import PageRequest
from lookalike.server.served import ServedDep
from lookalike.server.templating import render
from lookalike.server.tiles import actions

router = APIRouter(include_in_schema=False)

LARGE = 1280
SHOWN_FAILURES = 500

Asked = Annotated[PageRequest, Query()]


@router.get("/", name="page")
def page(
    request: Request,
    served: ServedDep,
    asked: Asked,
) -> Response:
    """The search page."""
    try:
        query = PageQuery.read(asked.q, asked.without, **asked.fields())
        shown = search_page(served, query, teaching=asked.teach, like=asked.like)
    except LookalikeError as error:
        shown = unreadable(" ".join(asked.q), asked.where, error)
    return render(request, "search.html", {"page": shown}, shown.status)


@router.get("/picture/{picture_id}", name="picture_page")
def picture_page(
    request: Request,
    picture_id: str,
    served: ServedDep,
    asked: Asked,
) -> Response:
    """All about one picture; the parameters say which search one came from."""
    record = served.library().picture(picture_id)
    query = PageQuery.read(asked.q, asked.without, **asked.fields())
    width, height = fitted(record, LARGE)
    values = {
        "record": record,
        "title": title(record),
        "alt": alt_text(record),
        "large": thumbnail_url(record.id, LARGE),
        "seen": seen_in(record),
        "width": width,
        "height": height,
        "actions": actions(query, record.id, originals=served.settings.serves_originals),
        "back": None if query.empty else query.url(),
        "tag_url": {tag: _tag_url(tag) for tag in record.metadata.tags},
    }
    return render(request, "picture.html", values)


@router.post("/upload", name="upload_page")
async def upload_page(request: Request, served: ServedDep) -> Response:
    """Takes a picture from the form that browsers without scripts send."""
    picture = await read_picture(request, served)
    added = await run_in_threadpool(add_upload, served, picture)
    return RedirectResponse(PageQuery((Clause("upload", added),)).url(), status_code=303)


@router.get("/failures", name="failures_page")
def failures_page(request: Request, served: ServedDep) -> Response:
    """What could not be taken in, and why."""
    failures = served.library().failures()
    values = {"failures": failures[:SHOWN_FAILURES], "total": len(failures)}
    return render(request, "failures.html", values)


@router.get("/api", name="reference")
def reference(request: Request) -> Response:
    """The API's reference, made from its OpenAPI description."""
    values = {"operations": operations(request.app), "fields": FIELDS}
    return render(request, "reference.html", values)


def _tag_url(tag: str) -> str:
    quoted = re.sub(r'([\\"*])', r"\\\1", tag)
    return PageQuery(where=f'tag = "{quoted}"').url()
