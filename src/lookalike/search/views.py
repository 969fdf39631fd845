"""What a search works on: one version of a library, and what the encoders made of the query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.postprocessing import Transform
from lookalike.search.clause import Clause
from lookalike.search.expansion import all_expanded, expanded
from lookalike.search.likeness import Likeness, look_likeness
from lookalike.store.description import SpaceDescription
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore
from lookalike.store.regions import RegionView
from lookalike.store.vectors import VectorView

if TYPE_CHECKING:
    from lookalike.search.feedback.learned import Learned
    from lookalike.search.verification import Sight
    from lookalike.store.neighbours import NeighbourLists

_ITSELF = 0.999
"""So near, as the encoder sees them, a picture is the one that is asked with."""
_FIRST = 8


@dataclass(frozen=True)
class Views:
    """One version of a library, ready to be searched.

    Attributes:
        store: the table.
        look: vectors of the picture space.
        space: which space that is.
        concept: vectors of the concept space, if there is one.
        regions: of the pictures, if the library has them and they go with ``space``.
        colour: shares of colours, if they are known.
        encoded: vectors as the encoder made them, where those of ``look`` are transformed.
        joint: vectors of the space that words go to as pictures do, if there is one.
        joint_space: which one that is.
    """

    store: LanceStore
    look: VectorView
    space: SpaceDescription
    concept: VectorView | None
    regions: RegionView | None = None
    colour: VectorView | None = None
    encoded: VectorView | None = None
    joint: VectorView | None = None
    joint_space: SpaceDescription | None = None

    @cached_property
    def copies(self) -> dict[int, int]:
        """For each picture that has copies the key of the one worth keeping."""
        from lookalike.search.duplicates.book import DuplicateBook

        return DuplicateBook(self.store).copies_of()

    def as_queries(self, keys: Int64Array) -> Float32Array:
        """The vectors of pictures of the library when they are what is searched for.

        Where vectors are blended with those of their neighbours, queries are not; where they are
        stored as binary codes, queries are whole.

        Args:
            keys: n pictures that have a vector in the space.

        Returns:
            Shape (n, dims), float32.
        """
        if not self.space.plain_queries:
            return self.look.vectors(keys)
        assert self.encoded is not None
        return self._transform(self.encoded.vectors(keys))

    def as_joined_queries(self, keys: Int64Array) -> Float32Array:
        """The same, and each joined by its nearest pictures where a search would do that."""
        queries = self.as_queries(keys)
        if not self.expands:
            return queries
        live = np.sort(self.look.live)
        return all_expanded(queries, self.look.vectors(live), np.searchsorted(live, keys))

    def joined_query(self, found: ClauseVectors) -> tuple[Float32Array, tuple[int, ...]]:
        """The vector that a picture is searched for by, joined by its nearest where that is done.

        Args:
            found: of a picture.

        Returns:
            Shape (dims,), and keys of the pictures that are the query itself: those that it names,
            or those of the library that look just like one from outside.
        """
        assert found.look is not None
        if not self.expands:
            return found.look, found.excluded
        near = self.look.top(found.look, _FIRST + len(found.excluded))
        own = found.excluded or self._itself(found, np.sort(near.keys))
        return expanded(found.look, self.look, own, near), own

    def _itself(self, found: ClauseVectors, near: Int64Array) -> tuple[int, ...]:
        if found.encoded is None or self.encoded is None:
            return ()
        held = self.encoded.holds(near)
        near = near if held is None else near[held]
        alike = self.encoded.scores(found.encoded[None], near)[0]
        return tuple(near[alike >= _ITSELF].tolist())

    @property
    def expands(self) -> bool:
        """Whether queries are joined by their nearest pictures, as blended vectors are."""
        return bool(self.space.neighbours)

    @cached_property
    def _transform(self) -> Transform:
        transform = self.store.space_table(self.space).transform()
        assert transform is not None
        return transform

    @property
    def encoded_space(self) -> SpaceDescription:
        """The space that the encoder's vectors lie in."""
        return self.store.description.named(self.space.base) if self.space.base else self.space

    @cached_property
    def neighbours(self) -> NeighbourLists | None:
        """The nearest others of every picture in the space, where this version's are kept."""
        from lookalike.store.neighbours import NeighbourCache
        from lookalike.store.space_table import CACHES

        return NeighbourCache(self.store.path / CACHES / self.space.column, self.look).kept()

    @cached_property
    def likeness(self) -> Likeness:
        """What inner products of pictures mean, as the encoder made their vectors."""
        return look_likeness(self.space.encoder, self.encoded or self.look)


@dataclass(frozen=True)
class ClauseVectors:
    """What encoders made of a clause.

    Attributes:
        look: its vector in the picture space, or None for words.
        colour: its vector in the space of colours, or None.
        concept: its vector in the concept space, or None.
        joint: the words' vector in the joint space, or None.
        kinds: names of the classes that its words are the common name of; or none.
        lacks: why words are not read by the joint model that the library has; empty if they are.
        trust: from 0 to 1, how well the words' vector agrees with what people judged.
        sight: the picture itself, for looking at hits again; else None.
        learned: what judgments taught, where the clause stands for that; else None.
        parts: the clauses that it stands for together, as a concept does; else none.
        encoded: its vector as the encoder made it, where ``look`` is a transformed one.
        region: what it is compared with regions of pictures by, or None.
        excluded: keys of pictures that the clause names itself: they are no hits.
        share: how much of the clause this is, where the rest is what was learned for it.
    """

    look: Float32Array | None = None
    colour: Float32Array | None = None
    concept: Float32Array | None = None
    joint: Float32Array | None = None
    kinds: tuple[str, ...] = ()
    lacks: str = ""
    trust: float = 1.0
    learned: Learned | None = None
    sight: Sight | None = None
    parts: tuple[tuple[Clause, ClauseVectors], ...] = ()
    encoded: Float32Array | None = None
    region: Float32Array | None = None
    excluded: tuple[int, ...] = ()
    share: float = 1.0
