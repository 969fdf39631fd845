"""The web application: REST API, page and metrics of one library."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles

from lookalike.library import Library
from lookalike.server import problems
from lookalike.server.observe import Observe
from lookalike.server.routes import (
    changes,
    duplicates,
    health,
    info,
    judgments,
    page,
    pictures,
    reports,
    search,
    teaching,
    uploads,
)
from lookalike.server.security import BodyLimit, Guard, HeadAsGet, SecureHeaders, TextGZip
from lookalike.server.served import Served
from lookalike.server.settings import ServerSettings
from lookalike.server.templating import HERE
from lookalike.version import __version__

_DESCRIPTION = """Search a library of pictures by words, by pictures, or by both.

Every error has the shape `{"error": {"code", "message", "hint", "retryable"}}`."""


def create_app(library: Library, settings: ServerSettings | None = None) -> FastAPI:
    """Build the web application of a library.

    Args:
        library: an open library; it stays the caller's to close.
        settings: the operator's decisions.
    """
    settings = settings or ServerSettings()
    app = FastAPI(
        title="lookalike",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's own pages load scripts from a foreign host
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.served = Served(library, settings)
    answers = (search, judgments, uploads, pictures, changes, duplicates, info, health)
    for routes in (*answers, page, teaching, reports):
        app.include_router(routes.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    problems.install(app)
    _wrap(app, settings)
    return app


def _wrap(app: FastAPI, settings: ServerSettings) -> None:
    """Put the middleware around the app, the innermost first."""
    app.add_middleware(BodyLimit, max_bytes=settings.max_upload_bytes)
    if settings.cors_origins:
        methods = ["GET", "POST"]
        methods += ["DELETE"] if settings.writable or settings.accepts_judgments else []
        methods += ["PATCH"] if settings.accepts_judgments else []
        app.add_middleware(
            CORSMiddleware, allow_origins=settings.cors_origins, allow_methods=methods
        )
    app.add_middleware(TextGZip, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Observe, metrics=app.state.served.metrics)
    app.add_middleware(SecureHeaders, settings=settings)
    app.add_middleware(HeadAsGet)
