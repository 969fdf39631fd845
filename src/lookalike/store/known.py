"""What a library already holds, small enough to keep in memory for millions of pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from lookalike.sources.archives.names import archive_of

UInt64Array = npt.NDArray[np.uint64]
Int64Array = npt.NDArray[np.int64]


_MERGE_AT = 50_000
"""A Python dictionary takes ten times the memory of arrays."""


def hash64(text: str) -> int:
    """64 bits of BLAKE2b, as an unsigned integer."""
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
    )


def archives64(paths: Iterable[str]) -> UInt64Array:
    """:func:`hash64` of the archive that each path lies in, 0 for files of their own."""
    archives = (archive_of(path) for path in paths)
    return np.asarray([hash64(name) if name else 0 for name in archives], dtype=np.uint64)


def id64(picture_id: str) -> int:
    """The first 64 bits of a picture's id."""
    return int(picture_id[:16], 16)


def ascending(keys: Int64Array) -> bool:
    """Whether each key is larger than the one before."""
    return bool(np.all(keys[1:] > keys[:-1]))


class Known:
    """Every location of a library with its stamp, and every picture's id.

    Takes 25 bytes a location and 16 bytes a picture. Two different locations share a
    64-bit hash with a probability of 3e-6 at ten million of them, and must then share
    the stamp's 64 bits as well before one is overlooked.

    Args:
        keys: shape (pictures,), int64.
        ids: shape (pictures,), uint64, :func:`id64` of each picture's id.
        owners: shape (locations,), int64, the key of the picture at each location.
        paths: shape (locations,), uint64, :func:`hash64` of each location's path.
        stamps: shape (locations,), uint64, :func:`hash64` of each location's stamp.
        archives: shape (locations,), uint64, :func:`hash64` of the archive that each location lies
            in, 0 for files of their own; None where no location lies in one.
    """

    def __init__(
        self,
        keys: Int64Array,
        ids: UInt64Array,
        owners: Int64Array,
        paths: UInt64Array,
        stamps: UInt64Array,
        archives: UInt64Array | None = None,
    ) -> None:
        order = np.argsort(paths, kind="stable")
        self._paths, self._owners, self._stamps = paths[order], owners[order], stamps[order]
        self._seen = np.zeros(len(paths), dtype=bool)
        self._archives = None if archives is None else archives[order]
        self._by_archive: npt.NDArray[np.intp] | None = None
        order = np.argsort(ids, kind="stable")
        self._ids, self._keys = ids[order], keys[order]
        self._added: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._keys) + len(self._added)

    def unchanged(self, path: str, stamp: str) -> bool:
        """Whether the library holds this location with this stamp; it counts as seen then."""
        places = self._places(path)
        same = np.flatnonzero(self._stamps[places] == np.uint64(hash64(stamp)))
        self._seen[places.start + same] = True
        return len(same) > 0

    def holds(self, path: str) -> bool:
        """Whether a picture of the library lay at this location."""
        places = self._places(path)
        return bool(places.stop > places.start)

    def mark_seen(self, path: str, key: int | None = None) -> None:
        """Note that the picture ``key`` still lies at this location; None for whichever did."""
        places = self._places(path)
        if key is None:
            self._seen[places] = True
        else:
            self._seen[places] |= self._owners[places] == key

    def count_in(self, archive: str) -> int:
        """How many locations lie in an archive."""
        return len(self._in(archive))

    def mark_seen_in(self, archive: str) -> None:
        """Note that all that lay in an archive still lies there."""
        self._seen[self._in(archive)] = True

    def unseen_owners(self, among: Int64Array) -> Int64Array:
        """Those of these keys whose pictures have a location that was not seen, ascending."""
        return np.intersect1d(self._owners[~self._seen], among)

    def count_seen(self, among: Int64Array) -> int:
        """How many locations of these keys' pictures were seen."""
        return int(np.isin(self._owners[self._seen], among).sum())

    def is_unseen(self, path: str, key: int) -> bool:
        """Whether the picture ``key`` lay at this location and the scan did not find it there."""
        places = self._places(path)
        mine = self._owners[places] == key
        return bool(mine.any() and not self._seen[places][mine].any())

    def key_of(self, picture_id: str) -> int | None:
        """The key of the picture with this id, or None."""
        wanted = id64(picture_id)
        if wanted in self._added:
            return self._added[wanted]
        at = int(np.searchsorted(self._ids, np.uint64(wanted)))
        found = at < len(self._ids) and int(self._ids[at]) == wanted
        return int(self._keys[at]) if found else None

    def add(self, picture_id: str, key: int) -> None:
        """Note a picture that has just come in."""
        self._added[id64(picture_id)] = key
        if len(self._added) >= _MERGE_AT:
            ids = np.concatenate([self._ids, np.fromiter(self._added, dtype=np.uint64)])
            keys = np.concatenate([self._keys, np.fromiter(self._added.values(), np.int64)])
            order = np.argsort(ids, kind="stable")
            self._ids, self._keys, self._added = ids[order], keys[order], {}

    def _in(self, archive: str) -> npt.NDArray[np.intp]:
        if self._archives is None:
            return np.empty(0, dtype=np.intp)
        if self._by_archive is None:
            self._by_archive = np.argsort(self._archives, kind="stable")
        wanted, order = np.uint64(hash64(archive)), self._by_archive
        low, high = (
            np.searchsorted(self._archives, wanted, side, sorter=order)
            for side in ("left", "right")
        )
        return order[low:high]

    def _places(self, path: str) -> slice:
        wanted = np.uint64(hash64(path))
        low, high = (np.searchsorted(self._paths, wanted, side) for side in ("left", "right"))
        return slice(int(low), int(high))
