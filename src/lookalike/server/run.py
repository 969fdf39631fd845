"""Serving until somebody says stop."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import uvicorn

from lookalike.errors import UsageError
from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.settings import ServerSettings

GRACE_S = 5


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def run_server(
    library: Library,
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    settings: ServerSettings | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a library until SIGINT or SIGTERM; requests under way are finished first.

    Args:
        library: an open library; it stays the caller's to close.
        host: the address to listen on; beyond loopback, everybody who reaches it may search.
        port: 0 takes any free one.
        settings: the operator's decisions; its ``host`` is replaced by ``host``.
        on_ready: called once with the page's URL when requests are answered.

    Raises:
        UsageError: the port is taken (code ``port-taken``), or the address is not
            this machine's (code ``address-unusable``).
    """
    app = create_app(library, replace(settings or ServerSettings(), host=host))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )  # fmt: skip
    with _listen(host, port) as listener:
        url = _url(host, listener.getsockname()[1])
        server = _Server(config, lambda: on_ready(url) if on_ready else None)
        with _orderly_end(server):
            server.run(sockets=[listener])


@contextmanager
def _orderly_end(server: uvicorn.Server) -> Iterator[None]:
    """Return to the caller after a signal: uvicorn would raise it once more at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    kept = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OverflowError as error:
        raise UsageError(f"There is no port {port}.", "Ports lie between 0 and 65535.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} on {host} is taken by another program.",
                "Choose another one, or 0 for any free one.",
                code="port-taken",
            ) from error
        raise UsageError(
            f"Cannot listen on {host}, port {port}: {error.strerror}.",
            "Choose an address of this machine, such as 127.0.0.1, and a port above 1023.",
            code="address-unusable",
        ) from error
    # asyncio does this only for sockets it has opened itself; without it, answers wait 40 ms
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
