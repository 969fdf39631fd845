"""A library: the rooms below, joined. Every edge (shell, REST, page, Python) calls these methods.

All methods may be called from several threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Unpack

from lookalike.errors import (
    DecodeError,
    NotFoundError,
    UsageError,
)
from lookalike.imaging.picture import Decoded, InputSpec, Limits
from lookalike.imaging.single import SingleDecoder
from lookalike.search.query import Query, QueryFields, parse_clauses, parse_query
from lookalike.search.results import Results
from lookalike.settings import Settings
from lookalike.store.description import LibraryDescription, SpaceDescription
from lookalike.store.dismissed import DISMISSED
from lookalike.store.failures import FailureRecord
from lookalike.store.info import LibraryInfo
from lookalike.store.lance_store import LanceStore
from lookalike.store.picture_files import PictureFiles
from lookalike.store.rows import PictureRecord
from lookalike.store.uploads import Uploads
from lookalike.store.vector_cache import VectorCache

if TYPE_CHECKING:
    from lookalike.pipeline.added_spaces import AddedSpaces
    from lookalike.pipeline.additions import AddedPicture, NewPicture
    from lookalike.pipeline.dismissal import RemovedPicture
    from lookalike.pipeline.duplicates import Comparison
    from lookalike.pipeline.encoding import Encoding
    from lookalike.pipeline.fetching import Sources
    from lookalike.pipeline.fill import FillSummary
    from lookalike.pipeline.report import IndexSummary, OnProgress
    from lookalike.pipeline.run import IndexOptions
    from lookalike.pipeline.watch import WatchOptions, WatchStep
    from lookalike.search.duplicates.groups import DuplicateClass, DuplicateGroup
    from lookalike.search.feedback.apply import Enriched
    from lookalike.search.feedback.teaching import Teaching
    from lookalike.search.region import Region
    from lookalike.search.views import ClauseVectors, Views
    from lookalike.sources.fetch import FetchPolicy
    from lookalike.sources.web.download import OnWebProgress, WebSummary
    from lookalike.sources.web.options import WebOptions
    from lookalike.store.check import CheckReport
    from lookalike.store.export import ExportSummary, OnCount
    from lookalike.store.judgments import Judgment
    from lookalike.store.regions import RegionView

_LOOK_SIDE = 32


class Library:
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

    def __enter__(self) -> Library:
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

    def search(
        self,
        *query: Query | str,
        without: Iterable[str] = (),
        **fields: Unpack[QueryFields],
    ) -> Results:
        """Find pictures.

        Args:
            query: one :class:`Query`, or clauses as text: words, paths, URLs, ``id:ID``.
            without: clauses that the pictures shall not be like.
            fields: the other fields of a :class:`Query`: ``where="tag = snow and date >= 2019"``,
                ``k=50``, ``match="concept"`` ...

        Raises:
            QueryError, FilterError: the query cannot be understood.
            DecodeError: a query picture is none.
            FetchError, ForbiddenUrlError: a query URL cannot or must not be fetched.
            NotFoundError: a picture that the query names is not there.
        """
        from lookalike.search.engine import search
        from lookalike.search.words.suggest import suggestions
        from lookalike.search.words.understand import understand

        began = time.perf_counter()
        if len(query) == 1 and isinstance(query[0], Query):
            asked = query[0]
        else:
            texts = [text for text in query if isinstance(text, str)]
            asked = parse_query(texts, without=without, local_files=True, **fields)
        views = self.views(asked.space)
        if len(views.store) == 0:
            raise NotFoundError(
                f"The library {self.path} is empty.",
                "Fill it with `lookalike index FOLDER`.",
                code="empty-library",
            )
        meant, understood = understand(asked, views.store, self._memory)
        found = self._enriched(meant, views)
        results = search(found.query, found.vectors, views, began)
        results = replace(results, query=meant, taught=found.taught, understood=understood)
        others = suggestions(asked, results, views.store, self._clauses.related)
        took = (time.perf_counter() - began) * 1000
        return replace(results, suggestions=others, took_ms=took)

    def encoded(self, query: Query) -> list[ClauseVectors]:
        """What the encoders make of each clause that has a weight.

        Raises:
            DecodeError, FetchError, ForbiddenUrlError, NotFoundError: as for :meth:`search`.
        """
        return list(self._enriched(replace(query, learned=False), self.views()).vectors)

    def _enriched(self, query: Query, views: Views) -> Enriched:
        from lookalike.search.feedback.apply import enrich

        return enrich(
            query, self._memory, views, lambda c: self._clauses.vectors(c, query.match, views)
        )

    def judge(
        self,
        *clauses: str,
        relevant: Iterable[str] = (),
        not_relevant: Iterable[str] = (),
        without: Iterable[str] = (),
        concept: str = "",
        user: str = "",
    ) -> list[Judgment]:
        """Say which pictures fit a query; later searches for it learn from that.

        Args:
            clauses: the query, written as for :meth:`search`; may be none for a concept.
            relevant: ids of pictures that fit; their first digits do as well.
            not_relevant: ids of pictures that do not.
            without: clauses that the pictures shall not be like.
            concept: give the query this name; then ``concept:NAME`` is a clause, and the name a
                word.
            user: who says so.

        Raises:
            QueryError: the query cannot be understood.
            UsageError: nothing is said, or a picture is to be both.
            NotFoundError: there is no such picture; nothing is kept then.
        """
        told = parse_clauses(clauses, without=without, local_files=True)
        return self.teaching.judge(told, relevant, not_relevant, concept=concept, user=user)

    def suggest(self, query: Query, count: int = 10) -> list[PictureRecord]:
        """Pictures whose verdict would teach most about a query, best first.

        Args:
            query: its clauses, filter and space count.
            count: how many at most.

        Raises:
            LookalikeError: as :meth:`search` says.
        """
        from lookalike.search.feedback.suggest import CANDIDATES, to_judge

        judged = {j.picture for j in self.teaching.judgments(query.clauses)}
        plain = Query(query.clauses, query.where, match=query.match, space=query.space, cut=None)
        found = self.search(replace(plain, k=CANDIDATES + len(judged)))
        fresh = [hit.picture for hit in found if hit.id not in judged]
        return to_judge(fresh, count, self.views(query.space))

    @property
    def teaching(self) -> Teaching:
        """Everything else about judgments and concepts: list, forget, name, suggest."""
        from lookalike.search.feedback.teaching import Teaching

        return Teaching(self._memory, lambda: self._store)

    def picture(self, id_or_prefix: str) -> PictureRecord:
        """The picture with this id; its first digits do as well.

        Raises:
            NotFoundError: there is none, or several begin so.
        """
        store = self._store
        return store.records([store.key_of(id_or_prefix)])[0]

    def original(self, picture_id: str) -> Path:
        """A file that holds the picture.

        Raises:
            NotFoundError: all its files are gone, or it lies in an archive only (``in-archive``):
                see :meth:`original_bytes`.
        """
        return self._files.path(self.picture(picture_id))

    def original_bytes(self, picture_id: str) -> tuple[bytes, str]:
        """The bytes of the file that holds the picture, also out of an archive, and its name.

        Raises:
            NotFoundError: all its files are gone, changed or unreadable.
        """
        return self._files.read(self.picture(picture_id))

    def thumbnail(self, picture_id: str, side: int = 320) -> Path:
        """A JPEG of the picture whose longer side has ``side`` pixels; made when first wanted.

        Raises:
            NotFoundError: there is no such picture, or neither its file nor a thumbnail.
            DecodeError: its file changed and is no picture any more.
        """
        from lookalike.imaging.thumbnails import save_thumbnail

        record = self.picture(picture_id)
        folder = self.path / "thumbnails" / record.id[:2]
        target = folder / f"{record.id}-{side}.jpg"
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            source, frame = self._files.source(record)
            spec, name = InputSpec(side, "within"), record.locations[0].path
            decoded = self._decoder.decode(source, spec, name, frame)
            save_thumbnail(decoded.pixels[0], target)
        return target

    def part(self, picture_id: str, region: Region, side: int = 320) -> bytes:
        """A JPEG of a part of a picture; its longer side has at most ``side`` pixels.

        Raises:
            NotFoundError: there is no such picture, or its file is gone.
            QueryError: the region reaches out of the picture.
            DecodeError: its file changed and is no picture any more.
        """
        from lookalike.imaging.thumbnails import encoded_thumbnail

        record = self.picture(picture_id)
        region.pixels(record.facts.width, record.facts.height)
        source, frame = self._files.source(record)
        spec, name = InputSpec(side, "within", box=region), record.locations[0].path
        return encoded_thumbnail(self._decoder.decode(source, spec, name, frame).pixels[0])

    def add_upload(self, data: bytes, name: str = "") -> str:
        """Keep a picture to search with, as the clause ``upload:NAME``; returns the name.

        Raises:
            DecodeError: it is no picture.
        """
        return self._clauses.add_upload(data, name)

    def upload_thumbnail(self, upload: str, side: int, region: Region | None = None) -> bytes:
        """A JPEG of a picture that was sent to search with; its longer side has ``side`` pixels.

        Args:
            upload: its hash.
            side: in pixels.
            region: only this part of it; None for all.

        Raises:
            NotFoundError: it is not kept any more.
            QueryError: the region reaches out of the picture.
        """
        from lookalike.imaging.thumbnails import encoded_thumbnail

        path = self._uploads.path(upload)
        spec = InputSpec(side, "within", box=region)
        decoded = self._decoder.decode(path, spec, "The uploaded picture")
        if region is not None:
            region.pixels(decoded.facts.width, decoded.facts.height)
        return encoded_thumbnail(decoded.pixels[0])

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

    def export(
        self,
        into: str | Path,
        *,
        vectors: bool = True,
        pictures: bool = False,
        on_count: OnCount = lambda *_: None,
    ) -> ExportSummary:
        """Write the whole library as files that others can read, see ``docs/export.md``.

        Args:
            into: a folder that is new or empty.
            vectors: whether the vectors come along; only then can it be imported.
            pictures: whether the pictures' own files come along.
            on_count: told now and then what is being done, and how far it is.

        Raises:
            LibraryError: ``into`` holds something else (``not-empty``).
            DiskFullError: no space is left.
        """
        from lookalike.store.export import export

        read = (lambda picture_id: self.original_bytes(picture_id)[0]) if pictures else None
        target = Path(into).expanduser().absolute()
        return export(LanceStore(self.path), target, vectors=vectors, originals=read,
                      on_count=on_count)  # fmt: skip

    def add_space(
        self,
        name: str = "",
        *,
        encoder: str = "",
        base: str = "",
        dims: int | None = None,
        whiten: float = 0.0,
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
            on_count: told now and then what is being done, and how far it is.

        Raises:
            UsageError: neither encoder nor base, or there is another space of this name.
            UnknownModelError, ModelError: the encoder is not there.
            NotFoundError: there is no such base.
            LibraryLockedError: another process writes to the library.
        """
        try:
            spaces = self._spaces()
            store = LanceStore(self.path)
            if base:
                return spaces.add_transformed(store, name, base, dims, whiten, on_count)
            return spaces.add_encoder(store, name, encoder, on_count)
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
            views = self.views()
            limits = self._decoder.limits
            done = CompareRun(views.store, views.look, limits=limits, on_count=on_count).run()
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

    def failures(self) -> list[FailureRecord]:
        """The ledger: what could not be taken in, and why."""
        return [entry for entry in self._store.failures.all() if entry.failure.code != DISMISSED]

    def dismissed(self) -> list[FailureRecord]:
        """Files that are passed over because people removed their pictures."""
        return [entry for entry in self._store.failures.all() if entry.failure.code == DISMISSED]

    def check(self, *, repair: bool = False) -> CheckReport:
        """Read the whole library and say whether it is sound.

        Args:
            repair: write indices and caches anew; the pictures themselves are not touched.

        Raises:
            LibraryLockedError: to be repaired while another process writes.
        """
        from lookalike.store.check import check

        try:
            return check(LanceStore(self.path), repair=repair)
        finally:
            self.refresh()

    def info(self) -> LibraryInfo:
        """What the library holds."""
        return LibraryInfo.of(self._store)

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
                self._views[space] = Views(
                    self._store,
                    self._cache(look).view(),
                    look,
                    self._cache(concept).view() if concept else None,
                    self._regions(look),
                    self._cache(colour).view() if colour else None,
                    self._cache(self._store.description.named(look.base)).view()
                    if look.base
                    else None,
                )
            return self._views[space]

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
                    self.description, settings.cache, settings.runtime, settings.threads
                )
            return self._encoding
