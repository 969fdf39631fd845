"""``lookalike concepts``: learned queries with a name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    open_given,
    print_json,
    say,
    table_console,
    write_lines,
)

if TYPE_CHECKING:
    from lookalike.search.feedback.teaching import Teaching
    from lookalike.store.concepts_table import ConceptRecord


def concepts(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only this one.")] = "",
    library: LibraryOption = None,
    json: JsonOption = False,
    rename: Annotated[str, typer.Option(metavar="NEW", help="Give it another name.")] = "",
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete it, and what was judged for it.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them as JSON lines, with what was judged."),
    ] = None,
) -> None:
    """List the concepts, or show, rename or delete one.

    `lookalike judge CLAUSE... --relevant ID... --as NAME` makes one; `lookalike search
    concept:NAME` uses it.
    """
    from lookalike.errors import UsageError

    if (rename or delete) and not name:
        raise UsageError("No concept is named.", "lookalike concepts NAME --rename NEW")
    with open_given(library) as opened:
        teaching = opened.teaching
        if rename:
            name = teaching.rename(name, rename).name
        found = [teaching.concept(name)] if name else teaching.concepts()
        if export is not None:
            write_lines(export, [_whole(teaching, *one) for one in found])
        if delete:
            teaching.delete(name)
    if json:
        print_json({"concepts": [c.as_dict() | {"judged": judged} for c, judged in found]})
        return
    if export is not None:
        say(f"{len(found)} concept{'' if len(found) == 1 else 's'} written to {export}.")
    if delete:
        say(f"Deleted {found[0][0].name}.")
        return
    if export is None:
        _table(found)


def _whole(teaching: Teaching, concept: ConceptRecord, judged: int) -> dict[str, Any]:
    told = [judgment.as_dict() for judgment in teaching.of_concept(concept)]
    return concept.as_dict() | {"judged": judged, "judgments": told}


def _table(found: list[tuple[ConceptRecord, int]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "made from", "judged", "user"):
        table.add_column(column)
    for concept, judged in found:
        table.add_row(concept.name, " + ".join(concept.clauses), str(judged), concept.user)
    if found:
        table_console().print(table)
    else:
        say("No concepts yet. `lookalike judge CLAUSE... --relevant ID... --as NAME` makes one.")
