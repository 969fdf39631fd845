"""What an answer, or the lack of one, means: a code, a sentence, and whether to try again."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)

from lookalike.sources.fetch_policy import shown
from lookalike.sources.sniff import HEAD_BYTES, sniff
from lookalike.sources.web.album import ARCHIVES
from lookalike.sources.web.guard import REFUSED, RefusedRequestError
from lookalike.sources.web.ledger import Kind, host_of
from lookalike.sources.web.robots import RobotsForbidError, RobotsUnreadableError, keeps_out

if TYPE_CHECKING:
    from scrapy.http import Response

TIMEOUT = "fetch-timeout"
"""The code of what hung."""

_RETRIED_STATUS = frozenset({408, 425, 429})
MAX_RETRY_AFTER_S = 300.0
# Where services send those who ask for a picture that is gone, instead of saying 404.
_PLACEHOLDERS = ("photo_unavailable", "removed.png", "image_not_available")


@dataclass(frozen=True)
class Fault:
    """Why a URL was not had.

    Attributes:
        code: stable reason.
        message: one sentence for people.
        again: whether trying again may help.
        wait_s: seconds that the server asked to be left alone for; 0 if it did not.
        tries: how often it is tried at most.
    """

    code: str
    message: str
    again: bool = False
    wait_s: float = 0.0
    tries: int = 100


def fault_of_answer(response: Response, kind: Kind) -> Fault | None:
    """What is wrong with an answer; None if it can be used."""
    refused = _refused(response, kind)
    if refused is not None or kind == "page":
        return refused
    url = shown(response.url)
    if not response.body:
        return Fault("fetch-empty", f"{url} holds nothing.", again=True)
    found = sniff(response.body[:HEAD_BYTES])
    archive = found is not None and found.name in ARCHIVES
    if found is not None and (found.picture or (archive and kind == "file")):
        return None
    told = _header(response, "Content-Type").partition(";")[0]
    what = found.label if found else f"of an unknown kind ({told or 'no type stated'})"
    return Fault("fetch-wrong-type", f"{url} is no picture but {what}.")


def fault_of_head(response: Response, kind: Kind, max_bytes: int) -> Fault | None:
    """Why what a header tells of cannot be had; None if it seems to be there."""
    refused = _refused(response, kind)
    if refused is not None or kind == "page":
        return refused
    url, told = shown(response.url), _header(response, "Content-Type").partition(";")[0].lower()
    if told.startswith("text/"):
        return Fault("fetch-wrong-type", f"{url} is no picture but {told}.")
    length = _header(response, "Content-Range").rpartition("/")[2]
    length = length or _header(response, "Content-Length")
    if length.isdecimal() and int(length) > max_bytes:
        return _too_large(url, max_bytes)
    return None


def _refused(response: Response, kind: Kind) -> Fault | None:
    url = shown(response.url)
    if not 200 <= response.status < 300:
        return _of_status(response)
    if kind == "page":
        return None
    if keeps_out(response):
        return Fault("robots-noindex", f"{url} asks not to be indexed (X-Robots-Tag).")
    if any(mark in response.url for mark in _PLACEHOLDERS):
        return Fault("fetch-not-found", f"The picture is gone: it leads to {url}.")
    return None


def _too_large(url: str, max_bytes: int) -> Fault:
    return Fault("fetch-too-large", f"{url} has more than {max_bytes:,} bytes.")


def fault_of_error(error: BaseException, url: str, timeout_s: float, max_bytes: int) -> Fault:
    """What went wrong where there was no answer."""
    name = shown(url)
    if isinstance(error, RefusedRequestError):
        return Fault(error.error.code, error.error.message)
    if isinstance(error, RobotsForbidError):
        return Fault("robots-forbidden", f"{name} is not fetched: {error}")
    if isinstance(error, RobotsUnreadableError):
        return _without_robots(error, url, timeout_s, max_bytes)
    if isinstance(error, CannotResolveHostError):
        refused = REFUSED.get(host_of(url))
        if refused is not None:
            return Fault(refused.code, f"{name} is not fetched: {refused.message}")
        return Fault("host-not-found", f"The host {host_of(url)} was not found.", again=True)
    if isinstance(error, DownloadTimeoutError):
        message = f"{name} took longer than {timeout_s:g} s."
        # Twice, not more: each time it costs what a hundred others do.
        return Fault(TIMEOUT, message, again=True, tries=2)
    if isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in str(error):
        return _too_large(name, max_bytes)
    if isinstance(error, ResponseDataLossError):
        return Fault("fetch-cut-off", f"{name} ended early.", again=True)
    if isinstance(error, IgnoreRequest) and "redirection" in str(error):
        return Fault("too-many-redirects", f"{name} is redirected too often.")
    return Fault("fetch-failed", f"{name}: the connection failed ({_reason(error)}).", again=True)


def _without_robots(
    error: RobotsUnreadableError, url: str, timeout_s: float, max_bytes: int
) -> Fault:
    if isinstance(error.cause, IgnoreRequest) and not isinstance(error.cause, RefusedRequestError):
        message = f"{shown(url)} is not fetched: {error.cause}, which counts as a refusal."
        return Fault("robots-unreadable", message, again=error.again)
    # The server itself could not be reached, and that is what people want to know.
    fault = fault_of_error(error.cause, url, timeout_s, max_bytes)
    return replace(fault, again=fault.again and error.again)


def _of_status(response: Response) -> Fault:
    status, url = response.status, shown(response.url)
    target = _header(response, "Location")
    if 300 <= status < 400 and target:
        # Those that lead on within the web were followed.
        return Fault("url-forbidden", f"{url} redirects to {shown(target)}, not of the web.")
    if status in (404, 410):
        return Fault("fetch-not-found", f"There is nothing at {url} (HTTP status {status}).")
    again = status >= 500 or status in _RETRIED_STATUS
    message = f"{url} was answered with HTTP status {status}."
    return Fault(f"http-{status}", message, again, _retry_after(response) if again else 0.0)


def _retry_after(response: Response) -> float:
    """Seconds of a Retry-After header, which holds seconds or a date (RFC 9110)."""
    text = _header(response, "Retry-After")
    try:
        seconds = float(text) if text.isdecimal() else _until(text) - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0  # no date
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def _until(text: str) -> float:
    return parsedate_to_datetime(text).timestamp()


def _reason(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"
