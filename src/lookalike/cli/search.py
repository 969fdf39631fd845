"""``lookalike search``: find pictures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.facets import print_facet
from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    open_given,
    print_json,
    save_sheet,
    say,
    table_console,
)

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.search.clause import Clause
    from lookalike.search.results import Hit, Results, Taught


def search(
    clauses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CLAUSE...",
            help="Words, a picture's path or URL, or id:ID; [WEIGHT:]CLAUSE weighs it.",
        ),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
    without: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="CLAUSE", help="What the pictures shall not be like."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Only this part of the picture before it: pixels, or 10,20,50,50%.",
        ),
    ] = None,
    where: Annotated[
        str,
        typer.Option(
            metavar="EXPR",
            help='Only these: "tag = snow and date >= 2019 and not folder = Italy".',
        ),
    ] = "",
    k: Annotated[int, typer.Option("-k", help="How many.")] = 10,
    match: Annotated[
        str,
        typer.Option(
            help="Match words with the metadata (words), the pixels (concept) or both (auto); "
            "classes: with the pixels by known classes, even where a joint model reads words."
        ),
    ] = "auto",
    cut: Annotated[
        float,
        typer.Option(metavar="LEVEL", help="Above 1 longer lists, below 1 surer ones."),
    ] = 1.0,
    no_cut: Annotated[
        bool, typer.Option("--no-cut", help="K hits, also where they are likely wrong.")
    ] = False,
    sort: Annotated[
        str,
        typer.Option(help="Order of the hits: best, newest, oldest, largest, smallest, name."),
    ] = "best",
    diverse: Annotated[
        float,
        typer.Option(metavar="SHARE", help="From 0 (the best) to 1 (unlike one another)."),
    ] = 0.0,
    surprise: Annotated[
        int | None,
        typer.Option(metavar="SEED", help="Pictures at random, unlike one another."),
    ] = None,
    facets: Annotated[
        str, typer.Option(metavar="FIELDS", help="Count the values of these: tag,camera.")
    ] = "",
    after: Annotated[
        str, typer.Option(metavar="CURSOR", help="The page after the one that gave this cursor.")
    ] = "",
    learned: Annotated[
        bool, typer.Option(help="Let what was judged under this query count.")
    ] = True,
    literal: Annotated[
        bool,
        typer.Option("--literal", help="Take words as they stand: no dates, -words, corrections."),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Look again at the best hits for a picture: same thing first."
        ),
    ] = False,
    explain: Annotated[
        bool, typer.Option(help="Show what each clause contributed, and the plan.")
    ] = False,
    montage: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw the hits on one sheet.")
    ] = None,
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="Make small copies and name them, too.")
    ] = False,
    collapse: Annotated[
        bool, typer.Option(help="Show one hit for all copies of a picture.")
    ] = False,
    space: Annotated[
        str, typer.Option(help="The space that pictures are compared in, see `lookalike spaces`.")
    ] = "",
    fetch_from: Annotated[
        list[str] | None,
        typer.Option(help="A host or network that URLs may name although it is not public."),
    ] = None,
) -> None:
    """Find pictures by picture, by words, by both.

    lookalike search "red fox in snow"

    lookalike search photo.jpg

    lookalike search photo.jpg "at night" --not "0.5:cars"

    lookalike search photo.jpg --region 40,60,200,150
    """
    assert not region  # RegionCommand wrote it behind its clause
    from lookalike.search.query import parse_query

    query = parse_query(
        clauses or [],
        without=without or [],
        where=where,
        k=k,
        space=space,
        cut=None if no_cut else cut,
        match=match,  # type: ignore[arg-type]  # checked by Query
        sort=sort,  # type: ignore[arg-type]
        diversity=diverse,
        surprise=surprise,
        facets=tuple(name.strip() for name in facets.split(",") if name.strip()),
        after=after,
        collapse=collapse,
        learned=learned,
        literal=literal,
        verify=verify,
        local_files=True,
    )
    for clause in query.clauses:
        _refuse_region_of_words(clause)
    with open_given(library, fetch_from) as opened:
        results = opened.search(query)
        if montage is not None:
            _draw(opened, results, montage)
        small = {hit.id: _thumbnail(opened, hit) for hit in results} if thumbnails else {}
        if json:
            print_json(_with_thumbnails(results.as_dict(), small))
        else:
            _show(results, small, explain=explain)
    if montage is not None:
        say(f"Wrote {montage}.")


def _refuse_region_of_words(clause: Clause) -> None:
    from lookalike.errors import QueryError
    from lookalike.search.region import split_region

    named, region = split_region(clause.value)
    if region is not None and not clause.looks_at_pixels:
        raise QueryError(
            f"{named!r} is no picture, and has no region {region}.",
            "Put the region behind a picture; a file must exist, or have a picture's suffix.",
            code="bad-region",
        )


def _show(results: Results, small: dict[str, str], *, explain: bool) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", justify="right")
    scored = bool(results.query.weighed)  # what is only filtered or drawn has no score
    if scored:
        table.add_column("score", justify="right")
    table.add_column("id")
    table.add_column("picture", overflow="fold")
    table.add_column("what", overflow="ellipsis", no_wrap=True, max_width=44)
    if explain:
        table.add_column("why")
    for hit in results:
        score = [f"{hit.score:.2f}"] if scored else []
        cells = [str(hit.rank), *score, hit.id[:10], _location(hit, small), _what(hit)]
        table.add_row(*cells, *([_why(hit)] if explain else []))
    if len(results):
        table_console().print(table)
    else:
        say(_nothing(results))
    for facet in results.facets if len(results) else ():
        print_facet(facet)
    for understood in results.understood:
        say(str(understood))
    if results.understood:
        say("To take the words as they stand, add --literal.")
    if results.suggestions:
        say("Or search for: " + "; ".join(one.label for one in results.suggestions))
    for note in results.notes:
        say(note)
    told = explain or bool(results.query.after)
    listed = results.total is not None and results.query.surprise is None
    if results.next and (told or listed):
        say(_more(results, cursor=told))
    for taught in results.taught:
        say(_taught(taught))
    words = [clause for clause in results.query.weighed if clause.kind == "text"]
    filtered = results.plan.matching == 0
    if not len(results) and words and results.query.match != "words" and not filtered:
        say(
            "A picture of what you mean teaches the words: "
            f"lookalike judge {shlex.quote(str(words[0]))} --relevant FILE"
        )
    if explain:
        for step in results.plan.steps:
            say(step + ".")
        say(f"{len(results)} hits in {results.took_ms:.0f} ms ({results.plan.method}).")


def _nothing(results: Results) -> str:
    return "There are no further pictures." if results.query.after else "No picture matches."


def _more(results: Results, *, cursor: bool) -> str:
    after = f"--after {results.next}" if cursor else ""
    if results.total is None or not len(results):
        return f"More with {after}"
    shown = f"{results[0].rank:,} to {results[-1].rank:,} of {results.total:,}"
    return f"These are {shown}; more with {after or f'-k {results.total}'}"


def _location(hit: Hit, small: dict[str, str]) -> str:
    import os

    path = Path(hit.location)
    here = Path.cwd()
    shown = os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
    more = len(hit.picture.locations) - 1
    lines = [f"{shown} (+{more})" if more else shown, small.get(hit.id, "")]
    return "\n".join(line for line in lines if line)


def _thumbnail(library: Library, hit: Hit) -> str:
    from lookalike.errors import LookalikeError

    try:
        return str(library.thumbnail(hit.id))
    except LookalikeError as error:
        say(str(error))  # one lost original does not cost the other hits
        return ""


def _with_thumbnails(document: dict[str, Any], small: dict[str, str]) -> dict[str, Any]:
    for hit in document["hits"]:
        if hit["id"] in small:
            hit["thumbnail"] = small[hit["id"]] or None
    return document


def _what(hit: Hit) -> str:
    meta = hit.picture.metadata
    said = meta.title or meta.caption or ", ".join(meta.tags) or ", ".join(hit.picture.classes[:2])
    return said.partition("\n")[0]  # several captions are a line each


def _taught(taught: Taught) -> str:
    told = f"{taught.judged} judged picture{'' if taught.judged == 1 else 's'}"
    if taught.concept:
        return (
            f"{taught.about!r} stands for the concept {taught.concept} as well ({told}); "
            "--no-learned searches without."
        )
    return f"{taught.about!r} was learned from {told}; --no-learned searches without."


def _why(hit: Hit) -> str:
    return "; ".join(
        f"{part.value:+.2f} {_short(part.clause)} ({part.via})" for part in hit.contributions
    )


def _short(clause: Clause) -> str:
    if clause.kind != "file":
        return str(clause)
    weight = "" if clause.weight == 1 else f"{clause.weight:g}:"
    return weight + Path(clause.value).name


def _draw(library: Library, results: Results, target: Path) -> None:
    from lookalike.imaging.thumbnails import contact_sheet

    items = [
        (_original(library, hit), f"{hit.rank}. {_what(hit) or Path(hit.location).name}")
        for hit in results
    ]
    save_sheet(contact_sheet(items, boxes=[hit.box for hit in results]), target)


def _original(library: Library, hit: Hit) -> Path:
    from lookalike.errors import NotFoundError

    try:
        return library.original(hit.id)
    except NotFoundError as error:
        if error.code == "in-archive":
            return library.thumbnail(hit.id)
        return Path(hit.location)  # drawn as a grey tile that says that it is gone
