"""``lookalike duplicates``: files that are one picture, and pictures that are alike."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.output import (
    JsonOption,
    LibraryOption,
    counting,
    end_run,
    open_given,
    print_json,
    say,
    table_console,
)

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.pipeline.duplicates import Comparison
    from lookalike.search.duplicates.groups import DuplicateGroup

PairOption = Annotated[
    tuple[str, str] | None,
    typer.Option("--mark-distinct", metavar="ID ID", help="Note that two pictures are different."),
]


def duplicates(
    library: LibraryOption = None,
    json: JsonOption = False,
    kind: Annotated[
        str, typer.Option("--class", help="same-bytes, same-picture or similar; empty for all.")
    ] = "",
    mark_distinct: PairOption = None,
    forget: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ID ID", help="Forget what --mark-distinct noted of two pictures."),
    ] = None,
    upright: Annotated[
        bool, typer.Option("--upright", help="Turned or mirrored copies are other pictures.")
    ] = False,
    list_extra: Annotated[
        bool,
        typer.Option(
            "--list-extra", help="Print the files that are not worth keeping, one a line."
        ),
    ] = False,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="With --list-extra: end names with NUL, not LF.")
    ] = False,
    compare: Annotated[
        bool, typer.Option(help="Compare the pictures that came since the last time first.")
    ] = True,
    k: Annotated[int, typer.Option("-k", min=1, help="How many groups of a class are shown.")] = 20,
) -> None:
    """Find duplicates; deletes nothing.

    The same bytes, the same picture, or similar pictures.

    lookalike duplicates

    lookalike duplicates --class same-picture --json

    lookalike duplicates --mark-distinct 3f1c0a52 9be01d44
    """
    kinds = _kinds(kind, ("same-bytes", "same-picture") if list_extra else ())
    with open_given(library) as opened:
        if mark_distinct or forget:
            _judge(opened, mark_distinct, forget, json=json)
            return
        done = _compare(opened, json=json) if compare else None
        groups = [
            group
            for name in kinds
            for group in opened.duplicates(name, upright=upright)  # type: ignore[arg-type]
        ]
        if list_extra:
            _list_extra(opened, groups, "\0" if null else "\n", json=json)
        elif json:
            print_json(_document(groups, kinds, done, k))
        else:
            _show(groups, kinds, k)
    end_run(interrupted=done is not None and done.interrupted, failed=False)


def _kinds(kind: str, default: tuple[str, ...]) -> tuple[str, ...]:
    from lookalike.errors import UsageError
    from lookalike.search.duplicates.groups import CLASSES

    if kind and kind not in CLASSES:
        raise UsageError(f"There is no class {kind!r}.", f"Choose {', '.join(CLASSES)}.")
    return (kind,) if kind else default or CLASSES


def _judge(
    library: Library,
    distinct: tuple[str, str] | None,
    forget: tuple[str, str] | None,
    *,
    json: bool,
) -> None:
    marked = library.mark_distinct(*distinct) if distinct else None
    forgotten = library.mark_distinct(*forget, forget=True) if forget else None
    if json:
        print_json({"distinct": marked, "forgotten": forgotten})
        return
    if marked:
        say(f"{marked[0][:10]} and {marked[1][:10]} are different pictures from now on.")
    if forgotten:
        say(f"Nothing is noted of {forgotten[0][:10]} and {forgotten[1][:10]} any more.")


def _compare(library: Library, *, json: bool) -> Comparison:
    with counting(shown=not json) as on_count:
        done = library.compare(on_count)
    if done.interrupted and not json:
        say("Stopped; the next run goes on from here.")
    return done


def _document(
    groups: list[DuplicateGroup], kinds: tuple[str, ...], done: Comparison | None, k: int
) -> dict[str, Any]:
    return {
        "compared": done.as_dict() if done else None,
        "classes": {name: _totals(groups, name) for name in kinds},
        "groups": [
            group.as_dict()
            for name in kinds
            for group in [group for group in groups if group.kind == name][:k]
        ],
    }


def _totals(groups: list[DuplicateGroup], kind: str) -> dict[str, int]:
    chosen = [group for group in groups if group.kind == kind]
    return {
        "groups": len(chosen),
        "copies": sum(len(group.copies) for group in chosen),
        "extra_bytes": sum(group.extra_bytes for group in chosen),
    }


def _list_extra(library: Library, groups: list[DuplicateGroup], end: str, *, json: bool) -> None:
    """All files but the keepers', each once."""
    kept = {group.keeper.location for group in groups}
    extra: dict[str, None] = {}
    for group in groups:
        for copy in group.copies:
            places = [copy.location]
            if group.kind == "same-picture":
                places = [place.path for place in library.picture(copy.id).locations]
                kept.difference_update(places)
            extra.update(dict.fromkeys(places))
    paths = [path for path in extra if path not in kept]
    if json:
        print_json({"extra": paths})
    else:
        sys.stdout.write("".join(path + end for path in paths))


def _show(groups: list[DuplicateGroup], kinds: tuple[str, ...], k: int) -> None:
    console = table_console()
    for name in kinds:
        chosen = [group for group in groups if group.kind == name]
        for group in chosen[:k]:
            keeper = group.keeper
            console.print(f"{name}: keep {keeper.location}", style="bold", highlight=False,
                          markup=False)  # fmt: skip
            console.print(f"  {keeper.id[:10]}  {keeper.width}×{keeper.height}  "
                          f"{_size(keeper.bytes)}  {', '.join(group.reasons)}",
                          highlight=False, markup=False)  # fmt: skip
            for copy in group.copies:
                console.print(f"  {copy.id[:10]}  {copy.width}×{copy.height}  {_size(copy.bytes)}  "
                              f"{copy.location}  ({copy.relation})",
                              highlight=False, markup=False)  # fmt: skip
        found = _totals(groups, name)
        more = f" ({len(chosen) - k:,} more with -k)" if len(chosen) > k else ""
        say(f"{name}: {found['groups']:,} groups{more}, {found['copies']:,} copies, "
            f"{_size(found['extra_bytes'])}.")  # fmt: skip


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e5 else f"{count / 1e3:,.1f} kB"
