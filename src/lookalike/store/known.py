"""What a library already holds, small enough to keep in memory for millions of pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lookalike.store.rows import Location

UInt64Array = npt.NDArray[np.uint64]
Int64Array = npt.NDArray[np.int64]


def hash64(text: str) -> int:
    """64 bits of BLAKE2b, as an unsigned integer."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class Known:
    """Every location of a library with its stamp, and every picture's size.

    Takes 40 bytes a location and 16 bytes a picture. Two different locations share a
    64-bit hash with a probability of 3e-6 at ten million of them, and must then share
    the stamp's 64 bits as well before one is overlooked.

    Args:
        keys: shape (pictures,), int64.
        sizes: shape (pictures,), int64, bytes of each picture's file.
        owners: shape (locations,), int64, the key of the picture at each location.
        paths: shape (locations,), uint64, :func:`hash64` of each location's path.
        roots: shape (locations,), uint64, :func:`hash64` of each location's root.
        stamps: shape (locations,), uint64, :func:`hash64` of each location's stamp.
    """

    def __init__(
        self,
        keys: Int64Array,
        sizes: Int64Array,
        owners: Int64Array,
        paths: UInt64Array,
        roots: UInt64Array,
        stamps: UInt64Array,
    ) -> None:
        order = np.argsort(paths, kind="stable")
        self._paths, self._owners = paths[order], owners[order]
        self._roots, self._stamps = roots[order], stamps[order]
        self._seen = np.zeros(len(paths), dtype=bool)
        order = np.argsort(sizes, kind="stable")
        self._sizes, self._keys = sizes[order], keys[order]

    def __len__(self) -> int:
        return len(self._keys)

    def unchanged(self, path: str, stamp: str) -> bool:
        """Whether the library holds this location with this stamp; it counts as seen now."""
        position = self._find(path)
        if position < 0 or int(self._stamps[position]) != hash64(stamp):
            return False
        self._seen[position] = True
        return True

    def owner(self, path: str) -> int | None:
        """The key of the picture that lay at this location, or None."""
        position = self._find(path)
        return None if position < 0 else int(self._owners[position])

    def mark_seen(self, path: str) -> None:
        """Note that something still lies at this location."""
        position = self._find(path)
        if position >= 0:
            self._seen[position] = True

    def keys_of_size(self, size_bytes: int) -> list[int]:
        """Keys of the pictures whose file has exactly this length."""
        low = int(np.searchsorted(self._sizes, size_bytes, side="left"))
        high = int(np.searchsorted(self._sizes, size_bytes, side="right"))
        return [int(key) for key in self._keys[low:high]]

    def count_under(self, root: str) -> tuple[int, int]:
        """How many locations were taken in from this root, and how many of them were seen."""
        mine = self._roots == hash64(root)
        return int(mine.sum()), int((mine & self._seen).sum())

    def unseen_owners(self, root: str) -> list[int]:
        """Keys of the pictures of this root with a location that was not seen, ascending."""
        gone = (self._roots == hash64(root)) & ~self._seen
        return [int(key) for key in np.unique(self._owners[gone])]

    def is_unseen(self, path: str) -> bool:
        """Whether the library holds this location and the scan did not meet it."""
        position = self._find(path)
        return position >= 0 and not self._seen[position]

    def _find(self, path: str) -> int:
        wanted = np.uint64(hash64(path))
        position = int(np.searchsorted(self._paths, wanted))
        found = position < len(self._paths) and self._paths[position] == wanted
        return position if found else -1


def known_from(
    keys: Sequence[int], sizes: Sequence[int], locations: Sequence[Sequence[Location]]
) -> Known:
    """Build :class:`Known` from whole rows; for small libraries and tests."""
    flat = [(key, place) for key, places in zip(keys, locations, strict=True) for place in places]
    return Known(
        np.asarray(keys, dtype=np.int64),
        np.asarray(sizes, dtype=np.int64),
        np.asarray([key for key, _ in flat], dtype=np.int64),
        np.asarray([hash64(place.path) for _, place in flat], dtype=np.uint64),
        np.asarray([hash64(place.root) for _, place in flat], dtype=np.uint64),
        np.asarray([hash64(place.stamp) for _, place in flat], dtype=np.uint64),
    )
