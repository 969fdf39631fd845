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
    fetch_from: Annotated[
        list[str] | None,
        typer.Option(help="A host or network that query URLs may name although it is not public."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="A name under which browsers reach this server; * for any."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="A site whose pages may use the API."),
    ] = None,
    originals: Annotated[
        bool | None,
        typer.Option(
            "--originals/--no-originals",
            help="Hand out original files. [default: only where nobody else can reach them]",
            show_default=False,
        ),
    ] = None,
    judging: Annotated[
        bool | None,
        typer.Option(
            "--judging/--no-judging",
            help="Let visitors judge pictures and name concepts, which changes what everybody "
            "finds. [default: only where nobody else can reach it]",
            show_default=False,
        ),
    ] = None,
    writable: Annotated[
        bool,
        typer.Option("--writable", help="Let whoever reaches it add and remove pictures."),
    ] = False,
    max_upload_mb: Annotated[int, typer.Option(min=1, help="Longest request.")] = 50,
) -> None:
    """Serve the page, the REST API and /metrics until Ctrl-C."""
    from lookalike.server.run import run_server
    from lookalike.server.settings import MEGABYTE, ServerSettings

    settings = ServerSettings(
        allowed_hosts=tuple(name or ()),
        cors_origins=tuple(cors or ()),
        originals=originals,
        judging=judging,
        writable=writable,
        max_upload_bytes=max_upload_mb * MEGABYTE,
    )
    with open_given(library, fetch_from, isolate_decoding=True) as opened:
        run_server(
            opened,
            host,
            port,
            settings=settings,
            on_ready=lambda url: say(f"Search at {url} (Ctrl-C ends it)."),
        )
