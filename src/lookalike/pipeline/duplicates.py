"""Compares the pictures of a library with each other, and remembers what came of it.

Only pictures that came since the last time are looked at; killed at any moment, what was compared
stays so but for the last few hundred.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lookalike.errors import NotFoundError
from lookalike.imaging import fingerprints
from lookalike.imaging.picture import Decoded, InputSpec, Limits, UInt8Array
from lookalike.imaging.workers import DecodePool
from lookalike.search.duplicates import sample
from lookalike.search.duplicates.candidates import HashIndex, candidates
from lookalike.search.duplicates.sample import Sample
from lookalike.search.duplicates.verify import Evidence, evidence, is_same
from lookalike.store.fingerprints import Fingerprints, FingerprintTable
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.neighbours import NeighbourLists
from lookalike.store.pairs import Pair, PairTable
from lookalike.store.picture_files import PictureFiles
from lookalike.store.vectors import VectorView

MIN_SIMILAR = 0.8
"""Pictures whose vectors have at least this cosine are similar."""

_STEP = 2_000
_BLOCK = 256
_SAMPLES = 4_000
_PLAIN = fingerprints.Fingerprint(bytes(fingerprints.BYTES), bytes(fingerprints.BYTES), 0)

OnCount = Callable[[str, int, int], None]


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

    def as_dict(self) -> dict[str, int | bool]:
        """The summary as JSON's types."""
        return dict(vars(self))


@dataclass(frozen=True)
class _Task:
    key: int
    location: str
    path: Path
    content: bytes | None
    frame: int
    specs: tuple[InputSpec, ...]


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
        self._files = PictureFiles(store.path)
        self._pairs = PairTable(store.path)
        self._samples: OrderedDict[int, Sample | None] = OrderedDict()

    def run(self) -> Comparison:
        """Compare what was not compared yet."""
        cv2.setNumThreads(1)  # pairs are compared side by side already
        done = pairs = same = 0
        with DecodePool(self._workers, (), self._limits) as pool:
            try:
                prints = self._fingerprints(pool)
                fresh = np.setdiff1d(self._store.keys(), self._pairs.examined(), True)
                near = HashIndex(prints) if len(fresh) else None
                for start in range(0, len(fresh), _BLOCK):
                    self._on_count("comparing", start, len(fresh))
                    assert near is not None
                    block = fresh[start : start + _BLOCK]
                    found, laid = self._compare(pool, block, prints, near)
                    self._pairs.append(found, block.tolist())
                    done, pairs = done + len(block), pairs + laid
                    same += sum(pair.same for pair in found)
            except KeyboardInterrupt:
                return Comparison(done, pairs, same, interrupted=True)
        return Comparison(done, pairs, same)

    def _fingerprints(self, pool: DecodePool) -> Fingerprints:
        table = FingerprintTable(self._store.path)
        missing = np.setdiff1d(self._store.keys(), table.all().keys, True)
        for start in range(0, len(missing), _STEP):
            self._on_count("reading", start, len(missing))
            keys = missing[start : start + _STEP]
            read = dict(self._read(pool, keys, fingerprints.INPUT))
            there = [key for key in keys.tolist() if key in read]
            made = (
                fingerprints.fingerprints(np.stack([read[key] for key in there])) if there else []
            )
            gone = [key for key in keys.tolist() if key not in read]
            table.append([*there, *gone], [*made, *([_PLAIN] * len(gone))])
        return table.all()

    def _compare(
        self,
        pool: DecodePool,
        block: Int64Array,
        prints: Fingerprints,
        near: HashIndex,
    ) -> tuple[list[Pair], int]:
        known = set(self._store.keys().tolist())
        likely = candidates(block, prints, near, self._view, self._lists)
        asked = [pair for pair in likely if pair[1] in known]
        self._load(pool, sorted({key for a, b, _ in asked for key in (a, b)}), prints)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="compare") as threads:
            found = list(threads.map(self._pair, asked))
        while len(self._samples) > _SAMPLES:
            self._samples.popitem(last=False)
        return [pair for pair in found if pair is not None], len(asked)

    def _load(self, pool: DecodePool, keys: Sequence[int], prints: Fingerprints) -> None:
        for key in keys:
            if key in self._samples:
                self._samples.move_to_end(key)
        missing = [key for key in keys if key not in self._samples]
        self._samples.update(dict.fromkeys(missing))
        for key, pixels in self._read(pool, np.asarray(missing, np.int64), sample.INPUT):
            self._samples[key] = Sample(pixels, prints.of(key))

    def _pair(self, asked: tuple[int, int, float]) -> Pair | None:
        low, high = sorted(asked[:2])
        one, other = self._samples[low], self._samples[high]
        found = evidence(one, other) if one is not None and other is not None else None
        if found is not None and is_same(found):
            return _same(low, high, asked[2], found)
        if asked[2] >= MIN_SIMILAR:
            return Pair(low, high, same=False, similarity=asked[2])
        return None

    def _read(
        self, pool: DecodePool, keys: Int64Array, spec: InputSpec
    ) -> Iterator[tuple[int, UInt8Array]]:
        for task, outcome in pool.run(self._tasks(keys, spec)):
            if isinstance(outcome, Decoded):
                yield task.key, outcome.pixels[0]

    def _tasks(self, keys: Int64Array, spec: InputSpec) -> Iterator[_Task]:
        for record in self._store.records(keys):
            try:
                source, frame = self._files.source(record)
            except NotFoundError:
                continue  # it cannot be compared
            content = source if isinstance(source, bytes) else None
            location = record.locations[0].path
            path = source if isinstance(source, Path) else Path(location)
            yield _Task(record.key, location, path, content, frame, (spec,))


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
