"""Taking pictures into the library, and out of it, where the operator allows it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParam
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from lookalike.pipeline.additions import AddedPicture
from lookalike.server.forms import read_new_pictures
from lookalike.server.problems import ForbiddenError, as_json
from lookalike.server.routes.documented import BINARY, errors, form, several
from lookalike.server.schemas import API, EXAMPLE_ID, AddedBody, RemovedBody
from lookalike.server.served import Served, ServedDep

router = APIRouter(prefix=f"{API}/pictures", tags=["changes"])


@router.post(
    "",
    name="add_pictures",
    status_code=201,
    summary="Take pictures into the library",
    responses={201: {"model": AddedBody}, **errors(400, 403, 409, 413, 415, 422, 507)},
    openapi_extra=form(
        {
            "picture": several(BINARY),
            **{name: several({"type": "string"}) for name in ("title", "caption", "tags")},
        },
        ["picture"],
    ),
)
async def add_pictures(
    request: Request,
    served: ServedDep,
    frames: Annotated[
        int,
        Query(
            ge=1,
            le=1000,
            description="So many frames of each animation or pages of each document become "
            "pictures, evenly spread.",
        ),
    ] = 1,
) -> JSONResponse:
    """One or more fields `picture`; `title`, `caption` and `tags` belong to them in their order.

    The library keeps the files. The answer says what became of each; the status is 201 if at
    least one was taken in. Needs `lookalike serve --writable`.
    """
    _check_writable(served)
    sent = await read_new_pictures(request, served)
    added = await run_in_threadpool(served.library().add_pictures, sent, frames=frames)
    body = {"pictures": [_added_json(picture) for picture in added]}
    failed = next((picture.error for picture in added if picture.error), None)
    if failed is not None and not any(picture.id for picture in added):
        return JSONResponse(as_json(failed) | body, status_code=failed.status)
    return JSONResponse(body, status_code=201)


@router.delete(
    "/{picture_id}",
    name="remove_picture",
    summary="Take a picture out of the library",
    responses={200: {"model": RemovedBody}, **errors(403, 404, 409, 422, 507)},
)
def remove_picture(
    picture_id: Annotated[
        str,
        PathParam(pattern="^[0-9a-f]{32}$", description="32 hex digits.", examples=[EXAMPLE_ID]),
    ],
    served: ServedDep,
) -> JSONResponse:
    """A file that the library keeps is deleted.

    All others stay where they are, and `lookalike index` passes them over from now on. Needs
    `lookalike serve --writable`.
    """
    _check_writable(served)
    (removed,) = served.library().remove([picture_id])
    return JSONResponse(
        {"id": removed.id, "deleted": removed.deleted, "dismissed": list(removed.dismissed)}
    )


def _check_writable(served: Served) -> None:
    if not served.settings.writable:
        raise ForbiddenError(
            "This server does not change its library.",
            "Its operator can allow it: lookalike serve --writable.",
            code="read-only",
        )


def _added_json(picture: AddedPicture) -> dict[str, object]:
    return {
        "name": picture.name,
        "id": picture.id or None,
        "known": picture.known,
        "error": as_json(picture.error)["error"] if picture.error else None,
    }
