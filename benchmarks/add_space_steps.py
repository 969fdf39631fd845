"""The steps of ``add_space.py``, each in a process of its own.

    python benchmarks/add_space_steps.py add LIBRARY NAME
    python benchmarks/add_space_steps.py read LIBRARY NAME --pictures FOLDER --readers 5 --pause 0.5

``add`` prints one JSON object for every step of 2,000 pictures. ``read`` searches until its input
ends, and then prints what it saw.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import lookalike
from index_steps import Watch
from lookalike.errors import NotFoundError
from lookalike.library import Library
from measure import answer

ENCODER = "fake"


def add(place: Path, name: str) -> None:
    """Add the space; tells after each step how far it is, and its peak memory until then."""
    with lookalike.open(place) as library, Watch([]) as watch:
        before = 0

        def tell(doing: str, done: int, count: int) -> None:
            nonlocal before
            before = before or len(library) - count
            said = {"doing": doing, "done": before + done, "peak_pss_mb": watch.peak}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()

        began = time.perf_counter()
        summary = library.add_space(name, encoder=ENCODER, on_count=tell)
        took = round(time.perf_counter() - began, 1)
        answer({"doing": "over", "filled": summary.filled, "lacking": summary.lacking,
                "seconds": took, "peak_pss_mb": watch.peak})  # fmt: skip


@dataclass
class Seen:
    """What the readers of a process saw.

    Attributes:
        searches: searches that gave the picture that was asked for first, by default space.
        refused: searches in the new space, before it was whole, that were told so.
        added: searches in the new space, by name, that were answered.
        sizes: how many pictures the searched spaces held.
        failed: what went wrong.
        times_ms: of the searches by default.
    """

    searches: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    added: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)


class Readers:
    """Threads that search, each with the library opened by itself.

    Args:
        place: of the library.
        name: of the space that is added meanwhile.
        pictures: folder of the pictures.
        pause_s: between two searches of a thread.
    """

    def __init__(self, place: Path, name: str, pictures: Path, pause_s: float) -> None:
        self._place, self._name, self._pause_s = place, name, pause_s
        self._files = sorted(pictures.rglob("*.jpg"))
        self._over, self._lock, self._seen = threading.Event(), threading.Lock(), Seen()

    def run(self, count: int) -> Seen:
        """Search with so many threads until the input of this process ends."""
        threads = [threading.Thread(target=self._read, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        answer({"ready": True})
        sys.stdout.flush()
        sys.stdin.read()
        self._over.set()
        for thread in threads:
            thread.join()
        return self._seen

    def _read(self, seed: int) -> None:
        chosen = random.Random(f"{os.getpid()} {seed}")
        with lookalike.open(self._place) as library:
            while not self._over.wait(self._pause_s):
                try:
                    library.refresh()
                    self._by_default(library, chosen.choice(self._files))
                    self._by_name(library, chosen.choice(self._files))
                except Exception as error:  # noqa: BLE001 - it is what is counted
                    self._seen.failed.append(f"{type(error).__name__}: {error}")

    def _by_default(self, library: Library, asked: Path) -> None:
        began = time.perf_counter()
        hits = library.search(str(asked), k=10)
        took = (time.perf_counter() - began) * 1000
        views = library.views()
        with self._lock:
            self._seen.times_ms.append(took)
            self._seen.sizes[len(views.look)] += 1
            if Path(hits[0].location) == asked:
                self._seen.searches[views.space.name] += 1
            else:
                self._seen.failed.append(f"{asked.name} found {hits[0].location}")

    def _by_name(self, library: Library, asked: Path) -> None:
        try:
            first = library.search(str(asked), k=10, space=self._name)[0]
        except NotFoundError as error:
            if error.code not in ("no-such-space", "space-not-ready"):
                raise
            with self._lock:
                self._seen.refused += 1
            return
        with self._lock:
            self._seen.sizes[len(library.views(self._name).look)] += 1
            self._seen.added += Path(first.location) == asked
            if Path(first.location) != asked:
                self._seen.failed.append(f"{asked.name} found {first.location} in {self._name}")


def read(given: argparse.Namespace) -> dict[str, Any]:
    """Search until the input ends."""
    seen = Readers(given.library, given.name, given.pictures, given.pause).run(given.readers)
    p50, p99 = np.percentile(seen.times_ms or [0.0], [50, 99])
    return {
        "searches": dict(seen.searches),
        "refused": seen.refused,
        "added": seen.added,
        "sizes": dict(seen.sizes),
        "failed": len(seen.failed),
        "failures": seen.failed[:5],
        "p50_ms": round(float(p50), 1),
        "p99_ms": round(float(p99), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["add", "read"])
    parser.add_argument("library", type=Path)
    parser.add_argument("name")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--readers", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.0)
    given = parser.parse_args()
    if given.step == "read":
        return answer(read(given))
    return add(given.library, given.name)


if __name__ == "__main__":
    main()
