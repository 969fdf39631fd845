"""``lookalike compare``: which model, layer and metric are best for these pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    counting,
    print_json,
    say,
    settings,
)
from lookalike.cli.report_options import (
    HtmlOption,
    SaveOption,
    check_report_name,
    given_command,
    keep_page,
)

if TYPE_CHECKING:
    from lookalike.lab.comparison.grid import Grid
    from lookalike.lab.comparison.result import Comparison
    from lookalike.lab.topics import TestCollection
    from lookalike.library import Library

_Names = list[str] | None


def compare(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATASET]...",
            help="Folders with data sets; without -L they are indexed first, and kept.",
            readable=False,
        ),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
    labels: Annotated[
        str,
        typer.Option(
            metavar="FIELD",
            help="Each picture asks for the others with the same label, folder, tag ...",
        ),
    ] = "",
    judged: Annotated[
        bool,
        typer.Option("--judged", help="Pictures that people judged relevant ask for each other."),
    ] = False,
    model: Annotated[
        _Names, typer.Option(metavar="NAME", help="A picture encoder; may be repeated.")
    ] = None,
    layer: Annotated[
        _Names, typer.Option(metavar="NAME", help="A layer of the models; may be repeated.")
    ] = None,
    pooling: Annotated[
        _Names, typer.Option(metavar="NAME", help="How maps are pooled; may be repeated.")
    ] = None,
    post: Annotated[
        _Names,
        typer.Option(
            metavar="STEPS",
            help="none, centre, pca:N, whiten:P, power:P, blend:K, expand:N, joined by +; "
            "may be repeated.",
        ),
    ] = None,
    metric: Annotated[
        _Names,
        typer.Option(
            help="cosine, inner, euclidean, manhattan or chebyshev; may be repeated.",
        ),
    ] = None,
    search: Annotated[
        _Names, typer.Option(help="exact, or by an index: hnsw, ivf; may be repeated.")
    ] = None,
    grid: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The grid as TOML; options add to it.")
    ] = None,
    preset: Annotated[str, typer.Option(metavar="NAME", help="A grid that comes along.")] = "",
    measures: Annotated[
        str, typer.Option(metavar="NAMES", help='E.g. "AP P@10"; the first one decides.')
    ] = "",
    split: Annotated[
        str, typer.Option(help="Half of the queries: tune (to choose), test (to report), or all.")
    ] = "all",
    depth: Annotated[
        int | None, typer.Option(min=1, help="Hits that count. [default: all, or 1,000]")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Search the whole library, not each data set alone.")
    ] = False,
    only: Annotated[
        str, typer.Option(metavar="NAME", help="Of the folders' queries only those called so.")
    ] = "",
    where: Annotated[
        str, typer.Option(metavar="EXPR", help="With --labels: only these pictures.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Measure anew what an earlier run kept.")
    ] = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the table as CSV.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw quality over price: .png, .svg, .pdf.")
    ] = None,
    html: HtmlOption = None,
    save: SaveOption = "",
) -> None:
    """Measure models, layers, post-processing and metrics side by side.

    Vectors and finished combinations are kept: interrupted, the same command goes on.

    lookalike compare --labels label --model efficientnet-lite0 --model efficientnet-lite2

    lookalike compare caltech101 coil20 --post none --post pca:128 --metric cosine

    lookalike compare cifar10 --preset seed1
    """
    from lookalike.cli import compare_show as show
    from lookalike.cli.compare_data import data_sets
    from lookalike.cli.evaluate_queries import library_of
    from lookalike.lab.comparison.run import compare as compared

    asked = {
        "models": model, "layers": layer, "poolings": pooling, "posts": post,
        "metrics": metric, "searches": search, "measures": measures.split(),
    }  # fmt: skip
    wanted = _grid(grid, preset, {name: tuple(each or ()) for name, each in asked.items()})
    sets = data_sets(folders or ())
    _check_asked(bool(sets), bool(labels), judged)
    check_report_name(save)
    with library_of(library, sets, None, json=json) as opened:
        collections = _collections(opened, sets, labels, where, only, judged=judged)
        wanted = _with_models(wanted, opened)
        with counting(shown=not json) as on_count:
            found = compared(
                opened,
                collections,
                wanted,
                settings=settings(),
                split=split,  # type: ignore[arg-type]  # checked by the collections
                depth=depth,
                whole=whole,
                again=again,
                on_count=on_count,
            )
        _write(found, csv, plot)
        if html or save:
            from lookalike.lab.pages.comparison import comparison_page

            keep_page(comparison_page(opened, found, command=given_command()), opened, html, save)
    if json:
        print_json(found.as_dict())
    else:
        show.comparison(found)
    for file in (csv, plot):
        if file is not None:
            say(f"Wrote {file}.")
    if any(row.problem for row in found.rows):
        raise typer.Exit(1)


def _grid(path: Path | None, name: str, asked: dict[str, tuple[str, ...]]) -> Grid:
    from dataclasses import replace

    from lookalike.errors import UsageError
    from lookalike.lab.comparison.grid import Grid, preset, read_grid

    if path is not None and name:
        raise UsageError("Either --grid or --preset can be had.", "Leave one of them out.")
    found = read_grid(path) if path else preset(name) if name else Grid()
    return replace(found, **{key: each for key, each in asked.items() if each})  # type: ignore[arg-type]


def _with_models(grid: Grid, library: Library) -> Grid:
    """The grid, with the library's own encoder where it names no model."""
    from dataclasses import replace

    return (
        grid if grid.models else replace(grid, models=(library.description.made_with[0].encoder,))
    )


def _check_asked(*ways: bool) -> None:
    from lookalike.errors import UsageError

    if sum(ways) != 1:
        raise UsageError(
            "It is not said what the pictures should find.",
            "Name --labels FIELD, or --judged, or the folders of data sets.",
            code="nothing-to-evaluate",
        )


def _collections(
    library: Library, sets: tuple[Path, ...], labels: str, where: str, only: str, *, judged: bool
) -> list[TestCollection]:
    from lookalike.cli.compare_data import collections_of
    from lookalike.lab.datasets.judged import by_judgments
    from lookalike.lab.datasets.labels import by_labels

    if labels:
        return [by_labels(library.views(), labels, where=where)]
    if judged:
        return [by_judgments(library.views())]
    return collections_of(library, sets, only)


def _write(found: Comparison, csv: Path | None, plot: Path | None) -> None:
    from lookalike.cli.output import write_text
    from lookalike.lab.pages.plots import comparison_figure, save_figure

    if plot is not None:
        save_figure(comparison_figure(found), plot)
    if csv is not None:
        write_text(csv, found.to_csv())
