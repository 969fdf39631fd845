"""``lookalike judge``: say which pictures fit a query, so that it learns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from lookalike.library import Library
    from lookalike.search.clause import Clause
    from lookalike.store.judgments import Judgment


def judge(
    clauses: Annotated[
        list[str] | None,
        typer.Argument(metavar="CLAUSE...", help="The query, as one would search for it."),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
    relevant: Annotated[
        list[str] | None,
        typer.Option("--relevant", "-r", metavar="ID|FILE", help="A picture that fits."),
    ] = None,
    not_relevant: Annotated[
        list[str] | None,
        typer.Option(
            "--not-relevant", "-n", metavar="ID|FILE", help="A picture that does not fit."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--not", metavar="CLAUSE", help="What the query's pictures shall not be like."
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--as", metavar="CONCEPT", help="Give the query a name.")
    ] = "",
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who says so; with --list, only theirs.")
    ] = None,
    suggest: Annotated[
        int, typer.Option(metavar="N", help="Name N pictures whose verdict would teach most.")
    ] = 0,
    list_: Annotated[bool, typer.Option("--list", help="List what was judged.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget what was judged.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was judged as JSON lines.")
    ] = None,
) -> None:
    """Say which pictures fit a query.

    Searching for the same again learns from it.

    lookalike judge "red fox" --relevant 3f1c0a --not-relevant 5e6f70

    lookalike judge sunset sea --relevant photos/evening.jpg --as sunset-at-sea

    Without a query, --list, --forget and --export mean everything that was judged.
    """
    from lookalike.search.query import parse_clauses

    told = parse_clauses(clauses or [], without=without or [], local_files=True)
    with open_given(library) as opened:
        if relevant or not_relevant or not (suggest or list_ or forget or export):
            done = opened.judge(
                *(clauses or []),
                without=without or [],
                relevant=relevant or [],
                not_relevant=not_relevant or [],
                concept=name,
                user=user or "",
            )
            _report(done, name, json=json)
        elif suggest:
            _suggest(opened, told, suggest, json=json)
        else:
            found = opened.teaching.judgments(told, concept=name, user=user)
            _use(opened, found, export, forget=forget, json=json)


def _report(done: list[Judgment], name: str, *, json: bool) -> None:
    if json:
        print_json({"judged": [judgment.as_dict() for judgment in done], "concept": name})
        return
    if done:
        fits = sum(judgment.relevant for judgment in done)
        say(f"Kept: {fits} relevant, {len(done) - fits} not. The next search learns from it.")
    if name:
        from lookalike.search.feedback.canonical import concept_name

        say(f'Search for "concept:{concept_name(name)}", or just type its name.')


def _suggest(library: Library, clauses: tuple[Clause, ...], count: int, *, json: bool) -> None:
    from lookalike.search.query import Query

    pictures = library.suggest(Query(clauses), count)
    if json:
        rows = [{"id": p.id, "location": p.locations[0].path} for p in pictures]
        print_json({"suggestions": rows})
        return
    for picture in pictures:
        table_console().print(f"{picture.id[:10]}  {picture.locations[0].path}", highlight=False)
    say("Judge them with --relevant ID and --not-relevant ID." if pictures else "None is left.")


def _use(
    library: Library, found: list[Judgment], export: Path | None, *, forget: bool, json: bool
) -> None:
    if export is not None:
        write_lines(export, [judgment.as_dict() for judgment in found])
    if forget:
        library.teaching.forget(found)
    if json:
        print_json({"judgments": [judgment.as_dict() for judgment in found], "forgotten": forget})
        return
    if export is None and not forget:
        _table(found)
    done = f" written to {export}" * (export is not None) + " forgotten" * forget
    say(f"{len(found):,} judgment{'' if len(found) == 1 else 's'}{done}.")


def _table(found: list[Judgment]) -> None:
    from urllib.parse import parse_qs

    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("when", "query", "picture", "", "user"):
        table.add_column(column)
    for judgment in found:
        table.add_row(
            f"{judgment.when:%Y-%m-%d %H:%M}",
            " + ".join(parse_qs(judgment.query).get("q", [])),
            judgment.picture[:10],
            "relevant" if judgment.relevant else "not relevant",
            judgment.user,
        )
    if found:
        table_console().print(table)
