"""Files with the same bytes are one picture with several locations."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import lookalike
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings

from .conftest import Counter, Shelf
from .folders import content, paint, tell


def _twins(folder: Path) -> tuple[Path, Path]:
    """Two copies of one picture; the first says more of itself than the second."""
    first = paint(folder / "oslo" / "a.png", 1)
    second = folder / "rome" / "b.png"
    second.parent.mkdir()
    shutil.copy(first, second)
    tell(first, title="Fox", tags=["red"], author="Ana")
    tell(second, title="Wolf", caption="In the snow", tags=["grey"])
    return first, second


def test_two_files_with_the_same_bytes_are_one_picture_with_the_words_of_both(
    shelf: Shelf, encoded: Counter
) -> None:
    _twins(shelf.folder)
    summary = shelf.index()
    assert (summary.added, summary.updated, summary.pictures) == (1, 1, 1)
    assert encoded.pictures <= 2  # both may have been on their way at once
    (names,) = shelf.places().values()
    assert names == ["oslo/a.png", "rome/b.png"]
    for words in ("fox", "red", "snow", "grey", "oslo", "rome"):
        assert len(shelf.library.search(words, match="words")) == 1, words


@pytest.mark.parametrize("order", ["together", "first before second", "second before first"])
def test_the_order_in_which_twins_come_in_makes_no_difference(tmp_path: Path, order: str) -> None:
    folder = tmp_path / "pictures"
    first, second = _twins(folder)
    settings, options = Settings(cache=tmp_path), IndexOptions(workers=1)
    with lookalike.create(tmp_path / "one", encoder="fake", settings=settings) as library:
        library.index([folder], options=options)
    late = {"first before second": second, "second before first": first}.get(order)
    with lookalike.create(tmp_path / "two", encoder="fake", settings=settings) as library:
        if late is not None:
            away = late.parent.rename(tmp_path / late.parent.name)
            library.index([folder], options=options)
            away.rename(late.parent)
        library.index([folder], options=options)
    assert content(tmp_path / "two") == content(tmp_path / "one")


@pytest.mark.parametrize("kept", [0, 1])
def test_removing_one_copy_keeps_the_other_with_its_own_words(shelf: Shelf, kept: int) -> None:
    twins = _twins(shelf.folder)
    shelf.index()
    shutil.rmtree(twins[1 - kept].parent)
    summary = shelf.index()
    assert (summary.removed, summary.updated) == (0, 1)
    assert shelf.files() == [str(twins[kept].relative_to(shelf.folder))]
    with lookalike.create(
        shelf.folder.parent / "fresh", encoder="fake", settings=shelf.library.settings
    ) as fresh:
        fresh.index([shelf.folder], options=IndexOptions(workers=1))
    assert content(shelf.library.path) == content(fresh.path)


def test_removing_all_copies_removes_the_picture(shelf: Shelf) -> None:
    first, second = _twins(shelf.folder)
    paint(shelf.folder / "other.png", 5)
    shelf.index()
    shutil.rmtree(first.parent)
    shutil.rmtree(second.parent)
    assert shelf.index().removed == 1
    assert shelf.files() == ["other.png"]


def test_a_copy_of_a_known_picture_is_not_encoded(shelf: Shelf, encoded: Counter) -> None:
    first = paint(shelf.folder / "a.png", 1)
    shelf.index()
    encoded.pictures = 0
    shutil.copy(first, shelf.folder / "b.png")
    summary = shelf.index()
    assert (summary.added, summary.updated, encoded.pictures) == (0, 1, 0)
    assert shelf.files() == ["a.png", "b.png"]


def test_a_twin_that_changes_leaves_the_other_alone(shelf: Shelf) -> None:
    _, second = _twins(shelf.folder)
    shelf.index()
    paint(second, 9)
    shelf.index()
    assert sorted(shelf.places().values()) == [["oslo/a.png"], ["rome/b.png"]]


def test_the_copies_of_two_sources_go_one_by_one(shelf: Shelf, tmp_path: Path) -> None:
    other = tmp_path / "zoo"
    paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    paint(other / "a.png", 1)
    paint(other / "c.png", 3)
    shelf.index(shelf.folder, other)
    assert len(shelf.library) == 3
    (other / "a.png").unlink()
    assert shelf.index(other).updated == 1
    (shelf.folder / "a.png").unlink()
    assert shelf.index().removed == 1
    assert len(shelf.library) == 2
