"""Errors on the wire: one JSON shape for the API, one page for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from lookalike.errors import LookalikeError
from lookalike.server.templating import render_error

API_HINT = "The addresses are listed at /api."


class TooLargeError(LookalikeError):
    """A request body beyond the limit."""

    code = "too-large"
    status = 413


class ForbiddenError(LookalikeError):
    """A request that this server does not serve."""

    code = "forbidden"
    status = 403


class InvalidRequestError(LookalikeError):
    """A parameter of a wrong type or range."""

    code = "invalid-request"
    status = 422


class InternalError(LookalikeError):
    """A fault of ours; the log knows more under the request's id."""

    code = "internal"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            "Something went wrong in the server.", f"Its log has the details under {request_id}."
        )


def as_json(error: LookalikeError) -> dict[str, dict[str, Any]]:
    """The error as the API tells it."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "retryable": error.retryable,
        }
    }


def json_response(error: LookalikeError) -> JSONResponse:
    """The answer to an API request that failed."""
    return JSONResponse(as_json(error), status_code=error.status)


def error_response(request: Request, error: LookalikeError) -> Response:
    """The answer to a request that failed: a page to a browser's page, else JSON."""
    if _wants_page(request):
        return render_error(error)
    return json_response(error)


def invalid(faults: Sequence[Any]) -> InvalidRequestError:
    """The error for pydantic's list of faults; names each field."""
    told = [f"{_field(fault['loc'])}: {fault['msg']}" for fault in faults]
    return InvalidRequestError("; ".join(told) + ".", API_HINT)


def install(app: FastAPI) -> None:
    """Let every error leave the app in our shape."""

    @app.exception_handler(LookalikeError)
    def _domain(request: Request, error: LookalikeError) -> Response:
        return error_response(request, error)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> Response:
        return error_response(request, invalid(error.errors()))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        return error_response(request, _from_http(request, error))


def _wants_page(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in accepts


def _field(where: Sequence[Any]) -> str:
    names = [str(part) for part in where if part not in ("query", "body", "path")]
    return ".".join(names) or "the request"


class _HttpError(LookalikeError):
    """What the web framework found wrong: its status is only known at run time."""

    def __init__(self, status: int, message: str, hint: str, code: str) -> None:
        super().__init__(message, hint, code=code)
        self.status = status  # type: ignore[misc]


def _from_http(request: Request, error: HTTPException) -> LookalikeError:
    path, method = request.url.path, request.method
    if error.status_code == 404:
        return _HttpError(404, f"There is nothing at {path}.", API_HINT, "not-found")
    if error.status_code == 405:
        return _HttpError(405, f"{path} does not take {method}.", API_HINT, "method-not-allowed")
    return _HttpError(error.status_code, f"{error.detail}", API_HINT, "bad-request")
