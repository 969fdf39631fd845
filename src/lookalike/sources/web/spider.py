"""The spider: takes URLs from the ledger, gives answers to the album, puts links back."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider
from scrapy.http import TextResponse
from twisted.internet.task import LoopingCall

from lookalike.sources.fetch_policy import shown
from lookalike.sources.web.album import Album
from lookalike.sources.web.frontier import Frontier
from lookalike.sources.web.ledger import Kind, Ledger, Wanted
from lookalike.sources.web.options import CANNOT_WRITE, WebOptions
from lookalike.sources.web.outcome import (
    TIMEOUT,
    Fault,
    fault_of_answer,
    fault_of_error,
    fault_of_head,
)
from lookalike.sources.web.pages import Page, is_followed, read_page
from lookalike.sources.web.patience import Patience
from lookalike.sources.web.retries import Retries
from lookalike.sources.web.robots import forbids_following, forbids_pictures
from lookalike.sources.web.rules import SHOWN, RuleSet

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

_FEED_EVERY_S = 0.2
_TELL_EVERY_S = 0.5
_PAGE_HEADERS = {"Accept": "text/html,*/*;q=0.5"}
# Pictures are compressed already.
_FILE_HEADERS = {"Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"}
# Servers that do not know HEAD are asked for the first byte.
_NO_HEAD = frozenset({405, 501})


class WebSpider(Spider):
    """Fetches whatever is pending in a folder's ledger, and what the pages among it lead to.

    Args:
        folder: the download folder.
        ledger: its ledger.
        options: how.
        rules: how pages are read.
        within: beginnings of the URLs of pages that may be read; any if empty.
    """

    name = "lookalike"

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        options: WebOptions,
        rules: RuleSet,
        within: tuple[str, ...],
    ) -> None:
        super().__init__()
        self._ledger, self._options, self._rules, self._within = ledger, options, rules, within
        self._album = Album(folder, ledger)
        self._frontier = Frontier(ledger, options.per_host)
        self._patience = Patience(options.per_host, options.connections)
        self._retries = Retries(options.attempts)
        self._hanging: Counter[str] = Counter()
        self._bytes = ledger.total_bytes()
        states = ledger.states().items()
        self._pages = sum(n for (kind, state), n in states if kind == "page" and state != "beyond")
        self._counts: Counter[str] = Counter()
        self._began = self._told = time.monotonic()
        self._broken = ""
        self._feeding = LoopingCall(self._on_time)

    async def start(self) -> AsyncIterator[Any]:
        """Begin; requests come from the ledger and not from here."""
        self.crawler.signals.connect(self._on_idle, signals.spider_idle)
        self.crawler.signals.connect(self._on_bug, signals.spider_error)
        self._feeding.start(_FEED_EVERY_S).addErrback(self._on_broken)
        for request in list[Request]():
            yield request  # a generator is what Scrapy wants

    def closed(self, reason: str) -> None:
        """Tell how it ended."""
        if self._feeding.running:
            self._feeding.stop()
        self._tell(ended=self._limit() or ("" if reason == "finished" else reason))

    def _feed(self) -> None:
        self._let_past()
        if not self._limit():
            room = self._options.connections + self._hanging.total() - self._frontier.out
            for wanted in self._frontier.next(room, self._hanging):
                self._ask(wanted)

    def _let_past(self) -> None:
        self._hanging = self._patience.hanging()
        for host, slot in self.crawler.engine.downloader.slots.items():
            if not slot.delay:
                slot.concurrency = self._options.per_host + self._hanging[host]

    def _on_time(self) -> None:
        self._feed()
        if time.monotonic() - self._told > _TELL_EVERY_S:
            self._tell()

    def _came_back(self, wanted: Wanted) -> float:
        """It is not out any more; returns how many seconds it was."""
        self._frontier.came_back(wanted)
        return self._patience.came_back(wanted)

    def _ask(self, wanted: Wanted) -> None:
        self._patience.asked(wanted)
        try:
            request = self._request(wanted, "HEAD" if self._options.check else "GET")
        except ValueError as error:
            self._came_back(wanted)
            self._fail(wanted, Fault("url-forbidden", f"{shown(wanted.url)} is no URL: {error}"))
            return
        self.crawler.engine.crawl(request)

    def _request(self, wanted: Wanted, method: str, **headers: str) -> Request:
        return Request(
            wanted.url,
            callback=self._on_answer,
            errback=self._on_error,
            method=method,
            headers={**(_PAGE_HEADERS if wanted.kind == "page" else _FILE_HEADERS), **headers},
            dont_filter=True,
            meta={"wanted": wanted},
        )

    def _limit(self) -> str:
        """What ends this run; empty if nothing does yet."""
        options = self._options
        if self._broken:
            return self._broken
        if options.max_total_bytes and self._bytes >= options.max_total_bytes:
            return "max_total_bytes"
        if options.max_seconds and time.monotonic() - self._began > options.max_seconds:
            return "max_seconds"
        return ""

    def _on_idle(self) -> None:
        self._feed()
        if self._frontier.out or (self._frontier.waiting and not self._limit()):
            raise DontCloseSpider

    def _on_answer(self, response: Response) -> None:
        wanted: Wanted = response.meta["wanted"]
        request = response.request
        if response.status in _NO_HEAD and request is not None and request.method == "HEAD":
            self.crawler.engine.crawl(self._request(wanted, "GET", Range="bytes=0-0"))
            return
        took = self._came_back(wanted)
        if self._options.check:
            fault = fault_of_head(response, wanted.kind, self._options.max_bytes)
        else:
            fault = fault_of_answer(response, wanted.kind)
        if fault is None:
            self._retries.helped(wanted)
        if fault is not None:
            self._fail(wanted, fault, took, response.url)
        elif self._options.check:
            self._ledger.there(wanted, response.url)
            self._counts["there"] += 1
        elif wanted.kind == "page":
            self._read(wanted, response)
        else:
            self._bytes += self._album.keep(wanted, response.url, response.body)
            self._counts["done"] += 1
        self._feed()

    def _on_error(self, failure: Failure) -> None:
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy puts it there
        wanted: Wanted = request.meta["wanted"]
        took = self._came_back(wanted)
        options, error = self._options, failure.value
        assert error is not None
        fault = fault_of_error(error, request.url, options.timeout_s, options.max_bytes)
        self._fail(wanted, fault, took)
        self._feed()

    def _on_bug(self, failure: Failure, response: Response, **_: Any) -> None:
        if isinstance(failure.value, OSError | sqlite3.Error):
            self._on_broken(failure)  # the URL stays to be fetched
            return
        # Ours: told as it is, and the URL is accounted for.
        wanted: Wanted = response.meta["wanted"]
        sys.stderr.write("".join(traceback.format_exception(failure.value)))
        self._ledger.fail(wanted, "internal-error", f"{wanted.url}: {failure.value!r}")
        self._counts["failed"] += 1

    def _on_broken(self, failure: Failure) -> None:
        """The folder cannot be written: nothing is fetched any more."""
        if not self._broken:
            self._broken = f"{CANNOT_WRITE}{failure.value}"
            self.crawler.stop()

    def _fail(self, wanted: Wanted, fault: Fault, took_s: float = 0.0, final_url: str = "") -> None:
        if fault.wait_s:
            self._frontier.leave_alone(wanted.host, fault.wait_s)
        if self._retries.again(wanted, fault):
            rested_s = took_s if fault.code == TIMEOUT else 0.0  # who hung has paused already
            pause = self._options.backoff_s * 2**wanted.attempts - rested_s
            wait = max(pause, fault.wait_s, 0.0)
            self._ledger.postpone(wanted, fault.code, fault.message, wait)
            self._frontier.added(wanted.host, wait)
            self._counts["again"] += 1
        else:
            self._ledger.fail(wanted, fault.code, fault.message, final_url)
            self._counts["failed"] += 1

    def _read(self, wanted: Wanted, response: Response) -> None:
        if not isinstance(response, TextResponse) or not response.xpath("//html"):
            self._fail(wanted, Fault("fetch-wrong-type", f"{wanted.url} is no page."))
            return
        if not self._is_within(response.url):
            self._fail(wanted, Fault("left-site", f"{wanted.url} leads to another site."))
            return
        page = read_page(response.selector, response.url, self._rules)
        if self._rules is SHOWN and not page.pictures:
            self._fail(wanted, Fault("no-picture", f"{wanted.url} names no picture as its own."))
            return
        if not forbids_pictures(response):
            told = {
                name: value for row in self._ledger.told(wanted.id) for name, value in row.items()
            }
            self._note(
                [(url, page.values | about | told) for url, about in page.pictures.items()],
                "picture",
                wanted.depth,
            )
            self._note([(url, page.values) for url in page.files], "file", wanted.depth)
        if wanted.depth < self._options.max_depth and not forbids_following(response):
            self._follow(page, wanted.depth + 1)
        self._ledger.done(wanted, response.url)
        self._counts["pages"] += 1

    def _follow(self, page: Page, depth: int) -> None:
        left = set(page.pictures) | set(page.files)
        links = [
            (url, dict[str, Any]())
            for url in page.links
            if url not in left and self._is_within(url) and is_followed(url, self._rules)
        ]
        limit = self._options.max_pages
        room = max(limit - self._pages, 0) if limit else len(links)
        self._pages += self._note(links[:room], "page", depth)
        self._ledger.add(links[room:], "page", depth, "beyond")

    def _note(self, rows: list[tuple[str, dict[str, Any]]], kind: Kind, depth: int) -> int:
        added = self._ledger.add(rows, kind, depth)
        for host, _ in added:
            self._frontier.added(host)
        return sum(count for _, count in added)

    def _is_within(self, url: str) -> bool:
        return not self._within or any(_is_below(url, beginning) for beginning in self._within)

    def _tell(self, **more: str) -> None:
        self._told = time.monotonic()
        known = self._counts | Counter(bytes=self._bytes)
        sys.stdout.write(json.dumps({**known, **more}) + "\n")
        sys.stdout.flush()


def _is_below(url: str, beginning: str) -> bool:
    one, whole = urlsplit(url), urlsplit(beginning)
    same = one.netloc.lower().removeprefix("www.") == whole.netloc.lower().removeprefix("www.")
    return (
        same and one.scheme in ("http", "https") and (one.path or "/").startswith(whole.path or "/")
    )
