"""What verbs share that make reports: ``--html`` and ``--save``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import say, write_text

if TYPE_CHECKING:
    from lookalike.library import Library

HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write a report: one page with all in it."),
]
SaveOption = Annotated[
    str,
    typer.Option("--save", metavar="NAME", help="Keep the report in the library, for serve."),
]


def check_report_name(name: str) -> None:
    """Make sure that a report can be called so, before anything is measured.

    Raises:
        UsageError: it cannot.
    """
    if name:
        from lookalike.store.reports import ReportShelf

        ReportShelf(Path()).path(name)


def given_command() -> str:
    """The command line, as one would type it again."""
    return shlex.join(["lookalike", *sys.argv[1:]])


def keep_page(page: str, library: Library, html: Path | None, save: str) -> None:
    """Write a report where it was asked for, and say so.

    Raises:
        UsageError: the file cannot be written, or the name will not do.
    """
    if html is not None:
        write_text(html, page)
        say(f"Wrote {html}.")
    if save:
        say(f"Kept as {library.reports.save(save, page)}; `lookalike serve` shows it at /reports.")
