"""The ledger of a download folder: every URL, what became of it, what is told about it.

SQLite in WAL mode. A process that is killed loses nothing that was written here; what it had in
flight is taken up again by the next one.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from lookalike.errors import SourceError
from lookalike.sources.naming import LEDGER_NAME

FORMAT = 1
RECORD_FAILED = "record-failed"
"""The code of records that say themselves that their picture cannot be had."""

Kind = Literal["picture", "page", "file"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS urls (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    depth INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending',
    due REAL NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    final_url TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL DEFAULT '',
    sha256 TEXT NOT NULL DEFAULT '',
    bytes INTEGER NOT NULL DEFAULT 0,
    ended REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS next_urls ON urls (state, host, depth, id);
CREATE INDEX IF NOT EXISTS same_urls ON urls (sha256) WHERE sha256 != '';
CREATE TABLE IF NOT EXISTS used (use TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (job TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS told (
    url INTEGER NOT NULL REFERENCES urls (id),
    row TEXT NOT NULL,
    PRIMARY KEY (url, row)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Wanted:
    """One URL to be fetched.

    Attributes:
        id: its number in the ledger.
        url: where it is.
        host: whom it asks.
        kind: ``picture``, ``page`` (its links are followed) or ``file`` (kept as it is).
        depth: links from a start page.
        attempts: how often it was tried before.
    """

    id: int
    url: str
    host: str
    kind: Kind
    depth: int
    attempts: int


@dataclass(frozen=True)
class WebFailure:
    """A URL that could not be had.

    Attributes:
        url: where it should have been.
        code: stable reason.
        message: one sentence for people.
        attempts: how often it was tried.
    """

    url: str
    code: str
    message: str
    attempts: int


class Ledger:
    """The ledger of one folder.

    Args:
        folder: the download folder; the ledger is a hidden file in it.

    Raises:
        SourceError: it is no ledger, or one of a newer lookalike.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LEDGER_NAME
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            if version > FORMAT:
                raise SourceError(
                    f"{path} was written by a newer lookalike (format {version}).",
                    "Use that one, or another folder.",
                    code="ledger-format",
                )
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version = {FORMAT}")
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise SourceError(
                f"{path} cannot be used: {error}.", "Use another folder.", code="ledger-unusable"
            ) from error
        except SourceError:
            self._db.close()
            raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(
        self,
        rows: Iterable[tuple[str, Mapping[str, Any]]],
        kind: Kind = "picture",
        depth: int = 0,
        state: Literal["pending", "beyond"] = "pending",
    ) -> list[tuple[str, int]]:
        """Note URLs and what is told about them; known ones are not fetched again.

        Args:
            rows: URLs, each with named values.
            kind: what lies there.
            depth: links from a start page.
            state: ``beyond`` where a limit keeps it from being fetched.

        Returns:
            The new URLs' hosts, each with how many there were.
        """
        added: Counter[str] = Counter()
        with self._transaction():
            for url, values in rows:
                host = host_of(url)
                done = self._db.execute(
                    "INSERT OR IGNORE INTO urls (url, host, kind, depth, state) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (url, host, kind, depth, state),
                )
                added[host] += done.rowcount
                if values:
                    self._db.execute(
                        "INSERT OR IGNORE INTO told SELECT id, ? FROM urls WHERE url = ?",
                        (json.dumps(values, ensure_ascii=False), url),
                    )
        return [(host, count) for host, count in added.items() if count]

    def note_gone(self, rows: Iterable[tuple[str, str]]) -> None:
        """Note records whose own answer is that there is nothing, each with what it says."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO urls (url, host, kind, state, code, message, ended) "
                f"VALUES (?, '', 'picture', 'failed', '{RECORD_FAILED}', ?, {time.time()})",
                rows,
            )

    def use(self, use: str) -> str:
        """What the folder is filled by: what was said the first time, else ``use``."""
        with self._transaction():
            found = self._db.execute("SELECT use FROM used").fetchone()
            if found is None:
                self._db.execute("INSERT INTO used VALUES (?)", (use,))
        return use if found is None else str(found[0])

    def note_job(self, job: Mapping[str, Any]) -> None:
        """Keep how the folder is filled, for whoever goes on with it later."""
        with self._transaction():
            self._db.execute("DELETE FROM jobs")
            self._db.execute("INSERT INTO jobs VALUES (?)", (json.dumps(job),))

    def job(self) -> dict[str, Any] | None:
        """How the folder was filled the last time; None if that was not kept."""
        found = self._db.execute("SELECT job FROM jobs").fetchone()
        return None if found is None else dict(json.loads(found[0]))

    def there(self, wanted: Wanted, final_url: str) -> None:
        """It is there; it was not fetched."""
        self._db.execute(
            "UPDATE urls SET state = 'there', attempts = 0, code = '', message = '', "
            "final_url = ?, ended = ? WHERE id = ?",
            (final_url, time.time(), wanted.id),
        )

    def want_checked(self) -> None:
        """Make pending what was found to be there."""
        self._db.execute("UPDATE urls SET state = 'pending' WHERE state = 'there'")

    def take_up(self) -> None:
        """Make what a killed process had in flight pending again."""
        self._db.execute("UPDATE urls SET state = 'pending' WHERE state = 'taken'")

    def retry(self, code: str = "") -> int:
        """Make what failed pending again, with all its attempts; returns how many.

        Args:
            code: only what failed for this reason; all if empty.
        """
        done = self._db.execute(
            "UPDATE urls SET state = 'pending', attempts = 0, due = 0 "
            "WHERE state = 'failed' AND (? = '' OR code = ?) AND code != ?",
            (code, code, RECORD_FAILED),
        )
        return done.rowcount

    def admit(self, pages: int) -> None:
        """Make pages pending that an earlier run's limit kept back.

        Args:
            pages: how many pages may be known that are not kept back; 0 for all.
        """
        known = self._db.execute(
            "SELECT count(*) FROM urls WHERE kind = 'page' AND state != 'beyond'"
        ).fetchone()[0]
        self._db.execute(
            "UPDATE urls SET state = 'pending' WHERE id IN ("
            "SELECT id FROM urls WHERE state = 'beyond' ORDER BY depth, id LIMIT ?)",
            (max(pages - known, 0) if pages else -1,),
        )

    def reread(self) -> None:
        """Make all pages pending again, to find what is new on them."""
        self._db.execute(
            "UPDATE urls SET state = 'pending', attempts = 0, due = 0 "
            "WHERE kind = 'page' AND state = 'done'"
        )

    def pending_hosts(self) -> dict[str, int]:
        """Hosts with URLs that are still to be fetched, and how many."""
        found = self._db.execute(
            "SELECT host, count(*) FROM urls WHERE state = 'pending' GROUP BY host"
        )
        return dict(found.fetchall())

    def take(self, host: str, limit: int) -> list[Wanted]:
        """Up to ``limit`` URLs of a host that are due now, nearest to the start first."""
        found = self._db.execute(
            "SELECT id, url, host, kind, depth, attempts FROM urls "
            "WHERE state = 'pending' AND host = ? AND due <= ? ORDER BY depth, id LIMIT ?",
            (host, time.time(), limit),
        )
        wanted = [Wanted(*row) for row in found.fetchall()]
        with self._transaction():
            self._db.executemany(
                "UPDATE urls SET state = 'taken' WHERE id = ?", [(one.id,) for one in wanted]
            )
        return wanted

    def next_due(self, host: str) -> float | None:
        """When (seconds since 1970) the host's next URL is due; None if none is pending."""
        found = self._db.execute(
            "SELECT min(due) FROM urls WHERE state = 'pending' AND host = ?", (host,)
        )
        due = found.fetchone()[0]
        return None if due is None else float(due)

    def put_back(self, wanted: Wanted) -> None:
        """It was taken but not asked for."""
        self._db.execute("UPDATE urls SET state = 'pending' WHERE id = ?", (wanted.id,))

    def postpone(self, wanted: Wanted, code: str, message: str, seconds: float) -> None:
        """It failed and shall be tried again after some seconds."""
        self._db.execute(
            "UPDATE urls SET state = 'pending', due = ?, attempts = attempts + 1, code = ?, "
            "message = ? WHERE id = ?",
            (time.time() + seconds, code, message, wanted.id),
        )

    def fail(self, wanted: Wanted, code: str, message: str, final_url: str = "") -> None:
        """It cannot be had."""
        self._db.execute(
            "UPDATE urls SET state = 'failed', attempts = attempts + 1, code = ?, message = ?, "
            "final_url = ?, ended = ? WHERE id = ?",
            (code, message, final_url, time.time(), wanted.id),
        )

    def done(
        self, wanted: Wanted, final_url: str, path: str = "", sha256: str = "", size: int = 0
    ) -> None:
        """It was fetched; ``path`` is relative to the folder, empty for pages."""
        self._db.execute(
            "UPDATE urls SET state = 'done', attempts = attempts + 1, code = '', message = '', "
            "final_url = ?, path = ?, sha256 = ?, bytes = ?, ended = ? WHERE id = ?",
            (final_url, path, sha256, size, time.time(), wanted.id),
        )

    def path_of(self, sha256: str) -> str:
        """Where these bytes lie already; empty if they do not."""
        found = self._db.execute("SELECT path FROM urls WHERE sha256 = ? LIMIT 1", (sha256,))
        row = found.fetchone()
        return str(row[0]) if row else ""

    def told(self, wanted_id: int) -> list[dict[str, Any]]:
        """What is told about a URL, one dictionary for each row that named it."""
        found = self._db.execute("SELECT row FROM told WHERE url = ?", (wanted_id,))
        return [json.loads(row) for (row,) in found.fetchall()]

    def kept(self) -> Iterator[tuple[int, str, str]]:
        """Number, URL and path of everything that lies in the folder."""
        found = self._db.execute("SELECT id, url, path FROM urls WHERE path != '' ORDER BY id")
        yield from found

    def states(self) -> Counter[tuple[str, str]]:
        """How many URLs there are by kind and state."""
        found = self._db.execute("SELECT kind, state, count(*) FROM urls GROUP BY kind, state")
        return Counter({(kind, state): count for kind, state, count in found.fetchall()})

    def failures(self) -> list[WebFailure]:
        """What could not be had."""
        found = self._db.execute(
            "SELECT url, code, message, attempts FROM urls WHERE state = 'failed' ORDER BY id"
        )
        return [WebFailure(*row) for row in found.fetchall()]

    def total_bytes(self) -> int:
        """Length of everything that was kept."""
        return int(self._db.execute("SELECT total(bytes) FROM urls").fetchone()[0])

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def host_of(url: str) -> str:
    """The host that a URL asks, in lower case; empty if it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
