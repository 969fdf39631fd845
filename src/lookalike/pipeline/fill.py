"""Gives the pictures of a library their vectors in a space that was added to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lookalike.encoders.base import Float32Array, ImageEncoder
from lookalike.encoders.postprocessing import Transform
from lookalike.encoders.regions import RegionEncoder
from lookalike.errors import NotFoundError
from lookalike.imaging.picture import Decoded, InputSpec, Limits, UInt8Array
from lookalike.imaging.workers import DecodePool
from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.picture_files import PictureFiles

STEP = 2_000
"""Pictures that are written at once: what a kill may cost."""
_BATCH = 128

OnCount = Callable[[str, int, int], None]
"""Told what is being done, how many pictures are done, and of how many."""


class VectorSource(Protocol):
    """Where the vectors of a space come from."""

    def available(self, store: LanceStore) -> Int64Array:
        """The keys of the pictures that it can give vectors for, ascending."""
        ...

    def vectors(self, store: LanceStore, keys: Int64Array) -> Float32Array:
        """Their vectors, shape (n, dims); a row of zeros for a picture that cannot be read."""
        ...


@dataclass(frozen=True)
class FillSummary:
    """What :func:`fill_space` did.

    Attributes:
        space: its name.
        filled: pictures that got a vector.
        lacking: of them those that could not be read any more: their vectors are zero.
        interrupted: whether it was stopped before its end.
    """

    space: str
    filled: int
    lacking: int
    interrupted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON's types."""
        return dict(vars(self))


def fill_space(
    store: LanceStore,
    space: SpaceDescription,
    source: VectorSource,
    on_count: OnCount = lambda *_: None,
) -> FillSummary:
    """Add the vectors that a space lacks; the caller holds the writing place.

    Killed or interrupted, it has kept all but the last 2,000 pictures.
    """
    table = store.space_table(space)
    missing = np.setdiff1d(source.available(store), table.pictures(), assume_unique=True)
    done = lacking = 0
    try:
        for start in range(0, len(missing), STEP):
            on_count("encoding", start, len(missing))
            keys = missing[start : start + STEP]
            vectors = source.vectors(store, keys)
            table.append(keys, vectors)
            done += len(keys)
            lacking += int((~vectors.any(axis=1)).sum())
    except KeyboardInterrupt:
        return FillSummary(space.name, done, lacking, interrupted=True)
    return FillSummary(space.name, done, lacking)


class Transformed:
    """Vectors of other spaces, one after the other, transformed.

    Args:
        bases: the other spaces.
        transform: what is done to their vectors.
    """

    def __init__(self, bases: Sequence[SpaceDescription], transform: Transform) -> None:
        self._bases, self._transform = bases, transform

    def available(self, store: LanceStore) -> Int64Array:
        """All pictures that have a vector in each of the other spaces."""
        return keys_in_all(store, self._bases)

    def vectors(self, store: LanceStore, keys: Int64Array) -> Float32Array:
        """The transformed vectors of these keys."""
        return self._transform(joined_vectors(store, self._bases, keys))


def keys_in_all(store: LanceStore, spaces: Sequence[SpaceDescription]) -> Int64Array:
    """The keys of the pictures that have a vector in each of some spaces, ascending."""
    keys, *others = (store.keys_in(space) for space in spaces)
    for other in others:
        keys = np.intersect1d(keys, other, assume_unique=True)
    return keys


def joined_vectors(
    store: LanceStore, spaces: Sequence[SpaceDescription], keys: Int64Array
) -> Float32Array:
    """The vectors of pictures in some spaces, one after the other.

    Returns:
        Shape (n, dims of all), float32; a row of zeros for a picture that lacks one of them.
    """
    parts = [store.vectors(space, keys) for space in spaces]
    there = np.all([part.any(axis=1) for part in parts], axis=0)
    return np.asarray(np.concatenate(parts, axis=1) * there[:, None], np.float32)


@dataclass(frozen=True)
class _Task:
    """A picture to be read again: its place in the step, and where its bytes are."""

    at: int
    location: str
    path: Path
    content: bytes | None
    frame: int


class FromPictures:
    """Vectors of an encoder, of the pictures' files.

    Args:
        encoder: what makes them.
        library: the library's folder.
        workers: decoding processes.
        limits: what one picture may cost.
    """

    def __init__(
        self,
        encoder: ImageEncoder | RegionEncoder,
        library: Path,
        workers: int,
        limits: Limits | None = None,
    ) -> None:
        self._encoder, self._files = encoder, PictureFiles(library)
        self._workers, self._limits = workers, limits or Limits()

    def available(self, store: LanceStore) -> Int64Array:
        """All pictures."""
        return store.keys()

    def vectors(self, store: LanceStore, keys: Int64Array) -> Float32Array:
        """Read the pictures again, and encode them."""
        found = np.zeros((len(keys), self._encoder.dims), np.float32)
        with (
            DecodePool(self._workers, (self._encoder.input,), self._limits) as pool,
            ThreadPoolExecutor(1, thread_name_prefix="encode") as thread,
        ):
            waiting: list[tuple[list[int], Future[Float32Array]]] = []
            rows: list[int] = []
            pixels: list[UInt8Array] = []
            for task, outcome in pool.run(_tasks(self._files, store, keys)):
                if not isinstance(outcome, Decoded):
                    continue  # the row stays zero
                rows.append(task.at)
                pixels.append(outcome.pixels[0])
                if len(rows) == _BATCH:
                    waiting.append((rows, thread.submit(self._encode, pixels)))
                    rows, pixels = [], []
                while len(waiting) > 2:
                    _settle(waiting, found)
            if rows:
                waiting.append((rows, thread.submit(self._encode, pixels)))
            while waiting:
                _settle(waiting, found)
        return found

    def _encode(self, pixels: Sequence[UInt8Array]) -> Float32Array:
        return self._encoder.encode(np.stack(pixels)).vectors


def pixels_of(
    store: LanceStore, library: Path, keys: Int64Array, spec: InputSpec, workers: int
) -> Iterator[UInt8Array]:
    """The pixels of pictures, shape (size, size, 3), those that can be read, in any order."""
    with DecodePool(workers, (spec,), Limits()) as pool:
        for _, outcome in pool.run(_tasks(PictureFiles(library), store, keys)):
            if isinstance(outcome, Decoded):
                yield outcome.pixels[0]


def _tasks(files: PictureFiles, store: LanceStore, keys: Int64Array) -> Iterator[_Task]:
    at = {int(key): i for i, key in enumerate(keys)}
    for record in store.records(keys):
        try:
            source, frame = files.source(record)
        except NotFoundError:
            continue  # the row stays zero
        content = source if isinstance(source, bytes) else None
        path = source if isinstance(source, Path) else Path(record.locations[0].path)
        yield _Task(at[record.key], record.locations[0].path, path, content, frame)


def _settle(waiting: list[tuple[list[int], Future[Float32Array]]], found: Float32Array) -> None:
    rows, future = waiting.pop(0)
    found[rows] = future.result()
