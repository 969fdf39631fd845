"""Connections that go nowhere but to addresses that were checked, and end in time.

Loads httpcore: imported where something is fetched, and not before.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpcore
import httpx

from lookalike.errors import FetchError, UsageError
from lookalike.sources.fetch_policy import FetchPolicy


class Deadline:
    """A moment by which everything has to be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Seconds that are left, or ``at_most``, whichever is less.

        Raises:
            httpcore.TimeoutException: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the time is up")
        return left if at_most is None else min(left, at_most)


class GuardedTransport(httpx.BaseTransport):
    """Sends httpx's requests over guarded connections, without any proxy.

    Args:
        policy: whom to contact.
        deadline: until when.
    """

    def __init__(self, policy: FetchPolicy, deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusting(policy.ca_file),
            max_keepalive_connections=0,  # every request is checked anew
            network_backend=GuardedBackend(policy, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the content of the answer is yet to be read."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class GuardedBackend(httpcore.NetworkBackend):
    """Looks names up, checks every address, and connects to what was checked.

    The host's name stays what TLS and the Host header say.

    Args:
        policy: whom to contact.
        deadline: until when.
    """

    def __init__(self, policy: FetchPolicy, deadline: Deadline) -> None:
        self._policy = policy
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers.

        Raises:
            ForbiddenUrlError: any of them must not be contacted.
            FetchError: there is no such host.
        """
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port):
            limit = self._deadline.left(self._policy.connect_timeout_s)
            try:
                stream = self._network.connect_tcp(address, port, limit)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error  # the next address may answer
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            answers = self._look_up(host, port)
        except (OSError, UnicodeError) as error:
            self._policy.check_port(host, port)
            raise FetchError(
                f"The host {host} was not found.", "Check the URL's spelling, and the network."
            ) from error
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        for address in addresses:
            self._policy.check_address(host, port, ipaddress.ip_address(address))
        return addresses

    def _look_up(self, host: str, port: int) -> Any:
        # getaddrinfo() knows no time limit, so it is left behind when the time is up.
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._policy.resolve(host, port, type=socket.SOCK_STREAM))
            except Exception as error:  # noqa: BLE001 - raised again by whoever waits
                answers.put(error)

        threading.Thread(target=ask, daemon=True, name="look-up").start()
        try:
            answer = answers.get(timeout=self._deadline.left())
        except queue.Empty:
            raise httpcore.ConnectTimeout("the name look-up took too long") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline, so that drips cannot stretch it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@lru_cache(maxsize=8)
def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise UsageError(
            f"{ca_file} cannot be read as certificates: {error.strerror or error}.",
            "Name a file of certificate authorities in PEM format.",
        ) from error
