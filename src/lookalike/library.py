"""A library: the rooms below, joined. Every edge (shell, REST, page, Python) calls these methods.

All methods may be called from several threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.errors import (
    DecodeError,
    NotFoundError,
    OtherModelsError,
    SourceError,
    UsageError,
)
from lookalike.imaging.picture import Decoded, InputSpec, Limits
from lookalike.search.query import Clause, Match, Query, parse_query
from lookalike.search.results import Results
from lookalike.settings import Settings
from lookalike.sources.archives.names import archive_of
from lookalike.sources.frame_names import frame_id, split_frame
from lookalike.sources.naming import location_of, path_of
from lookalike.store.description import LibraryDescription, SpaceDescription
from lookalike.store.disk import bytes_below
from lookalike.store.dismissed import DISMISSED
from lookalike.store.failures import FailureRecord
from lookalike.store.lance_store import LanceStore
from lookalike.store.originals import ORIGINALS, Originals, content_id
from lookalike.store.rows import PictureRecord
from lookalike.store.uploads import Uploads
from lookalike.store.vector_cache import VectorCache

if TYPE_CHECKING:
    from lookalike.encoders.concepts import ConceptSpace
    from lookalike.imaging.workers import DecodePool
    from lookalike.pipeline.additions import AddedPicture, NewPicture
    from lookalike.pipeline.dismissal import RemovedPicture
    from lookalike.pipeline.encoding import Encoding
    from lookalike.pipeline.report import IndexSummary, OnProgress
    from lookalike.pipeline.run import IndexOptions
    from lookalike.pipeline.watch import WatchOptions, WatchStep
    from lookalike.search.engine import ClauseVectors, Views
    from lookalike.sources.fetch import FetchPolicy
    from lookalike.store.check import CheckReport
    from lookalike.store.export import ExportSummary, OnCount

DEFAULT_ENCODER = "efficientnet-lite0"

_LOOK_SIDE = 32
# Processes that decode for a server: pages show many thumbnails at once.
_DECODERS = 2


@dataclass(frozen=True)
class LibraryInfo:
    """What a library holds.

    Attributes:
        path: where it lies.
        pictures: distinct pictures.
        locations: files that hold them.
        failures: entries of the ledger.
        format: version of its format.
        version: of its content; grows with every change.
        created: when it was made (UTC).
        disk_bytes: what it takes on the disk.
        spaces: its embedding spaces.
    """

    path: Path
    pictures: int
    locations: int
    failures: int
    format: int
    version: int
    created: datetime
    disk_bytes: int
    spaces: tuple[SpaceDescription, ...]

    def as_dict(self) -> dict[str, Any]:
        """The information as JSON's types."""
        return {
            "path": str(self.path),
            "pictures": self.pictures,
            "locations": self.locations,
            "failures": self.failures,
            "format": self.format,
            "version": self.version,
            "created": self.created.isoformat(),
            "disk_bytes": self.disk_bytes,
            "spaces": [space.model_dump() for space in self.spaces],
        }


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
        from lookalike.search.encode_query import QueryEncoder

        self.settings = settings or Settings()
        self._fetch = fetch
        self._limits = Limits()
        self._store = store
        self._uploads = Uploads(store.path)
        self._caches = {s.kind: VectorCache(store, s) for s in store.description.spaces}
        self._encoder = QueryEncoder(
            store.description, self.settings.cache, threads=self.settings.threads
        )
        self._lock = threading.RLock()
        self._changing = threading.Lock()
        self._views: Views | None = None
        self._isolate = isolate_decoding
        self._pool: DecodePool | None = None
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
        with self._lock:
            if self._pool is not None:
                self._pool.__exit__(None, None, None)
                self._pool = None

    def refresh(self) -> bool:
        """Move on to the newest version; True if there was one."""
        with self._lock:
            latest = LanceStore(self.path)
            if latest.version == self._store.version:
                return False
            self._store, self._views = latest, None
            for cache in self._caches.values():
                cache.follow(latest)
            return True

    def index(
        self,
        sources: Sequence[str | Path],
        *,
        table: Path | None = None,
        options: IndexOptions | None = None,
        on_progress: OnProgress = lambda _: None,
    ) -> IndexSummary:
        """Take pictures in; again takes in only what is new, changed, moved or gone.

        Args:
            sources: folders and files.
            table: a metadata table (CSV, TSV, JSON lines) about them.
            options: how it is done.
            on_progress: told now and then how far it is.

        Raises:
            SourceError: a source is not there, or none holds a picture.
            LibraryLockedError: another process writes to the library.
            DiskFullError: no space is left; what was written is kept.
        """
        from lookalike.pipeline.run import IndexOptions, IndexRun
        from lookalike.sources.folder import FolderSource

        if not sources:
            raise UsageError("Nothing to index.", "Name a folder with pictures.")
        folders = [FolderSource(Path(source), table) for source in sources]
        encoding, store = self._encoding_for_indexing(), LanceStore(self.path)
        run = IndexRun(store, encoding, options or IndexOptions(), on_progress)
        try:
            return run.run(folders)
        finally:
            self.refresh()

    def watch(
        self,
        folders: Sequence[str | Path],
        *,
        options: IndexOptions | None = None,
        when: WatchOptions | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[WatchStep]:
        """Index folders, then again whatever changes in them; yields what each batch came to.

        Args:
            folders: they must be there now; later they may vanish and come back.
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
        return follow(watch, lambda changed: self.index(changed, options=options))

    def search(
        self,
        *query: Query | str,
        without: Iterable[str] = (),
        where: str = "",
        k: int = 20,
        match: Match = "auto",
    ) -> Results:
        """Find pictures.

        Args:
            query: one :class:`Query`, or clauses as text: words, paths, URLs, ``id:ID``.
            without: clauses that the pictures shall not be like.
            where: a filter, e.g. ``tag = snow and date >= 2019``.
            k: how many hits at most.
            match: how words are matched: ``auto``, ``words`` or ``concept``.

        Raises:
            QueryError, FilterError: the query cannot be understood.
            DecodeError: a query picture is none.
            FetchError, ForbiddenUrlError: a query URL cannot or must not be fetched.
            NotFoundError: a picture that the query names is not there.
        """
        from lookalike.search.engine import search

        began = time.perf_counter()
        if len(query) == 1 and isinstance(query[0], Query):
            asked = query[0]
        else:
            texts = [text for text in query if isinstance(text, str)]
            asked = parse_query(
                texts, without=without, where=where, k=k, match=match, local_files=True
            )
        views = self._current_views()
        if len(views.store) == 0:
            raise NotFoundError(
                f"The library {self.path} is empty.",
                "Fill it with `lookalike index FOLDER`.",
                code="empty-library",
            )
        vectors = [self._vectors_of(clause, asked.match, views) for clause in asked.clauses]
        return search(asked, vectors, views, began)

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
        record = self.picture(picture_id)
        for place in record.locations:
            if (path := path_of(place.path)).is_file():
                return path
        # It was brought along by an import, or the library was moved.
        if (own := Originals(self.path / ORIGINALS).find(record.id)) is not None:
            return own
        if any(archive_of(place.path) for place in record.locations):
            raise NotFoundError(
                f"{record.locations[0].path} lies in an archive.",
                "Unpack the archive, or ask for the thumbnail.",
                code="in-archive",
            )
        raise NotFoundError(
            f"{record.locations[0].path} is not there any more.",
            "Run `lookalike index` on its folder again.",
            code="original-gone",
        )

    def original_bytes(self, picture_id: str) -> tuple[bytes, str]:
        """The bytes of the file that holds the picture, also out of an archive, and its name.

        Raises:
            NotFoundError: all its files are gone, changed or unreadable.
        """
        record = self.picture(picture_id)
        try:
            path = self.original(record.id)
            return path.read_bytes(), path.name
        except (NotFoundError, OSError) as error:
            found = _out_of_archive(record)
            if found is not None:
                return found[0], found[1]
            raise NotFoundError(
                f"{record.locations[0].path} is not there any more.",
                "Run `lookalike index` on its folder again.",
                code="original-gone",
            ) from error

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
            source, frame = self._source_of(record)
            spec, name = InputSpec(side, "within"), record.locations[0].path
            decoded = self._decode(source, spec, name, frame)
            save_thumbnail(decoded.pixels[0], target)
        return target

    def add_upload(self, data: bytes, name: str = "") -> str:
        """Keep a picture to search with, as the clause ``upload:NAME``; returns the name.

        Raises:
            DecodeError: it is no picture.
        """
        if len(data) > self._limits.max_bytes:
            raise DecodeError(f"{name or 'The upload'} is too large.", code="too-large")
        upload = self._uploads.put(data)
        path = self._uploads.path(upload)
        try:
            self._encoder.picture(upload, lambda spec: self._decode(path, spec, name))
        except DecodeError:
            path.unlink(missing_ok=True)
            raise
        return upload

    def add_pictures(self, pictures: Sequence[NewPicture]) -> list[AddedPicture]:
        """Take in pictures whose files the library keeps itself; says what became of each.

        Raises:
            LibraryLockedError: another process writes to the library.
            DiskFullError: no space is left.
        """
        from lookalike.pipeline.additions import add_pictures
        from lookalike.pipeline.run import IndexOptions

        options = IndexOptions(workers=1, restore=True, limits=self._limits)
        with self._changing:
            return add_pictures(
                LanceStore(self.path),
                pictures,
                self._look_at,
                lambda files: self.index(files, options=options),
            )

    def _look_at(self, sent: NewPicture) -> Decoded:
        if len(sent.data) > self._limits.max_bytes:
            raise DecodeError(f"{sent.name or 'The picture'} is too large.", code="too-large")
        path = self._uploads.path(self._uploads.put(sent.data))
        try:
            return self._decode(path, InputSpec(_LOOK_SIDE, "within"), sent.name)
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

        read = self._original_bytes if pictures else None
        target = Path(into).expanduser().absolute()
        return export(LanceStore(self.path), target, vectors=vectors, originals=read,
                      on_count=on_count)  # fmt: skip

    def _original_bytes(self, picture_id: str) -> bytes:
        return self.original_bytes(picture_id)[0]

    def _source_of(self, record: PictureRecord) -> tuple[Path | bytes, int]:
        """Where a picture's bytes are, or they themselves, and which frame of them it is."""
        try:
            file = self.original(record.id)
        except NotFoundError:
            found = _out_of_archive(record)
            if found is None:
                raise
            return found[0], found[2]
        return file, _frame_of(record, file)

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
        import pyarrow.compute as pc

        store = self._store
        locations = pc.sum(pc.list_value_length(store.facets(["locations"])["locations"])).as_py()
        return LibraryInfo(
            path=self.path,
            pictures=len(store),
            locations=int(locations or 0),
            failures=len(self.failures()),
            format=self.description.format,
            version=store.version,
            created=self.description.created,
            disk_bytes=bytes_below(self.path),
            spaces=self.description.spaces,
        )

    def _current_views(self) -> Views:
        from lookalike.search.engine import Views

        with self._lock:
            if self._views is None:
                views = {kind: cache.view() for kind, cache in self._caches.items()}
                self._views = Views(self._store, views["image"], views.get("concept"))
            return self._views

    def _vectors_of(self, clause: Clause, match: Match, views: Views) -> ClauseVectors:
        from lookalike.search.engine import ClauseVectors

        match clause.kind:
            case "text":
                return ClauseVectors(concept=self._concept_of(clause.value, match))
            case "picture":
                key = views.store.key_of(clause.value)
                vector = views.look.vectors(np.array([key], dtype=np.int64))[0]
                return ClauseVectors(look=vector, key=key)
            case "upload":
                path = self._uploads.path(clause.value)
                name = "The uploaded picture"
            case "url":
                upload = self.add_upload(self._fetched(clause.value), clause.value)
                path, name = self._uploads.path(upload), clause.value
            case "file":
                path, name = Path(clause.value).expanduser(), clause.value
        key_of_content = path.name if clause.kind in ("upload", "url") else _content(path)
        look = self._encoder.picture(key_of_content, lambda spec: self._decode(path, spec, name))
        return ClauseVectors(look=look)

    def _concept_of(self, words: str, match: Match) -> Float32Array | None:
        if match == "words":
            return None
        try:
            return self._encoder.concept(words)
        except OtherModelsError:
            if match == "concept":
                raise
            return None  # the metadata can still be searched

    def _fetched(self, url: str) -> bytes:
        from lookalike.sources.fetch import FetchPolicy, fetch

        return fetch(url, self._fetch or FetchPolicy()).data

    def _decode(self, source: Path | bytes, spec: InputSpec, name: str, frame: int = 1) -> Decoded:
        shown = str(source) if isinstance(source, Path) else name
        try:
            if self._isolate:
                return self._decode_apart(source, shown, spec, frame)
            from lookalike.imaging.decode import decode

            return decode(source, (spec,), self._limits, name=shown, frame=frame)
        except DecodeError as error:
            raise _renamed(error, shown, name) from error

    def _decode_apart(
        self, source: Path | bytes, name: str, spec: InputSpec, frame: int
    ) -> Decoded:
        from lookalike.imaging.workers import DecodePool

        with self._lock:
            if self._pool is None:
                self._pool = DecodePool(_DECODERS, (), self._limits)
                self._pool.__enter__()
            pool = self._pool
        content = source if isinstance(source, bytes) else None
        task = _File(Path(name), name, (spec,), frame, content)
        ((_, outcome),) = pool.run([task])
        if isinstance(outcome, DecodeError):
            raise outcome
        return outcome

    def _encoding_for_indexing(self) -> Encoding:
        """The library's encoders, loaded once: a watch or a server indexes again and again."""
        from lookalike.encoders.registry import load_image_encoder
        from lookalike.pipeline.encoding import Encoding
        from lookalike.search.encode_query import check_recipe

        with self._lock:
            if self._encoding is None:
                space, settings = self.description.space("image"), self.settings
                assert space is not None
                check_recipe(space)
                image = load_image_encoder(
                    space.encoder, settings.cache, settings.runtime, settings.threads, "index"
                )
                self._encoding = Encoding(image, self._concepts_for_indexing())
            return self._encoding

    def _concepts_for_indexing(self) -> ConceptSpace | None:
        from lookalike.search.encode_query import load_concepts

        space = self.description.space("concept")
        if space is None:
            return None
        concepts = load_concepts(space.encoder, self.settings.cache, self.settings.threads)
        if concepts.name != space.name:
            raise OtherModelsError(
                f"The library's concepts were made by {space.name}; here is {concepts.name}.",
                "Index into a new library with -L.",
            )
        return concepts


@dataclass(frozen=True)
class _File:
    path: Path
    location: str
    specs: tuple[InputSpec, ...]
    frame: int
    content: bytes | None = None


def open_library(
    path: str | Path,
    *,
    settings: Settings | None = None,
    fetch: FetchPolicy | None = None,
    isolate_decoding: bool = False,
) -> Library:
    """Open a library.

    Args:
        path: its directory.
        settings: caches, runtime, threads; by default as the environment says.
        fetch: what query URLs may be fetched; by default nothing on private networks.
        isolate_decoding: decode query pictures and make thumbnails in processes of their own, as a
            server should.

    Raises:
        NotFoundError: there is no library.
        LibraryFormatError: a later version of lookalike wrote it.
        LibraryError: it is damaged.
    """
    store = LanceStore(Path(path).expanduser().absolute())
    return Library(store, settings, fetch, isolate_decoding=isolate_decoding)


def create_library(
    path: str | Path,
    *,
    encoder: str | None = None,
    settings: Settings | None = None,
    fetch: FetchPolicy | None = None,
) -> Library:
    """Open a library, or make an empty one where there is none.

    Args:
        path: its directory.
        encoder: the picture encoder, see ``lookalike models``.
        settings: as for :func:`open_library`.
        fetch: as for :func:`open_library`.

    Raises:
        UsageError: there is a library of another encoder.
        LibraryError: the directory holds something else, or cannot be made.
    """
    place = Path(path).expanduser().absolute()
    try:
        library = open_library(place, settings=settings, fetch=fetch)
    except NotFoundError:
        settings = settings or Settings()
        store = LanceStore.create(place, _spaces(encoder or DEFAULT_ENCODER, settings))
        return Library(store, settings, fetch)
    space = library.description.space("image")
    if encoder is not None and space is not None and space.encoder != encoder:
        raise UsageError(
            f"The library {place} was made with {space.encoder}, not with {encoder}.",
            "Leave the encoder out, or name another library with -L.",
            code="other-encoder",
        )
    return library


def import_library(
    exported: str | Path,
    path: str | Path,
    *,
    pictures: bool = True,
    settings: Settings | None = None,
    on_count: OnCount = lambda *_: None,
) -> Library:
    """Make the library of an export again and open it; no encoder is needed.

    Interrupted, it goes on when it is called again.

    Args:
        exported: the folder that :meth:`Library.export` filled.
        path: where the library shall lie: a folder that is new or empty.
        pictures: whether the pictures' own files, if they came along, are kept in the library.
        settings: as for :func:`open_library`.
        on_count: told now and then what is being done, and how far it is.

    Raises:
        NotFoundError, LibraryFormatError, UsageError: it is no whole export, of a later version,
            or without vectors.
        LibraryError: a file of it is damaged, or ``path`` holds something else.
    """
    from lookalike.store.imports import import_library

    source, place = (Path(folder).expanduser().absolute() for folder in (exported, path))
    store = import_library(source, place, originals=pictures, on_count=on_count)
    return Library(store, settings)


def _spaces(encoder: str, settings: Settings) -> list[SpaceDescription]:
    from lookalike.encoders.registry import model_info
    from lookalike.search.encode_query import load_concepts

    info = model_info(encoder)
    image = SpaceDescription(
        name=encoder, kind="image", encoder=encoder, dims=info.dims, recipe=info.recipe
    )
    spaces = [image]
    if info.classes:
        concepts = load_concepts(encoder, settings.cache, settings.threads)
        spaces.append(
            SpaceDescription(
                name=concepts.name, kind="concept", encoder=encoder, dims=concepts.dims
            )
        )
    return spaces


def _content(path: Path) -> str:
    about = path.stat()
    return f"{path}\0{about.st_size}\0{about.st_mtime_ns}"


def _frame_of(record: PictureRecord, file: Path) -> int:
    """Which frame of its file a picture is; a file may really be called like a frame."""
    if any(place.path == location_of(file) for place in record.locations):
        return 1
    return max(split_frame(place.path)[1] for place in record.locations)


def _out_of_archive(record: PictureRecord) -> tuple[bytes, str, int] | None:
    """The picture's bytes if an archive still holds them, their name, and the frame that it is."""
    from lookalike.sources.archives.find import read_member

    for place in record.locations:
        location, frame = split_frame(place.path)
        if not archive_of(location):
            continue
        try:
            data = read_member(location)
        except (SourceError, OSError):
            continue  # another place may still be sound
        if data is not None and frame_id(content_id(data), frame) == record.id:
            return data, PurePath(location).name, frame
    return None


def _renamed(error: DecodeError, path: str, name: str) -> DecodeError:
    """The error with the name that people know the picture by."""
    message = error.message.replace(path, name or "the uploaded picture")
    return DecodeError(message, error.hint, code=error.code)
