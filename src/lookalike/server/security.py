"""Who may ask, how much may be sent, and what a browser may do with the answers."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.errors import LookalikeError
from lookalike.server.problems import ForbiddenError, TooLargeError, json_response
from lookalike.server.settings import MEGABYTE, ServerSettings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not "no-referrer": with it, browsers send our own forms with "Origin: null"
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}


class SecureHeaders:
    """ASGI middleware: tells browsers what they may do with an answer.

    Args:
        app: what answers.
        settings: whether foreign pages are welcome.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if not settings.cors_origins:
            self._headers["Cross-Origin-Resource-Policy"] = "same-origin"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)


class Guard:
    """ASGI middleware: refuses foreign hosts and origins.

    Args:
        app: what answers.
        settings: which hosts and origins are welcome.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        answer = json_response(refusal) if refusal else self._app
        await answer(scope, receive, send)

    def _refusal(self, method: str, path: str, headers: Headers) -> LookalikeError | None:
        host = headers.get("host", "")
        if not self._settings.accepts_host(_name(host)):
            return ForbiddenError(
                f"This server does not answer to the name {host!r}.",
                "Its operator can allow the name.",
                code="host-not-allowed",
            )
        if method in ("GET", "HEAD", "OPTIONS"):
            # a foreign page must not fetch through us, nor probe what the library holds
            foreign = path.startswith("/api/") and not self._settings.cors_origins
            foreign = foreign and headers.get("sec-fetch-site") == "cross-site"
            foreign = foreign and headers.get("sec-fetch-mode") != "navigate"
        else:
            foreign = self._is_foreign(headers, host)
        if foreign:
            return ForbiddenError(
                "Pages of other origins may not do this.",
                "Its operator can allow the origin.",
                code="origin-not-allowed",
            )
        return None

    def _is_foreign(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin is not None:
            if origin in self._settings.cors_origins or "*" in self._settings.cors_origins:
                return False
            return urlsplit(origin).netloc.lower() != host.lower()
        return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def _name(host: str) -> str:
    """The host without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


class BodyLimit:
    """ASGI middleware: stops reading a request body where it passes the limit.

    Args:
        app: what answers.
        max_bytes: longest body.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self._max_bytes:
            await json_response(self._too_large())(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max_bytes:
                raise self._too_large()
            return message

        await self._app(scope, counted, send)

    def _too_large(self) -> TooLargeError:
        return TooLargeError(
            f"The request is longer than {self._max_bytes / MEGABYTE:g} MB.",
            "Send a smaller version of the picture; 1000 pixels a side are plenty for a search.",
        )


class HeadAsGet:
    """ASGI middleware: answers HEAD like GET; the server beneath leaves the body out.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # a copy: the server looks at its own
        await self._app(scope, receive, send)


class TextGZip(GZipMiddleware):
    """Compresses text; pictures are compressed already and are served in ranges."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        picture = scope.get("path", "").endswith(("/original", "/thumbnail"))
        await (self.app if picture else super().__call__)(scope, receive, send)
