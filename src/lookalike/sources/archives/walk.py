"""Goes through an archive, and the archives inside it, for pictures."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from lookalike.errors import SourceError
from lookalike.sources.archives.beside import Beside, Tables
from lookalike.sources.archives.kinds import archive_kind, open_archive
from lookalike.sources.archives.limits import ArchiveLimits, Budget, bomb
from lookalike.sources.archives.member import Member
from lookalike.sources.archives.reading import careful, head_of, read, refusal
from lookalike.sources.archives.selection import File, grouped, selected
from lookalike.sources.archives.streamed import buffered
from lookalike.sources.datasets.folders import labelled
from lookalike.sources.entry import Container, Entry, Failure
from lookalike.sources.listing import failure_of
from lookalike.sources.metadata import Metadata
from lookalike.sources.naming import SIDECAR_EXTENSIONS, kind_of_name, split_extension
from lookalike.sources.sniff import PICTURE_EXTENSIONS, sniff

DEFAULT_LIMITS = ArchiveLimits()


class Walk:
    """The pictures of one archive; iterate once.

    Args:
        container: the archive.
        is_due: told each picture before its bytes are read; only those for which it is true are
            yielded.
        limits: what it may cost.
        only: location of the one member that is wanted; empty for all.

    Attributes:
        ignored: of each kind, how many files were neither pictures nor in use for one.
        offered: how many pictures and failures there were, due or not.
    """

    def __init__(
        self,
        container: Container,
        is_due: Callable[[Entry], bool],
        limits: ArchiveLimits = DEFAULT_LIMITS,
        only: str = "",
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self.offered = 0
        self._container, self._is_due, self._only = container, is_due, only
        self._budget = Budget(limits, container.size_bytes)

    def __iter__(self) -> Iterator[Entry | Failure]:
        """Yield pictures that are due, with their bytes, and what could not be looked at.

        Raises:
            OSError: the archive's file cannot be read.
        """
        path = self._container.path
        try:
            file = path.open("rb")
        except OSError as error:
            self.offered += 1
            yield failure_of(str(path), error)
            return
        with file:
            kind, location = self._container.kind, self._container.location
            for item in self._archive(file, path.name, kind, path, location, 1):
                if isinstance(item, Failure):
                    self.offered += 1
                yield item

    def _archive(
        self, file: BinaryIO, name: str, kind: str, path: Path | None, location: str, depth: int
    ) -> Iterator[Entry | Failure]:
        if depth > self._budget.limits.max_depth:
            what = f"it lies more than {self._budget.limits.max_depth} archives deep"
            yield self._failure(location, bomb(what))
            return
        try:
            with careful(open_archive, file, name, kind, path, self._budget) as archive:
                if archive is None:
                    self.ignored[kind_of_name(name)] += 1
                    return
                files = selected(archive.members(), location, self._budget, self._only)
                tables: Tables = {}
                if not archive.streamed:
                    listed, fault = _listed(files)
                    yield from self._files(listed, location, depth, tables)
                    if fault is not None:
                        yield self._failure(location, fault)
                    return
                for group in grouped(buffered(files, self._budget)):
                    yield from self._files(group, location, depth, tables)
        except SourceError as error:
            yield self._failure(location, error)

    def _files(
        self, files: list[File | Failure], location: str, depth: int, tables: Tables
    ) -> Iterator[Entry | Failure]:
        good = [file for file in files if isinstance(file, File)]
        beside = Beside(good, location, tables)
        last = []
        for file in files:
            if isinstance(file, Failure):
                yield file
            elif split_extension(file.name)[1] in SIDECAR_EXTENSIONS:
                last.append(file)  # which of them describe pictures is known then
            else:
                yield from self._file(file, beside, depth)
        for file in last:
            yield from self._file(file, beside, depth)

    def _file(self, file: File, beside: Beside, depth: int) -> Iterator[Entry | Failure]:
        if beside.is_used(file.name):
            return
        try:
            if split_extension(file.name)[1] not in PICTURE_EXTENSIONS:
                head = head_of(file.member)
                if kind := archive_kind(file.name, head):
                    inner = io.BytesIO(self._content(file))
                    yield from self._archive(inner, file.name, kind, None, file.location, depth + 1)
                    return
                found = sniff(head)
                if found is None or not (found.picture and found.decodable):
                    self.ignored[kind_of_name(file.name)] += 1
                    return
            yield from self._picture(file, beside)
        except SourceError as error:
            yield self._failure(file.location, error, file.member)

    def _picture(self, file: File, beside: Beside) -> Iterator[Entry]:
        member = file.member
        self._budget.check_member(member.size, member.packed)
        row = beside.row(file.name)
        row = row if member.metadata is None else member.metadata.merged_under(row or Metadata())
        if self._container.row is not None:
            row = self._container.row.merged_under(row or Metadata())
        entry = Entry(
            location=file.location,
            path=self._container.path,
            root=self._container.root,
            size_bytes=member.size,
            stamp=beside.stamp(file.name, member.stamp, row),
            row=row,
            content=member.span,
        )
        below = self._container.labels_below
        entry = labelled(entry, below) if below else entry
        self.offered += 1
        if not self._is_due(entry):
            return
        told = beside.sidecars(file.name)
        if told is not None:
            entry = replace(entry, row=told.merged_under(entry.row or Metadata()))
        if member.span is None:
            try:
                entry = replace(entry, content=self._content(file))
            except SourceError:
                self.offered -= 1  # the failure counts
                raise
        else:
            self._budget.unpacked(member.size)
        yield entry

    def _content(self, file: File) -> bytes:
        self._budget.check_member(file.member.size, file.member.packed)
        return read(file.member, self._budget)

    def _failure(self, location: str, error: SourceError, member: Member | None = None) -> Failure:
        return refusal(location, error, member.stamp if member else self._container.stamp)


def _listed(files: Iterator[File | Failure]) -> tuple[list[File | Failure], SourceError | None]:
    """All files, and what ended the list early: what comes before damage is still good."""
    listed: list[File | Failure] = []
    try:
        for file in files:
            listed.append(file)
    except SourceError as error:
        if error.code == "archive-bomb":
            raise
        return listed, error
    return listed, None
