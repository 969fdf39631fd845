"""Words about pictures in an archive that lie beside them there: sidecars and tables."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from pathlib import Path, PurePosixPath

from lookalike.errors import SourceError
from lookalike.sources.archives.names import SEPARATOR
from lookalike.sources.archives.reading import damage
from lookalike.sources.archives.selection import File
from lookalike.sources.metadata import Metadata
from lookalike.sources.naming import TABLE_NAMES, Sidecars, split_extension
from lookalike.sources.sidecar import MAX_JSON_BYTES, told_by
from lookalike.sources.table import Table
from lookalike.sources.text import decode_text, one_line

MAX_TABLE_BYTES = 16 * 2**20
"""Larger tables in archives are left alone."""

_LABEL = ".cls"

Tables = dict[str, list[Table]]


class Beside:
    """What files of an archive say about others.

    Args:
        files: of the archive, or of the part of it that is in memory.
        location: of the archive.
        tables: those met so far, by folder; new ones are added.
    """

    def __init__(self, files: Sequence[File], location: str, tables: Tables) -> None:
        self._files = {file.name: file for file in files}
        self._location = location
        names: defaultdict[str, list[str]] = defaultdict(list)
        for name in self._files:
            folder, _, base = name.rpartition("/")
            names[folder].append(base)
        self._names = {folder: frozenset(inside) for folder, inside in names.items()}
        self._sidecars = {folder: Sidecars(inside) for folder, inside in names.items()}
        self._used: set[str] = set()
        self._tables = tables
        self._read_tables()

    def is_used(self, name: str) -> bool:
        """Whether this file describes others."""
        return name in self._used

    def row(self, name: str) -> Metadata | None:
        """What the tables of its folder and those around it say about a picture."""
        picture = f"{self._location}{SEPARATOR}{name}"
        folders = [str(folder) for folder in reversed(PurePosixPath(name).parents)]
        tables = [t for f in folders for t in self._tables.get("" if f == "." else f, ())]
        rows = [row for table in tables if (row := table.row(picture)) is not None]
        return reduce(Metadata.merged_under, rows) if rows else None

    def stamp(self, name: str, own: str, row: Metadata | None) -> str:
        """The stamp of a picture, its sidecars and its row."""
        sidecars = [file.member.stamp for file in self._of(name)]
        if not sidecars and row is None:
            return own
        text = "\n".join((*sidecars, repr(row)))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
        return f"{own}-{digest.hexdigest()}"

    def sidecars(self, name: str) -> Metadata | None:
        """What its sidecars say about a picture; a broken one says nothing."""
        files = self._of(name)
        if not files:
            return None
        base = name.rpartition("/")[2]
        return reduce(Metadata.merged_under, (_told(base, file) for file in files))

    def _of(self, name: str) -> list[File]:
        folder, _, base = name.rpartition("/")
        prefix = f"{folder}/" if folder else ""
        names = [prefix + found for found in self._sidecars[folder].of(base, self._names[folder])]
        label = split_extension(name)[0] + _LABEL
        names += [label] if label in self._files else []
        self._used.update(names)
        return [self._files[found] for found in names]

    def _read_tables(self) -> None:
        for name, file in self._files.items():
            folder, _, base = name.rpartition("/")
            if base.lower() not in TABLE_NAMES or file.member.size > MAX_TABLE_BYTES:
                continue
            if (table := self._table(folder, file)) is not None:
                found = self._tables.setdefault(folder, [])
                found.append(table)
                found.sort(key=lambda table: TABLE_NAMES.index(table.path.name.lower()))
                self._used.add(name)

    def _table(self, folder: str, file: File) -> Table | None:
        base = "/".join(part for part in (self._location + "!", folder) if part)
        try:
            data = _bytes(file, MAX_TABLE_BYTES)
            return Table(Path(file.name), base, file=io.BytesIO(data))
        except SourceError:
            return None  # broken, or it describes something else


def _told(picture: str, file: File) -> Metadata:
    try:
        data = _bytes(file, MAX_JSON_BYTES)
    except SourceError:
        return Metadata()  # words are a bonus: the picture must not be lost for them
    if split_extension(file.name)[1] == _LABEL:
        label = one_line(decode_text(data[:1000]))
        return Metadata(tags=(label,), extra={"label": label}) if label else Metadata()
    return told_by(picture, Path(file.name), data)


def _bytes(file: File, limit: int) -> bytes:
    with damage(), file.member.open() as stream:
        return stream.read(limit)
