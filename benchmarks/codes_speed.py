"""Binary codes against float16 in a large space: room, recall and time of a search.

``python benchmarks/codes_speed.py FOLDER [--rows 1000000]``: synthetic vectors of 512 numbers (see
``vectors.py``) are made in FOLDER once. One thread; all ways take turns over the same queries, and
the median counts. Right are the ten nearest by the vectors as they are.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np

from lookalike.encoders.postprocessing import Transform, fit_transform
from lookalike.encoders.signs import for_signs
from lookalike.store.ann import TRAINING_ROWS_PER_CLUSTER, AnnIndex, cluster_count
from lookalike.store.code_segments import CodeSegment
from lookalike.store.code_view import CodeView
from lookalike.store.known import Int64Array
from lookalike.store.maintenance import probe, replace_index
from lookalike.store.segments import Segment, SegmentName, write_segments
from lookalike.store.vectors import VectorView
from measure import RESULTS, machine, options, say, table
from vectors import Floats, VectorSet, make

K, ASKED, SAMPLE, BATCH = 10, 30, 10_000, 20_000


@dataclass
class Row:
    """One way to search."""

    way: str
    bytes_a_row: float
    recall: float
    p50_ms: float


def batches(found: VectorSet, change: Transform | None) -> Iterator[tuple[Int64Array, Floats]]:
    for start, block in found.blocks():
        rows = block if change is None else change(block)
        yield np.arange(start, start + len(rows)), rows


def written(
    folder: Path, found: VectorSet, change: Transform | None, kind: type[Segment]
) -> tuple[list[Segment], float]:
    """The segments, and the bytes of their files a row."""
    say(f"writing {kind.__name__}s")
    names: list[SegmentName] = write_segments(
        folder, found.rows.shape[1] if change is None else change.dims, batches(found, change), kind
    )
    size = sum((folder / f"{name.stem}.faiss").stat().st_size for name in names)
    return [kind.open(folder, name) for name in names], size / len(found.rows)


def indexed(view: VectorView, folder: Path) -> tuple[VectorView, float]:
    """The same vectors behind the index that a library has, and its bytes a row."""
    say("training the index")
    rows = len(view)
    count = min(rows, TRAINING_ROWS_PER_CLUSTER * cluster_count(rows))
    chosen = np.sort(np.random.default_rng(2).choice(view.live, count, replace=False))
    parts = (view.vectors(part) for part in np.array_split(chosen, -(-count // BATCH)))
    index = AnnIndex.train(view.vectors(chosen[::16]), parts, rows)
    index.add(view.vectors(view.live[at : at + BATCH]) for at in range(0, rows, BATCH))
    name = index.write(folder)
    found = replace_index(view, AnnIndex.open(folder, name))
    planned = probe(found)
    assert found.index is not None
    found.index.name = planned or name
    return found, (folder / f"{name.stem}.faiss").stat().st_size / rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--no-index", action="store_true", help="its making takes minutes")
    given = parser.parse_args()
    faiss.omp_set_num_threads(1)
    found = make("synthetic", given.rows, given.folder, Path())
    asked, live = found.queries[:ASKED], np.arange(len(found.rows))
    some = np.asarray(found.rows[:: max(1, len(live) // SAMPLE)])
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        plain = fit_transform(some)
        whole, whole_bytes = written(folder, found, plain, Segment)
        view = VectorView(whole[0]._index.d, whole, live, None)
        ways: dict[str, tuple[float, Callable[[Floats], Int64Array]]] = {}
        queries = plain(asked)
        ways["float16, all scored"] = (whole_bytes, lambda n: view.top(queries[n], K).keys)
        if not given.no_index:
            behind, more = indexed(view, folder)
            ways["float16, index of 4-bit codes"] = (
                whole_bytes + more,
                lambda n: behind.top(queries[n], K).keys,
            )
        for axes in (512, 256):
            change = for_signs(fit_transform(some, axes), some)
            segments, size = written(folder, found, change, CodeSegment)
            codes, turned = CodeView(axes, segments, live), change(asked)
            ways[f"{axes} bits, Hamming first"] = (
                size, lambda n, v=codes, q=turned: v.top(q[n], K).keys
            )  # fmt: skip
            ways[f"{axes} bits, all scored"] = (
                size, lambda n, v=codes, q=turned: v.top(q[n], K, exact=True).keys
            )  # fmt: skip
        rows = measured(ways)
    result = {"machine": machine(), "options": options(given), "rows": [asdict(r) for r in rows]}
    (RESULTS / f"codes-speed-{given.rows}.json").write_text(json.dumps(result, indent=1) + "\n")
    lines = [[r.way, f"{r.bytes_a_row:.0f}", f"{r.recall:.3f}", f"{r.p50_ms:.2f}"] for r in rows]
    print(table(["way", "bytes a row", "recall@10", "p50 ms"], lines))


def measured(ways: dict[str, tuple[float, Callable[[int], Int64Array]]]) -> list[Row]:
    took: dict[str, list[float]] = {way: [] for way in ways}
    found: dict[str, list[set[int]]] = {way: [] for way in ways}
    for number in range(ASKED):
        for way, (_, search) in ways.items():
            began = time.perf_counter()
            keys = search(number)
            took[way].append(1000 * (time.perf_counter() - began))
            found[way].append({*keys.tolist()})
    right = next(iter(found.values()))
    return [
        Row(
            way,
            round(size, 1),
            float(np.mean([len(a & b) / K for a, b in zip(found[way], right, strict=True)])),
            round(float(np.median(took[way])), 3),
        )
        for way, (size, _) in ways.items()
    ]


if __name__ == "__main__":
    main()
