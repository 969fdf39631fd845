"""Options that say how a source is read; the library remembers them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_FRAMES = 16

TableOption = Annotated[
    Path | None,
    typer.Option(
        help="Titles, tags, captions by file: CSV, TSV, JSON lines, Parquet, COCO. Remembered.",
        readable=False,
    ),
]
NoTableOption = Annotated[
    bool, typer.Option("--no-table", help="Without the table that was given before.")
]
LabelFoldersOption = Annotated[
    bool | None,
    typer.Option(
        "--label-folders/--no-label-folders",
        help="Take the names of folders as labels. [default: as before, at first not]",
        show_default=False,
    ),
]
FramesOption = Annotated[
    bool | None,
    typer.Option(
        "--frames/--no-frames",
        help="Take in single frames of animations and pages, too. [default: as before, at first "
        "not]",
        show_default=False,
    ),
]
MaxFramesOption = Annotated[
    int | None,
    typer.Option(
        min=2,
        max=1000,
        help=f"With --frames: so many of a file, evenly spread. [default: {_FRAMES}]",
        show_default=False,
    ),
]


def chosen_frames(frames: bool | None, max_frames: int | None) -> int | None:
    """How many frames of a file are asked for; None for as many as before."""
    if frames is None:
        return max_frames
    return (max_frames or _FRAMES) if frames else 1


def chosen_table(table: Path | None, *, no_table: bool) -> Path | str | None:
    """The table that is asked for; "" for none, None for the one from before."""
    if table is not None and no_table:
        raise typer.BadParameter("--table and --no-table exclude each other.")
    return "" if no_table else table
