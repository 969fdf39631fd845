"""The library as a whole."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from lookalike.server.routes.documented import errors
from lookalike.server.schemas import API, FailuresBody, failure_json
from lookalike.server.served import ServedDep
from lookalike.version import __version__

router = APIRouter(prefix=API, tags=["library"])


@router.get("/info", name="info", summary="What the library holds")
def info(served: ServedDep) -> dict[str, Any]:
    """Counts, spaces, versions and this server's limits."""
    settings = served.settings
    return served.library().info().as_dict() | {
        "lookalike": __version__,
        "limits": {
            "max_upload_bytes": settings.max_upload_bytes,
            "max_pictures": settings.max_pictures,
            "max_k": settings.max_k,
            "originals": settings.serves_originals,
            "judging": settings.accepts_judgments,
            "writable": settings.writable,
        },
    }


@router.get(
    "/failures",
    name="failures",
    summary="Files that could not be taken in, and why",
    responses={200: {"model": FailuresBody}, **errors(422)},
)
def failures(
    served: ServedDep,
    code: Annotated[str, Query(description="Only these.", examples=["truncated"])] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> JSONResponse:
    """Ordered by location."""
    known = served.library().failures()
    codes = Counter(record.failure.code for record in known)
    asked = [record for record in known if code in ("", record.failure.code)]
    page = [failure_json(record) for record in asked[offset : offset + limit]]
    return JSONResponse({"total": len(asked), "codes": dict(codes), "failures": page})
