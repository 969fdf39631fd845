"""Pictures come into a library, and go."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import (
    DecodeError,
    UsageError,
)
from lookalike.imaging.picture import Decoded, InputSpec
from lookalike.library.base import LibraryBase
from lookalike.store.lance_store import LanceStore

if TYPE_CHECKING:
    from lookalike.pipeline.additions import AddedPicture, NewPicture
    from lookalike.pipeline.dismissal import RemovedPicture
    from lookalike.pipeline.fetching import Sources
    from lookalike.pipeline.report import IndexSummary, OnProgress
    from lookalike.pipeline.run import IndexOptions
    from lookalike.pipeline.watch import WatchOptions, WatchStep
    from lookalike.sources.web.download import OnWebProgress, WebSummary
    from lookalike.sources.web.options import WebOptions

_LOOK_SIDE = 32


class Changes(LibraryBase):
    """What changes which pictures a library holds."""

    def index(
        self,
        sources: Sequence[str | Path],
        *,
        table: str | Path | None = None,
        label_folders: bool | None = None,
        frames: int | None = None,
        options: IndexOptions | None = None,
        web: WebOptions | None = None,
        into: str | Path | None = None,
        on_progress: OnProgress = lambda _: None,
    ) -> IndexSummary:
        """Take pictures in; again takes in only what is new, changed, moved or gone.

        The library remembers how each source is read: what is None is as it was before, for the
        source or the nearest one around it. URLs, and what lists of URLs name, are fetched into a
        folder first: see :meth:`fetch`.

        Args:
            sources: folders, archives, files, lists of URLs, URLs of pictures and archives.
            table: a metadata table (CSV, TSV, JSON lines, Parquet, COCO's JSON) about those that
                are here; ``""`` for none.
            label_folders: take the names of folders as labels.
            frames: how many frames of an animation or pages of a document are taken in, evenly
                spread; with 1 those that the library holds stay, and no more are added.
            options: how it is done.
            web: how the web is asked.
            into: where fetched files go; by default the folder ``fetched`` in the library.
            on_progress: told now and then how far it is.

        Raises:
            SourceError: a source is not there, or none holds a picture.
            UsageError, FetchError: as for :meth:`fetch`.
            LibraryLockedError: another process writes to the library.
            DiskFullError: no space is left; what was written is kept.
        """
        from lookalike.pipeline.fetching import told_apart
        from lookalike.pipeline.report import IndexSummary
        from lookalike.pipeline.run import IndexOptions, IndexRun
        from lookalike.pipeline.sources import sources_to_read
        from lookalike.sources.reading import Wishes

        if not sources:
            raise UsageError("Nothing to index.", "Name a folder with pictures.")
        apart, fetched = told_apart(sources), None
        wishes = Wishes(label_folders, frames, None if table is None else str(table))
        folders = sources_to_read(self.path, apart.local, wishes)
        if apart.of_the_web:
            retry = options.retry_code if options is not None and options.retry else None
            fetched = self.fetch(apart, into, web, retry=retry)
            if fetched.interrupted:
                return IndexSummary(pictures=len(self), interrupted=True, fetched=fetched)
            folders += sources_to_read(self.path, [fetched.folder], replace(wishes, table=None))
        encoding, store = self._encoding_for_indexing(), LanceStore(self.path)
        completing = self._spaces().completing(store)
        run = IndexRun(store, encoding, options or IndexOptions(), on_progress, completing)
        try:
            summary = run.run(folders)
            summary.fetched = fetched
            return summary
        finally:
            self.refresh()

    def fetch(
        self,
        sources: Sources,
        into: str | Path | None = None,
        web: WebOptions | None = None,
        *,
        retry: str | None = None,
        on_progress: OnWebProgress = lambda _: None,
    ) -> WebSummary:
        """Fetch what lies on the web into a folder, to be indexed; again fetches what is missing.

        Args:
            sources: URLs, and files that list some.
            into: where files go; by default the folder ``fetched`` in the library.
            web: how the web is asked.
            retry: also what failed before with this code; everything if empty; nothing if None.
            on_progress: told now and then how far it is.

        Raises:
            SourceError: a list or the folder cannot be used, or another process is filling it.
            UsageError: Scrapy is not installed, or the folder was filled by a crawl.
            FetchError: the downloading process died; what it fetched is kept.
        """
        from lookalike.pipeline.fetching import fetch_sources
        from lookalike.sources.web.options import WebOptions
        from lookalike.store.originals import FETCHED

        folder = Path(into).expanduser() if into else self.path / FETCHED
        web = web or WebOptions()
        return fetch_sources(sources, folder, web, retry=retry, on_progress=on_progress)

    def watch(
        self,
        folders: Sequence[str | Path],
        *,
        table: str | Path | None = None,
        label_folders: bool | None = None,
        frames: int | None = None,
        options: IndexOptions | None = None,
        when: WatchOptions | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[WatchStep]:
        """Index folders, then again whatever changes in them; yields what each batch came to.

        Args:
            folders: they must be there now; later they may vanish and come back.
            table: as for :meth:`index`, like the next two.
            label_folders: take the names of folders as labels.
            frames: how many frames of an animation are taken in.
            options: how pictures are taken in.
            when: how soon after a change.
            stop: set to end the watch, as an interrupt does.

        Raises:
            SourceError: a folder is not there, or the system cannot watch so many.
            LibraryError: the library cannot be written, and waiting will not help.
        """
        from lookalike.pipeline.watch import FolderWatch, WatchOptions, follow, watchable

        roots = watchable(folders)
        watch = FolderWatch(roots, self.path, when or WatchOptions(), stop)

        def index(changed: Sequence[Path]) -> IndexSummary:
            return self.index(
                changed, table=table, label_folders=label_folders, frames=frames, options=options
            )

        return follow(watch, index)

    def add_pictures(
        self, pictures: Sequence[NewPicture], *, frames: int = 1
    ) -> list[AddedPicture]:
        """Take in pictures whose files the library keeps itself; says what became of each.

        Takes as long as the pictures want, however large the library is.

        Args:
            pictures: what was sent.
            frames: how many frames of an animation or pages of a document are taken in.

        Raises:
            LibraryLockedError: another process writes to the library.
            DiskFullError: no space is left.
        """
        from lookalike.pipeline.additions import add_pictures
        from lookalike.pipeline.run import IndexOptions

        options = IndexOptions(workers=1, restore=True, remember=False, limits=self._decoder.limits)

        def index(files: Sequence[Path], ids: frozenset[str]) -> IndexSummary:
            return self.index(files, frames=frames, options=replace(options, ids=ids))

        with self._changing:
            store = LanceStore(self.path)
            return add_pictures(store, pictures, self._look_at, index, frames=frames)

    def _look_at(self, sent: NewPicture) -> Decoded:
        if len(sent.data) > self._decoder.limits.max_bytes:
            raise DecodeError(f"{sent.name or 'The picture'} is too large.", code="too-large")
        path = self._uploads.path(self._uploads.put(sent.data))
        try:
            return self._decoder.decode(path, InputSpec(_LOOK_SIDE, "within"), sent.name)
        except DecodeError:
            path.unlink(missing_ok=True)
            raise

    def remove(self, ids: Iterable[str]) -> list[RemovedPicture]:
        """Remove pictures for good: :meth:`index` passes their files over from now on.

        Files that the library keeps itself are deleted; all others stay as they are.

        Args:
            ids: of pictures; the first digits do as well.

        Raises:
            NotFoundError: there is no such picture; nothing is removed then.
            LibraryLockedError: another process writes to the library.
        """
        from lookalike.pipeline.dismissal import remove_pictures

        with self._changing:
            try:
                return remove_pictures(LanceStore(self.path), ids)
            finally:
                self.refresh()
