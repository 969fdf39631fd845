"""Where the queries of ``lookalike evaluate`` come from, and the library that answers them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.cli.output import named_library, open_given, say, settings

if TYPE_CHECKING:
    from lookalike.lab.topics import TestCollection
    from lookalike.library import Library


@dataclass(frozen=True)
class Asked:
    """Where the queries come from."""

    folders: tuple[Path, ...]
    labels: str
    qrels: Path | None
    queries: Path | None
    where: str
    match: str
    only: str

    def check(self, *, suite: str) -> None:
        """Make sure that it is said, and said once, what the pictures should find.

        Raises:
            UsageError: it is not.
        """
        from lookalike.errors import UsageError
        from lookalike.search.query import MATCHES

        if self.match not in MATCHES:
            raise UsageError(
                f"Words cannot be matched by {self.match!r}.", f"Choose {', '.join(MATCHES)}."
            )
        ways = [bool(self.folders), bool(self.labels), bool(self.qrels or self.queries)]
        if suite and (ways != [True, False, False] or len(self.folders) > 1):
            raise UsageError(
                f"The suite {suite} needs one folder, with the data sets in it.",
                f"lookalike evaluate --suite {suite} FOLDER",
                code="nothing-to-evaluate",
            )
        if sum(ways) != 1 or bool(self.qrels) != bool(self.queries):
            raise UsageError(
                "It is not said what the pictures should find.",
                "Name --labels FIELD, or --qrels FILE with --queries FILE, or the folder of a "
                "data set.",
                code="nothing-to-evaluate",
            )

    def collections(self, library: Library) -> list[TestCollection]:
        """The queries, over a library.

        Raises:
            UsageError: a file cannot be understood, or there is no query of that name.
        """
        from lookalike.errors import UsageError
        from lookalike.lab.datasets.kinds import collections_in
        from lookalike.lab.datasets.labels import by_labels
        from lookalike.lab.datasets.trec import from_trec

        views = library.views()
        if self.qrels is not None and self.queries is not None:
            return [
                from_trec(views, self.qrels, self.queries, where=self.where, match=self.match)  # type: ignore[arg-type]
            ]
        if self.labels:
            return [by_labels(views, self.labels, where=self.where)]
        found = [one for folder in self.folders for one in collections_in(views, folder)]
        kept = [one for one in found if not self.only or self.only in one.name]
        if not kept:
            raise UsageError(
                f"No queries are called {self.only}.",
                f"There are {', '.join(one.name for one in found)}.",
                code="nothing-to-evaluate",
            )
        return kept


@contextmanager
def library_of(
    given: Path | None, folders: Sequence[Path], encoder: str | None, *, json: bool
) -> Iterator[Library]:
    """The library that was named; else that of the data sets, made or brought up to date."""
    if not folders or named_library(given) is not None:
        with open_given(given) as opened:
            yield opened
        return
    from lookalike.cli.index import progress_bar
    from lookalike.lab.datasets.kinds import kind_of
    from lookalike.opening import measured_library

    by_folder = any(kind_of(folder).label_folders for folder in folders)
    with progress_bar(shown=not json) as on_progress:
        opened = measured_library(
            folders,
            encoder=encoder,
            label_folders=by_folder,
            settings=settings(),
            on_progress=on_progress,
        )
    with opened:
        if failures := opened.failures():
            say(f"{len(failures):,} files failed: see lookalike failures -L {opened.path}")
        yield opened
