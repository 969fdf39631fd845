"""What a download folder lacks: pictures whose URLs could not be had, as failures of a scan."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lookalike.sources.entry import FETCH, Failure
from lookalike.sources.naming import LEDGER_NAME, location_of

# The pages of a crawl are the way to pictures; those of a list stand for one picture each.
_QUERY = """
SELECT url, code, message, ended FROM urls
WHERE state = 'failed' AND (kind != 'page' OR NOT EXISTS (SELECT 1 FROM used WHERE use = 'crawl'))
ORDER BY id
"""


def failed_in(folder: Path) -> Iterator[Failure]:
    """The URLs that could not be fetched into a folder, and why.

    The ledger is only read: the folder may be one that cannot be written.

    Args:
        folder: a download folder.
    """
    path = folder / LEDGER_NAME
    try:
        with closing(_opened(path)) as db:
            rows = db.execute(_QUERY).fetchall()
    except sqlite3.Error as error:
        location = location_of(path)
        message = f"{location} does not say which URLs failed: {error}."
        yield Failure(location, "scan", "ledger-unusable", message)
        return
    for url, code, message, ended in rows:
        yield Failure(url, FETCH, code, message, stamp=f"{ended:.3f}")


def download_folders(root: Path) -> list[Path]:
    """The download folders in a folder and below it, the folder itself among them."""
    return sorted(path.parent for path in root.rglob(LEDGER_NAME))


def _opened(path: Path) -> sqlite3.Connection:
    uri = path.absolute().as_uri()
    try:
        db = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=30)
        db.execute("SELECT 1 FROM urls LIMIT 1")
    except sqlite3.OperationalError:
        # Read-only media: SQLite may not make the files that it shares with writers.
        db = sqlite3.connect(f"{uri}?immutable=1", uri=True)
    return db
