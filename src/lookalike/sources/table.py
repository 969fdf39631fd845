"""Metadata tables: CSV, TSV and JSON lines that describe many pictures, one a row."""

from __future__ import annotations

import os
import unicodedata
import weakref
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lookalike.errors import SourceError
from lookalike.sources.columns import metadata_of
from lookalike.sources.datasets.tables import TRANSLATED, translated
from lookalike.sources.metadata import Metadata
from lookalike.sources.naming import location_of, split_extension
from lookalike.sources.records import CsvRecords, JsonRecords
from lookalike.sources.sniff import PICTURE_EXTENSIONS

# Sub-folders that a table beside them describes by bare file names.
_PICTURE_FOLDERS = frozenset({"images", "image", "img", "imgs", "pictures", "photos", "pics"})


class Table:
    """A metadata table, read row by row when a row is wanted.

    Only where each row lies is kept in memory (24 bytes a row), so a table may have millions.

    Args:
        path: a ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet`` file with a column for the file's
            path or id, or annotations of COCO (``.json``).
        base: the folder that the paths are relative to.
        anywhere: rows with bare file names or ids describe pictures in all sub-folders, not only
            in ``base`` and its ``images``.
        file: the table's bytes, where ``path`` is not a file of its own.

    Attributes:
        path: the file.
        problem: what was wrong with some of the rows, for people; empty if nothing.

    Raises:
        SourceError: if the file has no column that names pictures (``bad-table``).
        OSError: if it cannot be read.
    """

    def __init__(
        self, path: Path, base: str, *, anywhere: bool = False, file: BinaryIO | None = None
    ) -> None:
        self.path = path
        self._base = base.rstrip(os.sep) + os.sep
        self._anywhere = anywhere
        self._file = _opened(path, file)
        weakref.finalize(self, self._file.close)
        self._records = _records(path, self._file)
        if self._records.key is None:
            raise SourceError(
                f"{location_of(path)}: no column names the picture files.",
                "Call one of the columns path (or file, filename, image, id); save it as UTF-8.",
                code="bad-table",
            )
        self._column = self._records.key
        self._index()
        self.problem = self._records.problem

    def row(self, picture: str) -> Metadata | None:
        """What the table says about a picture; several rows are joined.

        Args:
            picture: absolute path of a picture below the base folder.
        """
        if not picture.startswith(self._base):
            return None
        for key in self._keys(picture[len(self._base) :].replace(os.sep, "/")):
            rows = list(self._rows(key))
            if rows:
                return metadata_of(rows[0] if len(rows) == 1 else _joined(rows))
        return None

    def _index(self) -> None:
        hashes, starts, lengths = array("q"), array("q"), array("q")
        for start, length, cell in self._records:
            if key := self._key_of(cell):
                hashes.append(hash(key))
                starts.append(start)
                lengths.append(length)
        found = np.asarray(hashes, dtype=np.int64)
        order = np.argsort(found, kind="stable")
        self._hashes = found[order]
        self._starts = np.asarray(starts, dtype=np.int64)[order]
        self._lengths = np.asarray(lengths, dtype=np.int64)[order]

    def _rows(self, key: str) -> Iterator[dict[str, object]]:
        wanted = hash(key)
        first, end = (int(self._hashes.searchsorted(wanted, side)) for side in ("left", "right"))
        for at in range(first, end):
            self._file.seek(int(self._starts[at]))
            row = self._records.parse(self._file.read(int(self._lengths[at])))
            if self._key_of(row.get(self._column)) == key:
                yield row

    def _keys(self, relative: str) -> Iterator[str]:
        relative = unicodedata.normalize("NFC", relative)
        yield relative
        yield from _without_extension(relative)
        folder, _, name = relative.rpartition("/")
        reached = self._anywhere or folder.lower() in _PICTURE_FOLDERS
        if folder and reached and not Path(self._base, name).exists():
            yield name
            yield from _without_extension(name)

    def _key_of(self, cell: object) -> str:
        if not isinstance(cell, str | int):
            return ""
        key = str(cell).strip().replace("\\", "/").removeprefix(self._base).removeprefix("./")
        return key if key.isascii() else unicodedata.normalize("NFC", key)


def _opened(path: Path, file: BinaryIO | None) -> BinaryIO:
    source = path.open("rb") if file is None else file
    if not path.name.lower().endswith(TRANSLATED):
        return source
    with source:
        return translated(path.name, source)


def _records(path: Path, file: BinaryIO) -> CsvRecords | JsonRecords:
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson", *TRANSLATED):
        return JsonRecords(file)
    return CsvRecords(file, "\t,;|" if suffix in (".tsv", ".tab") else ",;\t|")


def _without_extension(name: str) -> Iterator[str]:
    # Of photo.jpg.png the rest is another picture's name.
    stem = split_extension(name)[0]
    if stem != name and split_extension(stem)[1] not in PICTURE_EXTENSIONS:
        yield stem


def _joined(rows: list[dict[str, object]]) -> dict[str, object]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row[name] for row in rows if name in row] for name in names}
