"""The guard between Scrapy's connections and addresses that nobody shall contact."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from scrapy import Request

from lookalike.sources.fetch_policy import FetchPolicy
from lookalike.sources.web.guard import REFUSED, GuardedResolver, RefusedRequestError, UrlGuard


class Inline:
    """A reactor and its thread pool that do everything at once."""

    def getThreadPool(self) -> Inline:  # noqa: N802 - Twisted's name
        return self

    def callInThreadWithCallback(  # noqa: N802
        self, told: Callable[[bool, Any], None], work: Callable[..., Any], *rest: Any
    ) -> None:
        told(True, work(*rest))

    def callFromThread(self, work: Callable[..., Any], *rest: Any) -> None:  # noqa: N802
        work(*rest)


class Receiver:
    """What Twisted connects to: nothing but what it is told here."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.complete = False

    def resolutionBegan(self, _: object) -> None: ...  # noqa: N802

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.addresses.append(f"{address.host} {address.port}")

    def resolutionComplete(self) -> None:  # noqa: N802
        self.complete = True


def resolved(host: str, answers: list[str], port: int = 443, allow: tuple[str, ...] = ()) -> Any:
    def look_up(*_: object, **__: object) -> list[tuple[Any, ...]]:
        if not answers:
            raise socket.gaierror("no such host")
        return [(0, 0, 0, "", (answer, port)) for answer in answers]

    receiver = Receiver()
    policy = FetchPolicy(resolve=look_up, allow=allow)
    GuardedResolver(Inline(), policy).resolveHostName(receiver, host, port)
    assert receiver.complete
    return receiver.addresses


def test_only_checked_addresses_are_handed_on() -> None:
    assert resolved("one.example", ["93.184.216.34", "2606:4700::1"]) == [
        "93.184.216.34 443",
        "2606:4700::1 443",
    ]


@pytest.mark.parametrize(
    "answers",
    [
        ["10.0.0.1"],
        ["93.184.216.34", "127.0.0.1"],  # one bad one spoils the name
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fe80::1"],
        ["0.0.0.0"],
    ],
)
def test_a_name_with_an_address_that_is_not_public_has_none(answers: list[str]) -> None:
    assert resolved("two.example", answers) == []
    assert REFUSED["two.example"].code == "url-forbidden"


def test_other_ports_than_the_webs_are_refused_unless_the_host_is_allowed() -> None:
    assert resolved("three.example", ["93.184.216.34"], 6379) == []
    assert resolved("three.example", ["10.0.0.1"], 6379, ("three.example",)) == ["10.0.0.1 6379"]
    assert "three.example" not in REFUSED


def test_a_name_that_is_not_there_is_not_called_forbidden() -> None:
    assert resolved("four.example", []) == []
    assert "four.example" not in REFUSED


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example/a", "file:///etc/passwd", "http://u:p@x.example/", "data:,x", "http:///"],
)
def test_urls_that_are_not_of_the_web_or_hold_passwords_are_not_sent(url: str) -> None:
    with pytest.raises(RefusedRequestError):
        UrlGuard().process_request(Request(url))


def test_a_proxy_that_anybody_sets_is_taken_out() -> None:
    request = Request("https://x.example/", meta={"proxy": "http://10.0.0.1:3128"})
    UrlGuard().process_request(request)
    assert "proxy" not in request.meta
