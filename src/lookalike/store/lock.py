"""One writer per library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lookalike.errors import LibraryError, LibraryLockedError
from lookalike.store.disk import disk_errors

LOCK_FILE = "writer.lock"
OWNER_FILE = "writer.pid"


@contextmanager
def writer_lock(library: Path, timeout_s: float = 0.0) -> Iterator[None]:
    """Hold the library's only writing place; the system frees it when the process dies.

    Args:
        library: the library's directory.
        timeout_s: how long to wait for another writer.

    Raises:
        LibraryLockedError: another process still writes after ``timeout_s``.
        LibraryError: the lock file cannot be made.
        DiskFullError: no space is left.
    """
    lock = FileLock(library / LOCK_FILE)
    try:
        lock.acquire(timeout=timeout_s)
    except Timeout as error:
        raise LibraryLockedError(
            f"Another process{_owner(library)} is writing to {library}.",
            "Wait until it has finished, then run this again; searches go on meanwhile.",
        ) from error
    except OSError as error:
        raise LibraryError(
            f"Cannot write to the library {library}: {error.strerror or error}.",
            "Check its rights and the free space.",
            code="library-unwritable",
        ) from error
    try:
        with disk_errors(library, "writing to"):
            (library / OWNER_FILE).write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        (library / OWNER_FILE).unlink(missing_ok=True)
        lock.release()


def _owner(library: Path) -> str:
    try:
        return f" (process {int((library / OWNER_FILE).read_text(encoding='ascii'))})"
    except (OSError, ValueError):  # only decorates the message
        return ""
