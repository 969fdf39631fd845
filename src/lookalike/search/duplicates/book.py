"""All groups of duplicates of one version of a library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.search.duplicates.groups import (
    DuplicateClass,
    DuplicateGroup,
    groups_of_locations,
    groups_of_pairs,
)
from lookalike.search.duplicates.recipe import RECIPE
from lookalike.store.lance_store import LanceStore
from lookalike.store.pairs import Pair, PairTable, VerdictTable


class DuplicateBook:
    """What was found out about duplicates, of the pictures that the library holds now.

    Args:
        store: the library's store.
        upright: a turned or mirrored copy does not count as the same picture.
    """

    def __init__(self, store: LanceStore, *, upright: bool = False) -> None:
        self._store, self._upright = store, upright

    def groups(self, kind: DuplicateClass) -> list[DuplicateGroup]:
        """The groups of a class, those first that take the most space."""
        if kind == "same-bytes":
            several = self._store.keys_where("array_length(locations) > 1")
            found = groups_of_locations(self._store.records(several))
        else:
            found = self._compared(kind)
        return sorted(found, key=lambda group: (-group.extra_bytes, group.keeper.id))

    def uncompared(self) -> int:
        """How many pictures were not compared with the others yet."""
        done = PairTable(Path(self._store.path)).examined(RECIPE)
        return len(np.setdiff1d(self._store.keys(), done, assume_unique=True))

    def _compared(self, kind: DuplicateClass) -> list[DuplicateGroup]:
        pairs = self._pairs(kind)
        keys = sorted({key for pair in pairs for key in (pair.a, pair.b)})
        records = {record.key: record for record in self._store.records(keys)}
        distinct = VerdictTable(Path(self._store.path)).distinct()
        return groups_of_pairs(pairs, records, kind, distinct)

    def _pairs(self, kind: DuplicateClass) -> list[Pair]:
        pairs = PairTable(Path(self._store.path)).all()
        if kind == "similar":
            return [pair for pair in pairs if not pair.same]
        return [pair for pair in pairs if pair.same and not (self._upright and pair.orientation)]

    def copies_of(self) -> dict[int, int]:
        """For each picture in a group of the class ``same-picture`` the key of the keeper."""
        groups = self._compared("same-picture")
        members: Sequence[tuple[str, str]] = [
            (copy.id, group.keeper.id) for group in groups for copy in (group.keeper, *group.copies)
        ]
        keys = self._store.keys_of_ids([id_ for id_, _ in members])
        return {keys[one]: keys[keeper] for one, keeper in members}
