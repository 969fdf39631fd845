"""Arrow and Parquet files whose rows hold pictures, as Hugging Face ``datasets`` writes them."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from lookalike.sources.archives.limits import Budget
from lookalike.sources.archives.member import Member
from lookalike.sources.columns import metadata_of
from lookalike.sources.metadata import Metadata
from lookalike.sources.sniff import HEAD_BYTES, sniff

_ROWS = 32
_STREAM_MARK = b"\xff\xff\xff\xff"
_SUFFIXES = {"jpeg": ".jpg", "tiff": ".tif"}


def columnar_kind(name: str, head: bytes) -> str:
    """``parquet`` or ``arrow`` by name and first bytes; empty for other files."""
    lower = name.lower()
    if head.startswith(b"PAR1") and lower.endswith((".parquet", ".pq")):
        return "parquet"
    if lower.endswith((".arrow", ".feather")) and head.startswith((b"ARROW1", _STREAM_MARK)):
        return "arrow"
    return ""


class Columnar:
    """A table with a column of pictures: their bytes, or a struct of bytes and path.

    Args:
        file: the table.
        path: not needed.
        budget: counts what it holds.
        kind: ``parquet`` or ``arrow``.
    """

    streamed = True

    def __init__(self, file: BinaryIO, path: Path | None, budget: Budget, kind: str) -> None:
        self._budget = budget
        self._schema, self._batches = _parquet(file) if kind == "parquet" else _arrow(file)
        self._pictures = _picture_columns(self._schema)
        self._classes = _class_names(self._schema)

    @property
    def holds_pictures(self) -> bool:
        """Whether there is a column of pictures."""
        return bool(self._pictures)

    def members(self) -> Iterator[Member]:
        """Every picture, row by row."""
        number = 0
        for batch in self._batches:
            self._budget.unpacked(batch.nbytes)
            for row in batch.to_pylist():
                yield from self._row(number, row)
                number += 1

    def close(self) -> None:
        """Let go of the rows."""
        self._batches.close()

    def _row(self, number: int, row: dict[str, Any]) -> Iterator[Member]:
        pictures = {name: row.pop(name) for name in self._pictures}
        words = self._words(row)
        for name, value in pictures.items():
            data, path = value, None
            if isinstance(value, dict):
                data, path = value.get("bytes"), value.get("path")
            if not isinstance(data, bytes):
                continue
            yield Member(
                name=_name(number, name if len(pictures) > 1 else "", path, data),
                kind="file",
                size=len(data),
                packed=None,
                stamp=f"{zlib.crc32(data):08x}-{zlib.crc32(repr(words).encode()):08x}",
                open=partial(io.BytesIO, data),
                metadata=words,
                counted=True,
            )

    def _words(self, row: dict[str, Any]) -> Metadata:
        named = {
            column: self._class(column, value)
            for column, value in row.items()
            if not isinstance(value, bytes)
        }
        return metadata_of(named)

    def _class(self, column: str, value: object) -> object:
        names = self._classes.get(column)
        if names is None:
            return value
        if isinstance(value, list):
            return [self._class(column, one) for one in value]
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else None


def parquet_holds_pictures(path: Path) -> bool:
    """Whether a Parquet file has a column of pictures.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no Parquet file.
    """
    import pyarrow.parquet as pq

    return bool(_picture_columns(pq.read_schema(path)))


def _parquet(file: BinaryIO) -> tuple[Any, Any]:
    import pyarrow.parquet as pq

    table = pq.ParquetFile(file)
    return table.schema_arrow, (batch for batch in table.iter_batches(batch_size=_ROWS))


def _arrow(file: BinaryIO) -> tuple[Any, Any]:
    import pyarrow as pa

    head = file.read(6)
    file.seek(0)
    if head == b"ARROW1":
        reader = pa.ipc.open_file(file)
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
        return reader.schema, _small(batches)
    stream = pa.ipc.open_stream(file)
    return stream.schema, _small(iter(stream))


def _small(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        for start in range(0, batch.num_rows, _ROWS):
            yield batch.slice(start, _ROWS)


def _picture_columns(schema: Any) -> list[str]:
    """Columns that are declared as pictures, else structs with bytes, else lone binary ones."""
    import pyarrow as pa

    features = _features(schema)
    declared = [name for name, kind in features.items() if kind.get("_type") == "Image"]
    if declared:
        return [name for name in declared if name in schema.names]
    structs = [
        field.name
        for field in schema
        if pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
    ]
    if structs:
        return structs
    names = ("image", "img", "picture", "photo", "jpg", "png", "image_bytes", "content", "bytes")
    binary = [field.name for field in schema if _is_binary(field.type)]
    return [name for name in binary if name.lower() in names][:1]


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _class_names(schema: Any) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for column, kind in _features(schema).items():
        inner = kind.get("feature", kind) if isinstance(kind.get("feature"), dict) else kind
        if inner.get("_type") == "ClassLabel" and isinstance(inner.get("names"), list):
            names[column] = [str(name) for name in inner["names"]]
    return names


def _features(schema: Any) -> dict[str, dict[str, Any]]:
    """What ``datasets`` notes about the columns in the schema's metadata."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}  # another program wrote it
    if not isinstance(features, dict):
        return {}
    return {name: kind for name, kind in features.items() if isinstance(kind, dict)}


def _name(number: int, column: str, path: object, data: bytes) -> str:
    stem = f"{number:06d}" + (f".{column}" if column else "")
    if isinstance(path, str) and path and "/" not in path and "\\" not in path:
        return f"{stem}/{path}"
    kind = sniff(data[:HEAD_BYTES])
    suffix = _SUFFIXES.get(kind.name, f".{kind.name}") if kind is not None else ".bin"
    return stem + suffix
