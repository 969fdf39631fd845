"""Fill a folder from the web: start the downloading process, follow it, sum up.

The folder is an ordinary one: pictures and a ``metadata.jsonl``, to be indexed like any other.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from lookalike.errors import FetchError, SourceError, UsageError
from lookalike.sources.web.ledger import Kind, Ledger
from lookalike.sources.web.options import CANNOT_WRITE, WebOptions
from lookalike.sources.web.row import Row
from lookalike.sources.web.rules import rule_set

_LOCKED_STATUS = 75  # spider_main's
_BATCH = 1000
_KINDS: tuple[Kind, ...] = ("picture", "page", "file")


@dataclass(frozen=True)
class WebProgress:
    """How far a run is.

    Attributes:
        done: pictures and files that it kept.
        failed: URLs that it gave up.
        again: attempts that will be made again.
        pages: pages that it read.
        there: URLs that it found to be there, without fetching them.
        bytes: of everything in the folder.
        ended: the limit that ended it; empty if none did.
    """

    done: int = 0
    failed: int = 0
    again: int = 0
    pages: int = 0
    there: int = 0
    bytes: int = 0
    ended: str = ""


@dataclass(frozen=True)
class WebSummary:
    """What a run did, and how its folder stands.

    Attributes:
        folder: where everything lies.
        run: what this run did.
        kept: URLs whose pictures or files lie in the folder.
        there: URLs that were found to be there and are not fetched yet.
        waiting: URLs that are still to be fetched.
        failures: URLs that could not be had, by code.
        interrupted: whether the user ended it.
        seconds: how long it took.
    """

    folder: Path
    run: WebProgress = WebProgress()
    kept: int = 0
    there: int = 0
    waiting: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON's types."""
        return {
            "folder": str(self.folder),
            "done": self.run.done,
            "pages": self.run.pages,
            "failed": self.run.failed,
            "ended": self.run.ended,
            "bytes": self.run.bytes,
            "kept": self.kept,
            "there": self.there,
            "waiting": self.waiting,
            "failures": dict(self.failures.most_common()),
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 3),
        }


_DEFAULTS = WebOptions()
OnWebProgress = Callable[[WebProgress], None]


def fetch_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]] | Row],
    folder: Path,
    options: WebOptions = _DEFAULTS,
    *,
    retry: str | None = None,
    on_progress: OnWebProgress = lambda _: None,
) -> WebSummary:
    """Fetch URLs into a folder; again fetches only what is missing.

    Args:
        rows: URLs of pictures, each with named values that are told about it; rows of the kind
            ``page`` are pages that show a picture.
        folder: made if it is not there.
        options: how.
        retry: also what failed before with this code; everything if empty; nothing if None.
        on_progress: told now and then how far it is.

    Raises:
        SourceError: the folder cannot be used, or another process is filling it.
        UsageError: Scrapy is not installed, or the folder was filled by a crawl.
        FetchError: the downloading process died; what it fetched is kept.
    """
    check_installed()
    with _ledger(folder, "list") as ledger:
        for batch in _batches(rows):
            for kind in _KINDS:
                rows_of_kind = [row for row in batch if row.kind == kind and not row.gone]
                ledger.add([(row.url, row.values) for row in rows_of_kind], kind)
            ledger.note_gone([(row.url, row.gone) for row in batch if row.gone])
        if retry is not None:
            ledger.retry(retry)
    return _run(folder, replace(options, max_depth=0), "shown", (), on_progress)


def crawl(
    urls: Iterable[str],
    folder: Path,
    options: WebOptions = _DEFAULTS,
    *,
    rules: str = "general",
    within: tuple[str, ...] = (),
    retry: str | None = None,
    refresh: bool = False,
    on_progress: OnWebProgress = lambda _: None,
) -> WebSummary:
    """Follow a site's links and fetch its pictures into a folder; again goes on with it.

    Args:
        urls: pages to start from.
        folder: made if it is not there.
        options: how.
        rules: the name of a rule set.
        within: beginnings of the URLs of pages that may be read; the start pages' hosts if empty.
        retry: also what failed before with this code; everything if empty; nothing if None.
        refresh: read pages again, for what is new on them.
        on_progress: told now and then how far it is.

    Raises:
        As :func:`fetch_rows`, and UsageError for URLs or rules that cannot be used.
    """
    check_installed()
    rule_set(rules)
    starts = [_checked(url) for url in urls]
    beginnings = tuple(_checked(url) for url in within) or tuple(map(_site, starts))
    with _ledger(folder, "crawl") as ledger:
        ledger.add([(url, {}) for url in starts], "page")
        if retry is not None:
            ledger.retry(retry)
        if refresh:
            ledger.reread()
    return _run(folder, options, rules, beginnings, on_progress)


def resume(
    folder: Path, *, retry: str | None = None, on_progress: OnWebProgress = lambda _: None
) -> WebSummary:
    """Go on with a folder the way it was filled the last time, list or crawl.

    Args:
        folder: a download folder.
        retry: also what failed before with this code; everything if empty; nothing if None.
        on_progress: told now and then how far it is.

    Raises:
        As :func:`fetch_rows`, and UsageError if the folder does not know how it was filled.
    """
    check_installed()
    with Ledger(folder) as ledger:
        job = ledger.job()
        if job is None:
            raise UsageError(
                f"{folder} was filled by an older lookalike and does not know how.",
                f"Run the command that filled it again, with --into {folder} --retry.",
                code="unknown-job",
            )
        if retry is not None:
            ledger.retry(retry)
    options = WebOptions.from_json(job["options"])
    return _run(folder, options, job["rules"], tuple(job["within"]), on_progress)


def _batches(rows: Iterable[tuple[str, Mapping[str, Any]] | Row]) -> Iterator[list[Row]]:
    every = iter(row if isinstance(row, Row) else Row(row[0], dict(row[1])) for row in rows)
    while batch := list(islice(every, _BATCH)):
        yield batch


def check_installed() -> None:
    """See that what downloads is there.

    Raises:
        UsageError: it is not; the hint says how to install it.
    """
    if importlib.util.find_spec("scrapy") is None:
        raise UsageError(
            "Fetching from the web needs Scrapy, which is not installed.",
            "Run: pip install 'lookalike[crawl]'",
            code="not-installed",
        )


def _ledger(folder: Path, use: str) -> Ledger:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(
            f"{folder} cannot be made: {error.strerror or error}.", "Name another folder."
        ) from error
    ledger = Ledger(folder)
    before = ledger.use(use)
    if before != use:
        ledger.__exit__()
        raise UsageError(
            f"{folder} was filled by a {before}, and cannot take a {use} as well.",
            "Name another folder; both can be indexed.",
            code="folder-of-other-use",
        )
    return ledger


def _run(
    folder: Path,
    options: WebOptions,
    rules: str,
    within: tuple[str, ...],
    on_progress: OnWebProgress,
) -> WebSummary:
    began = time.monotonic()
    job = {"options": options.to_json(), "rules": rules, "within": within}
    with Ledger(folder) as ledger:
        ledger.note_job({**job, "options": replace(options, check=False).to_json()})
    last, interrupted = _follow(folder, job, on_progress)
    with Ledger(folder) as ledger:
        states = ledger.states()
        return WebSummary(
            folder,
            last,
            kept=sum(n for (kind, state), n in states.items() if (kind, state) in _KEPT),
            there=sum(n for (_, state), n in states.items() if state == "there"),
            waiting=sum(n for (_, state), n in states.items() if state in ("pending", "taken")),
            failures=Counter(failure.code for failure in ledger.failures()),
            interrupted=interrupted,
            seconds=time.monotonic() - began,
        )


_KEPT = {("picture", "done"), ("file", "done")}


def _follow(
    folder: Path, job: dict[str, Any], on_progress: OnWebProgress
) -> tuple[WebProgress, bool]:
    """Run the process to its end; returns its last words, and whether it was interrupted."""
    command = [sys.executable, "-m", "lookalike.sources.web.spider_main", str(folder)]
    # A session of its own: Ctrl-C reaches this process, which tells that one by closing its stdin.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    last, interrupted = WebProgress(), False
    with process, process.stdout:
        try:
            _tell(process.stdin, json.dumps(job))
            for line in process.stdout:
                last = WebProgress(**json.loads(line))
                on_progress(last)
        except KeyboardInterrupt:
            interrupted = True
            process.stdin.close()
            for line in process.stdout:
                last = WebProgress(**json.loads(line))
    if last.ended.startswith(CANNOT_WRITE):
        raise SourceError(
            f"{folder} cannot be written: {last.ended.removeprefix(CANNOT_WRITE)}.",
            "Make room there, then run the same command again: it goes on where it stopped.",
            code="folder-unwritable",
        )
    if not interrupted:
        _check_status(process.returncode, folder)
    return last, interrupted


def _tell(stdin: IO[str], line: str) -> None:
    try:
        stdin.write(line + "\n")
        stdin.flush()
    except BrokenPipeError:
        pass  # it died at once, which its status says


def _check_status(status: int, folder: Path) -> None:
    if status == _LOCKED_STATUS:
        raise SourceError(
            f"Another process is filling {folder}.", "Wait for it, or end it.", code="folder-locked"
        )
    if status:
        raise FetchError(
            f"The process that downloads ended with status {status}.",
            "Run the same command again: it goes on where it stopped.",
            code="downloader-died",
        )


def _checked(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"{url!r} is no URL of the web.", "Begin it with https://")
    return url.strip()


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
