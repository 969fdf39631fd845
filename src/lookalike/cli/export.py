"""``lookalike export`` and ``lookalike import``: a whole library as files, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    counting,
    library_path,
    open_given,
    print_json,
    say,
    settings,
)

if TYPE_CHECKING:
    from lookalike.store.export import ExportSummary

_SHOWN_MISSING = 10


def export(
    into: Annotated[Path, typer.Option(help="A folder that is new or empty.")],
    library: LibraryOption = None,
    json: JsonOption = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Have the pictures' own files come along.")
    ] = False,
    vectors: Annotated[
        bool, typer.Option(help="Have the vectors come along; an import needs them.")
    ] = True,
) -> None:
    """Write the whole library as files: Parquet, NumPy, JSON.

    `lookalike import` makes the same library again, here or elsewhere, and other tools can read
    them. Exit status 1 if pictures were to come along whose files are gone or have changed.
    """
    with open_given(library) as opened, counting(shown=not json) as on_count:
        summary = opened.export(into, pictures=pictures, vectors=vectors, on_count=on_count)
    if json:
        print_json(summary.as_dict())
    else:
        _tell(summary, pictures=pictures)
    if summary.missing:
        raise typer.Exit(1)


def import_(
    exported: Annotated[
        Path, typer.Argument(metavar="DIR", help="What `lookalike export --into` wrote.")
    ],
    library: LibraryOption = None,
    json: JsonOption = False,
    pictures: Annotated[
        bool, typer.Option(help="Keep the pictures' own files, if they came along, in the library.")
    ] = True,
) -> None:
    """Make the library of an export again, where -L says. No model is needed.

    Everything is checked first. Interrupted or killed, it goes on where it stopped when it is
    run again; until it is finished there is no library.
    """
    from lookalike.opening import import_library

    with counting(shown=not json) as on_count:
        made = import_library(
            exported,
            library_path(library),
            pictures=pictures,
            settings=settings(),
            on_count=on_count,
        )
    with made:
        found = made.info()
    if json:
        print_json(found.as_dict())
        return
    say(f"{found.path} holds {found.pictures:,} pictures at {found.locations:,} locations.")


def _tell(summary: ExportSummary, *, pictures: bool) -> None:
    parts = [f"{summary.pictures:,} pictures"]
    if summary.vectors:
        parts.append(f"their vectors in {', '.join(summary.vectors)}")
    if pictures:
        parts.append(f"{summary.originals:,} of their files")
    say(f"Wrote {', '.join(parts)} to {summary.into}.")
    if summary.missing:
        say(f"{len(summary.missing):,} files are gone or have changed:")
    for picture_id in summary.missing[:_SHOWN_MISSING]:
        say(f"  id:{picture_id}")
    if len(summary.missing) > _SHOWN_MISSING:
        say("  ... (--json lists all)")
