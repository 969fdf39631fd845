"""For whoever watches over the server."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from lookalike.server.metrics import CONTENT_TYPE
from lookalike.server.routes.documented import errors
from lookalike.server.served import ServedDep

router = APIRouter(tags=["operation"])


@router.get("/healthz", name="healthz", summary="Whether the process lives")
async def healthz() -> dict[str, str]:
    """Answers as long as the process does."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    name="readyz",
    summary="Whether searches can be answered",
    responses=errors(503),
)
def readyz(served: ServedDep) -> dict[str, int | str]:
    """Looks at the library."""
    library = served.library()
    return {"status": "ok", "pictures": len(library), "version": library.version}


@router.get("/metrics", name="metrics", summary="Counters for Prometheus")
def metrics(served: ServedDep) -> Response:
    """Requests by route and status, search times, pictures, uploads."""
    return Response(served.metrics.render(), media_type=CONTENT_TYPE)
