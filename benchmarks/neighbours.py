"""The nearest neighbours of every row: time against the matrix product alone, and peak memory.

    python benchmarks/neighbours.py --rows 200000 --work FOLDER

The product of all rows with all rows is timed in blocks afterwards, on every tenth block of them;
both sides run in this process, on the same cores. Processor seconds are told beside wall-clock
ones: they say the same on a machine that others use, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.store.nearest import Lists, nearest
from lookalike.store.neighbours import K
from measure import RESULTS, machine, options, say
from vectors import make

_BLOCK = (1_024, 4_096)
_EVERY = 10


class Mapped:
    """Rows of a float16 file, read in blocks."""

    def __init__(self, rows: npt.NDArray[np.float16], first: int = 0) -> None:
        self._rows, self._first = rows, first
        self.dims = rows.shape[1]

    def __len__(self) -> int:
        return len(self._rows) - self._first

    def block(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Rows of the file, shape (n, dims)."""
        return self._rows[self._first + start : self._first + stop].astype(np.float32)


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Wall-clock and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - processor}


def product_alone(rows: npt.NDArray[np.float16]) -> dict[str, float]:
    """Inner products of all rows with all rows: a tenth of the blocks, times ten."""
    high, wide = _BLOCK
    firsts = range(0, len(rows), high * _EVERY)
    parts = [rows[first : first + high].astype(np.float32) for first in firsts]
    panels = [rows[at : at + wide].astype(np.float32) for at in range(0, len(rows), wide)]

    def multiply() -> None:
        for panel in panels:
            for part in parts:
                part @ panel.T

    share = sum(map(len, parts)) / len(rows)
    return {name: seconds / share for name, seconds in timed(multiply).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--fresh", type=int, default=1_000, help="rows merged in later")
    parser.add_argument("--work", type=Path, required=True, help="where the vectors are kept")
    given = parser.parse_args()
    data = make("synthetic", given.rows, given.work / f"synthetic-{given.rows}", Path())
    halves = data.folder / "halves.npy"
    if not halves.exists():
        np.save(halves, np.asarray(data.rows, np.float16))
    del data
    rows: npt.NDArray[np.float16] = np.load(halves, mmap_mode="r")
    say("neighbours ...")
    lists = Lists.empty(len(rows), K)
    every = np.arange(len(rows))

    def progress(done: int, total: int) -> None:
        say(f"  {done / total:.0%} {time.process_time():.0f} s")

    whole = timed(lambda: nearest(Mapped(rows), Mapped(rows), lists, own=every, on_rows=progress))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    first = len(rows) - given.fresh
    old = Lists(lists.rows[:first], lists.scores[:first])
    fresh = Lists.empty(given.fresh, K)

    def update() -> None:
        nearest(Mapped(rows, first), Mapped(rows), fresh, own=every[first:])
        nearest(Mapped(rows[:first]), Mapped(rows, first), old, numbers=every[first:])

    found = {
        "neighbours": whole,
        "update": timed(update),
        "product": product_alone(rows),
        "peak_rss_mb": round(peak_mb),
    }
    product = found["product"]
    ratios = {name: round(whole[name] / product[name], 2) for name in whole}
    result = {"machine": machine(), "options": options(given), **found, "ratio": ratios}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"neighbours-{given.rows}.json").write_text(json.dumps(result, indent=1))
    print(json.dumps({**found, "ratio": ratios}))


if __name__ == "__main__":
    main()
