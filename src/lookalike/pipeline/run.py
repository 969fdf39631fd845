"""The local executor: scan, decode in processes, encode in a thread, write in batches."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace

from lookalike.errors import DecodeError, ModelError, SourceError
from lookalike.imaging.picture import Decoded, Limits
from lookalike.imaging.worker_process import Outcome
from lookalike.imaging.workers import DecodePool
from lookalike.pipeline.archives import ArchiveBook
from lookalike.pipeline.dismissal import forget_restored, is_dismissed, without_dismissed
from lookalike.pipeline.encoding import Encoded, Encoding
from lookalike.pipeline.frames import Frame, FrameBook
from lookalike.pipeline.gone import Removal
from lookalike.pipeline.intake import Intake
from lookalike.pipeline.interrupts import undisturbed
from lookalike.pipeline.report import IndexSummary, OnProgress, Progress
from lookalike.pipeline.scan import Scan
from lookalike.sources.entry import Entry, Failure
from lookalike.sources.folder import FolderSource
from lookalike.sources.naming import location_of
from lookalike.store.archives import read_archives, write_archives
from lookalike.store.known import Known
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.sources import remember_sources
from lookalike.store.writer import StoreWriter, writing

_READ_CODES = frozenset({"permission-denied", "unreadable", "vanished", "archive-corrupt"})


@dataclass(frozen=True)
class IndexOptions:
    """How a run is done.

    Attributes:
        workers: decoding processes; 0 for one a core.
        batch: pictures that are encoded at once.
        retry: try again what failed before, even if it has not changed.
        retry_code: of that, only what failed with this code; empty for all.
        only_failed: leave everything else as it is, even if it is new, changed or gone.
        whole: folders whose pictures are taken in although ``only_failed``.
        allow_empty: remove what came from a source that holds nothing now.
        remember: note how the sources are read, for later runs.
        restore: take in again what people removed from the library.
        ids: of all that the sources hold, where that is known: the library is asked about these
            only, and nothing is removed from it.
        limits: what one picture may cost.
    """

    workers: int = 0
    batch: int = 128
    retry: bool = False
    retry_code: str = ""
    only_failed: bool = False
    whole: tuple[str, ...] = ()
    allow_empty: bool = False
    remember: bool = True
    restore: bool = False
    ids: frozenset[str] | None = None
    limits: Limits = field(default_factory=Limits)


class IndexRun:
    """One run over some sources.

    Args:
        store: the library's store.
        encoding: its encoders.
        options: how.
        on_progress: told now and then how far it is.
        complete: gives new pictures their vectors in the spaces that were added to the library.
    """

    def __init__(
        self,
        store: LanceStore,
        encoding: Encoding,
        options: IndexOptions = IndexOptions(),
        on_progress: OnProgress = lambda _: None,
        complete: Callable[[], None] = lambda: None,
    ) -> None:
        self._complete = complete
        self._store, self._encoding, self._options = store, encoding, options
        self._on_progress = on_progress
        self._summary = IndexSummary()
        self._dismissed: set[str] = set()
        self._last_progress = 0.0
        self._done = 0

    def run(self, sources: Sequence[FolderSource]) -> IndexSummary:
        """Bring the library in step with the sources.

        An interrupt (``KeyboardInterrupt``) ends the run early: what is decoded is kept, and
        the summary says so.

        Raises:
            LibraryLockedError: another process writes to the library.
            DiskFullError: no space is left; what was written is kept.
            SourceError: the sources hold no picture at all.
            EncoderError: the encoder failed; what was encoded is kept.
        """
        began = time.monotonic()
        with writing(self._store) as writer:
            if self._options.remember:
                readings = {location_of(source.root): source.reading for source in sources}
                remember_sources(self._store.path, readings)
            try:
                self._index(writer, _outermost_first(sources))
                if not self._summary.interrupted:
                    self._progress("tidying", None)
                    self._complete()
                    maintain(self._store)
            except KeyboardInterrupt:  # between two steps, or while tidying: nothing is lost
                self._summary.interrupted = True
        self._summary.seconds = time.monotonic() - began
        self._summary.pictures = len(self._store)
        return self._summary

    def _index(self, writer: StoreWriter, sources: Sequence[FolderSource]) -> None:
        ledger = {entry.failure.location: entry for entry in self._store.failures.all()}
        failed = {location: entry.failure for location, entry in ledger.items()}
        known = self._store.known(self._options.ids)
        intake = Intake(writer, known, set(ledger), self._summary)
        most = {location_of(source.root): source.reading.frames for source in sources}
        frames = self._frames(known, failed, most)
        archives = self._archives(known, failed, most)
        if self._options.restore:
            failed = without_dismissed(failed)
        self._dismissed = {place for place, failure in failed.items() if is_dismissed(failure)}
        with self._scan(sources, known, failed, frames, archives) as scan:
            try:
                self._take_in(scan, intake, frames)
            except KeyboardInterrupt:
                self._summary.interrupted = True
            except ModelError:
                intake.commit()
                raise
            for failure, root in scan.found.failures:
                intake.fail(failure, root)
            intake.commit()
            found = scan.found
        if self._options.restore:
            forget_restored(self._store)
        passed_over = len(self._dismissed & found.ledger_seen)
        self._summary.dismissed += passed_over
        self._summary.unchanged = found.unchanged
        self._summary.failed_before = found.failed_before - passed_over
        self._summary.ignored_kinds = sum((s.ignored for s in sources), found.ignored)
        if self._summary.interrupted or self._options.ids is not None:
            return
        empty, only_failed = self._options.allow_empty, self._options.only_failed
        removal = Removal(writer, found, known, self._summary, allow_empty=empty)
        for source in sources:
            held = found.entries[location_of(source.root)] > 0
            if held if only_failed else removal.of_pictures(source):
                removal.of_failures(source, ledger)
        records = archives.records(location_of(source.root) for source in sources)
        if records != read_archives(self._store.path):
            write_archives(self._store.path, records)
        told = found.failures or found.failed_before
        if not any(found.entries.values()) and not told and not len(known):
            raise _nothing_there(sources, self._summary)

    def _frames(
        self, known: Known, failed: Mapping[str, Failure], most: Mapping[str, int]
    ) -> FrameBook:
        only_failed = self._options.only_failed
        return FrameBook(
            self._store,
            known,
            failed,
            most,
            self._is_retried,
            only_failed=only_failed,
            ids=self._options.ids,
        )

    def _archives(
        self, known: Known, failed: Mapping[str, Failure], most: Mapping[str, int]
    ) -> ArchiveBook:
        return ArchiveBook(
            read_archives(self._store.path),
            known,
            failed,
            self._is_retried,
            only_failed=self._options.only_failed,
            frames=most,
        )

    def _is_retried(self, failure: Failure) -> bool:
        if is_dismissed(failure):
            return self._options.restore
        retry = self._options.retry or self._options.only_failed
        return retry and self._options.retry_code in ("", failure.code)

    def _scan(
        self,
        sources: Sequence[FolderSource],
        known: Known,
        failed: Mapping[str, Failure],
        frames: FrameBook,
        archives: ArchiveBook,
    ) -> Scan:
        options = self._options
        return Scan(
            sources,
            known,
            failed,
            frames,
            archives,
            retry=options.retry or options.only_failed,
            retry_code=options.retry_code,
            only_failed=options.only_failed,
            on_wait=lambda scan: self._progress("scanning", scan),
            whole=options.whole,
        )

    def _take_in(self, scan: Scan, intake: Intake, frames: FrameBook) -> None:
        workers = self._options.workers or _cores()
        specs = (self._encoding.image.input,)
        dismissed = frozenset() if self._options.restore else self._store.dismissed.ids()
        with (
            DecodePool(workers, specs, self._options.limits) as pool,
            ThreadPoolExecutor(1, thread_name_prefix="encode") as thread,
        ):
            encoder = _BatchEncoder(self._encoding, thread, self._options.batch, intake)
            outcomes = _outcomes(pool, scan, frames)
            try:
                for entry, outcome in outcomes:
                    self._done += not isinstance(entry, Frame)
                    self._dismissed.discard(entry.location)  # it was looked at again
                    if isinstance(outcome, DecodeError):
                        intake.fail(_failure(entry, outcome), entry.root)
                    elif intake.holds(outcome.id):
                        intake.take(entry, outcome, None)
                    elif outcome.id in dismissed:
                        intake.dismiss(entry)
                    else:
                        encoder.add(entry, outcome)
                    intake.commit_if_due()
                    self._progress("indexing", scan)
            finally:
                outcomes.close()
                encoder.flush()

    def _progress(self, stage: str, scan: Scan | None) -> None:
        now = time.monotonic()
        if now - self._last_progress < 0.1 and stage != "tidying":
            return
        self._last_progress = now
        total, scanned = (scan.total, scan.counted) if scan else (self._done, True)
        failed = self._summary.failed
        met = scan.met if scan else 0
        self._on_progress(Progress(self._done, total, scanned, failed, stage, met))


class _BatchEncoder:
    """Encodes in another thread while the next batch is decoded; two batches wait at most."""

    def __init__(
        self, encoding: Encoding, thread: ThreadPoolExecutor, size: int, intake: Intake
    ) -> None:
        self._encoding, self._thread, self._size, self._intake = encoding, thread, size, intake
        self._batch: list[tuple[Entry, Decoded]] = []
        self._running: deque[tuple[list[tuple[Entry, Decoded]], Future[list[Encoded]]]] = deque()

    def add(self, entry: Entry, decoded: Decoded) -> None:
        # Bytes that came out of an archive are not needed any more.
        entry = replace(entry, content=None) if entry.content is not None else entry
        self._batch.append((entry, decoded))
        if len(self._batch) >= self._size:
            self._submit()
        while len(self._running) > 2 or (self._running and self._running[0][1].done()):
            self._finish()

    def flush(self) -> None:
        """Finish all batches, also those after one that failed.

        Raises:
            ModelError: one failed.
        """
        if self._batch:
            self._submit()
        failed: ModelError | None = None
        while self._running:
            try:
                self._finish()
            except ModelError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def _submit(self) -> None:
        pixels = [decoded.pixels[0] for _, decoded in self._batch]
        self._running.append((self._batch, self._thread.submit(self._encoding.encode, pixels)))
        self._batch = []

    def _finish(self) -> None:
        with undisturbed():
            batch, future = self._running.popleft()
            for (entry, decoded), encoded in zip(batch, future.result(), strict=True):
                self._intake.take(entry, decoded, encoded)


def _outcomes(
    pool: DecodePool, scan: Scan, frames: FrameBook
) -> Generator[tuple[Entry, Outcome], None, None]:
    """What became of each file, and before it of those of its frames that are wanted."""
    with closing(pool.run(scan)) as files:
        for entry, outcome in files:
            if isinstance(outcome, Decoded):
                wanted = frames.frames_of(entry, outcome)
                scan.found.ledger_seen.update(frame.location for frame in wanted)
                yield from pool.run(wanted)
            yield entry, outcome


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _outermost_first(sources: Sequence[FolderSource]) -> list[FolderSource]:
    """Each source once: neither their order nor a repetition must tell in the library."""
    distinct = {source.root: source for source in sources}
    return sorted(distinct.values(), key=lambda source: len(source.root.parts))


def _failure(entry: Entry, error: DecodeError) -> Failure:
    stage = "read" if error.code in _READ_CODES else "decode"
    # The decoder names the file, whose name may hold bytes that are no text.
    return Failure(entry.location, stage, error.code, location_of(str(error)), entry.stamp)


def _nothing_there(sources: Sequence[FolderSource], summary: IndexSummary) -> SourceError:
    names = ", ".join(str(source.root) for source in sources)
    others = f" ({summary.ignored:,} other files)" if summary.ignored else ""
    return SourceError(
        f"There are no pictures in {names}{others}.",
        "Pictures are known by their content, not by their names; hidden files are left out.",
        code="no-pictures",
    )
