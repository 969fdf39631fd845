"""``lookalike index``: take pictures in."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.crawl import AllowOption, fetch_progress, say_fetched
from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    counting,
    end_run,
    library_path,
    print_json,
    say,
    settings,
)
from lookalike.cli.reading import (
    FramesOption,
    LabelFoldersOption,
    MaxFramesOption,
    NoTableOption,
    TableOption,
    chosen_frames,
    chosen_table,
)
from lookalike.cli.weights_option import WeightsOption, with_weights

if TYPE_CHECKING:
    from lookalike.pipeline.fetching import Sources
    from lookalike.pipeline.fill import FillSummary
    from lookalike.pipeline.report import IndexSummary, OnProgress
    from lookalike.sources.web.download import WebSummary

_SHOWN_KINDS = 6


def index(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Folders, archives, data sets, pictures; lists of URLs, Flickr's records, URLs.",
        ),
    ],
    library: LibraryOption = None,
    json: JsonOption = False,
    table: TableOption = None,
    no_table: NoTableOption = False,
    label_folders: LabelFoldersOption = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="For a new library: what looks at the pictures; see `lookalike models`."),
    ] = None,
    weights: WeightsOption = None,
    retry: Annotated[
        bool, typer.Option(help="Try again what failed before, even if it has not changed.")
    ] = False,
    allow_empty: Annotated[
        bool,
        typer.Option(help="Remove what came from a folder that holds no pictures any more."),
    ] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Take in again what was removed from the library.")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="Decoding processes; 0 for one a core.")] = 0,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that one picture may take.")
    ] = 60,
    max_megapixels: Annotated[int, typer.Option(min=1, help="Larger pictures are refused.")] = 120,
    frames: FramesOption = None,
    max_frames: MaxFramesOption = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Where what URLs lead to is kept. [default: in the library]", show_default=False
        ),
    ] = None,
    allow_host: AllowOption = None,
    regions: Annotated[
        bool,
        typer.Option(
            "--regions", help="Also find small things in large pictures, from now on. Costs more."
        ),
    ] = False,
) -> None:
    """Take pictures in. Run again, it takes in only what is new, changed, moved or gone.

    How a source is read (labels, frames, table) is remembered until it is said otherwise.
    Originals are never changed. Interrupted or killed at any moment, it goes on where it
    stopped when it is run again. What cannot be taken in is kept in a ledger, see
    `lookalike failures`. What lists of URLs name is downloaded first, as `lookalike fetch` does;
    a site whose pages lead to pictures is for `lookalike crawl`.
    """
    from lookalike.imaging.picture import Limits
    from lookalike.opening import create_library
    from lookalike.pipeline.report import IndexSummary
    from lookalike.pipeline.run import IndexOptions
    from lookalike.sources.web.options import WebOptions

    path = library_path(library)
    chosen = chosen_table(table, no_table=no_table)
    apart = _checked(path, sources, chosen)
    limits = Limits(max_pixels=max_megapixels * 1_000_000, timeout_s=timeout)
    options = IndexOptions(
        workers=workers,
        retry=retry,
        allow_empty=allow_empty,
        restore=restore,
        limits=limits,
    )
    named = with_weights(encoder or "", weights) or None
    with create_library(path, encoder=named, settings=settings()) as opened:
        fetched = None
        if apart.of_the_web:
            web = WebOptions(allow_hosts=tuple(allow_host or ()))
            with fetch_progress(shown=not json) as on_fetch:
                fetched = opened.fetch(
                    apart, into, web, retry="" if retry else None, on_progress=on_fetch
                )
            if not json:
                _say_fetched(fetched, apart)
        if fetched is not None and fetched.interrupted:
            summary = IndexSummary(pictures=len(opened), interrupted=True)
        else:
            with progress_bar(shown=not json) as on_progress:
                summary = opened.index(
                    [*apart.local, *([fetched.folder] if fetched else ())],
                    table=chosen if apart.local else None,
                    label_folders=label_folders,
                    frames=chosen_frames(frames, max_frames),
                    options=options,
                    on_progress=on_progress,
                )
        if regions and not summary.interrupted:
            with counting(shown=not json) as on_count:
                filled = opened.add_regions(on_count=on_count)
            summary.interrupted = filled.interrupted
            _say_lacking(filled)
    summary.fetched = fetched
    report(summary, json=json)


def _say_fetched(fetched: WebSummary, apart: Sources) -> None:
    from lookalike.pipeline.fetching import pages_among

    say_fetched(fetched)
    if fetched.failures:
        say("Add --retry to ask for those again.")
    for url in pages_among(apart, fetched.folder):
        say(f"{url} is neither a picture nor an archive. For the pictures of a site:")
        say(f"  lookalike crawl {quote(url)} --into DIR && lookalike index DIR")


def _checked(library: Path, sources: list[str], table: Path | str | None) -> Sources:
    """The sources told apart; one that cannot be used must not leave an empty library behind."""
    from lookalike.pipeline.fetching import told_apart
    from lookalike.pipeline.sources import sources_to_read
    from lookalike.sources.reading import Wishes
    from lookalike.sources.web.download import check_installed

    apart = told_apart(sources)
    sources_to_read(library, apart.local, Wishes(table=None if table is None else str(table)))
    if apart.of_the_web:
        check_installed()
    return apart


def _say_lacking(filled: FillSummary) -> None:
    if filled.lacking:
        say(f"{filled.lacking:,} pictures could not be read any more: parts of them are not found.")


def report(summary: IndexSummary, *, json: bool) -> None:
    """Tell what a run did and end with the status that says so."""
    if json:
        print_json(summary.as_dict())
    else:
        _tell(summary)
    end_run(interrupted=summary.interrupted, failed=bool(summary.failed or summary.kept_sources))


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[OnProgress]:
    """A bar on stderr with rate and remaining time, where a terminal shows it."""
    if not shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    from lookalike.pipeline.report import Progress as Report

    class RateColumn(ProgressColumn):
        def render(self, task: object) -> Text:
            speed = getattr(task, "speed", None)
            return Text(f"{speed:,.0f}/s" if speed else "", style="cyan")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}", style="yellow"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Looking", total=None, failed="")

        def show(report: Report) -> None:
            met = f" ({report.met:,} met)" if report.stage == "scanning" else ""
            bar.update(
                task,
                completed=report.done,
                total=report.total if report.scanned else None,
                description=f"{report.stage.capitalize()}{met}",
                failed=f"{report.failed:,} failed" if report.failed else "",
            )

        yield show


def _kinds(counts: Counter[str]) -> str:
    shown = counts.most_common(_SHOWN_KINDS)
    parts = [f"{count:,} {kind or 'without an extension'}" for kind, count in shown]
    left = counts.total() - sum(count for _, count in shown)
    return ", ".join([*parts, *([f"{left:,} of other kinds"] if left else [])])


def _tell(summary: IndexSummary) -> None:
    parts = [f"{summary.added:,} new"]
    for count, what in (
        (summary.updated, "known already (new place or new words)"),
        (summary.removed, "removed"),
        (summary.unchanged, "unchanged"),
        (summary.failed, "failed"),
        (summary.failed_before, "failed before and unchanged"),
        (summary.dismissed, "passed over, as they were removed (see --restore)"),
        (summary.ignored, "other files"),
    ):
        if count:
            parts.append(f"{count:,} {what}")
    rate = f", {summary.rate:,.0f} a second" if summary.added >= 100 else ""
    say(f"{', '.join(parts)} ({summary.seconds:.1f} s{rate}).")
    several = "" if summary.pictures == 1 else "s"
    say(f"The library holds {summary.pictures:,} picture{several}.")
    for code, count in summary.failures.most_common():
        say(f"  {count:6,} {code}")
    if summary.ignored:
        say(f"Other files: {_kinds(summary.ignored_kinds)}.")
    if summary.failed:
        say("`lookalike failures` lists them; `lookalike failures --retry` tries again.")
    for source in summary.kept_sources:
        say(f"{source} holds no pictures now. Those that came from it were kept: is its disk")
        say("mounted? If it is meant to be empty, run this again with --allow-empty.")
    if summary.interrupted:
        say("Interrupted. Run the same command again to go on.")
