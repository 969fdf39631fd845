"""The embedding spaces of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.errors import UsageError
from lookalike.library.base import LibraryBase
from lookalike.store.lance_store import LanceStore

if TYPE_CHECKING:
    from lookalike.pipeline.fill import FillSummary
    from lookalike.store.description import Codes
    from lookalike.store.export import OnCount
    from lookalike.store.metric import Metric


class Spaces(LibraryBase):
    """Spaces beside the one that a library was made with."""

    def add_space(
        self,
        name: str = "",
        *,
        encoder: str = "",
        base: str = "",
        dims: int | None = None,
        whiten: float = 0.0,
        metric: Metric = "cosine",
        codes: Codes = "float16",
        on_count: OnCount = lambda *_: None,
    ) -> FillSummary:
        """Add an embedding space; searches go on meanwhile, and can use it once it is whole.

        Interrupted or killed, the same call goes on where it stopped.

        Args:
            name: of the new space; by default that of the encoder, or of the base and what is done.
            encoder: a picture encoder, see ``lookalike models``; the pictures are read again.
            base: instead of an encoder, a space whose vectors are centred and transformed.
            dims: with a base, how many principal axes are kept.
            whiten: with a base, 0 to 1: how much the axes are evened out.
            metric: how its vectors are compared: ``cosine``, ``dot``, ``euclidean`` or
                ``manhattan``. The last two are searched exactly, without an index.
            codes: how they are stored: ``float16``, or with a base ``binary``: a bit a number, its
                sign after a rotation.
            on_count: told now and then what is being done, and how far it is.

        Raises:
            UsageError: neither encoder nor base, there is another space of this name, or binary
                codes cannot be had so (``no-binary``).
            UnknownModelError, ModelError: the encoder is not there.
            NotFoundError: there is no such base.
            LibraryLockedError: another process writes to the library.
        """
        try:
            spaces = self._spaces()
            store = LanceStore(self.path)
            if base:
                return spaces.add_transformed(
                    store, name, base, dims, whiten, metric, on_count, codes
                )
            if codes == "binary":
                raise UsageError(
                    "Binary codes are made of a space that is there.",
                    f"Add {encoder or name or 'its encoder'} first, then: lookalike spaces add "
                    "--from SPACE --codes binary",
                    code="no-binary",
                )
            return spaces.add_encoder(store, name, encoder, metric, on_count)
        finally:
            self.refresh()

    def add_regions(self, *, on_count: OnCount = lambda *_: None) -> FillSummary:
        """Add vectors of the regions of pictures, so that small things in large pictures are found.

        From then on, :meth:`index` gives new pictures theirs. Interrupted or killed, the same call
        goes on where it stopped; ``drop_space("regions")`` removes them.

        Args:
            on_count: told now and then what is being done, and how far it is.

        Raises:
            ModelError: the library's encoder has none (``no-regions``).
            LibraryLockedError: another process writes to the library.
        """
        try:
            return self._spaces().add_regions(LanceStore(self.path), on_count)
        finally:
            self.refresh()

    def drop_space(self, name: str) -> None:
        """Remove a space that was added.

        Raises:
            NotFoundError: there is none of this name.
            UsageError: the library was made with it, or another space is based on it.
            LibraryLockedError: another process writes to the library.
        """
        from lookalike.pipeline.spaces import drop_space

        drop_space(LanceStore(self.path), name)
        self.refresh()

    def choose_space(self, name: str) -> None:
        """Make a space the one that searches use by default.

        Raises:
            NotFoundError: there is none of this name.
            UsageError: it is not filled yet.
            LibraryLockedError: another process writes to the library.
        """
        from lookalike.pipeline.spaces import choose_space

        choose_space(LanceStore(self.path), name)
        self.refresh()
