"""Pictures from a folder and everything below it, or from a single file."""

# A hot path: os functions on text are several times as fast as Path.
# ruff: noqa: PTH100, PTH116, PTH113, PTH118, PTH120

from __future__ import annotations

import os
import re
import stat
from collections import Counter, deque
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from lookalike.errors import SourceError
from lookalike.sources.datasets.folders import labelled
from lookalike.sources.entry import Container, Entry, Failure, Item
from lookalike.sources.listing import Listing, failure_of, list_folder
from lookalike.sources.naming import TABLE_NAMES, location_of, path_of, possible_neighbours
from lookalike.sources.offers import Offers
from lookalike.sources.reading import Reading
from lookalike.sources.table import Table

_COCO = re.compile(r"(?:captions|instances|person_keypoints)_.*\.json")
_Tables = tuple[Table, ...]


class FolderSource:
    """Every picture in a folder and below it.

    A file is offered if its name promises a picture or its first bytes look like one, or like an
    archive's. Hidden
    files and folders and libraries of lookalike itself are left out. Links are followed, but not
    to folders around the source, and each folder is entered once.

    Args:
        root: a folder or a single file.
        table: a metadata table for the whole source; it overrules those found in the folders.
        label_folders: take the names of folders as labels.
        frames: how many frames of an animation are wanted, see :class:`Reading`.
        base: the folder from whose top labels and the table's paths count; the source itself if
            left out.

    Attributes:
        root: absolute path of the source.
        reading: how it is read.
        ignored: of each kind, how many files the last scan passed over that neither are pictures
            nor describe any.

    Raises:
        SourceError: if ``root`` is not there (``not-found``) or may not be looked at, or ``table``
            cannot be read.
    """

    def __init__(
        self,
        root: Path,
        table: Path | None = None,
        *,
        label_folders: bool = False,
        frames: int = 1,
        base: str = "",
    ) -> None:
        # Not resolve(): people know their files by the paths they gave, links and all.
        self.root = Path(os.path.abspath(root))
        self.ignored: Counter[str] = Counter()
        self._is_folder = _is_folder(self.root)
        self._folder = str(self.root if self._is_folder else self.root.parent)
        base = base or location_of(self.root)
        named = os.path.abspath(table) if table is not None else ""
        self.reading = Reading(label_folders, frames, named, base)
        self._table = _named_table(Path(named), _top(base, self._folder)) if named else None
        self._entered: set[tuple[int, int]] = set()

    def scan(self) -> Iterator[Item]:
        """Yield pictures, archives and what could not be looked at; always in the same order."""
        self.ignored.clear()
        self._entered = set()
        if self._table is not None:
            yield from _problems(self._table)
        found = self._walk() if self._is_folder else self._single()
        yield from map(self._labelled, found) if self.reading.label_folders else found

    def _walk(self) -> Iterator[Item]:
        # Links wait until all real folders are done, so that what lies below the root is
        # found under its own path and not under that of a link to it.
        waiting: list[tuple[str, _Tables]] = [(self._folder, ())]
        links: deque[tuple[str, _Tables]] = deque()
        while waiting or links:
            path, tables = waiting.pop() if waiting else links.popleft()
            try:
                listing = self._enter(path)
            except OSError as error:
                yield failure_of(path, error)
                continue
            if listing is None or listing.is_library:
                continue
            tables = yield from self._visit(listing, tables, listing.files)
            waiting += [(os.path.join(path, name), tables) for name in reversed(listing.folders)]
            for name in listing.links:
                link = os.path.join(path, name)
                if not _leads_up(link, self._folder):
                    links.append((link, tables))

    def _single(self) -> Iterator[Item]:
        beside = possible_neighbours(self.root.name)
        files = [name for name in beside if os.path.lexists(os.path.join(self._folder, name))]
        listing = Listing(self._folder, files)
        yield from self._visit(listing, (), [self.root.name])

    def _labelled(self, item: Item) -> Item:
        base = self.reading.base
        if isinstance(item, Entry):
            return labelled(item, base)
        # Its stamp differs, so that it is opened again when labels are asked for.
        if isinstance(item, Container):
            return replace(item, labels_below=base, stamp=f"{item.stamp}-l")
        return item

    def _enter(self, path: str) -> Listing | None:
        about = os.stat(path)
        place = (about.st_dev, about.st_ino)
        if place in self._entered:
            return None
        self._entered.add(place)
        return list_folder(path)

    def _visit(
        self, listing: Listing, outer: _Tables, names: list[str]
    ) -> Generator[Item, None, _Tables]:
        """Yield what the files of one folder are; return the tables in force below it."""
        found, failures = _tables_in(listing)
        yield from (*listing.failures, *failures)
        if listing.is_download:
            from lookalike.sources.web.failed import failed_in

            yield from failed_in(Path(listing.path))
        tables = (*outer, *found)
        named = () if self._table is None else (self._table,)
        told = [failure.location for failure in failures]
        offers = Offers(listing, (*tables, *named), location_of(self.root), told)
        yield from offers.of(names)
        self.ignored.update(offers.ignored)
        return tables


def _tables_in(listing: Listing) -> tuple[list[Table], list[Failure]]:
    found: list[Table] = []
    failures: list[Failure] = []
    by_name = {lower: name for name in listing.files if (lower := name.lower()) in TABLE_NAMES}
    paths = [
        os.path.join(listing.path, by_name[name]) for name in sorted(by_name, key=TABLE_NAMES.index)
    ]
    for path in [*paths, *_coco_files(listing)]:
        if not os.path.isfile(path):
            continue  # a pipe, which would never end, or a link to nothing
        try:
            table = Table(Path(path), listing.path, anywhere=path not in paths)
        except OSError as error:
            failures.append(failure_of(path, error))
        except SourceError:
            continue  # it describes something else, not pictures
        else:
            found.append(table)
            failures += _problems(table)
    return found, failures


def _coco_files(listing: Listing) -> list[str]:
    """Annotations beside the folders of pictures, as COCO is handed round."""
    if "annotations" not in listing.folders:
        return []
    folder = os.path.join(listing.path, "annotations")
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []  # told when the folder itself is looked at
    return [os.path.join(folder, name) for name in names if _COCO.fullmatch(name)]


def _problems(table: Table) -> list[Failure]:
    if not table.problem:
        return []
    location = location_of(table.path)
    return [Failure(location, "scan", "bad-table", f"{location}: {table.problem}")]


def _is_folder(root: Path) -> bool:
    try:
        return stat.S_ISDIR(os.stat(root).st_mode)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceError(
            f"{location_of(root)}: no such file or folder.",
            "Check the spelling, and whether the disk is mounted.",
            code="not-found",
        ) from error
    except OSError as error:
        failure = failure_of(str(root), error)
        raise SourceError(failure.message, code=failure.code) from error


def _top(base: str, folder: str) -> str:
    """The folder that a named table's paths are relative to."""
    around = path_of(base)
    return str(around) if Path(folder).is_relative_to(around) else folder


def _named_table(path: Path, folder: str) -> Table:
    try:
        return Table(Path(os.path.abspath(path)), folder, anywhere=True)
    except FileNotFoundError as error:
        raise SourceError(
            f"{location_of(path)}: no such metadata table.",
            "Check the spelling; --no-table forgets a remembered one.",
            code="not-found",
        ) from error
    except OSError as error:
        failure = failure_of(str(path), error)
        raise SourceError(failure.message, code=failure.code) from error


def _leads_up(link: str, root: str) -> bool:
    """Whether a link leads to a folder that it lies in, or that the source lies in."""
    target = os.path.join(os.path.realpath(link), "")
    inside = (os.path.realpath(root), os.path.realpath(os.path.dirname(link)))
    return any(os.path.join(folder, "").startswith(target) for folder in inside)
