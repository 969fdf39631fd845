"""``lookalike adapt``: learn a better space for this library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    counting,
    open_given,
    print_json,
    say,
    table_console,
)

if TYPE_CHECKING:
    from lookalike.library.adapting import Adapted


def adapt(
    field: Annotated[
        str,
        typer.Argument(
            metavar="[FIELD]",
            help="What pictures of one class share: label, folder, tag, a column of the metadata. "
            "Without it, what was judged under one query is one class.",
        ),
    ] = "",
    library: LibraryOption = None,
    json: JsonOption = False,
    method: Annotated[
        str,
        typer.Option(
            help="lda, whiten, classes, linear or mlp; auto takes the best by cross-validation."
        ),
    ] = "auto",
    base: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="SPACE", help="Start from this space; several are joined."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the new space.")] = "",
    where: Annotated[str, typer.Option(metavar="EXPR", help="Only these pictures count.")] = "",
    hold_out: Annotated[
        str,
        typer.Option(
            metavar="SHARE",
            help="What is measured with, not learned from: 0.3 of each class, or classes:0.3.",
        ),
    ] = "0.3",
    default: Annotated[
        bool, typer.Option("--default", help="Let searches use it, if it is better.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --default: even if it is not better.")
    ] = False,
    try_only: Annotated[
        bool, typer.Option("--try", help="Only learn and measure; the library stays as it is.")
    ] = False,
) -> None:
    """Learn a space in which pictures of one class are near one another.

    lookalike adapt label --try

    lookalike adapt label --default

    lookalike adapt folder --method lda --hold-out classes:0.3

    It is measured on pictures that it was not learned from.
    """
    with open_given(library) as opened, counting(shown=not json) as on_count:
        done = opened.adapt(
            field,
            method=method,
            bases=base or (),
            name=name,
            where=where,
            hold_out=hold_out,
            default=default,
            force=force,
            try_only=try_only,
            on_count=on_count,
        )
    if json:
        print_json(done.as_dict())
    else:
        _tell(done)
    if done.summary is not None and done.summary.interrupted:
        say("Interrupted: the same command starts anew.")
        raise typer.Exit(130)


def _tell(done: Adapted) -> None:
    from rich.table import Table

    learned = done.learned
    best = learned.tried[0].way
    told = learned.as_dict()
    say(
        f"Learned ({best.method}{', ' + best.settings if best.settings else ''}) from "
        f"{told['learned_from']['pictures']:,} pictures of {told['learned_from']['classes']:,} "
        f"classes; measured on {told['measured_on']['pictures']:,} others of "
        f"{told['measured_on']['classes']:,} classes, which only find each other:"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("measure", done.compared, "learned"):
        table.add_column(column)
    for measure in learned.after.measures:
        table.add_row(measure, *(_range(told[when][measure]) for when in ("before", "after")))
    table_console().print(table)
    difference = learned.difference
    say(
        f"Average precision changes by {difference.mean:+.3f} "
        f"({difference.interval.low:+.3f} to {difference.interval.high:+.3f}, p = "
        f"{difference.p:.3g}): {'better' if learned.better else 'not surely better'}."
    )
    if done.summary is not None:
        used = (
            "searches use it now" if done.default else f"search with --space {done.summary.space}"
        )
        say(f"{done.summary.filled:,} pictures have a vector in {done.summary.space}; {used}.")


def _range(told: dict[str, float | list[float]]) -> str:
    mean, interval = told["mean"], told["interval"]
    assert isinstance(mean, float)
    assert isinstance(interval, list)
    return f"{mean:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"
