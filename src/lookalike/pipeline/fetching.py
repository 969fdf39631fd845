"""Sources that lie on the web: they are fetched into a folder first, which is then indexed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookalike.errors import LookalikeError
from lookalike.sources.entry import FETCH
from lookalike.sources.naming import path_of
from lookalike.sources.web.detect import as_url, is_list
from lookalike.sources.web.download import OnWebProgress, WebSummary, fetch_rows, resume
from lookalike.sources.web.failed import download_folders, failed_in
from lookalike.sources.web.lists import read_lists
from lookalike.sources.web.options import WebOptions
from lookalike.sources.web.row import Row
from lookalike.store.failures import FailureRecord


@dataclass(frozen=True)
class Sources:
    """What people name as sources, told apart.

    Attributes:
        urls: of pictures and archives.
        lists: files that list URLs.
        local: folders, archives and files.
    """

    urls: tuple[str, ...]
    lists: tuple[Path, ...]
    local: tuple[Path, ...]

    @property
    def of_the_web(self) -> bool:
        """Whether anything has to be fetched."""
        return bool(self.urls or self.lists)


def told_apart(sources: Iterable[str | Path]) -> Sources:
    """Which sources lie on the web, which list URLs, and which are here."""
    urls, lists, local = [], [], []
    for source in sources:
        if (url := as_url(source)) is not None:
            urls.append(url)
        elif is_list(Path(source)):
            lists.append(Path(source))
        else:
            local.append(Path(source))
    return Sources(tuple(urls), tuple(lists), tuple(local))


def fetch_sources(
    sources: Sources,
    into: Path,
    options: WebOptions,
    *,
    retry: str | None = None,
    on_progress: OnWebProgress = lambda _: None,
) -> WebSummary:
    """Fetch what lies on the web into a folder; again fetches only what is missing.

    Args:
        sources: what to fetch; what is here is passed over.
        into: the folder.
        options: how.
        retry: also what failed before with this code; everything if empty; nothing if None.
        on_progress: told now and then how far it is.

    Raises:
        As :func:`lookalike.sources.web.download.fetch_rows`.
    """
    return fetch_rows(_rows(sources), into, options, retry=retry, on_progress=on_progress)


def pages_among(sources: Sources, folder: Path) -> list[str]:
    """URLs that were named and turned out to lead to pages, or to something else of no use."""
    named = set(sources.urls)
    return [
        failure.location
        for failure in failed_in(folder)
        if failure.code == "fetch-wrong-type" and failure.location in named
    ]


def _rows(sources: Sources) -> Iterator[Row]:
    yield from (Row(url, {}, "file") for url in sources.urls)
    yield from read_lists(sources.lists)


def failed_downloads(failures: Iterable[FailureRecord], code: str = "") -> list[Path]:
    """The download folders in which something failed.

    Args:
        failures: the library's ledger.
        code: only what failed for this reason; all if empty.
    """
    roots = {
        path_of(entry.root)
        for entry in failures
        if entry.failure.stage == FETCH and code in ("", entry.failure.code)
    }
    return sorted({folder for root in roots for folder in download_folders(root)})


def retry_downloads(
    folders: Sequence[Path], code: str = "", on_progress: OnWebProgress = lambda _: None
) -> tuple[list[WebSummary], list[LookalikeError]]:
    """Ask again for what could not be fetched into folders, each the way it was filled.

    Args:
        folders: download folders.
        code: only what failed for this reason; all if empty.
        on_progress: told now and then how far it is.

    Returns:
        What became of the folders, and why some could not be gone on with.
    """
    summaries, problems = list[WebSummary](), list[LookalikeError]()
    for folder in folders:
        try:
            summaries.append(resume(folder, retry=code, on_progress=on_progress))
        except LookalikeError as error:
            problems.append(error)  # the others can be
            continue
        if summaries[-1].interrupted:
            break
    return summaries, problems
