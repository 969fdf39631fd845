"""``lookalike watch``: keep a library in step with folders."""

from __future__ import annotations

import json as json_format
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.output import LibraryOption, library_path, say, settings
from lookalike.cli.reading import (
    FramesOption,
    LabelFoldersOption,
    MaxFramesOption,
    NoTableOption,
    TableOption,
    chosen_frames,
    chosen_table,
)

if TYPE_CHECKING:
    from lookalike.pipeline.report import IndexSummary
    from lookalike.pipeline.watch import WatchStep


def watch(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders with pictures.")],
    library: LibraryOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document a line for each batch.")
    ] = False,
    encoder: Annotated[
        str | None,
        typer.Option(help="For a new library: what looks at the pictures; see `lookalike models`."),
    ] = None,
    table: TableOption = None,
    no_table: NoTableOption = False,
    label_folders: LabelFoldersOption = None,
    frames: FramesOption = None,
    max_frames: MaxFramesOption = None,
    allow_empty: Annotated[
        bool,
        typer.Option(help="Remove what came from a folder that holds no pictures any more."),
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="Decoding processes; 0 for one a core.")] = 0,
    quiet: Annotated[
        float, typer.Option(min=0, help="Seconds without a change before a batch begins.")
    ] = 1,
    rescan: Annotated[
        float,
        typer.Option(min=0, help="Look at everything every so many minutes; 0 for never."),
    ] = 10,
    poll: Annotated[
        bool, typer.Option(help="For network folders, which do not tell when they change.")
    ] = False,
) -> None:
    """Keep the library in step with folders until Ctrl-C.

    Begins as `lookalike index` does, so nothing that happened meanwhile is missed, and then
    takes in what is new, changed, moved or gone soon after it happens.
    """
    from lookalike.opening import create_library
    from lookalike.pipeline.run import IndexOptions
    from lookalike.pipeline.watch import WatchOptions, watchable

    watchable(folders)  # a misspelt folder must not leave an empty library behind
    options = IndexOptions(workers=workers, allow_empty=allow_empty)
    when = WatchOptions(
        quiet_s=quiet, longest_s=max(5.0, 2 * quiet), rescan_s=60 * rescan, poll=poll
    )
    with (
        _ends_cleanly(),
        create_library(library_path(library), encoder=encoder, settings=settings()) as opened,
    ):
        steps = opened.watch(
            folders,
            table=chosen_table(table, no_table=no_table),
            label_folders=label_folders,
            frames=chosen_frames(frames, max_frames),
            options=options,
            when=when,
        )
        for number, step in enumerate(steps):
            if json:
                _tell_json(step)
            else:
                _tell(step, first=number == 0)


@contextmanager
def _ends_cleanly() -> Iterator[None]:
    """Ctrl-C and SIGTERM are how a watch ends, not an error; what is decoded is still written."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    with suppress(KeyboardInterrupt):
        yield
    say("Stopped.")


def _tell(step: WatchStep, *, first: bool) -> None:
    now = f"{time.strftime('%H:%M:%S')} "
    for folder in step.batch.missing:
        say(f"{now} {folder} is not there any more. What came from it is kept until it is back.")
    if step.problem is not None:
        say(f"{now} {step.problem.message} Trying again.")
    if step.summary is not None and (_changed(step.summary) or first):
        say(f"{now} {_told(step.summary)}")


def _told(summary: IndexSummary) -> str:
    counts = (
        (summary.added, "new"),
        (summary.updated, "known already (new place or new words)"),
        (summary.removed, "removed"),
        (summary.failed, "failed"),
    )
    parts = [f"{count:,} {what}" for count, what in counts if count] or ["Nothing new"]
    kept = "".join(
        f" {source} holds no pictures now; those that came from it were kept."
        for source in summary.kept_sources
    )
    return (
        f"{', '.join(parts)} ({summary.seconds:.1f} s). "
        f"The library holds {summary.pictures:,} pictures.{kept}"
    )


def _changed(summary: IndexSummary) -> bool:
    counts = (summary.added, summary.updated, summary.removed, summary.failed)
    return any(counts) or bool(summary.kept_sources)


def _tell_json(step: WatchStep) -> None:
    problem = step.problem
    document = {
        "folders": [str(folder) for folder in step.batch.folders],
        "missing": [str(folder) for folder in step.batch.missing],
        "summary": step.summary.as_dict() if step.summary else None,
        "problem": {"code": problem.code, "message": problem.message} if problem else None,
    }
    sys.stdout.write(json_format.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()
