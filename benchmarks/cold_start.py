"""A library of synthetic vectors with the default spaces, to search from a cold start."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import lookalike
from lookalike.lab.bench.engines.planner import made_up_picture
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.writer import writing
from measure import answer, disk_mb
from ours import timed
from vectors import Floats, make, unit_rows

BATCH = 2000


def build(path: Path, work: Path, count: int) -> dict[str, object]:
    """Fill a library made by ``lookalike`` itself; the files that it names do not exist."""
    vectors = make("synthetic", count, work / f"synthetic-{count}", Path())
    with lookalike.create(path) as library:
        spaces = library.description.spaces
    turns = {space.name: _turn(vectors.rows.shape[1], space.dims) for space in spaces}
    store = LanceStore(path)
    found: dict[str, object] = {"rows": count}
    with writing(store) as writer:
        with timed(found, "append_s"):
            for start in range(0, count, BATCH):
                part = np.asarray(vectors.rows[start : start + BATCH])
                records = [made_up_picture(start + i) for i in range(len(part))]
                rows = {name: unit_rows(part @ turn) for name, turn in turns.items()}
                writer.append(records, rows)
        with timed(found, "maintain_s"):
            healths = maintain(store)
    found["indexed"] = {health.space: health.indexed for health in healths}
    return {**found, "disk_mb": disk_mb(path)}


def _turn(dims: int, wanted: int) -> Floats:
    random = np.random.default_rng(1).standard_normal((max(dims, wanted), min(dims, wanted)))
    basis, _ = np.linalg.qr(random)
    return np.asarray(basis.T if wanted > dims else basis, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("rows", type=int)
    given = parser.parse_args()
    answer(build(given.library, given.work, given.rows))


if __name__ == "__main__":
    main()
