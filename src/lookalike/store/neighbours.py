"""The nearest pictures of every picture of a space: a cache beside the space's vectors.

The lists are named by the pictures that they are of, whose vectors never change. New pictures get
lists and are merged into those of the others; a list that loses a picture is made anew. So what is
kept equals what would be computed from nothing.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Transform
from lookalike.store.disk import disk_errors
from lookalike.store.known import Int64Array
from lookalike.store.nearest import NONE, Int32Array, Lists, OnRows, nearest
from lookalike.store.segments import write_array
from lookalike.store.vectors import VectorView

K = 50
"""So many neighbours are kept of each picture."""
NEIGHBOURS_FORMAT = 1
_FOLDER = "neighbours"
_STATE = "neighbours.json"
_PARTS = ("keys", "rows", "scores")
_MOST_ANEW = 0.5
"""If more than this share of the lists has to be made anew, all are."""


@dataclass(frozen=True)
class NeighbourLists:
    """The nearest other pictures of every picture of a space, best first.

    They are what a search by the picture finds in that space: where vectors are blended with those
    of their neighbours, the picture that is asked for is not. Arrays are mapped into memory.

    Attributes:
        keys: shape (n,), int64, ascending: the pictures.
        rows: shape (n, 50), int32: positions in ``keys``; -1 where there are fewer pictures.
        scores: shape (n, 50), float32: inner products, or less the distance where that is the
            space's metric; ``-inf`` where there are fewer.
    """

    keys: Int64Array
    rows: Int32Array
    scores: Float32Array

    def of(self, key: int) -> tuple[Int64Array, Float32Array]:
        """The neighbours of one picture, best first: keys and scores, each (at most 50,).

        Raises:
            KeyError: the picture has no vector in the space.
        """
        at = int(np.searchsorted(self.keys, key))
        if at == len(self.keys) or self.keys[at] != key:
            raise KeyError(key)
        there = self.rows[at] != NONE
        return self.keys[self.rows[at][there]], np.asarray(self.scores[at][there])


class NeighbourCache:
    """The neighbour lists of one space of a library, at one of its versions.

    Args:
        folder: the space's vector cache.
        view: the space's vectors.
        asked: vectors of the pictures when they are searched by, where those differ: those of
            another space, and what is done to them.
    """

    def __init__(
        self,
        folder: Path,
        view: VectorView,
        asked: tuple[VectorView, Transform] | None = None,
    ) -> None:
        self.folder = folder / _FOLDER
        self._view, self._asked = view, asked

    def exists(self) -> bool:
        """Whether there are lists, of whatever pictures."""
        return (self.folder / _STATE).exists()

    def kept(self) -> NeighbourLists | None:
        """The lists of the version in view, if they are kept."""
        found = self._read()
        return found if found and np.array_equal(found.keys, self._view.live) else None

    def lists(self, on_rows: OnRows = lambda *_: None) -> NeighbourLists:
        """The lists; made, or brought up to date, if they are not.

        Raises:
            LibraryError: the library's folder cannot be written to.
            DiskFullError: no space is left.
        """
        if (kept := self.kept()) is not None:
            return kept
        with disk_errors(self.folder, "writing the neighbours to"):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / "neighbours.lock"):
                if (kept := self.kept()) is None:
                    kept = self._updated(self._read(), on_rows)
                    self._write(kept)
        return self._read() or kept

    def _updated(self, kept: NeighbourLists | None, on_rows: OnRows) -> NeighbourLists:
        live, metric = self._view.live, self._view.metric
        lists, anew, fresh = _carried(kept, live)
        if len(anew):
            some = Lists.empty(len(anew), K)
            asked, rows = self._queries(live[anew]), self._rows(live)
            nearest(asked, rows, some, own=anew, metric=metric, on_rows=on_rows)
            lists.rows[anew], lists.scores[anew] = some.rows, some.scores
        others = np.setdiff1d(np.arange(len(live)), anew, assume_unique=True)
        if len(fresh) and len(others):
            some = Lists(lists.rows[others], lists.scores[others])
            asked, rows = self._queries(live[others]), self._rows(live[fresh])
            nearest(asked, rows, some, numbers=fresh, metric=metric, on_rows=on_rows)
            lists.rows[others], lists.scores[others] = some.rows, some.scores
        return NeighbourLists(live, lists.rows, lists.scores)

    def _rows(self, keys: Int64Array) -> _Pictures:
        return _Pictures(self._view, keys)

    def _queries(self, keys: Int64Array) -> _Pictures:
        return (
            self._rows(keys)
            if self._asked is None
            else _Pictures(self._asked[0], keys, self._asked[1])
        )

    def _read(self) -> NeighbourLists | None:
        """What is kept; None if nothing is that this version can use."""
        stem = ""
        while True:
            try:
                raw = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
                if (raw["format"], raw["k"]) != (NEIGHBOURS_FORMAT, K) or raw["stem"] == stem:
                    return None
                stem = raw["stem"]
                return NeighbourLists(
                    *(np.load(self._path(stem, part), mmap_mode="r") for part in _PARTS)
                )
            except FileNotFoundError:
                if not self.exists():
                    return None  # and else another process replaced the files in between
            except (OSError, ValueError, KeyError, TypeError):  # a cache: made anew
                return None

    def _write(self, lists: NeighbourLists) -> None:
        stem = f"neighbours-{uuid.uuid4().hex}"
        for part in _PARTS:
            write_array(getattr(lists, part), self._path(stem, part))
        temporary = self.folder / f"{_STATE}.tmp"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"format": NEIGHBOURS_FORMAT, "k": K, "stem": stem}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / _STATE)
        for path in self.folder.glob("neighbours-*.npy"):
            if not path.name.startswith(stem):
                path.unlink(missing_ok=True)

    def _path(self, stem: str, part: str) -> Path:
        return self.folder / f"{stem}.{part}.npy"


class _Pictures:
    """Vectors of some pictures, read in blocks; see :class:`lookalike.store.nearest.Rows`."""

    def __init__(
        self, view: VectorView, keys: Int64Array, transform: Transform | None = None
    ) -> None:
        self._view, self._keys, self._transform = view, keys, transform
        self.dims = transform.dims if transform else view.dims

    def __len__(self) -> int:
        return len(self._keys)

    def block(self, start: int, stop: int) -> Float32Array:
        """Vectors of shape (stop - start, dims)."""
        vectors = self._view.vectors(self._keys[start:stop])
        return self._transform(vectors) if self._transform else vectors


def _carried(kept: NeighbourLists | None, live: Int64Array) -> tuple[Lists, Int64Array, Int64Array]:
    """What of the kept lists still holds, which lists are to be made, and which pictures are new.

    Args:
        kept: the lists so far.
        live: the pictures, ascending; both answers are positions among them.
    """
    every, lists = np.arange(len(live)), Lists.empty(len(live), K)
    if kept is None:
        return lists, every, every
    there = np.isin(kept.keys, live, assume_unique=True)
    # The last one stands for NONE, at -1.
    places = np.append(np.where(there, np.searchsorted(live, kept.keys), NONE), NONE)
    at = places[:-1][there]
    rows = places[kept.rows[there]]
    whole = ((rows == NONE) == (kept.rows[there] == NONE)).all(axis=1)
    anew = np.setdiff1d(every, at[whole], assume_unique=True)
    if len(anew) > _MOST_ANEW * len(live):
        return lists, every, every
    lists.rows[at[whole]] = rows[whole]
    lists.scores[at[whole]] = kept.scores[there][whole]
    return lists, anew, np.setdiff1d(every, at, assume_unique=True)
