"""``lookalike map``: the whole collection at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    open_given,
    print_json,
    save_sheet,
    say,
    table_console,
    write_lines,
    write_text,
)

if TYPE_CHECKING:
    from lookalike.lab.maps.picture_map import PictureMap
    from lookalike.library import Library


def map_(
    library: LibraryOption = None,
    json: JsonOption = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page to move about in.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it as one image (.png or .jpg).")
    ] = None,
    points: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write each picture's place, as JSON lines."),
    ] = None,
    method: Annotated[str, typer.Option(help="umap, densmap, tsne or pca.")] = "umap",
    space: Annotated[str, typer.Option(metavar="NAME", help="The space that is drawn.")] = "",
    neighbours: Annotated[
        int, typer.Option(min=2, help="How many neighbours of each picture count.")
    ] = 15,
    min_dist: Annotated[
        float, typer.Option(min=0, max=1, help="How close pictures may lie.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same map.")] = 0,
    where: Annotated[
        str, typer.Option(metavar="EXPR", help="Only these pictures, on a map of their own.")
    ] = "",
    redraw: Annotated[
        bool, typer.Option("--redraw", help="Lay all pictures out anew, also those placed before.")
    ] = False,
    thumbnails: Annotated[
        int, typer.Option(min=0, help="How many pictures the page shows; the others are dots.")
    ] = 3000,
) -> None:
    """Draw the collection as a map: what looks alike lies together.

    lookalike map --html map.html

    lookalike map --png map.png --method tsne

    lookalike map --where "tag = bird" --html birds.html

    Pictures that come in later are placed on the same map: nothing else moves.
    """
    with open_given(library) as opened:
        drawn = opened.map(
            space=space,
            method=method,  # type: ignore[arg-type]  # checked by the layout's options
            neighbours=neighbours,
            min_dist=min_dist,
            seed=seed,
            where=where,
            redraw=redraw,
        )
        if html is not None:
            write_text(html, opened.map_page(drawn, most=thumbnails))
        if png is not None:
            save_sheet(opened.map_image(drawn), png)
        if points is not None:
            _write_points(opened, drawn, points)
    if json:
        print_json(drawn.as_dict())
    else:
        _show(drawn)
    for file in (html, png, points):
        if file is not None:
            say(f"Wrote {file}.")


def _show(drawn: PictureMap) -> None:
    from rich.table import Table

    from lookalike.lab.maps.page import about

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("pictures", justify="right")
    table.add_column("cluster")
    for cluster in drawn.clusters:
        table.add_row(f"{cluster.size:,}", cluster.name)
    table_console().print(table)
    say(about(drawn))


def _write_points(library: Library, drawn: PictureMap, target: Path) -> None:
    found = library.views(drawn.space).store.columns(drawn.keys, ["id", "location"]).to_pylist()
    rows = zip(found, drawn.rows(), strict=True)
    write_lines(target, ({**named, **row} for named, row in rows))
