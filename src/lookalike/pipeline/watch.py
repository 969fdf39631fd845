"""Tells which folders to look at again, and when: bursts of changes become one batch.

What changed in a folder is not taken from the messages of the system, which come incomplete when
it is busy: they only say when to scan. A scan of 100,000 unchanged files takes about a second.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from lookalike.errors import LookalikeError, SourceError, UsageError
from lookalike.pipeline.report import IndexSummary
from lookalike.sources.folder import FolderSource

_TICK_MS = 200


@dataclass(frozen=True)
class WatchOptions:
    """When folders are looked at again.

    Attributes:
        quiet_s: so long nothing must change before a batch begins.
        longest_s: a batch begins after so long even if changes go on.
        rescan_s: look at everything so often, whatever the system says; 0 for never.
        retry_s: how long to wait where the library could not be written.
        poll: look at every file again and again instead of waiting for messages of the system,
            which network file systems do not send.
    """

    quiet_s: float = 1.0
    longest_s: float = 5.0
    rescan_s: float = 600.0
    retry_s: float = 5.0
    poll: bool = False


@dataclass(frozen=True)
class Batch:
    """What is to be looked at now.

    Attributes:
        folders: those that changed, appeared, or are due again.
        missing: those that are not there any more.
    """

    folders: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()


@dataclass(frozen=True)
class WatchStep:
    """What a batch came to.

    Attributes:
        batch: what was looked at.
        summary: what the run over it did; None if nothing was to be looked at, or it failed.
        problem: why the library could not be written; it is tried again.
    """

    batch: Batch
    summary: IndexSummary | None = None
    problem: LookalikeError | None = None


@dataclass
class _Due:
    """Folders that wait for their turn."""

    options: WatchOptions
    folders: dict[Path, None] = field(default_factory=dict)
    first: float = 0.0
    last: float = 0.0

    def note(self, folders: Iterable[Path], *, after_s: float = 0.0) -> None:
        for folder in folders:
            self.last = time.monotonic() + after_s
            self.first = self.first if self.folders else self.last
            self.folders[folder] = None

    def now(self) -> bool:
        now = time.monotonic()
        quiet = now - self.last >= self.options.quiet_s
        return bool(self.folders) and (quiet or now - self.first >= self.options.longest_s)

    def take(self) -> tuple[Path, ...]:
        taken, self.folders = tuple(self.folders), {}
        return taken


class FolderWatch:
    """Watches folders and everything below them.

    Args:
        folders: absolute paths; they may vanish and come back.
        library: the library's directory; what happens in it does not count.
        options: when folders are looked at again.
        stop: set to end the watch.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        library: Path,
        options: WatchOptions = WatchOptions(),
        stop: threading.Event | None = None,
    ) -> None:
        self._folders = list(dict.fromkeys(folders))
        self._passed_over = _seen_from(self._folders, library)
        self._options = options
        self._stop = stop or threading.Event()
        self._due = _Due(options)

    def again(self, folders: Iterable[Path]) -> None:
        """Have folders looked at once more, after ``retry_s``."""
        self._due.note(folders, after_s=self._options.retry_s)

    def batches(self) -> Iterator[Batch]:
        """Yield all folders at once, then those that changed, until stopped.

        Changes that come while the caller works on a batch are not lost.

        Raises:
            SourceError: the system cannot watch so many folders (``watch-limit``).
            KeyboardInterrupt: the process was interrupted.
        """
        watched = _places(self._folders)
        scanned = time.monotonic()
        self._due.note(watched, after_s=-self._options.quiet_s)
        while not self._stop.is_set():
            there = watched
            with closing(self._notices(list(watched))) as notices:
                for changed in notices:
                    self._due.note(changed)
                    if self._rescan_is_due(scanned):
                        scanned = time.monotonic()
                        self._due.note(watched)
                    if self._due.now():
                        yield Batch(self._due.take())
                    there = _places(self._folders)
                    if there != watched or self._stop.is_set():
                        break
            # A folder that came back is another one: its old watch is dead.
            self._due.note(folder for folder in there if there[folder] != watched.get(folder))
            if missing := tuple(folder for folder in watched if folder not in there):
                yield Batch(missing=missing)
            watched = there

    def _rescan_is_due(self, scanned: float) -> bool:
        every = self._options.rescan_s
        return every > 0 and time.monotonic() - scanned >= every

    def _notices(self, folders: Sequence[Path]) -> Generator[set[Path], None, None]:
        """The folders in which something changed, a few times a second, also if nothing did."""
        from watchfiles import watch

        if not folders:
            while not self._stop.wait(_TICK_MS / 1000):
                yield set()
            return
        try:
            for changes in watch(
                *folders,
                watch_filter=lambda _, path: self._counts(path),
                debounce=_TICK_MS,
                step=_TICK_MS // 2,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                stop_event=self._stop,
                force_polling=self._options.poll or None,
                ignore_permission_denied=True,
            ):
                yield {f for f in folders for _, path in changes if _lies_in(path, f)}
        except FileNotFoundError:
            yield set()  # it vanished just now; the caller looks which one
        except OSError as error:
            raise SourceError(
                f"The system cannot watch all of {', '.join(map(str, folders))}: {error}.",
                "Watch fewer folders, raise fs.inotify.max_user_watches, or use --poll.",
                code="watch-limit",
            ) from error

    def _counts(self, path: str) -> bool:
        """Whether a change there can concern a picture: hidden files and the library do not."""
        if any(_lies_in(path, library) for library in self._passed_over):
            return False
        below = next((path[len(str(f)) :] for f in self._folders if _lies_in(path, f)), path)
        return not any(part.startswith(".") for part in PurePath(below).parts)


def watchable(folders: Sequence[str | Path]) -> list[Path]:
    """The folders as absolute paths.

    Raises:
        UsageError: there is none, or one is a file.
        SourceError: one is not there.
    """
    if not folders:
        raise UsageError("Nothing to watch.", "Name a folder with pictures.")
    # Not resolve(): people know their files by the paths they gave, links and all.
    roots = [FolderSource(Path(folder)).root for folder in folders]
    for root in roots:
        if not root.is_dir():
            raise UsageError(f"{root} is a file.", "Only folders can be watched.")
    return roots


def follow(
    watch: FolderWatch, index: Callable[[Sequence[Path]], IndexSummary]
) -> Iterator[WatchStep]:
    """Index what a watch says, batch by batch.

    A library that another process writes to, or a full disk, is tried again.

    Args:
        watch: says what changed.
        index: takes folders in.
    """
    for batch in watch.batches():
        there = [folder for folder in batch.folders if folder.is_dir()]
        if not there:
            yield WatchStep(batch)
            continue
        try:
            summary = index(there)
        except LookalikeError as error:
            if error.code == "no-pictures":
                yield WatchStep(batch, IndexSummary())  # they may come
                continue
            if not error.retryable and error.code != "not-found":
                raise
            watch.again(there)
            yield WatchStep(batch, problem=error)
            continue
        yield WatchStep(batch, summary)
        if summary.interrupted:
            return


def _places(folders: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Device and file number of each folder that is there."""
    found = {}
    for folder in folders:
        try:
            about = folder.stat()
        except OSError:  # not there, or not reachable: both may pass
            continue
        found[folder] = (about.st_dev, about.st_ino)
    return found


def _seen_from(folders: Sequence[Path], library: Path) -> list[Path]:
    """The library's directory as a path below each folder that it lies in."""
    real, roots = library.resolve(), [(folder, folder.resolve()) for folder in folders]
    return [f / real.relative_to(root) for f, root in roots if real.is_relative_to(root)]


def _lies_in(path: str, folder: Path) -> bool:
    return path == str(folder) or path.startswith(os.path.join(folder, ""))  # noqa: PTH118
