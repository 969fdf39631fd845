"""Makes the fingerprints and sketches that a library's pictures lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.errors import NotFoundError
from lookalike.imaging import fingerprints, sketches
from lookalike.imaging.picture import Decoded, InputSpec, Limits, UInt8Array
from lookalike.imaging.sketches import Sketch, sketch_of
from lookalike.imaging.workers import DecodePool
from lookalike.store.fingerprints import Fingerprints, FingerprintTable
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.picture_files import PictureFiles
from lookalike.store.sketches import SketchTable

_STEP = 512
"""Pictures whose work is lost if the process dies."""
_PLAIN = fingerprints.Fingerprint(bytes(fingerprints.BYTES), bytes(fingerprints.BYTES), 0)
_SPECS = (fingerprints.INPUT, sketches.INPUT)

OnCount = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Task:
    key: int
    location: str
    path: Path
    content: bytes | None
    frame: int
    specs: tuple[InputSpec, ...] = _SPECS


def sketch_pictures(
    store: LanceStore, workers: int, limits: Limits, on_count: OnCount
) -> tuple[Fingerprints, SketchTable]:
    """Read what lacks a fingerprint or a sketch; the caller holds the writing place.

    Files are decoded in processes of their own, local features are found in threads meanwhile.

    Args:
        store: the library's store.
        workers: processes that decode, and threads.
        limits: what one picture may cost.
        on_count: told how far it is.

    Returns:
        Those of all pictures.
    """
    printed, sketched, keys = FingerprintTable(store.path), SketchTable(store.path), store.keys()
    unprinted = np.setdiff1d(keys, printed.all().keys, True)
    missing = np.union1d(unprinted, np.setdiff1d(keys, sketched.keys, True))
    if len(missing):
        files = PictureFiles(store.path)
        with (
            DecodePool(workers, (), limits) as pool,
            ThreadPoolExecutor(workers, thread_name_prefix="sketch") as threads,
        ):
            for start in range(0, len(missing), _STEP):
                on_count("reading", start, len(missing))
                step = missing[start : start + _STEP]
                read = dict(_made(pool.run(_tasks(store, files, step)), threads, 4 * workers))
                _print(printed, np.intersect1d(step, unprinted), read)
                bare = np.setdiff1d(step, sketched.keys).tolist()
                sketched.append({key: read[key][1] if key in read else None for key in bare})
    sketched.tidy(keys)
    return printed.all(), sketched


def _made(
    outcomes: Iterable[tuple[_Task, object]], threads: ThreadPoolExecutor, depth: int
) -> Iterator[tuple[int, tuple[UInt8Array, Sketch]]]:
    """For each picture its pixels for the fingerprint, and its sketch; few wait at a time."""
    waiting = []
    for task, outcome in outcomes:
        if isinstance(outcome, Decoded):
            small, pixels = outcome.pixels
            waiting.append((task.key, small, threads.submit(sketch_of, pixels)))
        if len(waiting) >= depth:
            key, small, making = waiting.pop(0)
            yield key, (small, making.result())
    for key, small, making in waiting:
        yield key, (small, making.result())


def _print(
    table: FingerprintTable, keys: Int64Array, read: dict[int, tuple[UInt8Array, Sketch]]
) -> None:
    there = [key for key in keys.tolist() if key in read]
    gone = [key for key in keys.tolist() if key not in read]
    made = []
    if there:
        made = fingerprints.fingerprints(np.stack([read[key][0] for key in there]))
    if len(keys):
        table.append([*there, *gone], [*made, *([_PLAIN] * len(gone))])


def _tasks(store: LanceStore, files: PictureFiles, keys: Int64Array) -> Iterator[_Task]:
    for record in store.records(keys):
        try:
            source, frame = files.source(record)
        except NotFoundError:
            continue  # it cannot be compared
        content = source if isinstance(source, bytes) else None
        location = record.locations[0].path
        path = source if isinstance(source, Path) else Path(location)
        yield _Task(record.key, location, path, content, frame)
