"""lookalike itself: a library with these vectors, made and searched as any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.imaging.picture import PictureFacts
from lookalike.lab.bench.engines.base import EngineKind, register
from lookalike.sources.metadata import Metadata
from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.rows import Location, PictureRecord
from lookalike.store.vector_cache import VectorCache
from lookalike.store.writer import writing

AS_PLANNED = 0
SPACE = "bench"
_BATCH = 2000


def made_up_picture(number: int) -> PictureRecord:
    """A picture that is nowhere."""
    path = f"/pictures/{number % 997}/{number}.jpg"
    return PictureRecord(
        id=f"{number:032x}",
        locations=(Location(path, "/pictures", f"stamp-{number}", f"picture {number}"),),
        size_bytes=100_000 + number % 50_000,
        facts=PictureFacts("jpeg", 640, 480, "RGB"),
        metadata=Metadata(),
    )


def space_of(dims: int) -> SpaceDescription:
    """The only space of a library of vectors."""
    return SpaceDescription(name=SPACE, kind="image", encoder=SPACE, dims=dims)


class Planner:
    """Exact up to some 50,000 rows, clusters with 4-bit codes and exact scores beyond."""

    def __init__(self, vectors: Float32Array, folder: Path) -> None:
        store = LanceStore.create(folder / "library", [space_of(vectors.shape[1])])
        with writing(store) as writer:
            for start in range(0, len(vectors), _BATCH):
                part = np.asarray(vectors[start : start + _BATCH])
                records = [made_up_picture(start + row) for row in range(len(part))]
                writer.append(records, {SPACE: part})
            maintain(store)
        self._view = VectorCache(store, store.description.spaces[0]).view()
        self._rows = self._view.live
        index = self._view.index
        self._planned = index.name if index else None
        probes = (1, 2, 4, 8, 16, 32, 64)
        self.efforts: Sequence[int] = (AS_PLANNED, *(probes if index else ()))

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`; the effort is the number of clusters, 0 as the planner chooses."""
        if self._view.index is not None and self._planned is not None:
            fixed = replace(self._planned, probes=effort, margin=None)
            self._view.index.name = self._planned if effort == AS_PLANNED else fixed
        keys = self._view.top(query, k).keys
        return np.asarray(np.searchsorted(self._rows, keys), np.int64)


register(
    EngineKind("lookalike", "as a library searches; effort is the number of clusters", Planner)
)
