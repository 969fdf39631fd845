"""Which spaces have neighbour lists, and what is compared in them."""

from __future__ import annotations

from collections.abc import Callable

from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.neighbours import NeighbourCache
from lookalike.store.vector_cache import VectorCache

KEPT_UP_TO = 20_000
"""So many pictures are compared at the end of a run without being asked: it takes seconds there."""


def neighbour_cache(
    store: LanceStore,
    space: SpaceDescription,
    cache_of: Callable[[SpaceDescription], VectorCache] | None = None,
) -> NeighbourCache:
    """The neighbour lists of a space of pictures.

    Args:
        store: the library's store.
        space: one of pictures.
        cache_of: gives the vectors of a space; by default a new cache object.
    """
    find = cache_of or (lambda wanted: VectorCache(store, wanted))
    transform = store.space_table(space).transform() if space.plain_queries else None
    cache = find(space)
    if transform is None:
        return NeighbourCache(cache.folder, cache.view())
    base = find(store.description.named(space.base))
    return NeighbourCache(cache.folder, cache.view(), (base.view(), transform))


def refresh_neighbours(store: LanceStore) -> None:
    """Bring the lists of all spaces of pictures up to date, and make them in small libraries."""
    for space in store.description.ready:
        if space.kind != "image":
            continue
        cache = neighbour_cache(store, space)
        quick = len(store) <= KEPT_UP_TO and space.metric != "manhattan"  # no product of matrices
        if cache.exists() or quick:
            cache.lists()
