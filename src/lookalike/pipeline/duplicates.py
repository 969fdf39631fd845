"""Compares the pictures of a library with each other, and remembers what came of it.

Only pictures that came since the last time are looked at; killed at any moment, what was compared
stays so but for the last few hundred.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from lookalike.imaging.picture import Limits
from lookalike.pipeline.sketching import OnCount, sketch_pictures
from lookalike.search.duplicates.candidates import HashIndex, candidates
from lookalike.search.duplicates.recipe import RECIPE
from lookalike.search.duplicates.sample import Sample
from lookalike.search.duplicates.verify import Evidence, evidence, is_same
from lookalike.store.fingerprints import Fingerprints
from lookalike.store.lance_store import LanceStore
from lookalike.store.neighbours import NeighbourLists
from lookalike.store.pairs import Pair, PairTable
from lookalike.store.sketches import SketchTable
from lookalike.store.vectors import VectorView

MIN_SIMILAR = 0.8
"""Pictures whose vectors have at least this cosine are similar."""

_BLOCK = 256
_AT_ONCE = 256
"""Of so many pairs the pictures lie unpacked in memory."""

Candidate = tuple[int, int, float]
"""The keys of two pictures, and the cosine of their vectors."""


@dataclass(frozen=True)
class Comparison:
    """What a run did.

    Attributes:
        pictures: that were compared with all others.
        pairs: of pictures that were laid on each other.
        same: pairs that are the same picture.
        interrupted: whether it was stopped before its end.
    """

    pictures: int = 0
    pairs: int = 0
    same: int = 0
    interrupted: bool = False

    def with_more(self, other: Comparison) -> Comparison:
        """What both did."""
        return Comparison(
            self.pictures + other.pictures, self.pairs + other.pairs, self.same + other.same
        )

    def as_dict(self) -> dict[str, int | bool]:
        """The summary as JSON's types."""
        return dict(vars(self))


class CompareRun:
    """One run over a library; the caller holds the writing place.

    Args:
        store: the library's store.
        view: the vectors of its picture space.
        lists: the nearest neighbours of all pictures in it, where they are kept.
        workers: processes that decode, and threads that compare; 0 for one a core.
        limits: what one picture may cost.
        on_count: told now and then what is being done, and how far it is.
    """

    def __init__(
        self,
        store: LanceStore,
        view: VectorView,
        lists: NeighbourLists | None = None,
        workers: int = 0,
        limits: Limits | None = None,
        on_count: OnCount = lambda *_: None,
    ) -> None:
        self._store, self._view, self._lists, self._on_count = store, view, lists, on_count
        self._workers = workers or _cores()
        self._limits = limits or Limits()
        self._pairs = PairTable(store.path)
        self._asked: defaultdict[int, set[int]] = defaultdict(set)

    def run(self) -> Comparison:
        """Compare what was not compared yet."""
        cv2.setNumThreads(1)  # pairs are compared side by side already
        total = Comparison()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="compare") as threads:
            try:
                for done in self._blocks(threads):
                    total = total.with_more(done)
            except KeyboardInterrupt:
                return replace(total, interrupted=True)
        return total

    def _blocks(self, threads: ThreadPoolExecutor) -> Iterator[Comparison]:
        prints, sketched = sketch_pictures(self._store, self._workers, self._limits, self._on_count)
        self._pairs.forget_others(RECIPE)
        keys = self._store.keys()
        fresh = np.setdiff1d(keys, self._pairs.examined(RECIPE), True)
        if not len(fresh):
            return
        near, known = HashIndex(prints), set(keys.tolist())
        for start in range(0, len(fresh), _BLOCK):
            self._on_count("comparing", start, len(fresh))
            block = fresh[start : start + _BLOCK]
            likely = candidates(block, prints, near, self._view, self._lists)
            asked = self._not_asked([pair for pair in likely if pair[1] in known])
            found = list(self._compared(threads, asked, prints, sketched))
            self._pairs.append(found, block.tolist(), RECIPE)
            yield Comparison(len(block), len(asked), sum(pair.same for pair in found))

    def _not_asked(self, pairs: Sequence[Candidate]) -> list[Candidate]:
        """Without those that a block before asked from the other side."""
        keys = {key for key, _, _ in pairs}
        before = {key: self._asked.pop(key, set()) for key in keys}
        chosen = [(key, other, cosine) for key, other, cosine in pairs if other not in before[key]]
        last = max(keys, default=0)
        for key, other, _ in chosen:
            if other > last:
                self._asked[other].add(key)
        return chosen

    def _compared(
        self,
        threads: ThreadPoolExecutor,
        asked: Sequence[Candidate],
        prints: Fingerprints,
        sketched: SketchTable,
    ) -> Iterator[Pair]:
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            kept = sketched.of(sorted({key for a, b, _ in some for key in (a, b)}))
            samples = {key: Sample(sketch, prints.of(key)) for key, sketch in kept.items()}
            found = threads.map(partial(_pair, samples), some)
            yield from (pair for pair in found if pair is not None)


def _pair(samples: dict[int, Sample], asked: Candidate) -> Pair | None:
    (low, high), similarity = sorted(asked[:2]), asked[2]
    one, other = samples.get(low), samples.get(high)
    found = evidence(one, other) if one is not None and other is not None else None
    if found is not None and is_same(found):
        return _same(low, high, similarity, found)
    if similarity >= MIN_SIMILAR:
        return Pair(low, high, same=False, similarity=similarity)
    return None


def _same(a: int, b: int, similarity: float, found: Evidence) -> Pair:
    return Pair(
        a,
        b,
        same=True,
        similarity=similarity,
        orientation=found.alignment.orientation,
        cover_a=found.covers[0],
        cover_b=found.covers[1],
        differing=found.agreement.differing,
        grey=found.agreement.grey,
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
