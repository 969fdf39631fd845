"""What sends the requests: Scrapy's HTTP/1.1, without retries of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class OnceHandler(HTTP11DownloadHandler):
    """Sends each request once.

    Twisted sends a request again at once if a kept connection breaks; that doubles every attempt
    on servers that reset connections. The ledger retries, with back-off.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.retryAutomatically = False
