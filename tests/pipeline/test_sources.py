"""Several sources, sources within sources, and sources that are suddenly empty."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import lookalike
from lookalike.library import Library
from lookalike.pipeline.run import IndexOptions

from .conftest import Shelf
from .folders import BROKEN, content, paint

ONE_WORKER = IndexOptions(workers=1)


@pytest.fixture
def nested(shelf: Shelf) -> Path:
    """A folder in the shelf's folder, each with pictures of its own."""
    for seed in range(3):
        paint(shelf.folder / f"{seed}.png", seed)
        paint(shelf.folder / "sub" / f"{seed}.png", 10 + seed)
    return shelf.folder / "sub"


def _fresh(shelf: Shelf, name: str) -> Library:
    path = shelf.folder.parent / name
    return lookalike.create(path, encoder="fake", settings=shelf.library.settings)


def test_a_source_that_is_suddenly_empty_keeps_its_pictures_and_says_so(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    (shelf.folder / "broken.jpg").write_bytes(BROKEN)
    shelf.index()
    before = content(shelf.library.path)
    shutil.rmtree(shelf.folder)
    shelf.folder.mkdir()
    summary = shelf.index()
    assert (summary.removed, summary.kept_sources) == (0, [str(shelf.folder)])
    assert content(shelf.library.path) == before
    again = shelf.index(allow_empty=True)
    assert (again.removed, again.kept_sources, again.pictures) == (1, [], 0)
    assert shelf.failed() == {}


def test_an_empty_source_beside_a_full_one_keeps_its_pictures(shelf: Shelf, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    paint(disk / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    shelf.index(disk, shelf.folder)
    (disk / "a.png").unlink()
    (shelf.folder / "b.png").unlink()
    paint(shelf.folder / "c.png", 3)
    summary = shelf.index(disk, shelf.folder)
    assert (summary.kept_sources, summary.removed) == ([str(disk)], 1)
    assert len(shelf.library) == 2


def test_a_copy_elsewhere_does_not_make_an_empty_source_trustworthy(
    shelf: Shelf, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    paint(disk / "a.png", 1)
    paint(disk / "b.png", 2)
    paint(shelf.folder / "copy.png", 1)
    shelf.index(disk, shelf.folder)
    before = content(shelf.library.path)
    shutil.rmtree(disk)
    disk.mkdir()
    assert shelf.index(disk, shelf.folder).kept_sources == [str(disk)]
    assert content(shelf.library.path) == before


def test_a_run_over_one_source_leaves_the_others_alone(shelf: Shelf, tmp_path: Path) -> None:
    beside = tmp_path / "pictures2"  # its name begins like the other's
    paint(shelf.folder / "a.png", 1)
    paint(beside / "b.png", 2)
    shelf.index(shelf.folder, beside)
    shutil.rmtree(beside)
    paint(shelf.folder / "c.png", 3)
    assert shelf.index().removed == 0
    assert len(shelf.library) == 3


def test_a_folder_and_its_sub_folder_are_the_same_in_any_order(shelf: Shelf, nested: Path) -> None:
    shelf.index()
    for name, sources in (("one", (shelf.folder, nested)), ("two", (nested, shelf.folder))):
        with _fresh(shelf, name) as library:
            summary = library.index(sources, options=ONE_WORKER)
            assert (summary.added, summary.updated) == (6, 0)
            again = library.index(sources, options=ONE_WORKER)
            assert (again.added, again.updated, again.unchanged) == (0, 0, 6)
        assert content(library.path) == content(shelf.library.path)


def test_a_hidden_folder_that_is_named_beside_its_parent_is_taken_in(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    hidden = paint(shelf.folder / ".hidden" / "b.png", 2).parent
    assert shelf.index(shelf.folder, hidden).added == 2


def test_the_sub_folder_alone_removes_only_what_lay_in_it(shelf: Shelf, nested: Path) -> None:
    shelf.index()
    (nested / "0.png").unlink()
    (shelf.folder / "0.png").unlink()
    assert shelf.index(nested).removed == 1
    assert shelf.files() == ["0.png", "1.png", "2.png", "sub/1.png", "sub/2.png"]


def test_a_folder_removes_what_a_run_over_its_sub_folder_took_in(
    shelf: Shelf, nested: Path, tmp_path: Path
) -> None:
    before = paint(tmp_path / "a" / "twin.png", 10)  # of sub/0.png, and sorts before it
    shelf.index(nested)
    shelf.index(before.parent)
    shutil.rmtree(nested)
    summary = shelf.index()
    assert (summary.removed, summary.updated) == (2, 1)
    (twin,) = (r for r in shelf.library._store.records(shelf.library._store.keys())
               if any(place.path == str(before) for place in r.locations))  # fmt: skip
    assert [place.path for place in twin.locations] == [str(before)]


def test_a_single_file_is_known_again_when_its_folder_comes_in(shelf: Shelf) -> None:
    single = paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    assert shelf.index(single).added == 1
    summary = shelf.index()
    assert (summary.added, summary.unchanged) == (1, 1)
    single.unlink()
    assert shelf.index().removed == 1


def test_the_same_source_twice_counts_once(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    summary = shelf.index(shelf.folder, shelf.folder)
    assert (summary.added, summary.updated, summary.unchanged) == (1, 0, 0)
