"""The command line: verbs, errors, exit statuses.

0 is done, 1 done with failures recorded, 2 wrong use or a domain error, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from lookalike.cli import (
    adapt,
    bench,
    compare,
    concepts,
    crawl,
    duplicates,
    evaluate,
    export,
    failures,
    index,
    info,
    judge,
    models,
    remove,
    search,
    serve,
    spaces,
    watch,
)
from lookalike.cli import (
    map as map_verb,
)
from lookalike.cli.output import LibraryOption, choose_library
from lookalike.cli.region_option import RegionCommand
from lookalike.errors import LookalikeError, UsageError

app = typer.Typer(
    name="lookalike",
    help="Find pictures by picture, by words, by both, in any heap of pictures.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(shown: bool) -> None:
    if shown:
        from lookalike import __version__

        sys.stdout.write(f"lookalike {__version__}\n")
        raise typer.Exit


@app.callback()
def _app(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    library: LibraryOption = None,
) -> None:
    """Find pictures by picture, by words, by both, in any heap of pictures."""
    choose_library(library)


# In the order in which people come to need them; the help lists them so.
app.command()(index.index)
app.command(cls=RegionCommand)(search.search)
app.command()(serve.serve)
app.command()(judge.judge)
app.command()(concepts.concepts)
app.command()(duplicates.duplicates)
app.command("map")(map_verb.map_)
app.command(short_help="Download the pictures of a list of URLs into a folder.")(crawl.fetch)
app.command(short_help="Follow a site's links and download its pictures.")(crawl.crawl)
app.command()(watch.watch)
app.command()(info.info)
app.command()(failures.failures)
app.command()(remove.remove)
app.command()(info.check)
app.command()(export.export)
app.command("import")(export.import_)
app.command()(evaluate.evaluate)
app.command(short_help="Compare models, layers, post-processing and metrics.")(compare.compare)
app.command(short_help="Measure speed and memory on this machine.")(bench.bench)
app.command()(models.models)
app.add_typer(spaces.app, name="spaces", short_help="List, add, drop or choose embedding spaces.")
app.command(short_help="Learn a space from your labels or judgments.")(adapt.adapt)


def main() -> None:
    """Run the command line and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files may hold what the terminal's encoding has no letters for.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    try:
        status = app(arguments, prog_name="lookalike", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except LookalikeError as error:
        return _report(error, arguments)
    except typer.Abort:
        sys.stderr.write("Interrupted.\n")
        return 130
    except typer.TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        usage = UsageError(message, "See `lookalike --help`.")
        return _report(usage, arguments)
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough; Typer and rich want to exit with 1 then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _report(error: LookalikeError, arguments: list[str]) -> int:
    if "--json" in arguments:
        from lookalike.cli.output import print_json

        print_json({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
    sys.stderr.write(f"lookalike: {error.code}: {error}\n")
    return 2


if __name__ == "__main__":
    main()
