"""Adds spaces to a library beside the one it was made with, drops them, chooses the default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.encoders.postprocessing import Transform
from lookalike.errors import UsageError
from lookalike.pipeline.fill import FillSummary, OnCount, VectorSource, fill_space
from lookalike.store.description import (
    FORMAT,
    LibraryDescription,
    SpaceDescription,
    write_description,
)
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.writer import writing

SAMPLE = 20_000
"""Pictures that a transform is fitted to."""


@dataclass(frozen=True)
class NewSpace:
    """A space that is to be added.

    Attributes:
        description: of it, not ready.
        transform: of the vectors of the space that it is based on, if it is.
        learned: what its encoder learned from the library's pictures, if it does.
        taught: ids of the labelled or judged pictures that the transform was learned from.
    """

    description: SpaceDescription
    transform: Transform | None = None
    learned: bytes | None = None
    taught: frozenset[str] = frozenset()


def add_space(
    store: LanceStore,
    new: NewSpace,
    source: VectorSource,
    on_count: OnCount = lambda *_: None,
) -> FillSummary:
    """Add a space, or go on with adding it; searches use it once it is whole.

    Raises:
        UsageError: there is another space of this name (``space-exists``).
        LibraryLockedError: another process writes to the library.
        DiskFullError: no space is left; what was finished is kept.
    """
    with writing(store):
        description = store.description
        before = earlier_space(description, new.description)
        if before is None:
            store.space_table(new.description).drop()
            if new.transform is not None:
                store.space_table(new.description).set_transform(new.transform)
            if new.learned is not None:
                store.space_table(new.description).set_learned(new.learned)
            if new.taught:
                store.space_table(new.description).set_taught(new.taught)
            _write(store, [*description.spaces, new.description])
        summary = fill_space(store, new.description, source, on_count)
        if not summary.interrupted:
            on_count("tidying", summary.filled, summary.filled)
            ready = new.description.model_copy(update={"ready": True})
            _write(store, [ready if s == new.description else s for s in store.description.spaces])
            maintain(store)
    return summary


def earlier_space(
    description: LibraryDescription, new: SpaceDescription
) -> SpaceDescription | None:
    """What an earlier, unfinished try to add a space left; None for nothing.

    Raises:
        UsageError: there is another space of this name (``space-exists``).
    """
    before = next((space for space in description.spaces if _same_place(space, new)), None)
    if before is not None and before != new:
        raise UsageError(
            f"The library has a space {before.name!r} already.",
            "Give another name, or drop that one: lookalike spaces drop.",
            code="space-exists",
        )
    return before


def exchange_space(
    store: LanceStore, old: SpaceDescription | None, new: NewSpace, source: VectorSource
) -> bool:
    """Make a space and put it in the place of another at once; the caller holds the writing place.

    Readers that still look at the old one go on with it: it is deleted the next time.

    Args:
        store: the library's store.
        old: an earlier generation of the same space; None where it becomes the default space.
        new: the space.
        source: of its vectors.

    Returns:
        Whether it was done; not if it was interrupted.
    """
    store.space_table(new.description).drop()
    if old is not None:
        store.space_table(old.model_copy(update={"generation": old.generation - 1})).drop()
    if new.transform is not None:
        store.space_table(new.description).set_transform(new.transform)
    if fill_space(store, new.description, source).interrupted:
        return False
    ready = new.description.model_copy(update={"ready": True})
    others = store.description.spaces
    changed = [ready if space == old else space for space in others] if old else [ready, *others]
    _write(store, changed)
    return True


def drop_space(store: LanceStore, name: str) -> None:
    """Remove an added space.

    Raises:
        NotFoundError: there is none of this name.
        UsageError: the library was made with it, or others are based on it (``space-in-use``).
        LibraryLockedError: another process writes to the library.
    """
    with writing(store):
        description = store.description
        space = description.named(name)
        based = [other.name for other in description.spaces if name in other.bases]
        if not space.added or based:
            reason = f"{', '.join(based)} is based on it" if based else "the library was made so"
            raise UsageError(
                f"The space {name!r} cannot be dropped: {reason}.",
                "Drop the other first." if based else "Index into a new library with -L.",
                code="space-in-use",
            )
        kept = [other for other in description.spaces if other.name != name]
        _write(store, kept, blending=description.blending and not space.neighbours)
        store.space_table(space).drop()


def choose_space(store: LanceStore, name: str) -> None:
    """Make a space the one that searches use by default.

    Raises:
        NotFoundError: there is none of this name.
        UsageError: it is not ready.
        LibraryLockedError: another process writes to the library.
    """
    with writing(store):
        description = store.description
        space = description.named(name)
        if space.kind == "region":
            raise UsageError(
                f"The space {name!r} holds parts of pictures: it goes with another one.",
                "`lookalike spaces` shows the spaces of pictures.",
                code="not-a-default",
            )
        if not space.ready:
            raise UsageError(
                f"The space {name!r} is not filled yet.",
                "Run the same `lookalike spaces add` again to finish it.",
                code="space-not-ready",
            )
        others = [other for other in description.spaces if other.name != name]
        _write(store, [space, *others])


def sample(store: LanceStore, space: SpaceDescription, count: int = SAMPLE) -> Int64Array:
    """Keys of random pictures that have a vector in a space, the same ones every time."""
    keys = store.keys_in(space)
    if len(keys) <= count:
        return keys
    return np.sort(np.random.default_rng(0).choice(keys, count, replace=False))


def _same_place(one: SpaceDescription, other: SpaceDescription) -> bool:
    return one.name == other.name or one.column == other.column


def _write(store: LanceStore, spaces: Sequence[SpaceDescription], **fields: bool) -> None:
    update = {"spaces": tuple(spaces), "format": FORMAT, **fields}
    changed = store.description.model_copy(update=update)
    write_description(store.path, changed)
    store.refresh()
