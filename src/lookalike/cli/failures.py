"""``lookalike failures``: the ledger of what could not be taken in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.crawl import fetch_progress, say_fetched
from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    open_given,
    print_json,
    say,
    table_console,
)

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.store.failures import FailureRecord


def failures(
    library: LibraryOption = None,
    json: JsonOption = False,
    code: Annotated[str | None, typer.Option(help="Only failures with this code.")] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try them again, though they have not changed.")
    ] = False,
) -> None:
    """List what could not be taken in, and why.

    An entry goes when its file is taken in, or is gone. `--code dismissed` lists files that are
    passed over because their pictures were removed.
    """
    with open_given(library) as opened:
        if retry:
            _retry(opened, code or "", json=json)
            return
        known = [*opened.failures(), *(opened.dismissed() if code == "dismissed" else ())]
        entries = [e for e in known if code is None or e.failure.code == code]
    if json:
        rows = [
            {**vars(entry.failure), "root": entry.root, "when": entry.when.isoformat()}
            for entry in entries
        ]
        print_json({"failures": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("code", "stage", "what happened"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        table.add_row(entry.failure.code, entry.failure.stage, _message(entry.failure))
    if entries:
        table_console().print(table)
    say(f"{len(entries):,} failures." if entries else "No failures.")


def _retry(library: Library, code: str, *, json: bool) -> None:
    from lookalike.cli.index import progress_bar, report
    from lookalike.pipeline.report import IndexSummary
    from lookalike.pipeline.run import IndexOptions
    from lookalike.sources.naming import location_of, path_of

    entries = [e for e in library.failures() if code in ("", e.failure.code)]
    roots = sorted({e.root for e in entries})
    sources = [path for root in roots if (path := path_of(root)).exists()]
    for root in roots:
        if path_of(root) not in sources:
            say(f"{root} is not there; what failed in it was left as it is.")
    if not sources:
        say("There is nothing to try again.")
        report(IndexSummary(pictures=len(library)), json=json)
        return
    downloads, interrupted = _fetch_again(entries, code, json=json)
    if interrupted:
        report(IndexSummary(pictures=len(library), interrupted=True), json=json)
        return
    whole = tuple(location_of(folder) for folder in downloads)
    options = IndexOptions(only_failed=True, retry_code=code, whole=whole)
    with progress_bar(shown=not json) as on_progress:
        summary = library.index(sources, options=options, on_progress=on_progress)
    report(summary, json=json)


def _fetch_again(entries: list[FailureRecord], code: str, *, json: bool) -> tuple[list[Path], bool]:
    """Ask the web again; returns the folders that it fills, and whether that was interrupted."""
    from lookalike.pipeline.fetching import failed_downloads, retry_downloads

    downloads = failed_downloads(entries, code)
    with fetch_progress(shown=not json) as on_progress:
        summaries, problems = retry_downloads(downloads, code, on_progress)
    for summary in summaries if not json else ():
        say_fetched(summary)
    for problem in problems:
        say(f"{problem.code}: {problem}")
    return downloads, any(summary.interrupted for summary in summaries)


def _message(failure: object) -> str:
    location, message = getattr(failure, "location", ""), getattr(failure, "message", "")
    return message if location in message else f"{location}: {message}"
