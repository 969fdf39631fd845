"""What is to do: goes through the sources once, ahead of the decoding, and notes it in a file."""

from __future__ import annotations

import pickle
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lookalike.pipeline.frames import FrameBook
from lookalike.sources.entry import Entry, Failure
from lookalike.sources.folder import FolderSource
from lookalike.sources.naming import location_of
from lookalike.store.disk import disk_errors
from lookalike.store.known import Known, hash64

# What could not be looked at now, perhaps because the machine was busy or short of memory, may
# be read another time: what it held is kept.
PASSING = frozenset(
    {"permission-denied", "unreadable", "out-of-memory", "decode-timeout", "decoder-crashed"}
)


@dataclass
class Found:
    """What the scan met, besides what is to do.

    Attributes:
        unchanged: files that the library holds as they are.
        failed_before: files that failed before and have not changed.
        failures: with the roots of their sources.
        unreadable: locations that could not be looked at, files and folders.
        ledger_seen: locations of the ledger that are still there.
        entries: per root, how many pictures it holds.
    """

    unchanged: int = 0
    failed_before: int = 0
    failures: list[tuple[Failure, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    ledger_seen: set[str] = field(default_factory=set)
    entries: dict[str, int] = field(default_factory=dict)


class Scan:
    """Scans sources in a thread; iterating gives what is to do, as it is found.

    The to-do list lies in a temporary file, so that a million files take no memory.

    Args:
        sources: where to look; what lies in several of them counts for the first.
        known: what the library holds.
        failed: the ledger's failures, by location.
        frames: which frames of files are still to be taken in.
        retry: try those again that have not changed.
        retry_code: of those, only the ones with this code; empty for all.
        only_failed: leave everything else as it is, even if it is new or has changed.
    """

    def __init__(
        self,
        sources: Sequence[FolderSource],
        known: Known,
        failed: Mapping[str, Failure],
        frames: FrameBook,
        *,
        retry: bool = False,
        retry_code: str = "",
        only_failed: bool = False,
    ) -> None:
        self.found = Found()
        self.total = 0
        self.finished = False
        self._sources, self._known, self._failed = sources, known, failed
        self._frames = frames
        self._retry, self._retry_code, self._only_failed = retry, retry_code, only_failed
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

    def __iter__(self) -> Iterator[Entry]:
        """Entries that are new or changed, in the order of the scan."""
        at = 0
        while True:
            with self._more:
                while self._written <= at and not self.finished:
                    self._more.wait()
                if self._written <= at:
                    break
                self._file.seek(at)
                entries: list[Entry] = pickle.load(self._file)
                at = self._file.tell()
            yield from entries
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            chunk: list[Entry] = []
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
                    if isinstance(item, Failure):
                        self._note_failure(item, root)
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
            return not self._only_failed
        self.found.ledger_seen.add(entry.location)
        retried = self._retry and self._retry_code in ("", failed.code)
        if retried or failed.stamp != entry.stamp:
            return True
        self.found.failed_before += 1
        if failed.code in PASSING:
            self._known.mark_seen(entry.location)
        return False

    def _note_failure(self, failure: Failure, root: str) -> None:
        self.found.failures.append((failure, root))
        self.found.ledger_seen.add(failure.location)
        if failure.code in PASSING:
            self.found.unreadable.append(failure.location)
            self._known.mark_seen(failure.location)

    def _write(self, chunk: list[Entry]) -> None:
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
