"""What the verbs share: options, the two streams, exit statuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import Console

    from lookalike.library import Library
    from lookalike.settings import Settings

_WIDE = 100_000

DEFAULT_LIBRARY = Path(".lookalike")

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        "-L",
        help="The library. [default: ./.lookalike, else $LOOKALIKE_LIBRARY]",
        show_default=False,
        readable=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else on stdout.")
]


_chosen: Path | None = None


def choose_library(path: Path | None) -> None:
    """Note the library that was named before the verb."""
    global _chosen
    _chosen = path


def settings() -> Settings:
    """What the environment says.

    Raises:
        UsageError: a variable has a value that it cannot have.
    """
    from pydantic import ValidationError

    from lookalike.errors import UsageError
    from lookalike.settings import Settings

    try:
        return Settings.from_environment()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"LOOKALIKE_{'_'.join(map(str, first['loc'])).upper()}"
        raise UsageError(
            f"The environment's {name}={first['input']} cannot be used: {first['msg']}.",
            "Set it otherwise, or unset it.",
            code="bad-setting",
        ) from error


def named_library(given: Path | None) -> Path | None:
    """The library that was named on the command line, after the verb or before it."""
    return given or _chosen


def library_path(given: Path | None) -> Path:
    """The library to use: as given, or in this folder, or as the environment says."""
    if (named := named_library(given)) is not None:
        return named
    elsewhere = settings().library
    return elsewhere if elsewhere is not None and not DEFAULT_LIBRARY.exists() else DEFAULT_LIBRARY


def open_given(
    given: Path | None, fetch_from: list[str] | None = None, *, isolate_decoding: bool = False
) -> Library:
    """Open the library to use; query URLs may name ``fetch_from`` besides public hosts."""
    from lookalike.opening import open_library

    fetch = None
    if fetch_from:
        from lookalike.sources.fetch import FetchPolicy

        fetch = FetchPolicy(allow=tuple(fetch_from))
    return open_library(
        library_path(given), settings=settings(), fetch=fetch, isolate_decoding=isolate_decoding
    )


def end_run(*, interrupted: bool, failed: bool) -> None:
    """End with the status that says what became of a run: 130, 1, or none for 0."""
    if interrupted:
        raise typer.Exit(130)
    if failed:
        raise typer.Exit(1)


def print_json(value: dict[str, Any]) -> None:
    """Print the one document of ``--json``."""
    readable = (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")
    sys.stdout.write(json.dumps(value, ensure_ascii=not readable, indent=2) + "\n")


def write_lines(target: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write values as JSON lines.

    Raises:
        UsageError: the file cannot be written.
    """
    write_text(target, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_text(target: Path, text: str) -> None:
    """Write a text file.

    Raises:
        UsageError: the file cannot be written.
    """
    from lookalike.errors import UsageError

    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror}.",
            "Name a file in a folder that is there.",
            code="file-unwritable",
        ) from error


def say(text: str) -> None:
    """Tell people something, on stderr."""
    sys.stderr.write(text + "\n")


def table_console() -> Console:
    """Where tables go: stdout, as wide as the terminal; into a pipe a row is always one line."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_WIDE, soft_wrap=True)


@contextmanager
def counting(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr, where a terminal shows it, for what tells stage, done and total."""
    if not shown or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda stage, done, total: bar.update(
            task, description=stage.capitalize(), completed=done, total=total
        )


def save_sheet(sheet: Image, target: Path) -> None:
    """Write a montage.

    Raises:
        UsageError: the file cannot be written.
    """
    from lookalike.errors import UsageError

    try:
        sheet.save(target)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The montage cannot be written to {target}: {error}.",
            "Name a .jpg or .png file in a folder that is there.",
            code="montage-unwritable",
        ) from error
