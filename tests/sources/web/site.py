"""A real web server on loopback that answers well, badly, or not at all."""

from __future__ import annotations

import http.server
import io
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PIL import Image

Handler = http.server.BaseHTTPRequestHandler
Answer = Callable[[Handler], None]
HUGE = 1_000_000


def png(number: int, side: int = 24) -> bytes:
    """A small picture, another one for every number."""
    data = io.BytesIO()
    colour = (number % 256, number // 256 % 256, number // 65536 + 7)
    Image.new("RGB", (side, side), colour).save(data, "PNG")
    return data.getvalue()


def content(data: bytes | str, status: int = 200, **headers: str) -> Answer:
    body = data.encode() if isinstance(data, str) else data

    def answer(request: Handler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    return answer


def page(html: str, **headers: str) -> Answer:
    return content(f"<html>{html}</html>", Content_Type="text/html; charset=utf-8", **headers)


def redirect(target: str, status: int = 302) -> Answer:
    return content(b"", status, Location=target)


def reset(request: Handler) -> None:
    """Cut the connection off without an answer."""
    linger = struct.pack("ii", 1, 0)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.close_connection = True
    request.connection.close()


def cut_off(request: Handler) -> None:
    """Promise more than is sent."""
    request.send_response(200)
    request.send_header("Content-Length", "5000")
    request.end_headers()
    request.wfile.write(png(1)[:40])
    request.close_connection = True


def huge(request: Handler) -> None:
    """Send more than anybody wants, without telling how much."""
    request.send_response(200)
    request.send_header("Connection", "close")
    request.end_headers()
    request.close_connection = True
    piece = png(1) + bytes(10_000)
    for _ in range(HUGE // 10_000 + 50):
        request.wfile.write(piece)


class Site:
    """What the server holds and what it was asked for.

    Attributes:
        answers: by path; a path that is not there is a 404.
        otherwise: answers what ``answers`` does not hold.
        asked: how often each path was asked for.
        methods: the same by path and method.
        url: its address, without a slash at the end.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.otherwise: Callable[[str], Answer | None] = lambda _: None
        self.asked: Counter[str] = Counter()
        self.methods: Counter[tuple[str, str]] = Counter()
        self.agents: set[str] = set()
        self.closing = threading.Event()
        self.url = ""

    def hang(self, request: Handler) -> None:
        """Never answer."""
        self.closing.wait(60)
        request.close_connection = True

    def respond(self, request: Handler) -> None:
        self.asked[request.path] += 1
        self.methods[request.path, request.command] += 1
        self.agents.add(request.headers["User-Agent"])
        answer = self.answers.get(request.path) or self.otherwise(request.path)
        try:
            (answer or content("nothing here", 404))(request)
        except OSError:
            request.close_connection = True  # the client has heard enough


@contextmanager
def serving(address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    site = Site()

    class OneHandler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every body waits 40 ms for the header's receipt

        def do_GET(self) -> None:
            site.respond(self)

        def do_HEAD(self) -> None:
            site.respond(self)

        def log_message(self, *_: object) -> None: ...

    class Listener(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: object) -> None: ...

    with Listener((address, 0), OneHandler) as listener:
        site.url = f"http://{address}:{listener.server_port}"
        if tls:
            listener.socket = tls.wrap_socket(listener.socket, server_side=True)
            site.url = f"https://localhost:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            site.closing.set()
            listener.shutdown()
            thread.join()


FAULTS = ("timeout", "reset", "error", "type", "huge")


def fault_of(number: int) -> str:
    """Which fault the URL of that number has: every fifth URL has one."""
    return FAULTS[number // 5 % len(FAULTS)] if number % 5 == 0 else ""


def faulty(site: Site, path: str, *, faults: bool = True) -> Answer | None:
    """What ``/p/NUMBER.png`` answers where a fifth of the URLs are faulty."""
    stem = path.removeprefix("/p/").removesuffix(".png")
    if not stem.isdigit():
        return None
    answers: dict[str, Answer] = {
        "timeout": site.hang,
        "reset": reset,
        "error": content("", 500),
        "type": page("<body>no picture</body>"),
        "huge": huge,
    }
    fault = fault_of(int(stem)) if faults else ""
    return answers[fault] if fault else content(png(int(stem)))
