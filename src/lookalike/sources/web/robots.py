"""What sites ask of robots: robots.txt with its delays, X-Robots-Tag, and the robots meta tag."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

_KEEP_OUT = frozenset({"noindex", "noimageindex", "none"})
_STAY = frozenset({"nofollow", "none"})
_AGENT = re.compile(r"^\s*([a-z0-9_*-]+)\s*:\s*(.*)$", re.I)
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_MAX_DELAY_S = 60.0


class RobotsForbidError(IgnoreRequest):
    """robots.txt forbids the URL."""


class RobotsUnreadableError(IgnoreRequest):
    """robots.txt could not be had.

    Attributes:
        cause: why.
        again: whether it will be asked for again.
    """

    def __init__(self, cause: Exception, *, again: bool) -> None:
        super().__init__(str(cause))
        self.cause, self.again = cause, again


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's reading of robots.txt after RFC 9309, with crawl delays.

    A robots.txt that cannot be had because the server fails (5xx, no answer) forbids everything;
    one that is not there (4xx) allows everything. It is asked for a few times, so that a dead
    server with ten thousand URLs costs a few time limits and not ten thousand.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._tries = crawler.settings.getint("ROBOTS_TRIES")
        self._failed: Counter[str] = Counter()
        self._causes: dict[str, Exception] = {}

    def process_request_2(self, parser: Any, request: Request) -> None:
        """Let a request pass, or not.

        Raises:
            RobotsForbidError: robots.txt forbids it.
        """
        agent = self._default_useragent
        if not parser.allowed(request.url, agent):
            raise RobotsForbidError("robots.txt of its server forbids it.")
        delay = parser.crawl_delay(agent)
        if delay:
            self._slow_down(request, min(delay, _MAX_DELAY_S))

    async def robot_parser(self, request: Request) -> Any:
        """The parser of the host's robots.txt.

        Raises:
            RobotsUnreadableError: there is none, because the server fails.
        """
        netloc = urlsplit(request.url).netloc
        if self._failed[netloc] >= self._tries:
            raise RobotsUnreadableError(self._causes[netloc], again=False)
        await super().robot_parser(request)
        # Not what it returned: of several requests that wait for one robots.txt only the first
        # is given the parser (Scrapy 2.19), and the others None, which lets everything pass.
        parser = self._parsers.get(netloc)
        if parser is None or isinstance(parser, Deferred):
            if parser is None:
                self._parsers.pop(netloc, None)
            again = self._failed[netloc] < self._tries
            raise RobotsUnreadableError(self._causes[netloc], again=again)
        return parser

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            raise IgnoreRequest(f"robots.txt was answered with HTTP status {response.status}")
        if response.status >= 300:
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._failed[netloc] += 1
        self._causes[netloc] = exc
        super()._robots_error(exc, netloc)

    def _slow_down(self, request: Request, delay_s: float) -> None:
        downloader = self.crawler.engine.downloader
        _, slot = downloader._get_slot(request)
        if slot.delay < delay_s:
            slot.delay, slot.jitter, slot.concurrency = delay_s, 0.0, 1


def keeps_out(response: Response) -> bool:
    """Whether X-Robots-Tag wants the file in no index of pictures."""
    return bool(_directives(response) & _KEEP_OUT)


def forbids_following(response: Response) -> bool:
    """Whether the page, or its header, wants no links to be followed."""
    return bool((_directives(response) | _meta(response)) & _STAY)


def forbids_pictures(response: Response) -> bool:
    """Whether the page, or its header, wants its pictures in no index."""
    return bool((_directives(response) | _meta(response)) & _KEEP_OUT)


def _directives(response: Response) -> frozenset[str]:
    found: set[str] = set()
    for header in response.headers.getlist("X-Robots-Tag"):
        text = header.decode("latin-1")
        named = _AGENT.match(text)
        if named and named[1].lower() not in _VALUED:
            if named[1].lower() not in ("*", "lookalike"):
                continue  # meant for another robot
            text = named[2]
        found |= _words([text])
    return frozenset(found)


def _meta(response: Response) -> frozenset[str]:
    tags = response.xpath(
        "//meta[translate(@name, 'ROBTS', 'robts')='robots' or @name='lookalike']/@content"
    )
    return _words(tags.getall())


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip().lower() for text in texts for word in text.split(","))
