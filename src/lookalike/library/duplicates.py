"""The duplicates in a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.errors import (
    UsageError,
)
from lookalike.library.base import LibraryBase

if TYPE_CHECKING:
    from lookalike.pipeline.duplicates import Comparison
    from lookalike.search.duplicates.groups import DuplicateClass, DuplicateGroup
    from lookalike.store.export import OnCount


class Duplicates(LibraryBase):
    """Pictures that are the same, or nearly."""

    def compare(self, on_count: OnCount = lambda *_: None) -> Comparison:
        """Look for duplicates among the pictures that came since the last time.

        Args:
            on_count: told now and then what is being done, and how far it is.

        Raises:
            LibraryLockedError: another process writes to the library.
            DiskFullError: no space is left; what was compared is kept.
        """
        from lookalike.pipeline.duplicates import CompareRun
        from lookalike.store.lock import writer_lock

        with self._changing, writer_lock(self.path):
            self.refresh()
            # The encoder's own vectors: others are blended, or of another scale.
            views = self.views(self.description.made_with[0].name)
            limits = self._decoder.limits
            products = views.look.products
            lists = views.neighbours if products is views.look else None
            done = CompareRun(views.store, products, lists, limits=limits, on_count=on_count).run()
        self._views = {}
        return done

    def duplicates(
        self, kind: DuplicateClass = "same-picture", *, upright: bool = False
    ) -> list[DuplicateGroup]:
        """Groups of duplicates that :meth:`compare` has found, those with the largest files first.

        Args:
            kind: ``same-bytes``, ``same-picture`` or ``similar``.
            upright: a turned or mirrored copy does not count as the same picture.
        """
        from lookalike.search.duplicates.book import DuplicateBook

        return DuplicateBook(self._store, upright=upright).groups(kind)

    @property
    def uncompared(self) -> int:
        """How many pictures :meth:`compare` has not looked at yet."""
        from lookalike.search.duplicates.book import DuplicateBook

        return DuplicateBook(self._store).uncompared()

    def mark_distinct(self, one: str, other: str, *, forget: bool = False) -> tuple[str, str]:
        """Note that two pictures are different, whatever they look like; returns their ids.

        Args:
            one: id of a picture; its first digits do as well.
            other: id of another.
            forget: take the note back.

        Raises:
            NotFoundError: there is no such picture.
            UsageError: they are one picture.
            LibraryLockedError: another process writes to the library.
        """
        from lookalike.store.lock import writer_lock
        from lookalike.store.pairs import VerdictTable

        a, b = self.picture(one).id, self.picture(other).id
        if a == b:
            raise UsageError(f"{one} and {other} are one picture.", "Name two.")
        with self._changing, writer_lock(self.path):
            verdicts = VerdictTable(self.path)
            verdicts.remove(a, b) if forget else verdicts.put(a, b)
        self._views = {}
        return a, b
