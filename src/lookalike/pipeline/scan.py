"""What is to do: goes through the sources once, ahead of the decoding, and notes it in a file."""

from __future__ import annotations

import os
import pickle
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lookalike.pipeline.archives import ArchiveBook
from lookalike.pipeline.found import PASSING as PASSING
from lookalike.pipeline.found import Found as Found
from lookalike.pipeline.frames import FrameBook
from lookalike.sources.archives.walk import Walk
from lookalike.sources.entry import FETCH, Container, Entry, Failure
from lookalike.sources.folder import FolderSource
from lookalike.sources.naming import location_of
from lookalike.store.disk import disk_errors
from lookalike.store.known import Known, hash64

_WAIT_S = 0.2


class Scan:
    """Scans sources in a thread; iterating gives what is to do, as it is found.

    The to-do list lies in a temporary file, so that a million files take no memory.

    Args:
        sources: where to look; what lies in several of them counts for the first.
        known: what the library holds.
        failed: the ledger's failures, by location.
        frames: which frames of files are still to be taken in.
        archives: which archives have to be opened.
        retry: try those again that have not changed.
        retry_code: of those, only the ones with this code; empty for all.
        only_failed: leave everything else as it is, even if it is new or has changed.
        on_wait: called now and then, from where the entries are taken, while there is none to take.
        whole: folders whose pictures are taken in although ``only_failed``.
    """

    def __init__(
        self,
        sources: Sequence[FolderSource],
        known: Known,
        failed: Mapping[str, Failure],
        frames: FrameBook,
        archives: ArchiveBook,
        *,
        retry: bool = False,
        retry_code: str = "",
        only_failed: bool = False,
        on_wait: Callable[[Scan], None] = lambda _: None,
        whole: Sequence[str] = (),
    ) -> None:
        self._on_wait = on_wait
        self.found = Found()
        self.total = 0
        self.finished = False
        self._sources, self._known, self._failed = sources, known, failed
        self._frames, self._archives = frames, archives
        self._archives_to_do = 0
        self._lock = threading.Lock()
        self._retry, self._retry_code, self._only_failed = retry, retry_code, only_failed
        self._whole = tuple(f"{folder}{os.sep}" for folder in whole)
        self._met: set[int] | None = set() if _overlap(sources) else None
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the scan
        self._more = threading.Condition()
        self._written = 0
        self._stopped = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="scan", daemon=True)

    def __enter__(self) -> Scan:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._thread.join()
        with suppress(OSError):  # a full disk, which was told when it was met
            self._file.close()

    @property
    def counted(self) -> bool:
        """Whether ``total`` is final."""
        return self.finished and self._archives_to_do == 0

    @property
    def met(self) -> int:
        """How many pictures have been met so far."""
        return sum(list(self.found.entries.values()))

    def __iter__(self) -> Iterator[Entry]:
        """Entries that are new or changed, in the order of the scan."""
        at = 0
        while True:
            while not self._has_more_than(at):
                self._on_wait(self)
            with self._more:
                if self._written <= at:
                    break
                self._file.seek(at)
                items: list[Entry | Container] = pickle.load(self._file)
                at = self._file.tell()
            for item in items:
                if isinstance(item, Entry):
                    yield item
                else:
                    # Only now: what streams out of an archive must not pile up.
                    yield from self._open(item)
        if self._error is not None:
            raise self._error

    def _has_more_than(self, at: int) -> bool:
        """Wait a moment for more to do; whether there is more, or will be none."""
        with self._more:
            return self._more.wait_for(lambda: self._written > at or self.finished, _WAIT_S)

    def _run(self) -> None:
        try:
            chunk: list[Entry | Container] = []
            for source in self._sources:
                root = location_of(source.root)
                self.found.entries[root] = 0
                for item in source.scan():
                    if self._stopped:
                        return
                    if isinstance(item, Entry):
                        self.found.entries[root] += 1
                    if self._was_met(item.location):
                        continue
                    with self._lock:
                        if isinstance(item, Failure):
                            self._note_failure(item, root)
                        elif isinstance(item, Container):
                            if not self._is_left(item):
                                chunk.append(item)
                                self._archives_to_do += 1
                        elif self._is_due(item):
                            chunk.append(item)
                            self.total += 1
                    # The first ones at once, so that decoding begins.
                    if len(chunk) >= min(500, 16 + self.total // 4):
                        self._write(chunk)
                        chunk = []
            self._write(chunk)
        except BaseException as error:  # noqa: BLE001 - raised again where the entries are taken
            self._error = error
        finally:
            with self._more:
                self.finished = True
                self._more.notify_all()

    def _open(self, container: Container) -> Iterator[Entry]:
        walk, passing = Walk(container, self._is_member_due), False
        for item in walk:
            if isinstance(item, Failure):
                passing |= item.code in PASSING
                with self._lock:
                    self._note_failure(item, container.root)
            else:
                self.total += 1
                yield item
        with self._lock:
            self._archives_to_do -= 1
            self.found.ignored.update(walk.ignored)
        if not passing:
            self._archives.note(container, walk.offered, walk.ignored)

    def _is_left(self, container: Container) -> bool:
        unopened = self._archives.unopened(container)
        if unopened is None:
            return False
        found = self.found
        found.entries[container.root] += unopened.pictures
        found.unchanged += unopened.pictures
        found.failed_before += len(unopened.failed)
        found.ledger_seen.update(unopened.failed)
        found.ignored.update(unopened.ignored)
        return True

    def _is_member_due(self, entry: Entry) -> bool:
        self._on_wait(self)
        with self._lock:
            self.found.entries[entry.root] += 1
            return self._is_due(entry)

    def _was_met(self, location: str) -> bool:
        if self._met is None:
            return False
        before = len(self._met)
        self._met.add(hash64(location))
        return len(self._met) == before

    def _is_due(self, entry: Entry) -> bool:
        if self._known.unchanged(entry.location, entry.stamp):
            self.found.ledger_seen.update(self._frames.failed_before(entry))
            if self._frames.lacks(entry):
                return True
            self.found.unchanged += 1
            return False
        failed = self._failed.get(entry.location)
        if failed is None:
            return not self._only_failed or entry.location.startswith(self._whole)
        self.found.ledger_seen.add(entry.location)
        retried = self._retry and self._retry_code in ("", failed.code)
        if retried or failed.stamp != entry.stamp:
            return True
        self.found.failed_before += 1
        if failed.code in PASSING:
            self._known.mark_seen(entry.location)
        return False

    def _note_failure(self, failure: Failure, root: str) -> None:
        self.found.ledger_seen.add(failure.location)
        before = self._failed.get(failure.location)
        if failure.stage == FETCH and before is not None and before.stamp == failure.stamp:
            self.found.failed_before += 1  # nobody asked for the URL since
            return
        self.found.failures.append((failure, root))
        if failure.code in PASSING:
            self.found.unreadable.append(failure.location)
            self._known.mark_seen(failure.location)

    def _write(self, chunk: list[Entry | Container]) -> None:
        with self._more:
            if chunk:
                with disk_errors(Path(tempfile.gettempdir()), "writing to"):
                    self._file.seek(self._written)
                    pickle.dump(chunk, self._file)
                    self._file.flush()
                self._written = self._file.tell()
            self._more.notify_all()


def _overlap(sources: Sequence[FolderSource]) -> bool:
    roots = [source.root for source in sources]
    return any(a.is_relative_to(b) for i, a in enumerate(roots) for b in roots[:i])
