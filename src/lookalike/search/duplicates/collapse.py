"""One hit for each picture, however many copies of it the library holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lookalike.search.results import Hit
from lookalike.search.scored import Scored
from lookalike.store.lance_store import LanceStore


def collapsed(found: Scored, copies: Mapping[int, int]) -> Scored:
    """Only the best of each group.

    Args:
        found: best first.
        copies: for each picture of a group the key that stands for the group.
    """
    groups = np.array([copies.get(key, key) for key in found.keys.tolist()], np.int64)
    _, first = np.unique(groups, return_index=True)
    return found.take(np.sort(first))


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
