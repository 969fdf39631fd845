"""One hit for each picture, however many copies of it the library holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lookalike.search.results import Hit
from lookalike.search.scored import Scored
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore


def collapsed(found: Scored, copies: Mapping[int, int], shown: Int64Array | None = None) -> Scored:
    """Only the best of each group, or the one that was shown already.

    Args:
        found: best first.
        copies: for each picture of a group the key that stands for the group.
        shown: keys of the pictures on earlier pages.
    """
    groups = groups_of(found.keys, copies)
    first = np.isin(found.keys, [] if shown is None else shown)
    order = np.argsort(~first, kind="stable")
    _, best = np.unique(groups[order], return_index=True)
    return found.take(np.sort(order[best]))


def groups_of(keys: Int64Array, copies: Mapping[int, int]) -> Int64Array:
    """What stands for each of these pictures: the key of its group, or its own."""
    return np.array([copies.get(key, key) for key in keys.tolist()], np.int64)


def with_copies(
    hits: Sequence[Hit], copies: Mapping[int, int], store: LanceStore
) -> tuple[Hit, ...]:
    """The hits, each with the places of its group's other pictures.

    Args:
        hits: of collapsed pictures.
        copies: as for :func:`collapsed`.
        store: the library's store.
    """
    members: defaultdict[int, list[int]] = defaultdict(list)
    for key, group in copies.items():
        members[group].append(key)
    return tuple(
        replace(hit, copies=_places(members[copies[key]], key, store)) if key in copies else hit
        for hit in hits
        for key in (hit.picture.key,)
    )


def _places(keys: Sequence[int], own: int, store: LanceStore) -> tuple[str, ...]:
    others = store.records(sorted(key for key in keys if key != own))
    return tuple(place.path for record in others for place in record.locations)
