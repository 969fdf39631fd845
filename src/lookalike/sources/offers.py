"""Which files of one folder are pictures, and what belongs to each."""

# A hot path: os functions on text are several times as fast as Path.
# ruff: noqa: PTH116, PTH118, PTH123

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from pathlib import Path

from lookalike.sources.archives.kinds import archive_kind
from lookalike.sources.entry import Container, Entry, Item
from lookalike.sources.listing import Listing, failure_of
from lookalike.sources.metadata import Metadata
from lookalike.sources.naming import (
    SIDECAR_EXTENSIONS,
    Sidecars,
    kind_of_name,
    location_of,
    split_extension,
)
from lookalike.sources.sniff import HEAD_BYTES, PICTURE_EXTENSIONS, sniff
from lookalike.sources.stamps import stamp_of
from lookalike.sources.table import Table

# Permissions are those of the effective user, where the system can tell.
_EFFECTIVE = os.access in os.supports_effective_ids


class Offers:
    """The pictures of one folder.

    Args:
        listing: the folder.
        tables: metadata tables that may describe its files, the most important one last.
        root: location of the source.
        told: locations of files that failures have been told about already.

    Attributes:
        ignored: of each kind, how many files turned out to be neither pictures nor in use for one.
    """

    def __init__(
        self, listing: Listing, tables: Sequence[Table], root: str, told: Collection[str] = ()
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self._folder = Path(listing.path)
        self._prefix = os.path.join(listing.path, "")
        self._tables = tables
        self._root = root
        self._files = frozenset(listing.files)
        self._sidecars = Sidecars(listing.files)
        self._used = {str(table.path) for table in tables}
        self._told = told

    def of(self, names: Iterable[str]) -> Iterator[Item]:
        """Yield the pictures and archives among these files, and what could not be looked at."""
        # What describes a picture is known when all other files are done.
        last = []
        for name in names:
            extension = split_extension(name)[1]
            if extension in SIDECAR_EXTENSIONS:
                last.append(name)
            else:
                yield from self._offer(name, extension in PICTURE_EXTENSIONS)
        for name in last:
            yield from self._offer(name, False)

    def _offer(self, name: str, promised: bool) -> Iterator[Item]:
        path = self._prefix + name
        if path in self._used:
            return
        try:
            about = os.stat(path)
            if not stat.S_ISREG(about.st_mode):
                self.ignored[kind_of_name(name)] += 1
            elif promised:
                _check_readable(path)
                yield self._entry(name, about)
            elif (found := self._unpromised(name, about)) is not None:
                yield found
            else:
                self.ignored[kind_of_name(name)] += 1
        except OSError as error:
            if location_of(path) not in self._told:
                yield failure_of(path, error)

    def _unpromised(self, name: str, about: os.stat_result) -> Entry | Container | None:
        path = self._prefix + name
        with open(path, "rb", buffering=0) as file:
            head = file.read(HEAD_BYTES)
        kind = sniff(head)
        if kind is not None and kind.picture and kind.decodable:
            return self._entry(name, about)
        if archive := archive_kind(name, head):
            row = self._row(path) if self._tables else None
            stamp = stamp_of(about, (), row)
            location = location_of(path)
            return Container(
                location, Path(path), self._root, about.st_size, stamp, archive, row=row
            )
        return None

    def _entry(self, name: str, about: os.stat_result) -> Entry:
        path = self._prefix + name
        sidecars, stats = [], []
        for sidecar in self._sidecars.of(name, self._files):
            beside = self._prefix + sidecar
            try:
                found = os.stat(beside)
            except OSError:
                continue  # gone meanwhile, or a link to nothing
            if not stat.S_ISREG(found.st_mode):
                continue
            stats.append(found)
            sidecars.append(self._folder / sidecar)
            self._used.add(beside)
        row = self._row(path) if self._tables else None
        return Entry(
            location=location_of(path),
            path=self._folder / name,
            root=self._root,
            size_bytes=about.st_size,
            stamp=stamp_of(about, stats, row),
            sidecars=tuple(sidecars),
            row=row,
        )

    def _row(self, path: str) -> Metadata | None:
        rows = [row for table in self._tables if (row := table.row(path)) is not None]
        return reduce(Metadata.merged_under, rows) if rows else None


def _check_readable(path: str) -> None:
    if not os.access(path, os.R_OK, effective_ids=_EFFECTIVE):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
