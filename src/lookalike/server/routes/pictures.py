"""One picture: its record, its thumbnail, its original."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query
from fastapi import Path as PathParam
from starlette.responses import FileResponse, JSONResponse, Response

from lookalike.errors import NotFoundError
from lookalike.search.region import parse_region
from lookalike.server.problems import ForbiddenError
from lookalike.server.routes.documented import errors
from lookalike.server.schemas import API, EXAMPLE_ID, PictureBody, picture_json
from lookalike.server.served import ServedDep
from lookalike.sources.sniff import HEAD_BYTES, sniff

router = APIRouter(prefix=f"{API}/pictures", tags=["pictures"])

PictureId = Annotated[
    str, PathParam(pattern="^[0-9a-f]{4,32}$", description="32 hex digits.", examples=[EXAMPLE_ID])
]

RegionParam = Annotated[
    str | None,
    Query(
        description="Only this part of it, written like the region of a clause.",
        examples=["percent:25,10,50,40"],
    ),
]

# Few sizes, so that nobody can fill the disk with thumbnails of every size.
SIDES = (160, 320, 640, 1280)

# Formats that browsers show and that cannot carry scripts; all others are downloads.
_SHOWN = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "heif": "image/heif",
    "tiff": "image/tiff",
}
_FOREVER = "private, max-age=31536000, immutable"
_SANDBOX = "default-src 'none'; sandbox"


@router.get(
    "/{picture_id}",
    name="picture",
    summary="Everything known about a picture",
    responses={200: {"model": PictureBody}, **errors(404, 422)},
)
def picture(picture_id: PictureId, served: ServedDep) -> JSONResponse:
    """The record of a picture; the beginning of its id is enough where it is the only one."""
    record = served.library().picture(picture_id)
    return JSONResponse(picture_json(record, originals=served.settings.serves_originals))


@router.get(
    "/{picture_id}/thumbnail",
    name="thumbnail",
    summary="A small JPEG of a picture",
    response_class=FileResponse,
    responses={200: {"content": {"image/jpeg": {}}}, 304: {}, **errors(400, 404, 422)},
)
def thumbnail(
    picture_id: PictureId,
    served: ServedDep,
    side: Annotated[
        int, Query(ge=1, le=SIDES[-1], description="Length of the longer side, at least.")
    ] = 320,
    region: RegionParam = None,
    if_none_match: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Upright, at most 160, 320, 640 or 1280 pixels a side: the next one up from `side`."""
    size = next(size for size in SIDES if size >= side)
    record = served.library().picture(picture_id)
    if region is not None:
        part = served.library().part(record.id, parse_region(region), size)
        return Response(part, media_type="image/jpeg", headers={"Cache-Control": _FOREVER})
    headers = {"ETag": f'"{record.id}-{size}"', "Cache-Control": _FOREVER}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    file = served.library().thumbnail(record.id, side=size)
    return FileResponse(file, media_type="image/jpeg", headers=headers)


@router.get(
    "/{picture_id}/original",
    name="original",
    summary="The picture's own file",
    response_class=FileResponse,
    responses={200: {"content": {"image/*": {}}}, **errors(403, 404, 422)},
)
def original(picture_id: PictureId, served: ServedDep) -> Response:
    """The file as it is; off unless the server listens on loopback only or is told otherwise."""
    if not served.settings.serves_originals:
        raise ForbiddenError(
            "This server keeps original files to itself.",
            "Use the thumbnail, or ask its operator.",
            code="originals-off",
        )
    try:
        file = served.library().original(picture_id)
    except NotFoundError as error:
        if error.code != "in-archive":
            raise
        return _member(*served.library().original_bytes(picture_id))
    kind = _SHOWN.get(_format(file), "application/octet-stream")
    shown = kind.startswith("image/")
    return FileResponse(
        file,
        media_type=kind,
        headers={"Content-Security-Policy": _SANDBOX},
        filename=file.name.encode("utf-8", "replace").decode(),
        content_disposition_type="inline" if shown else "attachment",
    )


def _member(data: bytes, name: str) -> Response:
    """A picture out of an archive, with the headers that a file of its own gets."""
    found = sniff(data[:HEAD_BYTES])
    kind = _SHOWN.get(found.name if found else "", "application/octet-stream")
    how = "inline" if kind.startswith("image/") else "attachment"
    headers = {
        "Content-Security-Policy": _SANDBOX,
        "Content-Disposition": f"{how}; filename*=utf-8''{quote(name, safe='', errors='replace')}",
    }
    return Response(data, media_type=kind, headers=headers)


def _format(file: Path) -> str:
    """The format by the bytes that are there now, whatever they were when they were indexed."""
    try:
        with file.open("rb") as stream:
            kind = sniff(stream.read(HEAD_BYTES))
    except OSError as error:
        raise NotFoundError(
            "The picture's file cannot be read.", "Index its folder again.", code="original-gone"
        ) from error
    return kind.name if kind else ""
