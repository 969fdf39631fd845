"""Reports that are kept with a library: HTML pages, each a file of its own."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lookalike.errors import NotFoundError, UsageError
from lookalike.store.disk import disk_errors

REPORTS = "reports"
_NAME = re.compile(r"[\w-][\w.-]{0,79}")
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_HEAD = 1 << 16


@dataclass(frozen=True)
class KeptReport:
    """A report on the shelf.

    Attributes:
        name: what it was saved as.
        title: of its page.
        when: it was written, UTC.
        bytes: its size.
    """

    name: str
    title: str
    when: datetime
    bytes: int


class ReportShelf:
    """The kept reports of the library at ``library``."""

    def __init__(self, library: Path) -> None:
        self._folder = library / REPORTS

    def save(self, name: str, page: str) -> Path:
        """Keep a page under a name, instead of an earlier one of that name; returns its file.

        Raises:
            UsageError: it cannot be called so (``bad-report-name``).
            DiskFullError, LibraryError: it cannot be written.
        """
        target = self.path(name)
        with disk_errors(self._folder, "keeping a report in"):
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".tmp")
            unfinished.write_text(page, encoding="utf-8")
            unfinished.replace(target)
        return target

    def all(self) -> list[KeptReport]:
        """Every report, newest first."""
        found = []
        for path in self._folder.glob("*.html"):
            with path.open(encoding="utf-8", errors="replace") as file:
                title = _TITLE.search(file.read(_HEAD))
            told, name = path.stat(), path.stem
            when = datetime.fromtimestamp(told.st_mtime, UTC)
            said = html.unescape(title[1]).strip() if title else name
            found.append(KeptReport(name, said, when, told.st_size))
        return sorted(found, key=lambda one: (one.when, one.name), reverse=True)

    def read(self, name: str) -> str:
        """The page of this name.

        Raises:
            NotFoundError: there is none (``no-such-report``).
        """
        try:
            return self.path(name).read_text(encoding="utf-8")
        except (UsageError, FileNotFoundError) as error:
            raise NotFoundError(
                f"There is no report {name!r}.",
                "Reports are kept by `lookalike evaluate --save NAME` and `compare --save NAME`.",
                code="no-such-report",
            ) from error

    def path(self, name: str) -> Path:
        """The file of a report, whether it is there or not.

        Raises:
            UsageError: it cannot be called so (``bad-report-name``).
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"A report cannot be called {name!r}.",
                "Use up to 80 letters, digits, dots, hyphens and underscores.",
                code="bad-report-name",
            )
        return self._folder / f"{name}.html"
