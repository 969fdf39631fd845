"""``lookalike spaces``: the embedding spaces of a library, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

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
from lookalike.cli.weights_option import WeightsOption, plain_name, with_weights

if TYPE_CHECKING:
    from lookalike.library import Library

app = typer.Typer(help="List the library's embedding spaces; add, drop, choose one.")

MetricName = Literal["cosine", "dot", "euclidean", "manhattan"]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the space.")]


@app.callback(invoke_without_command=True)
def spaces(context: typer.Context, library: LibraryOption = None, json: JsonOption = False) -> None:
    """List the library's embedding spaces; add, drop, choose one."""
    if context.invoked_subcommand is not None:
        return
    with open_given(library) as opened:
        _list(opened, json=json)


@app.command()
def add(
    name: Annotated[
        str,
        typer.Argument(metavar="[NAME]", help="Name of the space; by default the encoder's."),
    ] = "",
    library: LibraryOption = None,
    json: JsonOption = False,
    encoder: Annotated[str, typer.Option(help="A picture encoder, see `lookalike models`.")] = "",
    weights: WeightsOption = None,
    base: Annotated[
        str, typer.Option("--from", metavar="SPACE", help="Transform the vectors of this space.")
    ] = "",
    pca: Annotated[
        int | None, typer.Option(min=1, metavar="DIMS", help="Keep so many principal axes.")
    ] = None,
    whiten: Annotated[
        float,
        typer.Option(min=0, max=1, help="How much the axes are evened out, 0 to 1."),
    ] = 0.0,
    metric: Annotated[
        MetricName,
        typer.Option(help="How vectors are compared: cosine, dot, euclidean or manhattan."),
    ] = "cosine",
    codes: Annotated[
        Literal["float16", "binary"],
        typer.Option(help="How vectors are stored; binary (with --from): a bit a number."),
    ] = "float16",
) -> None:
    """Add a space beside the others; searches go on and can use it once it is whole.

    lookalike spaces add efficientnet-lite2

    lookalike spaces add efficientnet-lite0/blocks.10@gem

    lookalike spaces add vgg16/fc1 --weights vgg16-397923af.pth

    lookalike spaces add small --from efficientnet-lite0 --pca 256

    lookalike spaces add blocks --from efficientnet-lite0 --metric manhattan

    lookalike spaces add bits --from efficientnet-lite0 --pca 512 --codes binary

    Interrupted or killed, the same command goes on where it stopped.
    """
    if weights is not None:
        whole = with_weights(encoder or name, weights)
        name, encoder = (name if encoder else plain_name(whole)), whole
    with open_given(library) as opened, counting(shown=not json) as on_count:
        summary = opened.add_space(
            name,
            encoder=encoder,
            base=base,
            dims=pca,
            whiten=whiten,
            metric=metric,
            codes=codes,
            on_count=on_count,
        )
    if json:
        print_json(summary.as_dict())
    else:
        say(f"{summary.filled:,} pictures have a vector in {summary.space} now.")
    if summary.lacking:
        say(
            f"{summary.lacking:,} of them could not be read any more: "
            "searches in this space do not find them."
        )
    if summary.interrupted:
        say("Interrupted: the same command goes on.")
        raise typer.Exit(130)
    if summary.lacking:
        raise typer.Exit(1)


@app.command()
def drop(name: NameArgument, library: LibraryOption = None, json: JsonOption = False) -> None:
    """Remove a space that was added."""
    with open_given(library) as opened:
        opened.drop_space(name)
        _list(opened, json=json)


@app.command()
def default(name: NameArgument, library: LibraryOption = None, json: JsonOption = False) -> None:
    """Make a space the one that searches use unless they name another."""
    with open_given(library) as opened:
        opened.choose_space(name)
        _list(opened, json=json)


@app.command()
def neighbours(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Name of the space; by default the default one.")
    ] = "",
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Compute the 50 nearest of every picture, which then follow what is indexed.

    Libraries of up to 20,000 pictures have them without being asked.
    """
    with open_given(library) as opened, counting(shown=not json) as on_count:
        space = opened.description.searched(name).name
        found = len(opened.neighbour_lists(name, on_count=on_count).keys)
    if json:
        print_json({"space": space, "pictures": found})
    else:
        say(f"The nearest pictures of {found:,} are known in {space}.")


def _list(library: Library, *, json: bool) -> None:
    from lookalike.store.binary_codes import form_of

    found, defaults = library.description.spaces, _defaults(library)
    if json:
        rows = [
            {**space.model_dump(), "bytes": form_of(space).bytes, "default": space.name in defaults}
            for space in found
        ]
        print_json({"spaces": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "encoder", "dims", "bytes", "metric", "based on", "state"):
        table.add_column(column)
    for space in found:
        state = "default" if space.name in defaults else "ready" if space.ready else "not filled"
        sizes = str(space.dims), f"{form_of(space).bytes:,}"
        kind = f"{space.kind} + words" if space.words else space.kind
        table.add_row(space.name, kind, space.encoder, *sizes, space.metric, space.base, state)
    table_console().print(table)


def _defaults(library: Library) -> set[str]:
    chosen = (library.description.space(kind) for kind in ("image", "concept"))
    defaults = (*chosen, library.description.joint)
    return {space.name for space in defaults if space is not None}
