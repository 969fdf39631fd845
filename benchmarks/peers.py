"""The other engines of the search benchmark; each step runs in a process of its own.

FAISS HNSW and hnswlib are built with M = 32 and efConstruction = 200. Their efSearch is raised
until their recall is lookalike's: the times at that point are compared.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from measure import answer, disk_mb, memory, one_by_one
from truth import Truth, exact
from vectors import Filter, Floats, Ints, K, VectorSet

M, EF_CONSTRUCTION = 32, 200
EFFORTS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048)
CHROMA_BATCH = 2000
FLAT_QUERIES = 50
"""Each takes as long as any other."""


class Engine(Protocol):
    """What a peer must be able to do. ``effort`` is its efSearch, if it has one."""

    filters: bool
    efforts: Sequence[int]
    rows: int

    def search(self, query: Floats, effort: int, selector: Any) -> Ints:
        """The best rows for one query."""
        ...

    def selector(self, rows: Ints) -> Any:
        """A filter in the engine's own form, made before the clock starts."""
        ...


class Faiss:
    """``faiss-hnsw`` and ``faiss-flat``."""

    filters = True

    def __init__(self, kind: str, path: Path) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index = faiss.read_index(str(path / "index.faiss"))
        self.rows = self._index.ntotal
        self._hnsw = kind == "faiss-hnsw"
        self.efforts = EFFORTS if self._hnsw else (0,)

    @staticmethod
    def build(kind: str, vectors: VectorSet, path: Path) -> dict[str, Any]:
        import faiss

        dims = vectors.rows.shape[1]
        if kind == "faiss-hnsw":
            index = faiss.IndexHNSWFlat(dims, M, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = EF_CONSTRUCTION
        else:
            index = faiss.IndexFlatIP(dims)
        for _, block in vectors.blocks():
            index.add(block)
        faiss.write_index(index, str(path / "index.faiss"))
        return {"rows": index.ntotal}

    def selector(self, rows: Ints) -> Any:
        import faiss

        mask = np.zeros(self._index.ntotal, dtype=bool)
        mask[rows] = True
        bits = np.packbits(mask, bitorder="little")
        return faiss.IDSelectorBitmap(bits)

    def search(self, query: Floats, effort: int, selector: Any) -> Ints:
        import faiss

        kind = faiss.SearchParametersHNSW if self._hnsw else faiss.SearchParameters
        params = kind(sel=selector) if selector is not None else kind()
        if self._hnsw:
            params.efSearch = effort
        found: Ints = self._index.search(query[None], K, params=params)[1][0]
        return found[found >= 0]


class Hnswlib:
    """hnswlib. Its filter is a Python call for each row it meets, so none is measured."""

    filters = False
    efforts = EFFORTS

    def __init__(self, _kind: str, path: Path) -> None:
        import hnswlib

        about = np.load(path / "about.npy")
        self._index = hnswlib.Index(space="ip", dim=int(about[0]))
        self._index.load_index(str(path / "index.hnsw"), max_elements=int(about[1]))
        self._index.set_num_threads(1)
        self.rows = int(about[1])
        self._effort = 0

    @staticmethod
    def build(_kind: str, vectors: VectorSet, path: Path) -> dict[str, Any]:
        import hnswlib

        count, dims = vectors.rows.shape
        index = hnswlib.Index(space="ip", dim=dims)
        index.init_index(max_elements=count, M=M, ef_construction=EF_CONSTRUCTION)
        for start, block in vectors.blocks():
            index.add_items(block, np.arange(start, start + len(block)))
        index.save_index(str(path / "index.hnsw"))
        np.save(path / "about.npy", [dims, count])
        return {"rows": count}

    def selector(self, rows: Ints) -> Any:
        raise NotImplementedError

    def search(self, query: Floats, effort: int, selector: Any) -> Ints:
        if effort != self._effort:
            self._index.set_ef(effort)
            self._effort = effort
        return self._index.knn_query(query, k=K)[0][0].astype(np.int64)


class Chroma:
    """Chroma with its own defaults for search; given only as many rows as the time allows."""

    filters = False
    efforts = (0,)

    def __init__(self, _kind: str, path: Path) -> None:
        self._collection = _chroma(path).get_collection("bench")
        self.rows = self._collection.count()

    @staticmethod
    def build(_kind: str, vectors: VectorSet, path: Path, budget_s: float = 300) -> dict[str, Any]:
        space = {"space": "ip", "max_neighbors": M, "ef_construction": EF_CONSTRUCTION}
        collection = _chroma(path).create_collection("bench", configuration={"hnsw": space})
        count = len(vectors.rows)
        began = time.perf_counter()
        done = 0
        for start, block in vectors.blocks():
            for low in range(0, len(block), CHROMA_BATCH):
                part = block[low : low + CHROMA_BATCH]
                ids = [str(start + low + i) for i in range(len(part))]
                collection.add(ids=ids, embeddings=part)
                done += len(part)
                spent = time.perf_counter() - began
                if done >= count // 10 and spent * count / done > budget_s:
                    return {"rows": done, "stopped": "would take too long for all rows"}
        return {"rows": done}

    def selector(self, rows: Ints) -> Any:
        raise NotImplementedError

    def search(self, query: Floats, effort: int, selector: Any) -> Ints:
        found = self._collection.query(query_embeddings=query[None], n_results=K, include=[])
        return np.asarray([int(name) for name in found["ids"][0]], dtype=np.int64)


def _chroma(path: Path) -> Any:
    import chromadb

    settings = chromadb.Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(str(path / "chroma"), settings=settings)


KINDS: dict[str, Any] = {
    "faiss-hnsw": Faiss,
    "faiss-flat": Faiss,
    "hnswlib": Hnswlib,
    "chroma": Chroma,
}


def build(kind: str, vectors: VectorSet, path: Path) -> dict[str, Any]:
    """Build and save a peer's index, with all cores."""
    path.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    found = KINDS[kind].build(kind, vectors, path)
    return {**found, "build_s": round(time.perf_counter() - began, 2), "disk_mb": disk_mb(path)}


def search(kind: str, vectors: VectorSet, path: Path, wanted: dict[str, float]) -> dict[str, Any]:
    """Times, recall and memory of a process that loads the peer's index and only searches."""
    began = time.perf_counter()
    engine: Engine = KINDS[kind](kind, path)
    opened_s = round(time.perf_counter() - began, 3)
    opened = memory()
    filters = vectors.filters()
    queries = np.asarray(vectors.queries)
    for query in queries[:20]:
        engine.search(query, engine.efforts[-1], None)
    plain = memory()
    if engine.rows < len(vectors.rows):
        first = np.arange(engine.rows, dtype=np.int64)
        filters = [Filter("none", first, filters[0].queries)]
    truth = exact(vectors, filters, f"truth-{engine.rows}")
    found = {}
    for asked in filters:
        if kind == "faiss-flat":
            asked = replace(asked, queries=asked.queries[:FLAT_QUERIES])
        if asked.name == "none" or engine.filters:
            goal = wanted.get(asked.name, 0.98)
            found[asked.name] = _at_recall(engine, vectors, queries, asked, truth, goal)
    return {
        "rows": engine.rows,
        "open_s": opened_s,
        "filters": found,
        "memory_mb": {"opened": opened, "plain": plain},
    }


def _at_recall(
    engine: Engine,
    vectors: VectorSet,
    queries: Floats,
    asked: Filter,
    truth: Truth,
    goal: float,
) -> dict[str, Any]:
    """The times at the least effort that reaches a recall; with the way there."""
    selector = None if asked.name == "none" else engine.selector(asked.rows)
    numbers = asked.queries.tolist()
    way = []
    for effort in engine.efforts:

        def ask(query: int, effort: int = effort) -> Ints:
            return engine.search(queries[query], effort, selector)

        times, answers = one_by_one(ask, numbers, rounds=1)
        recall = round(truth.recall(vectors, asked, answers), 4)
        way.append({"effort": effort, "recall": recall, **times})
        if recall >= goal:
            break
    times, _ = one_by_one(ask, numbers)
    return {**way[-1], **times, "queries": len(numbers), "goal": goal, "way": way}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["build", "search"])
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("vectors", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--goals", default="", help="NAME=RECALL;...")
    given = parser.parse_args()
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    vectors = VectorSet(given.vectors)
    if given.step == "build":
        return answer(build(given.kind, vectors, given.index))
    goals = dict(part.rsplit("=", 1) for part in given.goals.split(";") if part)
    wanted = {name: float(recall) for name, recall in goals.items()}
    return answer(search(given.kind, vectors, given.index, wanted))


if __name__ == "__main__":
    main()
