"""Chroma, as it comes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.bench.engines.base import (
    BUILD_EFFORT,
    LINKS,
    EngineKind,
    register,
)
from lookalike.store.known import Int64Array

_BATCH = 2000


class Chroma:
    """A collection in a folder."""

    efforts = (0,)

    def __init__(self, vectors: Float32Array, folder: Path) -> None:
        import chromadb

        client = chromadb.PersistentClient(
            str(folder), settings=chromadb.Settings(anonymized_telemetry=False)
        )
        space = {"space": "ip", "max_neighbors": LINKS, "ef_construction": BUILD_EFFORT}
        self._collection = client.create_collection("bench", configuration={"hnsw": space})
        for start in range(0, len(vectors), _BATCH):
            part = np.asarray(vectors[start : start + _BATCH])
            ids = [str(start + row) for row in range(len(part))]
            self._collection.add(ids=ids, embeddings=part)

    def search(self, query: Float32Array, k: int, effort: int) -> Int64Array:
        """See :class:`Engine`."""
        found = self._collection.query(query_embeddings=query[None], n_results=k, include=[])
        return np.asarray([int(name) for name in found["ids"][0]], np.int64)


register(EngineKind("chroma", "a database on disk, its own effort", Chroma, "chromadb", 100_000))
