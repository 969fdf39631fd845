"""Makes a library. Killed at any moment, the next try finishes what this one began."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import lance

from lookalike.errors import LibraryError
from lookalike.store.description import (
    DESCRIPTION_FILE,
    LibraryDescription,
    SpaceDescription,
    write_description,
)
from lookalike.store.disk import disk_errors, is_table
from lookalike.store.lance_store import PICTURES, create_indices
from lookalike.store.lock import LOCK_FILE, OWNER_FILE, writer_lock
from lookalike.store.rows import schema

IMPORT_MARK = "import.json"
"""Lies in a library while an export is imported to it, see :mod:`lookalike.store.imports`."""


def create(path: Path, spaces: Sequence[SpaceDescription]) -> None:
    """Make an empty library at ``path``, or finish one whose making was interrupted.

    Raises:
        LibraryError: the directory holds something else (``not-a-library``), or cannot be made.
        LibraryLockedError: another process is making it.
        DiskFullError: no space is left.
    """
    with disk_errors(path, "creating"):
        _refuse_other_things(path)
        path.mkdir(parents=True, exist_ok=True)
        with writer_lock(path):
            if (path / DESCRIPTION_FILE).exists():
                return  # another process was quicker
            _make_table(path, spaces)
            create_indices(lance.dataset(str(path / PICTURES)))
            # What makes it a library comes last.
            write_description(path, LibraryDescription(spaces=tuple(spaces)))


def _refuse_other_things(path: Path) -> None:
    if not path.exists():
        return
    if path.is_dir() and all(_is_own(item.name) for item in path.iterdir()):
        return
    if (path / IMPORT_MARK).exists():
        raise LibraryError(
            f"An import into {path} was interrupted.",
            "Run the same `lookalike import` again to finish it, or delete the folder.",
            code="import-unfinished",
        )
    if is_table(path / PICTURES):
        raise LibraryError(
            f"The library {path} has lost its {DESCRIPTION_FILE}.",
            "Restore it from a copy, or move the library away and index again.",
            code="library-damaged",
        )
    raise LibraryError(
        f"{path} is {'a folder of other things' if path.is_dir() else 'a file'}, not a library.",
        "Name a folder that is new or empty with -L.",
        code="not-a-library",
    )


def _is_own(name: str) -> bool:
    return name in {PICTURES, LOCK_FILE, OWNER_FILE} or name.startswith(DESCRIPTION_FILE)


def _make_table(path: Path, spaces: Sequence[SpaceDescription]) -> None:
    empty, uri = schema(spaces).empty_table(), str(path / PICTURES)
    if not is_table(path / PICTURES):
        lance.write_dataset(empty, uri)
    elif lance.dataset(uri).count_rows() == 0 and lance.dataset(uri).schema != empty.schema:
        lance.write_dataset(empty, uri, mode="overwrite")  # it was begun for another encoder
