"""Pictures that are sent in order to search with them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from lookalike.search.region import parse_region
from lookalike.server.forms import add_upload, read_picture
from lookalike.server.routes.documented import BINARY, errors, form
from lookalike.server.routes.pictures import RegionParam
from lookalike.server.schemas import API, EXAMPLE_ID, UploadBody
from lookalike.server.served import ServedDep

router = APIRouter(prefix=API, tags=["search"])

SIDE = 160
LARGE = 1280


@router.post(
    "/uploads",
    name="upload",
    status_code=201,
    summary="Send a picture to search with",
    responses={201: {"model": UploadBody}, **errors(400, 403, 413, 415, 422)},
    openapi_extra=form({"picture": BINARY}, ["picture"], {"image/*": BINARY}),
)
async def upload(request: Request, served: ServedDep) -> JSONResponse:
    """Keeps the picture for a while; use the returned clause as `q`."""
    picture = await read_picture(request, served)
    added = await run_in_threadpool(add_upload, served, picture)
    return JSONResponse({"upload": added, "clause": f"upload:{added}"}, status_code=201)


@router.get(
    "/uploads/{upload}/thumbnail",
    name="upload_thumbnail",
    summary="A small JPEG of a picture that was sent",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, **errors(400, 404, 422)},
)
def upload_thumbnail(
    upload: Annotated[str, Path(description="Its hash.", examples=[EXAMPLE_ID])],
    served: ServedDep,
    side: Annotated[int, Query(ge=1, le=LARGE, description="Length of the longer side.")] = SIDE,
    region: RegionParam = None,
) -> Response:
    """There as long as the upload is kept."""
    part = None if region is None else parse_region(region)
    small = served.library().upload_thumbnail(upload, side, part)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(small, media_type="image/jpeg", headers=headers)
