"""``lookalike info`` and ``lookalike check``: what a library holds, and whether it is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    open_given,
    print_json,
    say,
    table_console,
)

if TYPE_CHECKING:
    from lookalike.sources.reading import Reading


def info(library: LibraryOption = None, json: JsonOption = False) -> None:
    """Say what the library holds."""
    with open_given(library) as opened:
        found = opened.info()
    if json:
        print_json(found.as_dict())
        return
    console = table_console()
    console.print(f"{found.path}", highlight=False)
    console.print(f"  {found.pictures:,} pictures at {found.locations:,} locations")
    console.print(f"  {found.failures:,} failures (`lookalike failures` lists them)")
    console.print(f"  {found.disk_bytes / 1e6:,.1f} MB, format {found.format}, "
                  f"version {found.version}, made {found.created:%Y-%m-%d %H:%M} UTC")  # fmt: skip
    for space in found.spaces:
        console.print(f"  space {space.name}: {space.kind}, {space.dims} dimensions")
    for root, reading in found.sources.items():
        console.print(f"  {root} is read {_told(reading)}", highlight=False)


def _told(reading: Reading) -> str:
    parts = ["with the names of folders as labels" if reading.label_folders else ""]
    parts.append(f"with {reading.frames} frames of a file" if reading.frames > 1 else "")
    parts.append(f"with {reading.table}" if reading.table else "")
    return ", ".join(filter(None, parts)) or "as it is"


def check(
    library: LibraryOption = None,
    json: JsonOption = False,
    repair: Annotated[
        bool, typer.Option(help="Write caches and indices anew where they are not sound.")
    ] = False,
) -> None:
    """Read the whole library and say whether it is sound. Exit status 1 if it is not."""
    with open_given(library) as opened:
        report = opened.check(repair=repair)
    if json:
        print_json(report.as_dict())
    else:
        for line in report.lines():
            say(line)
    if report.problems:
        raise typer.Exit(1)
