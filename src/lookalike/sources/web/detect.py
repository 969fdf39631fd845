"""Which files that people name are lists of URLs, and not tables about pictures or notes."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lookalike.errors import LookalikeError
from lookalike.sources.columns import role_of
from lookalike.sources.sniff import PICTURE_EXTENSIONS
from lookalike.sources.web.flickr import FAILED_ANSWER, is_photo
from lookalike.sources.web.lists import LIST_EXTENSIONS, first_rows, read_list, url_column

# As text, or as what a Path makes of it: https:/one.example/a.png
_URL = re.compile(r"(https?):/{1,2}(?=[^/])", re.I)


def as_url(source: str | Path) -> str | None:
    """The URL that a source is; None if it is none of http or https."""
    text = str(source)
    return _URL.sub(r"\1://", text, count=1) if _URL.match(text) else None


def is_list(path: Path) -> bool:
    """Whether a file is a list of URLs that :func:`read_list` reads.

    A table with a column of URLs and one of files describes those files, and a Parquet file with
    pictures in it is a data set. A text beside a picture of the same name is about that picture.

    Args:
        path: a file of any kind, or none.
    """
    suffix = path.suffix.lower()
    if suffix not in LIST_EXTENSIONS or not path.is_file() or _is_beside_its_picture(path):
        return False
    try:
        if suffix in (".txt", ".xml", ".json"):
            first = next(read_list(path), None)
            return first is not None and as_url(first.url) is not None
        rows = first_rows(path)
        return bool(rows) and not _holds_pictures(path) and _is_about_urls(rows)
    except LookalikeError as error:
        return error.code == FAILED_ANSWER
    except (OSError, csv.Error):
        return False  # whoever takes it as a file says what is wrong with it


def _is_about_urls(rows: Sequence[Mapping[str, Any]]) -> bool:
    if all(map(is_photo, rows)):
        return True
    return url_column(rows) is not None and not any(_names_a_file(row) for row in rows)


def _names_a_file(row: Mapping[str, Any]) -> bool:
    return any(
        isinstance(value, str) and value.strip() and as_url(value.strip()) is None
        for name, value in row.items()
        if role_of(str(name))[0] == "path"
    )


def _is_beside_its_picture(path: Path) -> bool:
    inner = path.with_suffix("")
    if inner.suffix.lower() in PICTURE_EXTENSIONS and inner.is_file():
        return True
    return path.suffix.lower() in (".txt", ".json", ".xml") and any(
        path.with_suffix(extension).is_file() for extension in PICTURE_EXTENSIONS
    )


def _holds_pictures(path: Path) -> bool:
    if path.suffix.lower() != ".parquet":
        return False
    from lookalike.sources.datasets.columnar import parquet_holds_pictures

    return parquet_holds_pictures(path)
