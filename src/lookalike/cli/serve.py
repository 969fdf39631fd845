"""``lookalike serve``: the page and the REST API."""

from __future__ import annotations

from typing import Annotated

import typer

from lookalike.cli.output import LibraryOption, open_given, say


def serve(
    library: LibraryOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond 127.0.0.1 everybody may search.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A host or network that query URLs may name although it is not public."),
    ] = None,
) -> None:
    """Serve the page, the REST API and /metrics until Ctrl-C."""
    from lookalike.server.run import run_server

    with open_given(library, allow_host, isolate_decoding=True) as opened:
        run_server(
            opened, host, port, on_ready=lambda url: say(f"Search at {url} (Ctrl-C ends it).")
        )
