"""The nearest pictures of each picture, computed once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lookalike.errors import NotFoundError
from lookalike.library.base import LibraryBase
from lookalike.store.rows import PictureRecord

if TYPE_CHECKING:
    from lookalike.store.export import OnCount
    from lookalike.store.neighbours import NeighbourLists


@dataclass(frozen=True)
class Neighbour:
    """A picture near another one.

    Attributes:
        picture: what is known of it.
        similarity: inner product of the two in the space, or less their distance.
    """

    picture: PictureRecord
    similarity: float

    def as_dict(self) -> dict[str, Any]:
        """The neighbour as JSON's types."""
        location = self.picture.locations[0].path
        return {"id": self.picture.id, "location": location, "similarity": self.similarity}


class Neighbours(LibraryBase):
    """Neighbour lists of the library's spaces."""

    def neighbours(self, picture_id: str, k: int = 10, *, space: str = "") -> list[Neighbour]:
        """The pictures nearest to one of the library, best first, without a score or a cut.

        Args:
            picture_id: its id; its first digits do as well.
            k: how many, at most 50.
            space: name of the space of pictures; empty for the default one.

        Raises:
            NotFoundError: there is no such picture or space, or the picture has no vector in it.
        """
        picture = self.picture(picture_id)
        try:
            keys, scores = self.neighbour_lists(space).of(picture.key)
        except KeyError as error:
            raise NotFoundError(
                f"The picture {picture.id} has no vector in that space yet.",
                "Run `lookalike index` again, or name another space.",
                code="not-in-space",
            ) from error
        records = self._store.records(keys[:k])
        return [
            Neighbour(record, float(score))
            for record, score in zip(records, scores[:k], strict=True)
        ]

    def neighbour_lists(
        self, space: str = "", *, on_count: OnCount = lambda *_: None
    ) -> NeighbourLists:
        """The 50 nearest of every picture, as arrays; computed if they are not kept yet.

        That takes seconds for 20,000 pictures (which indexing does by itself), and grows with the
        square of their number. Later pictures are merged in.

        Args:
            space: name of the space of pictures; empty for the default one.
            on_count: told now and then what is being done, and how far it is.

        Raises:
            NotFoundError: there is no such space, or it is not filled yet.
        """
        from lookalike.store.neighbour_spaces import neighbour_cache

        store = self._store
        with self._lock:
            look = store.description.searched(space)
            cache = neighbour_cache(store, look, self._cache)
        return cache.lists(lambda done, total: on_count("comparing", done, total))
