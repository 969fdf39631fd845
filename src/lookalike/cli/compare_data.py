"""The data sets and judgments that ``lookalike compare`` asks about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.cli.output import say

if TYPE_CHECKING:
    from lookalike.lab.topics import TestCollection
    from lookalike.library import Library

_NOTHING = ("nothing-to-evaluate", "not-in-library", "no-labels", "one-class")


def data_sets(folders: Sequence[Path]) -> tuple[Path, ...]:
    """The folders, but for those that only hold data sets: these instead."""
    return tuple(one for folder in folders for one in _sets_in(folder) or [folder])


def collections_of(library: Library, folders: Sequence[Path], only: str) -> list[TestCollection]:
    """The queries of all data sets; one that asks nothing is left out, and told.

    Raises:
        UsageError: there is no query at all.
    """
    from lookalike.errors import LookalikeError, UsageError
    from lookalike.lab.datasets.kinds import collections_in

    found: list[TestCollection] = []
    for folder in folders:
        try:
            found += collections_in(library.views(), folder)
        except LookalikeError as error:
            if error.code not in _NOTHING or len(folders) == 1:
                raise
            say(f"Left out: {error.message}")
    kept = [one for one in found if not only or only in one.name]
    if not kept:
        raise UsageError(
            f"No queries are called {only}." if only else "The folders hold no queries.",
            f"There are {', '.join(one.name for one in found)}." if found else "Name data sets.",
            code="nothing-to-evaluate",
        )
    return kept


def _sets_in(folder: Path) -> list[Path]:
    from lookalike.sources.naming import TABLE_NAMES

    def has_table(place: Path) -> bool:
        return any((place / name).is_file() for name in TABLE_NAMES)

    if not folder.is_dir() or has_table(folder):
        return []
    return [one for one in sorted(folder.iterdir()) if one.is_dir() and has_table(one)]
