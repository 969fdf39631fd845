"""Turns what the disk and the storage engine raise into the project's errors."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lookalike.errors import DiskFullError, LibraryError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN_WORDS = ("permission denied", "read-only file system", "operation not permitted")
_FULL_WORDS = ("no space left", "quota exceeded", "file too large")


@contextmanager
def disk_errors(path: Path, doing: str) -> Iterator[None]:
    """Translate errors of the storage engine while ``doing`` something to ``path``.

    Raises:
        DiskFullError: no space is left.
        LibraryError: anything else that the engine reports.
    """
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        text = str(error)
        full = isinstance(error, OSError) and error.errno in _FULL
        if full or any(words in text.lower() for words in _FULL_WORDS):
            raise DiskFullError(
                f"No space is left on the disk of {path} while {doing}.",
                "Free some and run the same command again: what was finished is kept.",
            ) from error
        if any(words in text.lower() for words in _FORBIDDEN_WORDS):
            raise LibraryError(
                f"{doing.capitalize()} {path} is not permitted.",
                "Check the rights of its files and folders.",
                code="library-forbidden",
            ) from error
        reason = text.splitlines()[0] if text else type(error).__name__
        raise LibraryError(
            f"{doing.capitalize()} {path} failed: {reason}",
            "`lookalike check` tells what is damaged.",
        ) from error


def bytes_below(path: Path) -> int:
    """Sizes of all files in a folder and below it, together; files may come and go meanwhile."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(folder, name).stat().st_size
    return total


def is_table(path: Path) -> bool:
    """Whether a Lance table lies at ``path``; one whose first write was cut off does not."""
    return any((path / "_versions").glob("*.manifest"))
