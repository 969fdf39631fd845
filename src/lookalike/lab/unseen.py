"""Leaves out what a space was learned from: it would do too well on that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lookalike.errors import UsageError
from lookalike.lab.topics import Searchable, TestCollection
from lookalike.store.description import LibraryDescription, SpaceDescription

TAUGHT = "queries are pictures that {name} was learned from (not asked)"


def unseen(collection: TestCollection, library: Searchable, space: str = "") -> TestCollection:
    """The queries that are no pictures that a space was learned from.

    Raises:
        UsageError: all are (``nothing-to-evaluate``).
        NotFoundError: there is no such space.
    """
    description, store = library.description, library.views().store
    searched = description.named(space) if space else description.space("image")
    taught = {picture for one in _lineage(description, searched)
              for picture in store.space_table(one).taught()}  # fmt: skip
    if searched is None or not taught:
        return collection
    keys = set(store.keys_of_ids(taught).values())
    kept = tuple(topic for topic in collection.topics if topic.key not in keys)
    if not kept:
        raise UsageError(
            f"{searched.name} was learned from all {len(collection):,} pictures that are asked.",
            "Ask with others, or believe what `lookalike adapt` measured on those it held out.",
            code="nothing-to-evaluate",
        )
    left = {TAUGHT.format(name=searched.name): len(collection) - len(kept)}
    return replace(collection, topics=kept).noted(left)


def _lineage(
    description: LibraryDescription, space: SpaceDescription | None
) -> Iterator[SpaceDescription]:
    """A space, and those that its vectors are made of."""
    if space is not None:
        yield space
        for base in space.bases:
            yield from _lineage(description, description.named(base))
