"""Tables in other formats, as the JSON lines that :class:`~lookalike.sources.table.Table` reads."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from lookalike.errors import SourceError

TRANSLATED = (".json", ".parquet", ".pq")
"""Names of tables that are translated."""

_MAX_JSON_BYTES = 2**30
_ROWS = 1024


def translated(name: str, file: BinaryIO) -> BinaryIO:
    """The rows of a Parquet table, or of COCO's annotations, one JSON object a line.

    They lie in a temporary file, so that a large table takes no memory.

    Args:
        name: the table's name.
        file: the table.

    Raises:
        SourceError: it is neither (``bad-table``).
    """
    rows = _coco_rows(name, file) if name.lower().endswith(".json") else _parquet_rows(name, file)
    lines = tempfile.TemporaryFile()  # noqa: SIM115 - the table keeps it open
    try:
        for row in rows:
            lines.write(json.dumps(row, default=str).encode() + b"\n")
    except BaseException:
        lines.close()
        raise
    lines.seek(0)
    return lines


def _parquet_rows(name: str, file: BinaryIO) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        wanted = [
            field.name
            for field in table.schema_arrow
            if not (pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type))
        ]
        for batch in table.iter_batches(batch_size=_ROWS, columns=wanted):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise _bad(name, f"is no Parquet table that can be read ({error})") from error


def _coco_rows(name: str, file: BinaryIO) -> Iterable[dict[str, Any]]:
    """COCO's captions and instances (Lin et al., 2014): one row a picture."""
    data = file.read(_MAX_JSON_BYTES + 1)
    if len(data) > _MAX_JSON_BYTES:
        raise _bad(name, "has more than 1 GiB")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _bad(name, "is no JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("images"), list):
        raise _bad(name, "has no list of images, as COCO's annotations have")
    told = _annotations(document)
    for image in _objects(document["images"]):
        captions, labels = told[str(image.get("id"))]
        if isinstance(file_name := image.get("file_name"), str):
            yield {
                "file_name": file_name.rpartition("/")[2],
                "captions": list(dict.fromkeys(captions)),
                "labels": list(dict.fromkeys(labels)),
            }


def _annotations(document: dict[str, Any]) -> defaultdict[str, tuple[list[str], list[str]]]:
    # Numbers as text: what is broken must not be worse than unknown.
    categories = _objects(document.get("categories"))
    names = {str(one.get("id")): str(one.get("name", "")) for one in categories}
    told: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for one in _objects(document.get("annotations")):
        image = str(one.get("image_id"))
        if isinstance(caption := one.get("caption"), str):
            told[image][0].append(caption)
        if name := names.get(str(one.get("category_id"))):
            told[image][1].append(name)
    return told


def _objects(items: object) -> Iterator[dict[str, Any]]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item


def _bad(name: str, what: str) -> SourceError:
    return SourceError(
        f"{name} {what}.", "Give a CSV, TSV, JSON lines or Parquet table.", code="bad-table"
    )
