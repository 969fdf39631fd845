"""The process that downloads: Scrapy's reactor runs once in a process, so it has its own.

Started as ``python -m lookalike.sources.web.spider_main FOLDER`` with the job as one line of JSON
on stdin. Tells how far it is in lines of JSON on stdout. It ends when stdin does, so that it
outlives nobody.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lookalike.sources.web.album import Album
from lookalike.sources.web.ledger import Ledger
from lookalike.sources.web.options import WebOptions
from lookalike.sources.web.rules import rule_set

LOCK_NAME = ".lookalike-web.lock"
LOCKED_STATUS = 75
_LOCK_WAIT_S = 6.0
_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
_GRACE_S = 4.0


def scrapy_settings(options: WebOptions) -> dict[str, Any]:
    """The options in Scrapy's words."""
    here = "lookalike.sources.web"
    return {
        "ALLOW_HOSTS": list(options.allow_hosts),
        "USER_AGENT": options.user_agent,
        "ROBOTSTXT_OBEY": True,
        "ROBOTS_TRIES": options.attempts,
        "CONCURRENT_REQUESTS": 2 * options.connections,  # as many may hang besides
        "CONCURRENT_ITEMS": 1,  # Scrapy makes that many tasks for each answer; we yield no items
        "CONCURRENT_REQUESTS_PER_DOMAIN": options.per_host,
        "DOWNLOAD_DELAY": options.delay_s,
        "DOWNLOAD_TIMEOUT": options.timeout_s,
        "DOWNLOAD_MAXSIZE": options.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "REDIRECT_MAX_TIMES": options.max_redirects,
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            f"{here}.robots.RobotsMiddleware": 100,
            f"{here}.guard.UrlGuard": 760,
        },
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("http", "https"), f"{here}.handler.OnceHandler"),
            **dict.fromkeys(("data", "file", "s3", "ftp")),
        },
        "TWISTED_DNS_RESOLVER": f"{here}.guard.GuardedResolver",
        "HTTPPROXY_ENABLED": False,  # a proxy would connect to addresses that nobody checked
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "RETRY_ENABLED": False,  # the ledger retries, with back-off and over restarts
        "HTTPERROR_ALLOW_ALL": True,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "CRITICAL",
        "REACTOR_THREADPOOL_MAXSIZE": 20,
    }


def main() -> int:
    """Do the job that stdin tells."""
    folder = Path(sys.argv[1])
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        with FileLock(folder / LOCK_NAME, timeout=_LOCK_WAIT_S):
            _work(folder, job)
    except Timeout:
        return LOCKED_STATUS
    return 0


def _work(folder: Path, job: dict[str, Any]) -> None:
    from scrapy.crawler import CrawlerProcess
    from scrapy.utils.reactor import install_reactor

    install_reactor(_REACTOR)  # before anything else is imported that would install another
    from lookalike.sources.web.spider import WebSpider

    options = WebOptions.from_json(job["options"])
    with Ledger(folder) as ledger:
        ledger.take_up()
        if not options.check:
            ledger.want_checked()
        ledger.admit(options.max_pages)
        album = Album(folder, ledger)
        album.write_table()
        process = CrawlerProcess(scrapy_settings(options))
        rules, within = rule_set(job["rules"]), tuple(job["within"])
        failures: list[Any] = []
        process.crawl(WebSpider, folder, ledger, options, rules, within).addErrback(failures.append)
        threading.Thread(target=_end_with_stdin, args=(process,), daemon=True).start()
        process.start(install_signal_handlers=False)
        album.write_table()
        if failures:
            failures[0].raiseException()


def _end_with_stdin(process: Any) -> None:
    sys.stdin.read()
    from twisted.internet import reactor

    reactor.callFromThread(process.stop)
    time.sleep(_GRACE_S)
    os._exit(1)  # what is in flight still is not worth more waiting; the ledger knows it


if __name__ == "__main__":
    sys.exit(main())
