"""The one way to anything behind a URL that a user names.

Only the public web is contacted, unless an operator allows more: see
:class:`~lookalike.sources.fetch_policy.FetchPolicy`. Addresses are checked after the name was
looked up, at every redirect, and the address that was checked is the one connected to, so that a
name that changes its address between check and connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lookalike.errors import FetchError, FetchRefusedError, FetchTooLargeError, ForbiddenUrlError
from lookalike.sources.fetch_policy import FetchPolicy as FetchPolicy
from lookalike.sources.fetch_policy import checked_url, shown
from lookalike.version import __version__

if TYPE_CHECKING:
    import httpx

_HEADERS = {
    "User-Agent": f"lookalike/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",  # pictures are compressed already
}
_RETRY_LATER = (408, 425, 429)
_DETECT_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


@dataclass(frozen=True)
class Fetched:
    """What a URL led to.

    Attributes:
        data: the content, unpacked.
        content_type: its media type in lower case, without parameters; empty if not told.
        final_url: where the redirects ended.
    """

    data: bytes
    content_type: str
    final_url: str


def fetch(url: str, policy: FetchPolicy | None = None) -> Fetched:
    """Fetch what lies behind a URL, within the policy's limits.

    Args:
        url: an http or https URL, as a user gave it.
        policy: by default :class:`FetchPolicy` as it stands.

    Raises:
        ForbiddenUrlError: the URL, or one that it redirects to, must not be contacted.
        FetchTooLargeError: there is more behind it than ``policy.max_bytes``.
        FetchError: it cannot be fetched; ``code`` is ``fetch-failed``, ``fetch-timeout``,
            ``fetch-not-found`` (404, 410), ``fetch-wrong-type`` or ``http-status`` (any other).
    """
    parsed = checked_url(url)
    import httpcore
    import httpx

    from lookalike.sources.fetch_network import Deadline, GuardedTransport

    policy = policy or FetchPolicy()
    try:
        transport = GuardedTransport(policy, Deadline(policy.timeout_s))
        with httpx.Client(transport=transport, headers=_HEADERS, trust_env=False) as client:
            return _follow(client, parsed, policy)
    except httpcore.TimeoutException as error:
        raise FetchError(
            f"{shown(url)} took longer than {policy.timeout_s:g} s, or its server did not answer.",
            "Try again later.",
            code="fetch-timeout",
        ) from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpx.HTTPError,
        httpx.InvalidURL,
    ) as error:
        raise FetchError(
            f"{shown(url)} could not be fetched: {str(error) or type(error).__name__}.",
            "Check it in a browser, or try again later.",
        ) from error


def _follow(client: httpx.Client, url: httpx.URL, policy: FetchPolicy) -> Fetched:
    for _ in range(policy.max_redirects + 1):
        with closing(_send(client, url)) as response:
            if not response.has_redirect_location:
                return _content(response, policy)
            url = _redirected(url, response)
    raise FetchRefusedError(
        f"{shown(str(url))} is one redirect too many: {policy.max_redirects} are followed.",
        "Give the URL of the picture itself.",
    )


def _send(client: httpx.Client, url: httpx.URL) -> httpx.Response:
    try:
        return client.send(client.build_request("GET", url), stream=True)
    except ForbiddenUrlError as error:
        message = f"{shown(str(url))} is not fetched: {error.message}"
        raise ForbiddenUrlError(message, error.hint) from error


def _redirected(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    target = str(url.join(response.headers["location"]))
    try:
        return checked_url(target)
    except ForbiddenUrlError as error:
        raise ForbiddenUrlError(
            f"{shown(str(url))} redirects: {error.message}", error.hint
        ) from error


def _content(response: httpx.Response, policy: FetchPolicy) -> Fetched:
    url = str(response.url)
    _check_status(response.status_code, url)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if policy.content_types and not kind.startswith(policy.content_types):
        wanted = " or ".join(policy.content_types)
        raise FetchRefusedError(
            f"{shown(url)} is {kind or 'of no stated type'}, not {wanted}.",
            "Give the URL of the picture itself, not of a page that shows it.",
            code="fetch-wrong-type",
        )
    told = response.headers.get("content-length", "")
    if told.isdecimal() and int(told) > policy.max_bytes:
        raise _too_large(url, policy)
    unpacked = _unpacked(response, _limited(response.iter_raw(), url, policy), policy)
    data = b"".join(_limited(unpacked, url, policy))
    return Fetched(data, kind, url)


def _check_status(status: int, url: str) -> None:
    if 200 <= status < 300:
        return
    if status in (404, 410):
        raise FetchRefusedError(
            f"There is nothing at {shown(url)} (HTTP status {status}).",
            "Check its spelling.",
            code="fetch-not-found",
        )
    lasting = 400 <= status < 500 and status not in _RETRY_LATER
    kind, hint = (
        (FetchRefusedError, "Check in a browser whether it is open to everybody.")
        if lasting
        else (FetchError, "Try again later.")
    )
    raise kind(f"{shown(url)} was answered with HTTP status {status}.", hint, code="http-status")


def _limited(chunks: Iterable[bytes], url: str, policy: FetchPolicy) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > policy.max_bytes:
            raise _too_large(url, policy)
        yield chunk


def _too_large(url: str, policy: FetchPolicy) -> FetchTooLargeError:
    return FetchTooLargeError(
        f"{shown(url)} has more than {policy.max_bytes:,} bytes.",
        "Download it yourself and give the file.",
    )


def _unpacked(
    response: httpx.Response, chunks: Iterator[bytes], policy: FetchPolicy
) -> Iterator[bytes]:
    """The content without its compression, in pieces of at most ``max_bytes`` and one.

    httpx's own decoders inflate each chunk whole, and one encoding after another: 64 KiB
    can become 64 GiB at once.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchRefusedError(
            f"{shown(str(response.url))} is sent with the encoding {encoding!r}, not asked for.",
            "Download it yourself and give the file.",
        )
    inflater = zlib.decompressobj(_DETECT_GZIP_OR_ZLIB)
    try:
        for chunk in chunks:
            while chunk:
                yield inflater.decompress(chunk, policy.max_bytes + 1)
                chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise FetchError(f"{shown(str(response.url))} is damaged: {error}.") from error
    if not inflater.eof:
        raise FetchError(f"{shown(str(response.url))} ends early.", "Try again later.")
