"""The rows of a CSV, TSV or JSON lines file, and where in the file each one lies."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lookalike.sources.columns import key_column
from lookalike.sources.text import decode_text

MAX_LINE_BYTES = 16 << 20
_LINES_TO_TRY = 20


class Record(NamedTuple):
    """Where one row lies, and which picture it names."""

    start: int
    length: int
    key: object


class CsvRecords:
    """Rows of a file whose first line names its columns.

    Args:
        file: the file, at its beginning.
        delimiters: those that may be in use, the likeliest first.

    Attributes:
        key: the column that names pictures; None if there is none.
        problem: why reading stopped early, for people; empty if it did not.
    """

    def __init__(self, file: BinaryIO, delimiters: str) -> None:
        self.problem = ""
        self._file = file
        first = file.readline(MAX_LINE_BYTES)
        self._position = len(first)
        if "\r" in decode_text(first).rstrip("\r\n"):
            self.problem = "Its lines end as on old Macs: save it with the usual line ends."
        self._delimiter = delimiters[0]
        self._columns: list[str] = []
        self.key: str | None = None
        for delimiter in delimiters:
            columns = _cells(decode_text(first), delimiter)
            if self.key is None and (key := key_column(columns)) is not None:
                self.key, self._columns, self._delimiter = key, columns, delimiter

    def __iter__(self) -> Iterator[Record]:
        if self.key is None:
            return
        column, start = self._columns.index(self.key), self._position
        reader = csv.reader(self._lines(), delimiter=self._delimiter)
        try:
            for cells in reader:
                if len(cells) > column:
                    yield Record(start, self._position - start, cells[column])
                start = self._position
        except csv.Error as error:
            self.problem = f"It cannot be read beyond row {reader.line_num + 1}: {error}."

    def parse(self, data: bytes) -> dict[str, object]:
        """The cells of one row by column."""
        cells = _cells(decode_text(data), self._delimiter)
        return dict(zip(self._columns, cells, strict=False))

    def _lines(self) -> Iterator[str]:
        # The reader takes just the lines of one row, so the position is that of a row's end.
        while line := self._file.readline(MAX_LINE_BYTES):
            self._position += len(line)
            yield decode_text(line)


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of the first row; none if it is damaged."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


class JsonRecords:
    """Rows of a file with one JSON object a line.

    Args:
        file: the file, at its beginning.

    Attributes:
        key: the field that names pictures, told from the first rows; None if there is none.
        problem: which lines are unreadable, for people; empty if none is.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.problem = ""
        self._file = file
        first = (self.parse(file.readline(MAX_LINE_BYTES)) for _ in range(_LINES_TO_TRY))
        self.key = next((key for row in first if (key := key_column(row)) is not None), None)
        file.seek(0)

    def __iter__(self) -> Iterator[Record]:
        start, number, broken = 0, 0, []
        while self.key is not None and (line := self._file.readline(MAX_LINE_BYTES)):
            number += 1
            row = self.parse(line)
            if row:
                yield Record(start, len(line), row.get(self.key))
            elif line.strip():
                broken.append(number)
            start += len(line)
        if broken:
            self.problem = f"Lines that are no JSON objects: {len(broken)}, first line {broken[0]}."

    def parse(self, data: bytes) -> dict[str, object]:
        """The fields of one row; empty if it is no JSON object."""
        try:
            row = json.loads(decode_text(data))
        except (ValueError, RecursionError):
            return {}
        return row if isinstance(row, dict) else {}
