"""What people remove stays away until they want it back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lookalike.errors import LibraryLockedError, NotFoundError
from lookalike.pipeline.additions import NewPicture
from lookalike.store.lock import writer_lock

from .conftest import Counter, Shelf
from .folders import BROKEN, paint


@pytest.fixture
def ids(shelf: Shelf) -> dict[str, str]:
    """The ids of three pictures, one of them at two places, by file name."""
    for seed, name in enumerate(("a.png", "b.png", "c.png")):
        paint(shelf.folder / name, seed)
    shutil.copy(shelf.folder / "a.png", shelf.folder / "twin of a.png")
    shelf.index()
    return {name: picture_id for picture_id, names in shelf.places().items() for name in names}


def test_a_removed_picture_does_not_come_back(
    shelf: Shelf, ids: dict[str, str], encoded: Counter
) -> None:
    (removed,) = shelf.library.remove([ids["a.png"]])
    assert (removed.id, removed.deleted) == (ids["a.png"], False)
    assert sorted(Path(p).name for p in removed.dismissed) == ["a.png", "twin of a.png"]
    assert shelf.files() == ["b.png", "c.png"]
    summary = shelf.index()
    assert (summary.added, summary.dismissed, summary.failed, summary.failed_before) == (0, 2, 0, 0)
    assert shelf.files() == ["b.png", "c.png"]
    assert encoded.pictures == 0
    assert (shelf.folder / "a.png").is_file()


def test_not_even_touched_moved_or_copied(shelf: Shelf, ids: dict[str, str]) -> None:
    shelf.library.remove([ids["a.png"]])
    os.utime(shelf.folder / "a.png", (1, 1))
    shutil.copy(shelf.folder / "a.png", shelf.folder / "copy.png")
    (shelf.folder / "twin of a.png").rename(shelf.folder / "moved.png")
    summary = shelf.index()
    assert (summary.added, summary.dismissed, summary.failed) == (0, 3, 0)
    again = shelf.index()
    assert (again.dismissed, shelf.files()) == (3, ["b.png", "c.png"])
    assert len(shelf.library.dismissed()) == 3


def test_another_picture_in_its_file_comes_in(shelf: Shelf, ids: dict[str, str]) -> None:
    shelf.library.remove([ids["b.png"]])
    paint(shelf.folder / "b.png", 77)
    assert shelf.index().added == 1
    assert "b.png" in shelf.files()
    assert shelf.library.dismissed() == []


@pytest.mark.parametrize("options", [{"retry": True}, {"only_failed": True}])
def test_trying_failures_again_brings_nothing_back(
    shelf: Shelf, ids: dict[str, str], options: dict[str, bool]
) -> None:
    (shelf.folder / "broken.jpg").write_bytes(BROKEN)
    shelf.index()
    shelf.library.remove([ids["a.png"]])
    shelf.index(**options)
    assert shelf.files() == ["b.png", "c.png"]
    assert list(shelf.failed()) == ["broken.jpg"]
    assert shelf.index().dismissed == 2


def test_it_is_no_failure(shelf: Shelf, ids: dict[str, str]) -> None:
    shelf.library.remove([ids["a.png"]])
    assert shelf.library.failures() == []
    assert shelf.library.info().failures == 0


def test_restored_it_is_back_for_good(shelf: Shelf, ids: dict[str, str]) -> None:
    shelf.library.remove([ids["a.png"], ids["b.png"]])
    summary = shelf.index(restore=True)
    assert (summary.added, summary.dismissed) == (2, 0)
    assert shelf.files() == ["a.png", "b.png", "c.png", "twin of a.png"]
    assert shelf.library.dismissed() == []
    (shelf.folder / "b.png").rename(shelf.folder / "moved.png")
    assert "moved.png" in (shelf.index(), shelf.files())[1]


def test_whose_file_is_gone_is_forgotten_in_the_ledger(shelf: Shelf, ids: dict[str, str]) -> None:
    shelf.library.remove([ids["b.png"]])
    (shelf.folder / "b.png").unlink()
    shelf.index()
    assert shelf.library.dismissed() == []


def test_an_unknown_id_removes_nothing(shelf: Shelf, ids: dict[str, str]) -> None:
    with pytest.raises(NotFoundError):
        shelf.library.remove([ids["a.png"], "0" * 32])
    assert len(shelf.library) == 3


def test_thumbnails_go_too(shelf: Shelf, ids: dict[str, str]) -> None:
    thumbnail = shelf.library.thumbnail(ids["a.png"])
    shelf.library.remove([ids["a.png"]])
    assert not thumbnail.exists()


def test_while_another_process_writes_nothing_is_changed(shelf: Shelf, ids: dict[str, str]) -> None:
    sent = NewPicture(paint(shelf.folder.parent / "x.png", 50).read_bytes())
    with writer_lock(shelf.library.path):
        with pytest.raises(LibraryLockedError):
            shelf.library.remove([ids["a.png"]])
        with pytest.raises(LibraryLockedError):
            shelf.library.add_pictures([sent])
    assert len(shelf.library) == 3
    assert list((shelf.library.path / "pictures").rglob("*.png")) == []


def test_a_dismissal_that_was_cut_off_leaves_the_picture(
    shelf: Shelf, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.store.writer import StoreWriter

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StoreWriter, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            shelf.library.remove([ids["b.png"]])
    assert "b.png" in shelf.files()
    assert shelf.index().unchanged == 4
    os.utime(shelf.folder / "b.png", (1, 1))
    shelf.index()
    assert "b.png" in shelf.files()
