"""The vectors that the search benchmarks run on, and the exact answers to their queries.

``synthetic``
    Unit rows of 512 dimensions: Zipf-sized Gaussian clusters, themselves in groups, in a space
    of 32 dimensions that a random two-layer network bends into 512. Queries follow the same
    law and are held out.
``lite0``, ``alexnet``
    Vectors of real pictures: EfficientNet-Lite0's pool of the shared pictures (1280), AlexNet's
    fc7 of 1,250 photos (4096). A tenth of the rows is held out as queries.
``lite0-grown``, ``alexnet-grown``
    The same, grown: a row is a random point between a real row and one of its ten nearest,
    plus noise of a third of their distance. Not real vectors, but with real ones' shape.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

K = 10
QUERIES, FEW = 1000, 300
"""Queries without a filter, and under each filter."""
MOST_ROWS = {"lite0-grown": 200_000, "alexnet-grown": 50_000}
SETS = ("synthetic", "lite0", "lite0-grown", "alexnet", "alexnet-grown")
_BLOCK = 50_000
_INTRINSIC, _HIDDEN, _DIMS = 32, 1024, 512
_NEAREST = 10
_NOISE = 0.3


@dataclass(frozen=True)
class Filter:
    """Which rows count, and which queries are asked under it.

    Attributes:
        name: of the filter.
        rows: ascending row numbers; None for all.
        queries: numbers of the queries.
    """

    name: str
    rows: Ints | None
    queries: Ints


@dataclass(frozen=True)
class VectorSet:
    """A data set on disk: ``rows.npy``, ``queries.npy``, ``labels.npy``, ``query_labels.npy``."""

    folder: Path

    @property
    def rows(self) -> Floats:
        """Shape (rows, dims), float32, unit rows, mapped into memory."""
        rows: Floats = np.load(self.folder / "rows.npy", mmap_mode="r")
        return rows

    @property
    def queries(self) -> Floats:
        """Shape (queries, dims), float32, unit rows."""
        queries: Floats = np.load(self.folder / "queries.npy")
        return queries

    @property
    def fresh(self) -> Floats:
        """Further rows of the same law, to be added later; shape (n, dims)."""
        fresh: Floats = np.load(self.folder / "fresh.npy")
        return fresh

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """The rows in blocks, each with the number of its first row."""
        rows = self.rows
        for start in range(0, len(rows), _BLOCK):
            yield start, np.asarray(rows[start : start + _BLOCK])

    def filters(self) -> list[Filter]:
        """No filter, random ones, and ones that take whole clusters, the same ones every time."""
        count = len(self.rows)
        labels = np.load(self.folder / "labels.npy")
        asked = np.load(self.folder / "query_labels.npy")
        every = np.arange(len(asked), dtype=np.int64)
        random = np.random.default_rng(3)
        found = [Filter("none", None, every[:QUERIES])]
        for share in (0.01, 0.1, 0.5):
            chosen = np.sort(random.choice(count, int(count * share), replace=False))
            found.append(Filter(f"random {share:.0%}", chosen.astype(np.int64), every[:FEW]))
        for share in (0.01, 0.05):
            inside = _clusters_of(labels, share, random)
            rows = np.flatnonzero(np.isin(labels, inside)).astype(np.int64)
            within = np.isin(asked, inside)
            outside = every[~within][:FEW]
            found.append(Filter(f"clusters {share:.0%}, from outside", rows, outside))
            if within.any():
                inner = every[within][:FEW]
                found.append(Filter(f"clusters {share:.0%}, from inside", rows, inner))
        return found


def _clusters_of(
    labels: npt.NDArray[Any], share: float, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Whole clusters that together hold about this share of the rows."""
    sizes = np.bincount(labels)
    few = np.flatnonzero((sizes > 0) & (sizes <= max(share * len(labels), sizes.min())))
    order = random.permutation(few)
    last = int(np.searchsorted(np.cumsum(sizes[order]), share * len(labels))) + 1
    return order[:last].astype(np.int64)


def make(name: str, rows: int, folder: Path, shared: Path) -> VectorSet:
    """Make a data set, or find the one that was made before."""
    done = folder / "data.json"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if name == "synthetic":
            _synthetic(rows, folder)
        else:
            _real(name, rows, folder, shared)
        done.write_text(json.dumps({"name": name, "rows": len(VectorSet(folder).rows)}))
    return VectorSet(folder)


def _synthetic(count: int, folder: Path) -> None:
    random = np.random.default_rng(20)
    clusters = int(np.clip(count // 100, 100, 4000))
    groups = random.standard_normal((max(20, clusters // 40), _INTRINSIC))
    centres = groups[random.integers(0, len(groups), clusters)]
    centres = centres + 0.7 * random.standard_normal(centres.shape)
    widths = random.uniform(0.2, 0.5, clusters)
    sizes = 1 / np.arange(1, clusters + 1) ** 0.8
    first = random.standard_normal((_INTRINSIC, _HIDDEN)) / np.sqrt(_INTRINSIC)
    second = random.standard_normal((_HIDDEN, _DIMS)) / np.sqrt(_HIDDEN)

    def draw(labels: npt.NDArray[Any]) -> Floats:
        noise = random.standard_normal((len(labels), _INTRINSIC))
        points = centres[labels] + widths[labels, None] * noise
        bent = np.tanh(2 * points @ first).astype(np.float32) @ second.astype(np.float32)
        return unit_rows(bent + 0.02 * random.standard_normal(bent.shape, dtype=np.float32))

    def labels_of(n: int) -> npt.NDArray[np.int64]:
        return random.choice(clusters, n, p=sizes / sizes.sum())

    labels = labels_of(count)
    # Behind the queries of the same law some of every cluster, so that each filter has its own.
    asked = np.concatenate([labels_of(QUERIES), random.integers(0, clusters, 8 * QUERIES)])
    np.save(folder / "labels.npy", labels)
    np.save(folder / "query_labels.npy", asked)
    np.save(folder / "queries.npy", draw(asked))
    _write_blocks(folder, count, _DIMS, lambda at: draw(labels[at]))
    np.save(folder / "fresh.npy", draw(labels_of(1000 + count // 16)))


def _real(name: str, count: int, folder: Path, shared: Path) -> None:
    from realvectors import alexnet_vectors, lite0_vectors

    kept = folder.parent / f"real-{name.split('-')[0]}.npy"
    if not kept.exists():
        make_real = alexnet_vectors if name.startswith("alexnet") else lite0_vectors
        np.save(kept, make_real(shared))
    real: Floats = np.load(kept)
    random = np.random.default_rng(20)
    order = random.permutation(len(real))
    held = max(50, min(QUERIES, len(real) // 10))
    asked, base = real[order[:held]], real[order[held:]]
    centres = _k_means(base, max(10, len(base) // 60))
    np.save(folder / "queries.npy", asked)
    np.save(folder / "query_labels.npy", (asked @ centres.T).argmax(axis=1))
    labels = (base @ centres.T).argmax(axis=1)
    if not name.endswith("-grown"):
        np.save(folder / "labels.npy", labels)
        np.save(folder / "rows.npy", base)
        np.save(folder / "fresh.npy", _grown(base, random)(min(1000, len(base)))[0])
        return
    grow = _grown(base, random)
    count = min(count, MOST_ROWS[name])
    parents = np.empty(count, dtype=np.int64)

    def block(at: slice) -> Floats:
        rows, parents[at] = grow(at.stop - at.start)
        return rows

    _write_blocks(folder, count, base.shape[1], block)
    np.save(folder / "labels.npy", labels[parents])
    np.save(folder / "fresh.npy", grow(1000 + count // 16)[0])


def _grown(base: Floats, random: np.random.Generator) -> Callable[[int], tuple[Floats, Ints]]:
    scores = base @ base.T
    near = np.argpartition(-scores, _NEAREST + 1, axis=1)[:, : _NEAREST + 1]

    def grow(count: int) -> tuple[Floats, Ints]:
        parents = random.integers(0, len(base), count)
        others = near[parents, random.integers(0, near.shape[1], count)]
        apart = base[others] - base[parents]
        rows = base[parents] + random.random((count, 1), dtype=np.float32) * apart
        noise = random.standard_normal(rows.shape, dtype=np.float32) / np.sqrt(rows.shape[1])
        distance = np.linalg.norm(apart, axis=1, keepdims=True)
        return unit_rows(rows + _NOISE * np.maximum(distance, 0.3) * noise), parents

    return grow


def _k_means(rows: Floats, clusters: int) -> Floats:
    import faiss

    means = faiss.Kmeans(rows.shape[1], clusters, niter=10, seed=1, spherical=True)
    means.train(np.ascontiguousarray(rows))
    centres: Floats = means.centroids
    return centres


def _write_blocks(
    folder: Path, count: int, dims: int, make_block: Callable[[slice], Floats]
) -> None:
    rows = np.lib.format.open_memmap(
        folder / "rows.npy", mode="w+", dtype=np.float32, shape=(count, dims)
    )
    for start in range(0, count, _BLOCK):
        at = slice(start, min(start + _BLOCK, count))
        rows[at] = make_block(at)
    rows.flush()


def unit_rows(rows: npt.NDArray[Any]) -> Floats:
    """Rows scaled to length 1, float32."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("rows", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("shared", type=Path)
    given = parser.parse_args()
    vectors = make(given.name, given.rows, given.folder, given.shared)
    about = {
        f.name: len(vectors.rows) if f.rows is None else len(f.rows) for f in vectors.filters()
    }
    dims = vectors.rows.shape[1]
    print(json.dumps({"rows": len(vectors.rows), "dims": dims, "filters": about}))


if __name__ == "__main__":
    main()
