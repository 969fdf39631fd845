"""Lists of URLs with whatever is told about each: text, CSV, TSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lookalike.errors import SourceError
from lookalike.sources.text import decode_text
from lookalike.sources.web.flickr import FAILED_ANSWER, is_photo, photo_row, read_json, read_xml
from lookalike.sources.web.ledger import Kind
from lookalike.sources.web.row import Row

LIST_EXTENSIONS = (".txt", ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".xml", ".json")

_URL = re.compile(r"https?://\S+", re.I)
# Names of the column, in lower case without separators, best first.
_NAMES = """
    imageurl imageurls pictureurl photourl originalurl originalimageurl fileurl mediaurl contenturl
    downloadurl imgurl imagelink url urls uri link src href image img picture photo urlo urll urlz
    urlm
""".split()  # noqa: SIM905 - a list of words is easier to read than one of strings
_PAGE_NAMES = re.compile(
    r"page|flickrurl|landing|foreign|source|licen|author|creator|profile|thumb"
)
_TRIED = 50
_MAX_LINE = 16 << 20
_PARQUET_ROWS = 2000


def read_list(path: Path) -> Iterator[Row]:
    """The URLs of a list, each with the other columns of its row.

    Args:
        path: a ``.txt`` (one URL a line, words may follow it), ``.csv``, ``.tsv``, ``.jsonl`` or
            ``.parquet`` file, or Flickr's ``.xml`` or ``.json``.

    Raises:
        SourceError: it is not there, is of another kind, or no column holds URLs.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".txt":
            rows = _text_rows(path)
        elif suffix in (".xml", ".json"):
            rows = read_xml(path) if suffix == ".xml" else read_json(path)
        elif suffix in LIST_EXTENSIONS:
            rows = _with_url(path, _table_rows(path))
        else:
            known = ", ".join(LIST_EXTENSIONS)
            raise SourceError(
                f"{path} is no list of URLs that can be read.",
                f"Give one of these: {known}.",
                code="bad-list",
            )
        yield from rows
    except FileNotFoundError as error:
        raise SourceError(
            f"{path}: no such file.", "Check the spelling.", code="not-found"
        ) from error
    except (OSError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read: {error}.", code="bad-list") from error


def read_lists(paths: Iterable[Path]) -> Iterator[Row]:
    """The rows of several lists; see :func:`read_list`, which says what it raises.

    Of several records one may be the answer that its photo is gone: that is a row as well.
    """
    every = list(paths)
    for path in every:
        try:
            yield from read_list(path)
        except SourceError as error:
            if error.code != FAILED_ANSWER or len(every) == 1:
                raise
            yield Row(path.absolute().as_uri(), {}, gone=error.message)


def first_rows(path: Path) -> list[dict[str, Any]]:
    """Some rows of a table, with all their columns.

    Args:
        path: a CSV, TSV, JSON lines or Parquet file.

    Raises:
        SourceError: it is no Parquet file.
        OSError, csv.Error: it cannot be read.
    """
    return list(islice(_table_rows(path), _TRIED))


def url_column(rows: Iterable[Mapping[str, Any]]) -> str | None:
    """The column that holds the pictures' URLs, told from names and values of some rows.

    A column that holds URLs of pages (``flickr_url``, ``source``) is taken only if no other
    holds any; the picture is then the one that the page names as its own (``og:image``).
    """
    found: dict[str, int] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str) and _URL.match(value.strip()):
                found[name] = found.get(name, 0) + 1
    return min(found, key=lambda name: (_rank(name), -found[name]), default=None)


def _rank(name: str) -> int:
    compact = _compact(name)
    return _NAMES.index(compact) if compact in _NAMES else len(_NAMES) + _is_page(name)


def _is_page(name: str) -> bool:
    compact = _compact(name)
    return compact not in _NAMES and bool(_PAGE_NAMES.search(compact))


def _compact(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _with_url(path: Path, rows: Iterator[dict[str, Any]]) -> Iterator[Row]:
    first = list(islice(rows, _TRIED))
    if first and all(map(is_photo, first)):
        yield from filter(None, map(photo_row, chain(first, rows)))
        return
    column = url_column(first)
    if column is None:
        raise SourceError(
            f"{path}: no column holds URLs that begin with http:// or https://.",
            "Call the column url.",
            code="bad-list",
        )
    kind: Kind = "page" if _is_page(column) else "picture"
    for row in chain(first, rows):
        url = row.get(column)
        if isinstance(url, str) and url.strip():
            told = {name: value for name, value in row.items() if kind == "page" or name != column}
            yield Row(url.strip(), _told(told), kind)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if name and value not in (None, "", [])}


def _table_rows(path: Path) -> Iterator[dict[str, Any]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(path)
    if suffix in (".jsonl", ".ndjson"):
        return _json_rows(path)
    return _csv_rows(path, "" if suffix == ".csv" else "\t")


def _text_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file):
            text = decode_text(line if number else line.removeprefix(b"\xef\xbb\xbf")).strip()
            if not text or text.startswith("#"):
                continue
            url, _, words = text.partition("\t" if "\t" in text else " ")
            yield Row(url, {"caption": words.strip()} if words.strip() else {})


def _csv_rows(path: Path, delimiter: str) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        lines: Iterator[str] = (
            decode_text(line) for line in iter(lambda: file.readline(_MAX_LINE), b"")
        )
        first = next(lines, "")
        if not delimiter:
            delimiter = max(",;\t|", key=first.count)
        names = next(csv.reader([first], delimiter=delimiter), [])
        if any(_URL.match(name.strip()) for name in names):
            names = [
                "url" if _URL.match(name.strip()) else f"column{at}"
                for at, name in enumerate(names)
            ]  # a list without a heading
            lines = chain([first], lines)
        for cells in csv.reader(lines, delimiter=delimiter):
            yield dict(zip(names, cells, strict=False))


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(_MAX_LINE), b""):
            try:
                row = json.loads(decode_text(line))
            except (ValueError, RecursionError):
                continue  # an empty or broken line; the others are good
            if isinstance(row, dict):
                yield row


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_PARQUET_ROWS):
                yield from (_plain(row) for row in batch.to_pylist())
    except pyarrow.ArrowInvalid as error:
        raise SourceError(f"{path} is no Parquet file: {error}.", code="bad-list") from error


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Without bytes, and with dates as text: what JSON can hold."""
    return {
        name: value if isinstance(value, str | int | float | list | dict | bool) else str(value)
        for name, value in row.items()
        if value is not None and not isinstance(value, bytes)
    }
