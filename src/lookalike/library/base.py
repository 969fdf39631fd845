"""What all methods of a library share: its store, its models, one version in view."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lookalike.imaging.picture import Limits
from lookalike.imaging.single import SingleDecoder
from lookalike.settings import Settings
from lookalike.store.description import LibraryDescription, SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.picture_files import PictureFiles
from lookalike.store.reports import ReportShelf
from lookalike.store.rows import PictureRecord
from lookalike.store.uploads import Uploads
from lookalike.store.vector_cache import VectorCache

if TYPE_CHECKING:
    from lookalike.pipeline.added_spaces import AddedSpaces
    from lookalike.pipeline.encoding import Encoding
    from lookalike.search.views import Views
    from lookalike.sources.fetch import FetchPolicy
    from lookalike.store.regions import RegionView
    from lookalike.store.vectors import VectorView


class LibraryBase:
    """A searchable collection of pictures; get one from :func:`open_library`.

    Args:
        store: the library's store.
        settings: caches, runtime, threads.
        fetch: what query URLs may be fetched.
        isolate_decoding: decode query pictures and make thumbnails in processes of their own, as a
            server should.
    """

    def __init__(
        self,
        store: LanceStore,
        settings: Settings | None = None,
        fetch: FetchPolicy | None = None,
        *,
        isolate_decoding: bool = False,
    ) -> None:
        from lookalike.search.clause_vectors import ClauseEncoder
        from lookalike.search.encode_query import QueryEncoder
        from lookalike.search.feedback.memory import Memory

        self.settings = settings or Settings()
        self._store = store
        self._files = PictureFiles(store.path)
        self._uploads = Uploads(store.path)
        self._decoder = SingleDecoder(Limits(), isolate=isolate_decoding)
        self._caches: dict[str, VectorCache] = {}
        self._queries = QueryEncoder(
            store.path, store.description, self.settings.cache, threads=self.settings.threads
        )
        self._clauses = ClauseEncoder(self._queries, self._decoder, self._uploads, fetch)
        self._memory = Memory(store.path)
        self._lock = threading.RLock()
        self._changing = threading.Lock()
        self._views: dict[str, Views] = {}
        self._encoding: Encoding | None = None

    @property
    def path(self) -> Path:
        """The library's directory."""
        return self._store.path

    @property
    def description(self) -> LibraryDescription:
        """Its format and its spaces."""
        return self._store.description

    @property
    def version(self) -> int:
        """The version in view; it grows with every change."""
        return self._store.version

    def __len__(self) -> int:
        return len(self._store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the decoding processes, if there are any. The library may not be used any more."""
        self._decoder.close()

    @property
    def reports(self) -> ReportShelf:
        """The reports that are kept with it."""
        return ReportShelf(self.path)

    def refresh(self) -> bool:
        """Move on to the newest version; True if there was one."""
        with self._lock:
            latest = LanceStore(self.path)
            if latest.state == self._store.state:
                return False
            self._store, self._views = latest, {}
            self._queries.follow(latest.description)
            for cache in self._caches.values():
                cache.follow(latest)
            return True

    def picture(self, id_or_prefix: str) -> PictureRecord:
        """The picture with this id; its first digits do as well.

        Raises:
            NotFoundError: there is none, or several begin so.
        """
        store = self._store
        return store.records([store.key_of(id_or_prefix)])[0]

    def views(self, space: str = "") -> Views:
        """The table and the vectors of the version in view, for whoever measures them.

        Args:
            space: name of the space of pictures; empty for the default one.

        Raises:
            NotFoundError: there is no such space, or it is not filled yet.
        """
        from lookalike.search.views import Views

        with self._lock:
            if space not in self._views:
                look = self._store.description.searched(space)
                concept = self._store.description.space("concept")
                colour = self._store.description.space("colour")
                joint = look if look.words else self._store.description.joint
                self._views[space] = Views(
                    self._store,
                    self._cache(look).view(),
                    look,
                    self._cache(concept).view() if concept else None,
                    self._regions(look),
                    self._cache(colour).view() if colour else None,
                    self._encoded(look),
                    self._cache(joint).view().products if joint else None,
                    joint,
                )
            return self._views[space]

    def _encoded(self, look: SpaceDescription) -> VectorView | None:
        """Vectors as the encoder made them, compared by inner products, where ``look`` is not."""
        if look.base:
            return self._cache(self._store.description.named(look.base)).view().products
        view = self._cache(look).view()
        return None if view.products is view else view.products

    def _regions(self, look: SpaceDescription) -> RegionView | None:
        """The regions that go with a space of pictures, if the library has them."""
        from lookalike.store.regions import RegionView

        description = self._store.description
        space = description.space("region")
        if space is None or space.encoder != look.encoder:
            return None
        return RegionView(self._cache(space).view(), space, description.named(space.base))

    def _cache(self, space: SpaceDescription) -> VectorCache:
        if space.column not in self._caches or self._caches[space.column].space != space:
            self._caches[space.column] = VectorCache(self._store, space)
        return self._caches[space.column]

    def _spaces(self) -> AddedSpaces:
        from lookalike.pipeline.added_spaces import AddedSpaces

        return AddedSpaces(self.path, self.settings)

    def _encoding_for_indexing(self) -> Encoding:
        """The library's encoders, loaded once: a watch or a server indexes again and again."""
        from lookalike.pipeline.encoding import load_encoding

        with self._lock:
            if self._encoding is None:
                settings = self.settings
                self._encoding = load_encoding(
                    self.description, settings.cache, settings.preference, settings.threads
                )
            return self._encoding
