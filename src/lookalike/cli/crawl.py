"""``lookalike fetch`` and ``lookalike crawl``: fill a folder with pictures from the web."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import JsonOption, end_run, print_json, say

if TYPE_CHECKING:
    from lookalike.sources.web.download import OnWebProgress, WebSummary
    from lookalike.sources.web.options import WebOptions

_PER_HOST = 8
_CRAWL_PER_HOST = 2
_CRAWL_DELAY_S = 0.25
_MEGABYTE = 1_000_000

IntoOption = Annotated[
    Path, typer.Option("--into", help="The folder that the pictures go into; made if need be.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="HOST",
        help="A host, address or network (10.1.0.0/16) that may be asked though not public.",
    ),
]
DelayOption = Annotated[
    float, typer.Option(min=0, help="Seconds between requests to a host; robots.txt may want more.")
]
TimeoutOption = Annotated[
    float, typer.Option(min=0.1, help="Seconds that one answer may take in all.")
]
AttemptsOption = Annotated[
    int, typer.Option(min=1, help="How often a URL is tried where trying again may help.")
]
MaxBytesOption = Annotated[
    int, typer.Option("--max-megabytes", min=1, help="Larger files are refused.")
]
RetryOption = Annotated[
    bool, typer.Option("--retry", help="Try again what could not be had before.")
]
CodeOption = Annotated[
    str | None, typer.Option(help="With --retry: only what failed with this code.")
]


def fetch(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="LIST...",
            help="Lists of picture URLs: txt, csv, tsv, jsonl, parquet; Flickr's xml or json.",
        ),
    ],
    into: IntoOption,
    json: JsonOption = False,
    per_host: Annotated[
        int, typer.Option(min=1, help="Connections to one host at once.")
    ] = _PER_HOST,
    delay: DelayOption = 0.0,
    timeout: TimeoutOption = 30.0,
    attempts: AttemptsOption = 3,
    max_megabytes: MaxBytesOption = 30,
    retry: RetryOption = False,
    code: CodeOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only ask whether the pictures are there.")
    ] = False,
    allow_host: AllowOption = None,
) -> None:
    """Download the pictures of a list of URLs into a folder, with the words beside them.

    Then index the folder. Run again, it fetches only what is missing: interrupted or killed at
    any moment, it goes on where it stopped. With --check nothing is downloaded, and a later run
    without it asks only for what was there. robots.txt and X-Robots-Tag are obeyed.
    """
    from lookalike.sources.web.download import fetch_rows
    from lookalike.sources.web.lists import read_lists

    options = _options(allow_host, per_host, delay, timeout, attempts, max_megabytes)
    options = replace(options, check=check)
    with fetch_progress(shown=not json) as on_progress:
        summary = fetch_rows(
            read_lists(sources),
            into,
            options,
            retry=(code or "") if retry else None,
            on_progress=on_progress,
        )
    _report(summary, json=json)


def crawl(
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Pages to start from.")],
    into: IntoOption,
    json: JsonOption = False,
    rules: Annotated[
        str, typer.Option(help="How pages are read: general or opengameart.")
    ] = "general",
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help="Read only pages whose URL begins so. [default: the whole host]"
        ),
    ] = None,
    depth: Annotated[int, typer.Option(min=0, help="Links from a start page.")] = 5,
    max_pages: Annotated[int, typer.Option(min=0, help="Pages that are read; 0 for all.")] = 0,
    max_total_megabytes: Annotated[
        int, typer.Option(min=0, help="Megabytes that are kept in all; 0 for no limit.")
    ] = 0,
    max_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds that this run takes; 0 for no limit.")
    ] = 0,
    per_host: Annotated[
        int, typer.Option(min=1, help="Connections to one host at once.")
    ] = _CRAWL_PER_HOST,
    delay: DelayOption = _CRAWL_DELAY_S,
    timeout: TimeoutOption = 30.0,
    attempts: AttemptsOption = 3,
    max_megabytes: MaxBytesOption = 30,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read pages again, for what is new on them.")
    ] = False,
    retry: RetryOption = False,
    code: CodeOption = None,
    allow_host: AllowOption = None,
) -> None:
    """Follow a site's links and download its pictures into a folder, with author and licence.

    Then index the folder. Run again, it goes on where it stopped. robots.txt with its delays,
    X-Robots-Tag and the robots meta tag are obeyed.
    """
    from lookalike.sources.web.download import crawl as crawl_site

    options = replace(
        _options(allow_host, per_host, delay, timeout, attempts, max_megabytes),
        max_depth=depth,
        max_pages=max_pages,
        max_total_bytes=max_total_megabytes * _MEGABYTE,
        max_seconds=max_seconds,
    )
    with fetch_progress(shown=not json) as on_progress:
        summary = crawl_site(
            urls,
            into,
            options,
            rules=rules,
            within=tuple(within or ()),
            retry=(code or "") if retry else None,
            refresh=refresh,
            on_progress=on_progress,
        )
    _report(summary, json=json)


def _options(
    allow_host: list[str] | None,
    per_host: int,
    delay_s: float,
    timeout_s: float,
    attempts: int,
    max_megabytes: int,
) -> WebOptions:
    from lookalike.sources.web.options import WebOptions

    return WebOptions(
        allow_hosts=tuple(allow_host or ()),
        per_host=per_host,
        delay_s=delay_s,
        timeout_s=timeout_s,
        attempts=attempts,
        max_bytes=max_megabytes * _MEGABYTE,
    )


@contextmanager
def fetch_progress(*, shown: bool) -> Iterator[OnWebProgress]:
    """A line on stderr that tells how far a download is, where a terminal shows it."""
    if not shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    from lookalike.sources.web.download import WebProgress

    with Console(stderr=True).status("Fetching") as status:

        def show(report: WebProgress) -> None:
            pages = f"{report.pages:,} pages, " if report.pages else ""
            status.update(
                f"{pages}{report.done:,} pictures, {report.failed:,} failed, "
                f"{report.bytes / _MEGABYTE:,.1f} MB"
            )

        yield show


def _report(summary: WebSummary, *, json: bool) -> None:
    if json:
        print_json(summary.as_dict())
    else:
        _tell(summary)
    end_run(interrupted=summary.interrupted, failed=bool(summary.failures))


def _tell(summary: WebSummary) -> None:
    say_fetched(summary)
    if summary.failures:
        say("Add --retry to try those again, --code CODE for one reason only.")
    if summary.kept:
        say(f"Index them with `lookalike index {summary.folder}`.")


def say_fetched(summary: WebSummary) -> None:
    """Tell what was fetched, and what was not, by reason."""
    run = summary.run
    if summary.there:
        gone = summary.failures.total()
        say(f"{summary.there:,} URLs are there, {gone:,} are not ({summary.seconds:.1f} s).")
        say("Run the same command without --check to fetch them.")
    else:
        pages = f"{run.pages:,} pages read, " if run.pages else ""
        fetched = f"{pages}{run.done:,} pictures and files fetched"
        say(f"{fetched}, {run.failed:,} failed ({summary.seconds:.1f} s).")
        say(f"{summary.folder} holds {summary.kept:,} of them, {run.bytes / _MEGABYTE:,.1f} MB.")
    if summary.waiting:
        why = f" ({run.ended})" if run.ended else ""
        say(f"{summary.waiting:,} URLs wait{why}. Run the same command again to go on.")
    for reason, count in summary.failures.most_common():
        say(f"  {count:6,} {reason}")
    if summary.failures["url-forbidden"]:
        say("Hosts that are not public, and their ports, are asked only with --allow-host HOST.")
