"""Recall against time of search engines, each in a process of its own.

``python -m lookalike.lab.bench.curves ENGINE VECTORS QUERIES`` prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.lab.bench.engines.base import Engine, engine_kind
from lookalike.lab.maps.nearest import nearest
from lookalike.store.known import Int64Array

K = 10
LIMIT_S = 900
_LEAST_S = 0.2
_ROUNDS = 3


@dataclass(frozen=True)
class Point:
    """An engine at one effort.

    Attributes:
        effort: what the engine was asked for.
        recall: the share of the ten best rows that it found; rows as good as the tenth count.
        p50_ms: median time of a query, one after the other on one thread.
        p99_ms: the slowest hundredth.
    """

    effort: int
    recall: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Curve:
    """What was measured of an engine.

    Attributes:
        engine: its name.
        build_s: seconds that making it took, on all cores.
        memory_mb: by how much the process grew, made and searched.
        points: from the least effort to the largest.
        error: why there are none; empty if there are.
    """

    engine: str
    build_s: float = 0.0
    memory_mb: float = 0.0
    points: tuple[Point, ...] = ()
    error: str = ""

    def at(self, recall: float) -> Point | None:
        """The quickest point with at least this recall."""
        enough = [point for point in self.points if point.recall >= recall]
        return min(enough, key=lambda point: point.p50_ms, default=None)


def curves(
    names: Sequence[str],
    vectors: Float32Array,
    queries: Float32Array,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Curve]:
    """Measure engines on the same vectors and queries.

    Args:
        names: of engines.
        vectors: shape (n, dims), float32, of length 1.
        queries: shape (m, dims), float32, of length 1.
        tell: told what is being measured.

    Raises:
        UsageError: there is no such engine.
    """
    wanted = [engine_kind(name) for name in names]
    found = []
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as made:
        folder = Path(made)
        np.save(folder / "vectors.npy", np.asarray(vectors, np.float32))
        np.save(folder / "queries.npy", np.asarray(queries, np.float32))
        for kind in wanted:
            tell(kind.name)
            if kind.missing:
                found.append(Curve(kind.name, error=f"not installed: {kind.missing}"))
            elif len(vectors) > kind.most_rows:
                found.append(Curve(kind.name, error=f"not tried above {kind.most_rows:,} rows"))
            else:
                found.append(_alone(kind.name, folder))
    return found


def _alone(name: str, folder: Path) -> Curve:
    command = [sys.executable, "-m", __name__, name, str(folder)]
    # OpenMP's threads are for building; a query gets one, see _measure.
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return Curve(name, error=f"given up after {LIMIT_S} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Curve(name, error=f"failed: {last[:200]}")
    row: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return Curve(**{**row, "points": tuple(Point(**point) for point in row["points"])})


def _measure(name: str, folder: Path) -> Curve:
    import faiss
    import psutil

    vectors: Float32Array = np.load(folder / "vectors.npy", mmap_mode="r")
    queries: Float32Array = np.load(folder / "queries.npy")
    place = folder / name
    place.mkdir()
    kind = engine_kind(name)
    k = min(K, len(vectors))
    before = psutil.Process().memory_full_info().uss
    began = time.perf_counter()
    engine = kind.build(vectors, place)
    built = time.perf_counter() - began
    faiss.omp_set_num_threads(1)
    engine.search(queries[0], k, engine.efforts[0])
    grown = psutil.Process().memory_full_info().uss - before
    # The truth comes after: it reads all vectors.
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    least = nearest(queries, np.asarray(vectors), k)[1][:, -1]
    faiss.omp_set_num_threads(1)
    points = tuple(_point(engine, effort, vectors, queries, least, k) for effort in engine.efforts)
    return Curve(name, round(built, 2), round(grown / 2**20, 1), points)


def _point(
    engine: Engine,
    effort: int,
    vectors: Float32Array,
    queries: Float32Array,
    least: Float32Array,
    k: int,
) -> Point:
    times = np.full(len(queries), np.inf)
    found: list[Int64Array] = []
    spent = 0.0
    for turn in range(_ROUNDS):
        if turn and spent > _LEAST_S * len(queries):
            break  # slow enough to be measured by one round
        found = []
        for number, query in enumerate(queries):
            began = time.perf_counter()
            found.append(engine.search(query, k, effort))
            took = time.perf_counter() - began
            times[number] = min(times[number], took)
            spent += took
    hits = [
        int((vectors[np.sort(rows)] @ query >= worst - 1e-5).sum())
        for rows, query, worst in zip(found, queries, least, strict=True)
    ]
    p50, p99 = (1000 * np.percentile(times, [50, 99])).tolist()
    return Point(effort, round(sum(hits) / (k * len(queries)), 4), round(p50, 3), round(p99, 3))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_measure(sys.argv[1], Path(sys.argv[2])))) + "\n")
