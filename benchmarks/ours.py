"""lookalike's side of the search benchmark; each step runs in a process of its own."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.lab.bench.engines.planner import made_up_picture, space_of
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.vector_cache import CACHES, VectorCache
from lookalike.store.writer import StoreWriter, writing
from measure import answer, disk_mb, memory, one_by_one
from truth import exact
from vectors import Filter, Floats, K, VectorSet

BATCH = 2000
"""Pictures a commit; what ``lookalike index`` writes at once."""


def append(writer: StoreWriter, rows: Floats, first: int) -> None:
    """Store rows as pictures, in batches."""
    for start in range(0, len(rows), BATCH):
        part = np.asarray(rows[start : start + BATCH])
        records = [made_up_picture(first + start + i) for i in range(len(part))]
        writer.append(records, {"bench": part})


def build(vectors: VectorSet, path: Path) -> dict[str, Any]:
    """Make the library from nothing."""
    rows = vectors.rows
    times: dict[str, Any] = {}
    with timed(times, "create_s"):
        store = LanceStore.create(path, [space_of(rows.shape[1])])
    with writing(store) as writer:
        with timed(times, "append_s"):
            append(writer, rows, 0)
        with timed(times, "maintain_s"):
            (health,) = maintain(store)
    cache = VectorCache(store, store.description.spaces[0])
    index = cache.view().index
    return {
        **times,
        "disk_mb": disk_mb(path),
        "disk_caches_mb": disk_mb(path / CACHES),
        "indexed": health.indexed,
        "own_recall": health.recall,
        "clusters": index.clusters if index else 0,
        "probes": index.name.probes if index else 0,
        "build_memory_mb": memory(),
    }


def search(vectors: VectorSet, path: Path) -> dict[str, Any]:
    """Recall, times and memory of a process that only searches."""
    import faiss

    faiss.omp_set_num_threads(1)
    store = LanceStore(path)
    view = VectorCache(store, store.description.spaces[0]).view()
    queries = np.asarray(vectors.queries)
    before = memory()
    found, peak = {}, {}
    filters = vectors.filters()
    answers = {}
    for asked in filters:

        def ask(query: int, asked: Filter = asked) -> Any:
            return view.top(queries[query], K, asked.rows).keys

        times, answers[asked.name] = one_by_one(ask, asked.queries.tolist())
        found[asked.name] = {"queries": len(asked.queries), **times}
        # The first entry is without filters: what a plain search needs.
        peak.setdefault("plain", memory())
    peak["filters"] = memory()
    truth = exact(vectors, filters, f"truth-{len(vectors.rows)}")
    for asked in filters:
        recall = truth.recall(vectors, asked, answers[asked.name])
        found[asked.name]["recall"] = round(recall, 4)
    return {"filters": found, "memory_mb": {"opened": before, **peak}}


def cold(vectors: VectorSet, path: Path) -> dict[str, Any]:
    """The first search of a process; the caller knows when it began."""
    query = vectors.queries[0]
    times: dict[str, Any] = {}
    with timed(times, "open_s"):
        store = LanceStore(path)
    with timed(times, "view_s"):
        view = VectorCache(store, store.description.spaces[0]).view()
    with timed(times, "first_search_s"):
        view.top(query, K)
    with timed(times, "second_search_s"):
        view.top(query, K)
    return {**times, "memory_mb": memory()}


def change(vectors: VectorSet, path: Path) -> dict[str, Any]:
    """Adds and deletes: how soon they count, how soon they are merged, what they cost searches."""
    import faiss

    threads = faiss.omp_get_max_threads()
    store = LanceStore(path)
    cache = VectorCache(store, store.description.spaces[0])
    cache.view()
    fresh, queries = vectors.fresh, vectors.queries[:300]
    count = len(store)
    found: dict[str, Any] = {"added": 1000}

    def p50() -> float:
        faiss.omp_set_num_threads(1)
        view = cache.view()
        times, _ = one_by_one(lambda query: view.top(query, K), list(queries), rounds=2)
        faiss.omp_set_num_threads(threads)
        return times["p50_ms"]

    with writing(store) as writer:
        with timed(found, "added_findable_s"):
            append(writer, fresh[:1000], count)
            hit = cache.view().top(fresh[7], 1).keys[0]
        assert hit == int(store.keys()[-1000 + 7])
        found["p50_ms_before_tidying"] = p50()
        with timed(found, "tidied_s"):
            maintain(store)
        found["p50_ms_after_tidying"] = p50()
        append(writer, fresh[1000:], count + 1000)
        found["added_more"] = len(fresh) - 1000
        with timed(found, "merged_s"):
            (health,) = maintain(store)
        found["indexed_share"] = round(health.indexed / len(store), 4)
        found["p50_ms_after_merging"] = p50()
        gone = np.concatenate([store.keys()[: count // 10 : 100], store.keys()[count:]])
        found["deleted"] = len(gone)
        with timed(found, "deleted_gone_s"):
            writer.delete(gone.tolist())
            hits = cache.view().top(fresh[7], K).keys
        assert not np.isin(hits, gone).any()
        found["p50_ms_after_deleting"] = p50()
    return found


@contextmanager
def timed(times: dict[str, Any], name: str) -> Iterator[None]:
    """Note how long something takes."""
    began = time.perf_counter()
    yield
    times[name] = round(time.perf_counter() - began, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["build", "search", "cold", "change"])
    parser.add_argument("vectors", type=Path)
    parser.add_argument("library", type=Path)
    given = parser.parse_args()
    steps = {"build": build, "search": search, "cold": cold, "change": change}
    answer(steps[given.step](VectorSet(given.vectors), given.library))


if __name__ == "__main__":
    main()
