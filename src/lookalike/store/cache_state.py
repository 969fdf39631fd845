"""``cache.json``: which files of a vector cache count. Replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from lookalike.store.segments import SegmentName

CACHE_FORMAT = 1
CACHE_FILE = "cache.json"
_OWN_SUFFIXES = {".faiss", ".npy", ".tmp"}


@dataclass(frozen=True)
class IndexName:
    """The approximate index of a cache.

    Attributes:
        stem: of its files.
        rows: it covers the first so many rows of the cache.
        trained_rows: rows of the cache when its clusters were learned.
        probes: clusters to look into, the same number for every query; the least that kept the
            recall.
        recall: recall@10 against exact search when it was last probed.
        depth: rows scored exactly for each that is wanted; the least that kept the recall.
        margin: without a filter, how much less a cluster's inner product with the query may be
            than the best cluster's; the least that kept the recall. None: ``probes`` decides.
    """

    stem: str
    rows: int
    trained_rows: int
    probes: int
    recall: float
    depth: float = 5.0
    margin: float | None = None


@dataclass(frozen=True)
class CacheState:
    """The content of ``cache.json``.

    Attributes:
        dims: length of a vector.
        segments: in the order of their rows.
        index: the approximate index, if there is one.
    """

    dims: int
    segments: tuple[SegmentName, ...] = ()
    index: IndexName | None = None

    @property
    def rows(self) -> int:
        """Number of cached vectors, deleted ones included."""
        return sum(segment.rows for segment in self.segments)


def read_state(folder: Path, dims: int) -> CacheState:
    """The cache's state; an empty one where there is none that this version can use."""
    try:
        raw = json.loads((folder / CACHE_FILE).read_text(encoding="utf-8"))
        if raw["format"] != CACHE_FORMAT or raw["dims"] != dims:
            return CacheState(dims)
        segments = tuple(SegmentName(**segment) for segment in raw["segments"])
        index = IndexName(**raw["index"]) if raw["index"] else None
    except (OSError, ValueError, KeyError, TypeError):  # a cache: made anew rather than mended
        return CacheState(dims)
    return CacheState(dims, segments, index)


def write_state(folder: Path, state: CacheState) -> None:
    """Replace ``cache.json`` and delete the files that it no longer names."""
    temporary = folder / f"{CACHE_FILE}.tmp"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({"format": CACHE_FORMAT, **asdict(state)}, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / CACHE_FILE)
    named = {segment.stem for segment in state.segments}
    if state.index:
        named.add(state.index.stem)
    for file_path in folder.iterdir():
        if file_path.suffix in _OWN_SUFFIXES and file_path.name.split(".")[0] not in named:
            file_path.unlink(missing_ok=True)
