"""The row of the pictures table, as Python and as Arrow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import pyarrow as pa

from lookalike.encoders.base import Float32Array
from lookalike.imaging.picture import PictureFacts
from lookalike.sources.metadata import Metadata
from lookalike.store.description import SpaceDescription
from lookalike.store.folding import fold
from lookalike.store.matrix import matrix_column

LOCATION_TYPE = pa.struct(
    [
        ("path", pa.string()),
        ("root", pa.string()),
        ("stamp", pa.string()),
        ("words", pa.string()),
        ("described", pa.string()),
    ]
)


@dataclass(frozen=True)
class Location:
    """One place where a picture lies.

    Attributes:
        path: as shown to people.
        root: the source under which it was found.
        stamp: the entry's stamp when it was taken in.
        words: searchable words of its file and folder names.
        described: where a picture lies at several places: the metadata found at this one, as
            JSON; empty where it is the only one (its metadata is the picture's).
    """

    path: str
    root: str
    stamp: str
    words: str = ""
    described: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder's path, those of its parents up to the root, and their bare names."""
        return _folders(os.path.dirname(self.path), self.root)  # noqa: PTH120 - a hot path


@lru_cache(maxsize=4096)
def _folders(folder: str, root: str) -> tuple[str, ...]:
    parent = PurePath(folder)
    chain = [p for p in (parent, *parent.parents) if p.is_relative_to(root)]
    return tuple(dict.fromkeys([*(str(p) for p in chain), *(p.name for p in chain if p.name)]))


@dataclass(frozen=True)
class PictureRecord:
    """One picture of a library, without its vectors.

    Attributes:
        id: 32 hex digits of the hash of its bytes.
        locations: where it lies, at least one place.
        size_bytes: length of the file.
        facts: what the decoder saw.
        metadata: words and facts from the file and from beside it.
        classes: the encoder's best classes, best first.
        class_probs: their probabilities.
        added: when it came in (UTC).
        key: the library's own number of the picture; -1 until it is stored.
    """

    id: str
    locations: tuple[Location, ...]
    size_bytes: int
    facts: PictureFacts
    metadata: Metadata
    classes: tuple[str, ...] = ()
    class_probs: tuple[float, ...] = ()
    added: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: int = -1

    @property
    def text(self) -> str:
        """All searchable words, folded for the full-text index."""
        meta = self.metadata
        words = (location.words for location in self.locations)
        parts = (meta.title, meta.caption, " ".join(meta.tags), *meta.extra.values(), *words)
        return "\n".join(dict.fromkeys(fold(part) for part in parts if part))


COLUMNS: dict[str, pa.DataType] = {
    "key": pa.int64(),
    "id": pa.string(),
    "location": pa.string(),
    "locations": pa.list_(LOCATION_TYPE),
    "folders": pa.list_(pa.string()),
    "name": pa.string(),
    "bytes": pa.int64(),
    "format": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "mode": pa.string(),
    "orientation": pa.int8(),
    "frames": pa.int32(),
    "alpha": pa.bool_(),
    "title": pa.string(),
    "caption": pa.string(),
    "tags": pa.list_(pa.string()),
    "tag_words": pa.list_(pa.string()),
    "taken": pa.timestamp("ms"),
    "camera": pa.string(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "extra": pa.string(),
    "classes": pa.list_(pa.string()),
    "class_probs": pa.list_(pa.float32()),
    "added": pa.timestamp("ms", tz="UTC"),
    "text": pa.string(),
}
"""Columns of the pictures table besides the vectors."""


def schema(spaces: Sequence[SpaceDescription]) -> pa.Schema:
    """The Arrow schema of the pictures table."""
    vectors = [(space.column, pa.list_(pa.float16(), space.dims)) for space in spaces]
    return pa.schema([*COLUMNS.items(), *vectors])


def to_row(record: PictureRecord) -> dict[str, Any]:
    """The record as one row, without its vectors."""
    first, facts, meta = record.locations[0], record.facts, record.metadata
    return {
        "key": record.key,
        "id": record.id,
        "location": first.path,
        "locations": [vars(location) for location in record.locations],
        "folders": list(dict.fromkeys(f for place in record.locations for f in place.folders)),
        "name": PurePath(first.path).name,
        "bytes": record.size_bytes,
        "format": facts.format,
        "width": facts.width,
        "height": facts.height,
        "mode": facts.mode,
        "orientation": facts.orientation,
        "frames": facts.frames,
        "alpha": facts.alpha,
        "title": meta.title,
        "caption": meta.caption,
        "tags": list(meta.tags),
        "tag_words": [fold(tag) for tag in meta.tags],
        "taken": meta.taken,
        "camera": meta.camera,
        "latitude": meta.latitude,
        "longitude": meta.longitude,
        "extra": json.dumps(meta.extra, ensure_ascii=False) if meta.extra else "",
        "classes": list(record.classes),
        "class_probs": list(record.class_probs),
        "added": record.added,
        "text": record.text,
    }


def from_row(row: Mapping[str, Any]) -> PictureRecord:
    """The record of a row of the pictures table."""
    return PictureRecord(
        id=row["id"],
        key=row["key"],
        locations=tuple(Location(**place) for place in row["locations"]),
        size_bytes=row["bytes"],
        facts=PictureFacts(
            format=row["format"],
            width=row["width"],
            height=row["height"],
            mode=row["mode"],
            orientation=row["orientation"],
            frames=row["frames"],
            alpha=row["alpha"],
        ),
        metadata=Metadata(
            title=row["title"],
            caption=row["caption"],
            tags=tuple(row["tags"]),
            taken=row["taken"],
            camera=row["camera"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            extra=json.loads(row["extra"]) if row["extra"] else {},
        ),
        classes=tuple(row["classes"]),
        class_probs=tuple(row["class_probs"]),
        added=row["added"],
    )


def to_table(
    records: Sequence[PictureRecord],
    vectors: Mapping[str, Float32Array],
    spaces: Sequence[SpaceDescription],
) -> pa.Table:
    """Rows with vectors, ready to be written.

    Args:
        records: n pictures, with their keys.
        vectors: per space name an array of shape (n, dims).
        spaces: the spaces to write.
    """
    rows = [to_row(record) for record in records]
    arrays = [pa.array([row[name] for row in rows], kind) for name, kind in COLUMNS.items()]
    for space in spaces:
        arrays.append(matrix_column(vectors[space.name]))
    return pa.Table.from_arrays(arrays, schema=schema(spaces))
