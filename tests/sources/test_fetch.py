"""The guard around fetching, against real servers on loopback."""

import gzip
import http.server
import ipaddress
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import (
    FetchError,
    FetchRefusedError,
    FetchTooLargeError,
    ForbiddenUrlError,
    UsageError,
)
from lookalike.sources.fetch import FetchPolicy, fetch

LOOPBACK = FetchPolicy(allow=("127.0.0.1",), timeout_s=5, max_bytes=100_000)
GZIP_HEADER, EMPTY_BLOCK = b"\x1f\x8b\x08" + bytes(7), b"\0\0\0\xff\xff"
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """A web server on one loopback address, and what it was asked for."""

    address: str
    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "") -> str:
        return f"http://{host or self.address}:{self.port}{path}"


@contextmanager
def serving(address: str, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(address)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append((self.headers["Host"], self.path))
            try:
                server.answers[self.path](self)
            except OSError:
                self.close_connection = True  # the client has heard enough

        def log_message(self, *_: object) -> None: ...

    listener = http.server.ThreadingHTTPServer((address, port), Handler)
    listener.daemon_threads = True
    if tls:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True)
    server.port = listener.server_port
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving("127.0.0.1") as one:
        yield one


def content(data: bytes, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def redirect(location: str) -> Answer:
    return content(b"", 302, Location=location)


def unsized(data: bytes, **headers: str) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(data)

    return answer


def dripping(first: bytes) -> Answer:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.wfile.write(first)
        for _ in range(200):
            request.wfile.write(b"x")
            time.sleep(0.05)

    return answer


def resolving(*answers: str) -> Any:
    """A resolver that gives one answer after the other (``a+b``: both at once)."""
    left = list(answers)

    def resolve(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        resolve.asked.append(host)  # type: ignore[attr-defined]
        answer = left.pop(0)
        return [(0, 0, 0, "", (address, port)) for address in answer.split("+")]

    resolve.asked = []  # type: ignore[attr-defined]
    return resolve


# What is fetched


def test_content_type_and_address_come_with_the_bytes(server: Server) -> None:
    server.answers["/a"] = redirect("b?x=1#part")
    server.answers["/b?x=1"] = content(b"\xff\xd8picture", Content_Type="Image/JPEG; q=1")
    fetched = fetch(server.url("/a"), LOOPBACK)
    assert (fetched.data, fetched.content_type) == (b"\xff\xd8picture", "image/jpeg")
    assert fetched.final_url.startswith(server.url("/b?x=1"))


def test_gzip_is_unpacked_even_though_it_was_not_asked_for(server: Server) -> None:
    packed = gzip.compress(b"picture" * 1000)
    server.answers["/"] = content(packed, Content_Encoding="gzip")
    assert fetch(server.url(), LOOPBACK).data == b"picture" * 1000


def test_as_many_bytes_as_allowed_are_fetched(server: Server) -> None:
    server.answers["/"] = unsized(b"x" * 100_000)
    assert len(fetch(server.url(), LOOPBACK).data) == 100_000


# What is not contacted


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a.jpg",
        "gopher://example.org/",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//example.org/a.jpg",
        "example.org/a.jpg",
        "http:///a.jpg",
        "http://",
        "",
        "http://[::1",
        "http://a\x00b/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://" + "a" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused_unasked(url: str) -> None:
    with pytest.raises(ForbiddenUrlError) as caught:
        fetch(url, replace(LOOPBACK, resolve=resolving()))
    assert (caught.value.code, caught.value.status) == ("url-forbidden", 403)
    assert not url or url[:20] in caught.value.message or "\x00" in url or len(url) > 8000


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@example.org/",
        "http://secret@example.org/?a@b",
        "http:secret@example.org",
        "http://example.org\\secret@127.0.0.1/",
        "ftp://user:secret@example.org/",
    ],
)
def test_passwords_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ForbiddenUrlError) as caught:
        fetch(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "localhost",
        "LOCALHOST",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::a00:1]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[100::1]",
    ],
)
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    with pytest.raises(ForbiddenUrlError) as caught:
        fetch(f"http://{host}/secret.jpg")
    assert "/secret.jpg" in caught.value.message


@given(address=st.ip_addresses())
def test_nothing_that_python_calls_private_passes(address: Any) -> None:
    policy = FetchPolicy()
    try:
        policy.check_address("host", 80, address)
    except ForbiddenUrlError:
        return
    wrapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    seen = wrapped or address
    assert seen.is_global
    assert not seen.is_multicast
    assert not seen.is_private


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_pass(address: str) -> None:
    FetchPolicy().check_address("host", 443, ipaddress.ip_address(address))


def test_a_name_that_leads_inside_is_refused_without_telling_where(server: Server) -> None:
    policy = FetchPolicy(resolve=resolving("127.0.0.1"))
    with pytest.raises(ForbiddenUrlError) as caught:
        fetch("http://wiki.corp/a.jpg", policy)
    assert "http://wiki.corp/a.jpg" in caught.value.message
    assert "127.0.0.1" not in str(caught.value)
    assert "loopback" not in str(caught.value)


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    policy = FetchPolicy(resolve=resolving("8.8.8.8+127.0.0.1"))
    with pytest.raises(ForbiddenUrlError):
        fetch("http://mixed.test/", policy)


@pytest.mark.parametrize("port", [22, 25, 8080, 6379])
def test_other_ports_are_refused(port: int) -> None:
    policy = FetchPolicy(resolve=resolving("8.8.8.8"))
    with pytest.raises(ForbiddenUrlError, match=f"{port}"):
        fetch(f"http://example.org:{port}/", policy)


def test_an_allowed_network_does_not_open_the_others(server: Server) -> None:
    server.answers["/"] = redirect("http://169.254.169.254/latest/meta-data/")
    with pytest.raises(ForbiddenUrlError, match=r"169\.254\.169\.254"):
        fetch(server.url(), LOOPBACK)


def test_a_redirect_from_an_allowed_to_a_private_server_is_refused(server: Server) -> None:
    with serving("127.0.0.2") as inner:
        inner.answers["/"] = content(b"secret")
        server.answers["/"] = redirect(inner.url())
        with pytest.raises(ForbiddenUrlError):
            fetch(server.url(), LOOPBACK)
    assert inner.requests == []


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://u:secret@127.0.0.1/", "http://["]
)
def test_a_redirect_to_what_is_no_web_address_is_refused(server: Server, target: str) -> None:
    server.answers["/"] = redirect(target)
    with pytest.raises((ForbiddenUrlError, FetchError)) as caught:
        fetch(server.url(), LOOPBACK)
    assert "secret" not in str(caught.value)
    assert len(server.requests) == 1


def test_hosts_are_allowed_by_name_and_then_on_any_port(server: Server) -> None:
    server.answers["/"] = content(b"picture")
    policy = FetchPolicy(allow=("Intranet.local",), resolve=resolving("127.0.0.1", "127.0.0.1"))
    assert fetch(server.url(host="intranet.local"), policy).data == b"picture"
    with pytest.raises(ForbiddenUrlError):
        fetch("http://other.local/", policy)


def test_a_network_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.0/99"):
        FetchPolicy(allow=("127.0.0.0/99",))


# DNS rebinding: "open" is served on .2, which is allowed, "secret" on .1, which is not


@pytest.fixture
def two_servers() -> Iterator[tuple[Server, Server]]:
    with serving("127.0.0.2") as allowed, serving("127.0.0.1", allowed.port) as inner:
        allowed.answers["/"] = content(b"open")
        allowed.answers["/again"] = redirect("/")
        inner.answers["/"] = content(b"secret")
        yield allowed, inner


def test_the_address_that_was_checked_is_the_one_connected_to(
    two_servers: tuple[Server, Server],
) -> None:
    allowed, inner = two_servers
    resolve = resolving("127.0.0.2", "127.0.0.1", "127.0.0.1")
    policy = replace(LOOPBACK, allow=("127.0.0.2",), resolve=resolve)
    assert fetch(allowed.url(host="rebinding.test"), policy).data == b"open"
    assert resolve.asked == ["rebinding.test"]
    assert allowed.requests == [(f"rebinding.test:{allowed.port}", "/")]
    assert inner.requests == []


def test_a_name_that_has_moved_inside_is_refused_at_a_redirect(
    two_servers: tuple[Server, Server],
) -> None:
    allowed, inner = two_servers
    resolve = resolving("127.0.0.2", "127.0.0.1")
    policy = replace(LOOPBACK, allow=("127.0.0.2",), resolve=resolve)
    with pytest.raises(ForbiddenUrlError):
        fetch(allowed.url("/again", host="rebinding.test"), policy)
    assert inner.requests == []


def test_proxies_of_the_environment_are_ignored(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving("127.0.0.2") as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        server.answers["/"] = content(b"direct")
        assert fetch(server.url(), LOOPBACK).data == b"direct"
    assert proxy.requests == []


def test_the_next_address_is_tried_where_one_does_not_answer(server: Server) -> None:
    server.answers["/"] = content(b"picture")
    policy = replace(LOOPBACK, allow=("127.0.0.0/8",), resolve=resolving("127.0.0.9+127.0.0.1"))
    assert fetch(server.url(host="two.test"), policy).data == b"picture"


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the test's certificate, is not installed")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=pictures.test", "-addext",
         "subjectAltName=DNS:pictures.test", "-keyout", "-", "-out", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    path.write_bytes(made.stdout)
    return path


def test_tls_checks_the_name_and_not_the_address(certificate: Path) -> None:
    names: list[str | None] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda _, name, __: names.append(name)
    with serving("127.0.0.1", tls=tls) as server:
        server.answers["/"] = content(b"picture")
        policy = replace(LOOPBACK, ca_file=certificate, resolve=resolving("127.0.0.1", "127.0.0.1"))
        url = f"https://pictures.test:{server.port}/"
        assert fetch(url, policy).data == b"picture"
        with pytest.raises(FetchError, match="certificate"):
            fetch(url.replace("pictures", "other"), policy)
        with pytest.raises(FetchError, match="certificate"):
            fetch(url, replace(LOOPBACK, resolve=resolving("127.0.0.1")))
    assert names == ["pictures.test", "other.test", "pictures.test"]
    assert server.requests == [(f"pictures.test:{server.port}", "/")]


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.pem"):
        fetch("https://example.org/", FetchPolicy(ca_file=tmp_path / "none.pem"))


# Limits


@pytest.mark.parametrize(
    "answer",
    [
        content(b"x" * 100_001),
        content(b"", length=10**12),
        unsized(b"x" * 100_001),
        unsized(gzip.compress(b"\0" * 100_001), Content_Encoding="gzip"),
        unsized(GZIP_HEADER + EMPTY_BLOCK * 20_000, Content_Encoding="gzip"),
    ],
    ids=["sized", "announced", "unsized", "packed", "packed nothing"],
)
def test_one_byte_too_many_is_too_large(server: Server, answer: Answer) -> None:
    server.answers["/"] = answer
    with pytest.raises(FetchTooLargeError) as caught:
        fetch(server.url(), LOOPBACK)
    assert (caught.value.code, caught.value.status) == ("fetch-too-large", 413)
    assert not caught.value.retryable


def test_a_gzip_bomb_does_not_go_off(server: Server) -> None:
    import tracemalloc

    bomb = gzip.compress(bytes(200 * 2**20))
    server.answers["/"] = content(bomb, Content_Encoding="gzip")
    policy = replace(LOOPBACK, max_bytes=2**20)
    tracemalloc.start()
    with pytest.raises(FetchTooLargeError):
        fetch(server.url(), policy)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 2**20


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip,deflate"])
def test_encodings_that_were_not_asked_for_are_refused(server: Server, encoding: str) -> None:
    server.answers["/"] = content(b"x", Content_Encoding=encoding)
    with pytest.raises(FetchRefusedError, match="encoding"):
        fetch(server.url(), LOOPBACK)


@pytest.mark.parametrize(
    "answer",
    [
        content(b"half", length=8),
        content(gzip.compress(b"picture" * 1000)[:-9], Content_Encoding="gzip"),
        content(b"no gzip", Content_Encoding="gzip"),
    ],
    ids=["short", "packed and short", "damaged"],
)
def test_half_a_content_is_an_error(server: Server, answer: Answer) -> None:
    server.answers["/"] = answer
    with pytest.raises(FetchError) as caught:
        fetch(server.url(), replace(LOOPBACK, timeout_s=1))
    assert caught.value.code in ("fetch-failed", "fetch-timeout")


@pytest.mark.parametrize(
    "answer",
    [
        dripping(b"HTTP/1.0 200 OK\r\n\r\n"),
        dripping(b"HTTP/1.0 200 OK\r\nX-"),
        lambda _: time.sleep(5),
    ],
    ids=["content", "headers", "silence"],
)
def test_slow_servers_end_with_the_time(server: Server, answer: Answer) -> None:
    server.answers["/"] = answer
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch(server.url(), replace(LOOPBACK, timeout_s=0.4))
    assert time.monotonic() - started < 3
    assert (caught.value.code, caught.value.retryable) == ("fetch-timeout", True)
    assert server.url() in caught.value.message


def test_redirects_share_the_time(server: Server) -> None:
    def slowly(request: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(0.25)
        redirect("/")(request)

    server.answers["/"] = slowly
    with pytest.raises(FetchError) as caught:
        fetch(server.url(), replace(LOOPBACK, timeout_s=0.6))
    assert caught.value.code == "fetch-timeout"


def test_slow_name_look_ups_end_with_the_time() -> None:
    finished = threading.Event()

    def resolve(*_: object, **__: object) -> Any:
        finished.wait(5)
        raise socket.gaierror

    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        fetch("http://slow.test/", FetchPolicy(timeout_s=0.3, resolve=resolve))
    finished.set()
    assert time.monotonic() - started < 3
    assert caught.value.code == "fetch-timeout"


def test_a_server_that_never_accepts_costs_the_connect_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        started = time.monotonic()
        with pytest.raises(FetchError) as caught:
            fetch(f"http://127.0.0.1:{port}/", replace(LOOPBACK, connect_timeout_s=0.3))
        for filler in fillers:
            filler.close()
    assert caught.value.code == "fetch-timeout"
    assert time.monotonic() - started < 3


def test_a_redirect_loop_ends(server: Server) -> None:
    server.answers["/"] = redirect("/")
    with pytest.raises(FetchRefusedError, match="5 are followed"):
        fetch(server.url(), LOOPBACK)
    assert len(server.requests) == 6


def test_the_last_allowed_redirect_is_followed(server: Server) -> None:
    for number in range(5):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}")
    server.answers["/5"] = content(b"picture")
    assert fetch(server.url("/0"), LOOPBACK).data == b"picture"
    with pytest.raises(FetchRefusedError):
        fetch(server.url("/0"), replace(LOOPBACK, max_redirects=4))


# Answers that are no content


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (404, "fetch-not-found", False),
        (410, "fetch-not-found", False),
        (403, "http-status", False),
        (429, "http-status", True),
        (500, "http-status", True),
        (503, "http-status", True),
        (304, "http-status", True),
    ],
)
def test_other_statuses_are_told(server: Server, status: int, code: str, retryable: bool) -> None:
    server.answers["/x.jpg"] = content(b"", status)
    with pytest.raises(FetchError, match=str(status)) as caught:
        fetch(server.url("/x.jpg"), LOOPBACK)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert server.url("/x.jpg") in caught.value.message


def test_a_page_is_not_taken_for_a_picture(server: Server) -> None:
    server.answers["/"] = content(b"<html>", Content_Type="text/html; charset=utf-8")
    server.answers["/p"] = content(b"picture", Content_Type="IMAGE/png")
    policy = replace(LOOPBACK, content_types=("image/", "application/octet-stream"))
    with pytest.raises(FetchRefusedError, match="text/html, not image/") as caught:
        fetch(server.url(), policy)
    assert caught.value.code == "fetch-wrong-type"
    assert fetch(server.url("/p"), policy).data == b"picture"


def test_unknown_hosts_are_named() -> None:
    with pytest.raises(FetchError, match=r"no-such-host\.invalid was not found") as caught:
        fetch("http://no-such-host.invalid/a.jpg")
    assert caught.value.code == "fetch-failed"


def test_a_closed_port_is_a_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchError) as caught:
        fetch(f"http://127.0.0.1:{port}/", LOOPBACK)
    assert caught.value.code == "fetch-failed"


def test_what_is_no_http_is_a_failure(server: Server) -> None:
    server.answers["/"] = lambda request: (request.wfile.write(b"SSH-2.0-x\r\n"), None)[1]
    with pytest.raises(FetchError) as caught:
        fetch(server.url(), LOOPBACK)
    assert caught.value.code == "fetch-failed"


def test_importing_loads_no_http_library() -> None:
    code = "import sys, lookalike.sources.fetch; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
