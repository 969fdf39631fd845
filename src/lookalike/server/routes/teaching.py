"""What the page's buttons for judging do; they work without scripts, too."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lookalike.search.clause import Clause
from lookalike.search.feedback.canonical import concept_name
from lookalike.server.forms import add_upload, read_picture
from lookalike.server.page_query import PageQuery
from lookalike.server.routes.judgments import check_judging
from lookalike.server.search_request import PageRequest
from lookalike.server.served import ServedDep
from lookalike.server.teach import page_url

router = APIRouter(include_in_schema=False)

PictureId = Annotated[str, Form(max_length=64)]


@router.post("/judge", name="judge_page")
def judge_page(
    served: ServedDep,
    asked: Annotated[PageRequest, Query()],
    relevant: PictureId = "",
    not_relevant: PictureId = "",
    undo: PictureId = "",
    concept: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep or take back a verdict on one picture, or name the query; then show it again."""
    check_judging(served)
    query = PageQuery.read(asked.q, asked.without, **asked.fields())
    teaching = served.library().teaching
    if undo:
        said = teaching.judgments(query.clauses, user="")
        teaching.forget(judgment for judgment in said if judgment.picture == undo)
    else:
        teaching.judge(
            query.clauses,
            [relevant] if relevant else [],
            [not_relevant] if not_relevant else [],
            concept=concept,
        )
    if concept:
        named = PageQuery((Clause("concept", concept_name(concept)),))
        return RedirectResponse(named.url(), status_code=303)
    return RedirectResponse(page_url(query, teaching=asked.teach, like=asked.like), status_code=303)


@router.post("/show-one", name="show_one")
async def show_one(
    request: Request, served: ServedDep, asked: Annotated[PageRequest, Query()]
) -> Response:
    """Take a picture that shows what words mean; pictures like it are offered to be judged."""
    check_judging(served)
    query = PageQuery.read(asked.q, asked.without, **asked.fields())
    picture = await read_picture(request, served)
    upload = await run_in_threadpool(add_upload, served, picture)
    return RedirectResponse(
        page_url(query, teaching=True, like=f"upload:{upload}"), status_code=303
    )
