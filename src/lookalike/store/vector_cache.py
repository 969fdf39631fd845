"""Keeps the vector files of a space in step with the table.

A picture's vectors never change (other bytes make another picture), so the files are only
topped up; what was deleted is masked until so much is gone that they are written anew.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from filelock import FileLock

from lookalike.store.ann import AnnIndex
from lookalike.store.cache_state import CacheState, IndexName, read_state, write_state
from lookalike.store.code_segments import CodeSegment
from lookalike.store.code_view import CodeView
from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.metric import is_product
from lookalike.store.metric_view import DistanceView
from lookalike.store.segments import Batches, Segment, SegmentName, is_full, write_segments
from lookalike.store.space_table import CACHES
from lookalike.store.vectors import VectorView

MAX_ROWS_IN_MEMORY = 20_000
"""A reader keeps at most so many rows that are not in the files yet in its memory."""
MAX_DEAD_SHARE = 0.25


class VectorCache:
    """The vector files of one space of a library.

    Args:
        store: the library's store.
        space: which space.
    """

    def __init__(self, store: LanceStore, space: SpaceDescription) -> None:
        self._store, self.space = store, space
        self.folder = Path(store.path) / CACHES / space.column
        self._kind = CodeSegment if space.codes == "binary" else Segment
        self._open_segments: dict[str, Segment] = {}
        self._open_index: AnnIndex | None = None
        self._view: tuple[tuple[int, int], VectorView] | None = None

    def follow(self, store: LanceStore) -> None:
        """Keep in step with another store object of the same library from now on."""
        self._store = store

    def view(self) -> VectorView:
        """The vectors at the store's version in view; writes files only if many rows lack."""
        state = self._store.state_of(self.space)
        if self._view is None or self._view[0] != state:
            self._view = (state, self._load())
        return self._view[1]

    def sync(self) -> CacheState:
        """Bring the files up to the store's version; returns what they hold then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "cache.lock"):
            state, segments = self._read()
            live = self._store.keys_in(self.space)
            cached = _keys_of(segments)
            if _is_stale(cached, live):
                state, cached = CacheState(self.space.dims), cached[:0]
            if len(live) > _common(live, cached):
                state = self._append(state, int(cached.max()) if len(cached) else -1)
                write_state(self.folder, state)
        self._view = None
        return state

    def set_index(self, index: AnnIndex) -> None:
        """Write an index and name it in place of the one before."""
        with FileLock(self.folder / "cache.lock"):
            name = index.write(self.folder)
            write_state(self.folder, replace(read_state(self.folder, self.space.dims), index=name))
        self._open_index, self._view = index, None

    def drop_index(self) -> None:
        """Search every row from now on."""
        with FileLock(self.folder / "cache.lock"):
            write_state(self.folder, replace(read_state(self.folder, self.space.dims), index=None))
        self._open_index, self._view = None, None

    def _append(self, state: CacheState, after: int) -> CacheState:
        kept = list(state.segments)
        old: Batches = ()
        if kept and not is_full(kept[-1], self.space.dims, self._kind):
            last = self._segment(kept.pop())
            old = [(last.keys, last.reconstruct_all())]
        fresh = self._store.vector_batches(self.space, after)
        added = write_segments(self.folder, self.space.dims, chain(old, fresh), self._kind)
        return replace(state, segments=(*kept, *added))

    def _load(self) -> VectorView:
        state, segments = self._read()
        live = self._store.keys_in(self.space)
        cached = _keys_of(segments)
        missing = len(live) - _common(live, cached)
        if missing > MAX_ROWS_IN_MEMORY or _is_stale(cached, live):
            self.sync()
            state, segments = self._read()
            cached, missing = _keys_of(segments), 0
        if missing:
            after = int(cached.max()) if len(cached) else -1
            batches = self._store.vector_batches(self.space, after)
            segments.append(self._kind.in_memory(self.space.dims, batches))
        index = self._index(state.index) if state.index else None
        if self.space.codes == "binary":
            return CodeView(self.space.dims, segments, live)
        if not is_product(self.space.metric):
            return DistanceView(self.space.dims, segments, live, self.space.metric)
        return VectorView(self.space.dims, segments, live, index)

    def _read(self) -> tuple[CacheState, list[Segment]]:
        state = read_state(self.folder, self.space.dims)
        for _ in range(5):
            try:
                segments = [self._segment(name) for name in state.segments]
            except (OSError, RuntimeError, ValueError):
                # Another process replaced the files in between, or they are damaged.
                again = read_state(self.folder, self.space.dims)
                if again == state:
                    break
                state = again
            else:
                stems = {name.stem for name in state.segments}
                self._open_segments = {
                    stem: held for stem, held in self._open_segments.items() if stem in stems
                }
                return state, segments
        return CacheState(self.space.dims), []

    def _segment(self, name: SegmentName) -> Segment:
        if name.stem not in self._open_segments:
            self._open_segments[name.stem] = self._kind.open(self.folder, name)
        return self._open_segments[name.stem]

    def _index(self, name: IndexName) -> AnnIndex | None:
        if self._open_index is None or self._open_index.name != name:
            try:
                self._open_index = AnnIndex.open(self.folder, name)
            except (OSError, RuntimeError, ValueError):  # damaged or replaced: search without it
                self._open_index = None
        return self._open_index


def _keys_of(segments: list[Segment]) -> Int64Array:
    keys = [segment.keys for segment in segments]
    return np.concatenate([np.empty(0, dtype=np.int64), *keys])


def _common(live: Int64Array, cached: Int64Array) -> int:
    if np.array_equal(live, cached):
        return len(live)
    return int(np.isin(live, cached, assume_unique=True).sum())


def _is_stale(cached: Int64Array, live: Int64Array) -> bool:
    """Whether the files lack an older row, or hold too many that are gone."""
    if len(cached) == 0:
        return False
    dead = len(cached) - _common(live, cached)
    older = live[live <= cached.max()]
    lacking = len(older) > len(cached) - dead
    return lacking or dead > MAX_DEAD_SHARE * len(cached)
