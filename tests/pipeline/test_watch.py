"""A watched folder and its library stay in step."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lookalike.errors import SourceError, UsageError
from lookalike.pipeline.run import IndexOptions
from lookalike.pipeline.watch import FolderWatch, WatchOptions, WatchStep
from lookalike.store.lock import writer_lock

from .conftest import Shelf
from .folders import BROKEN, paint, tell

SOON = WatchOptions(quiet_s=0.3, longest_s=1.0, rescan_s=0, retry_s=0.2)


class Watch:
    """A watch in a thread, and what it did so far."""

    def __init__(self) -> None:
        self.steps: list[WatchStep] = []
        self.stop = threading.Event()

    def until(self, condition: Callable[[], object], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.steps
            time.sleep(0.05)

    def begun(self) -> None:
        self.until(lambda: self.steps)


@contextmanager
def watching(shelf: Shelf, *folders: Path, when: WatchOptions = SOON) -> Iterator[Watch]:
    watch = Watch()
    options = IndexOptions(workers=1)

    def run() -> None:
        roots = folders or (shelf.folder,)
        for step in shelf.library.watch(roots, options=options, when=when, stop=watch.stop):
            watch.steps.append(step)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_it_begins_with_what_happened_while_nobody_watched(shelf: Shelf) -> None:
    for seed in range(3):
        paint(shelf.folder / f"{seed}.png", seed)
    shelf.index()
    (shelf.folder / "0.png").unlink()
    paint(shelf.folder / "new.png", 7)
    with watching(shelf) as watch:
        watch.begun()
    assert shelf.files() == ["1.png", "2.png", "new.png"]


def test_new_renamed_and_deleted_files_and_folders_are_followed(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    with watching(shelf) as watch:
        watch.begun()
        paint(shelf.folder / "deep" / "er" / "b.png", 2)
        watch.until(lambda: shelf.files() == ["a.png", "deep/er/b.png"])
        (shelf.folder / "a.png").rename(shelf.folder / "moved.png")
        watch.until(lambda: shelf.files() == ["deep/er/b.png", "moved.png"])
        (shelf.folder / "deep").rename(shelf.folder / "other")
        watch.until(lambda: shelf.files() == ["moved.png", "other/er/b.png"])
        paint(shelf.folder / "other" / "er" / "c.png", 3)
        watch.until(lambda: "other/er/c.png" in shelf.files())
        shutil.rmtree(shelf.folder / "other")
        watch.until(lambda: shelf.files() == ["moved.png"])


def test_new_words_beside_a_picture_are_taken_in(shelf: Shelf) -> None:
    picture = paint(shelf.folder / "a.png", 1)
    with watching(shelf) as watch:
        watch.begun()
        tell(picture, title="Snowy owl")
        watch.until(lambda: shelf.library.search("owl", match="words").hits)


def test_a_burst_is_one_batch(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 0)
    with watching(shelf) as watch:
        watch.begun()
        for seed in range(1, 30):
            paint(shelf.folder / f"{seed}.png", seed)
        watch.until(lambda: len(shelf.files()) == 30)
        time.sleep(1)
        assert [step.summary.added for step in watch.steps if step.summary][1:] == [29]


def test_changes_without_an_end_do_not_keep_a_batch_waiting(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 0)
    with watching(shelf) as watch:
        watch.begun()
        end, seed = time.monotonic() + 15, 0
        while len(shelf.files()) < 2:
            assert time.monotonic() < end
            seed += 1
            paint(shelf.folder / f"{seed}.png", seed)
            time.sleep(0.1)


def test_a_file_that_is_still_being_written_comes_in_once_it_is_whole(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    whole = paint(shelf.folder.parent / "whole.png", 2, (400, 300)).read_bytes()
    with watching(shelf) as watch:
        watch.begun()
        half = shelf.folder / "b.png"
        half.write_bytes(whole[: len(whole) // 2])
        watch.until(shelf.failed)
        assert shelf.failed() == {"b.png": "truncated"}
        half.write_bytes(whole)
        watch.until(lambda: shelf.files() == ["a.png", "b.png"])
        watch.until(lambda: not shelf.failed())


def test_a_library_inside_the_folder_does_not_wake_the_watch(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    with watching(shelf, shelf.folder.parent) as watch:
        watch.begun()
        (shelf.library.path / "thumbnails").mkdir()
        paint(shelf.library.path / "thumbnails" / "x.png", 5)
        paint(shelf.folder / ".hidden" / "x.png", 5)
        time.sleep(1.5)
        assert len(watch.steps) == 1


def test_a_folder_that_vanishes_keeps_its_pictures_until_it_is_back(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    away = shelf.folder.with_name("away")
    with watching(shelf) as watch:
        watch.begun()
        shelf.folder.rename(away)
        watch.until(lambda: watch.steps[-1].batch.missing == (shelf.folder,))
        assert shelf.files() == ["a.png"]
        paint(away / "b.png", 2)
        away.rename(shelf.folder)
        watch.until(lambda: shelf.files() == ["a.png", "b.png"])
        paint(shelf.folder / "c.png", 3)
        watch.until(lambda: len(shelf.files()) == 3)


def test_an_empty_folder_may_be_watched(shelf: Shelf) -> None:
    with watching(shelf) as watch:
        watch.begun()
        paint(shelf.folder / "a.png", 1)
        watch.until(lambda: shelf.files() == ["a.png"])


def test_while_another_process_writes_it_tries_again(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    with writer_lock(shelf.library.path), watching(shelf) as watch:
        watch.until(lambda: watch.steps and watch.steps[-1].problem)
        assert watch.steps[-1].problem.code == "library-locked"  # type: ignore[union-attr]
    with watching(shelf) as watch:
        watch.until(lambda: shelf.files() == ["a.png"])


def test_files_that_fail_are_in_the_ledger_and_the_watch_goes_on(shelf: Shelf) -> None:
    (shelf.folder / "broken.jpg").write_bytes(BROKEN)
    with watching(shelf) as watch:
        watch.begun()
        paint(shelf.folder / "a.png", 1)
        watch.until(lambda: shelf.files() == ["a.png"])
        assert list(shelf.failed()) == ["broken.jpg"]


@pytest.mark.parametrize("poll", [False, True])
def test_what_the_system_does_not_tell_is_found_by_looking(shelf: Shelf, poll: bool) -> None:
    paint(shelf.folder / "a.png", 1)
    when = WatchOptions(quiet_s=0.3, rescan_s=0 if poll else 0.5, poll=poll)
    with watching(shelf, when=when) as watch:
        watch.begun()
        count = len(watch.steps)
        paint(shelf.folder / "b.png", 2)
        watch.until(lambda: len(watch.steps) > count and len(shelf.files()) == 2)


def test_every_folder_is_looked_at_again_now_and_then(tmp_path: Path) -> None:
    stop = threading.Event()
    when = WatchOptions(quiet_s=0.1, rescan_s=0.5)
    batches = FolderWatch([tmp_path], tmp_path / "library", when, stop).batches()
    assert [next(batches).folders for _ in range(3)] == [(tmp_path,)] * 3


def test_wrong_folders_are_refused(shelf: Shelf) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        shelf.library.watch([shelf.folder / "nowhere"])
    with pytest.raises(UsageError, match="is a file"):
        shelf.library.watch([paint(shelf.folder / "a.png", 1)])
    with pytest.raises(UsageError):
        shelf.library.watch([])
