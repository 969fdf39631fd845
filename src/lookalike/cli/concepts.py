"""``lookalike concepts``: learned queries with a name."""

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
    from lookalike.store.concepts_table import ConceptRecord


def concepts(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only this one.")] = "",
    library: LibraryOption = None,
    json: JsonOption = False,
    rename: Annotated[str, typer.Option(metavar="NEW", help="Give it another name.")] = "",
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete it, and what was judged for it.")
    ] = False,
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
        if delete:
            teaching.delete(name)
    if json:
        print_json({"concepts": [c.as_dict() | {"judged": judged} for c, judged in found]})
        return
    if delete:
        say(f"Deleted {found[0][0].name}.")
        return
    _table(found)


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
