"""Around every request: an id, the time it took, a count, and a log entry when it fails."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.server.metrics import Metrics
from lookalike.server.problems import InternalError, error_response


def logger() -> Any:
    """A structured logger over Python's own, so that the embedding program decides where to."""
    return structlog.wrap_logger(
        logging.getLogger("lookalike.server"),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class Observe:
    """ASGI middleware; see the module's first line.

    Args:
        app: what answers.
        metrics: where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, request_id, status = time.perf_counter(), uuid.uuid4().hex[:16], 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                took = f"total;dur={_ms(started):.1f}"
                earlier = headers.get("Server-Timing")
                headers["Server-Timing"] = f"{earlier}, {took}" if earlier else took
            await send(message)

        log = self._log.bind(request_id=request_id, method=scope["method"], path=scope["path"])
        try:
            await self._app(scope, receive, noted)
        except Exception:  # the outermost edge: a client must never see a traceback
            # not log.exception: Python's logger would print the traceback a second time
            log.error("request failed", exc_info=True)
            if not status:
                answer = error_response(Request(scope), InternalError(request_id))
                await answer(scope, receive, noted)
        self._metrics.count(scope["method"], _route(scope), status)
        log.debug("request answered", status=status, took_ms=round(_ms(started), 1))


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _route(scope: Scope) -> str:
    """The route's pattern and never the path itself, which anyone may make up."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/static" if scope["path"].startswith("/static/") else "(none)"
