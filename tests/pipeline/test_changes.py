"""A second run takes in only what is new, changed, moved or gone."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import pytest

from lookalike.errors import SourceError

from .conftest import Counter, Shelf
from .folders import content, paint, tell


def test_a_second_run_does_nothing(shelf: Shelf, encoded: Counter) -> None:
    for seed in range(5):
        paint(shelf.folder / f"{seed}.png", seed)
    assert shelf.index().added == 5
    before, encoded.pictures = shelf.library.version, 0
    again = shelf.index()
    assert (again.added, again.updated, again.removed, again.unchanged) == (0, 0, 0, 5)
    assert (shelf.library.version, encoded.pictures) == (before, 0)


def test_a_new_file_is_the_only_one_that_is_encoded(shelf: Shelf, encoded: Counter) -> None:
    paint(shelf.folder / "old.png", 1)
    shelf.index()
    encoded.pictures = 0
    paint(shelf.folder / "deep" / "er" / "new.png", 2)
    summary = shelf.index()
    assert (summary.added, summary.unchanged, encoded.pictures) == (1, 1, 1)
    assert shelf.files() == ["deep/er/new.png", "old.png"]


def test_changed_bytes_make_another_picture_and_the_old_one_goes(shelf: Shelf) -> None:
    paint(shelf.folder / "a.png", 1)
    shelf.index()
    (before,) = shelf.places()
    paint(shelf.folder / "a.png", 2)
    summary = shelf.index()
    (after,) = shelf.places()
    assert (summary.added, summary.removed) == (1, 1)
    assert before != after


def test_changed_bytes_of_a_single_file_make_another_picture_and_the_old_one_goes(
    shelf: Shelf,
) -> None:
    single = paint(shelf.folder / "a.png", 1)
    shelf.index(single)
    paint(single, 2)
    summary = shelf.index(single)
    assert (summary.added, summary.removed, len(shelf.places())) == (1, 1, 1)


def test_a_changed_sidecar_changes_the_words_and_keeps_the_vectors(
    shelf: Shelf, encoded: Counter
) -> None:
    tell(paint(shelf.folder / "a.png", 1), title="Fox")
    shelf.index()
    encoded.pictures = 0
    tell(shelf.folder / "a.png", title="Wolf in snow")
    summary = shelf.index()
    assert (summary.added, summary.updated, encoded.pictures) == (0, 1, 0)
    (hit,) = shelf.library.search("wolf", match="words")
    assert hit.picture.metadata.title == "Wolf in snow"
    assert len(shelf.library.search("fox", match="words")) == 0


def test_a_sidecar_that_goes_takes_its_words_with_it(shelf: Shelf) -> None:
    sidecar = tell(paint(shelf.folder / "a.png", 1), title="Fox")
    shelf.index()
    sidecar.unlink()
    assert shelf.index().updated == 1
    assert len(shelf.library.search("fox", match="words")) == 0


def _table(path: Path, **titles: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "title"), *titles.items()])
    return path


def test_a_changed_row_of_a_table_touches_its_picture_only(shelf: Shelf, tmp_path: Path) -> None:
    paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    table = _table(tmp_path / "words.csv", **{"a.png": "Fox", "b.png": "Owl"})
    shelf.index(table=table)
    _table(table, **{"a.png": "Fox", "b.png": "Barn owl"})
    summary = shelf.index(table=table)
    assert (summary.updated, summary.unchanged) == (1, 1)
    assert len(shelf.library.search("barn", match="words")) == 1


def test_a_moved_file_keeps_its_key_and_is_not_encoded_again(
    shelf: Shelf, encoded: Counter
) -> None:
    old = paint(shelf.folder / "old" / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    shelf.index()
    before = {r.id: r.key for r in shelf.library._store.records(shelf.library._store.keys())}
    encoded.pictures = 0
    (shelf.folder / "new").mkdir()
    old.rename(shelf.folder / "new" / "c.png")
    summary = shelf.index()
    after = {r.id: r.key for r in shelf.library._store.records(shelf.library._store.keys())}
    assert (summary.added, summary.removed, encoded.pictures) == (0, 0, 0)
    assert after == before
    assert shelf.files() == ["b.png", "new/c.png"]


def test_a_renamed_folder_keeps_all_its_vectors(shelf: Shelf, encoded: Counter) -> None:
    for seed in range(6):
        paint(shelf.folder / "rome" / f"{seed}.png", seed)
    shelf.index()
    encoded.pictures = 0
    (shelf.folder / "rome").rename(shelf.folder / "oslo")
    summary = shelf.index()
    assert (summary.added, encoded.pictures, len(shelf.places())) == (0, 0, 6)
    assert shelf.files() == [f"oslo/{seed}.png" for seed in range(6)]
    assert len(shelf.library.search("oslo", match="words")) == 6
    assert len(shelf.library.search("rome", match="words")) == 0


def test_two_files_that_swapped_their_names_swap_their_places(shelf: Shelf) -> None:
    a, b = paint(shelf.folder / "a.png", 1), paint(shelf.folder / "b.png", 2)
    shelf.index()
    before = shelf.places()
    a.rename(shelf.folder / "c.png")
    b.rename(a)
    (shelf.folder / "c.png").rename(b)
    shelf.index()
    assert shelf.places() == {
        id_: ["b.png" if names == ["a.png"] else "a.png"] for id_, names in before.items()
    }


def test_a_deleted_file_is_removed_and_never_found_again(shelf: Shelf) -> None:
    gone = paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    shelf.index()
    gone.unlink()
    assert shelf.index().removed == 1
    assert shelf.files() == ["b.png"]
    assert len(shelf.library.search(str(shelf.folder / "b.png"))) == 1


def test_a_touched_file_is_looked_at_and_stays_what_it_was(shelf: Shelf, encoded: Counter) -> None:
    paint(shelf.folder / "a.png", 1)
    shelf.index()
    encoded.pictures = 0
    os.utime(shelf.folder / "a.png", (1, 1))
    assert (shelf.index().updated, encoded.pictures) == (1, 0)
    assert shelf.index().unchanged == 1


def test_a_file_that_became_corrupt_is_removed_and_told_until_it_is_whole_again(
    shelf: Shelf,
) -> None:
    good = paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    shelf.index()
    whole = good.read_bytes()
    good.write_bytes(whole[:-40])
    summary = shelf.index()
    assert (summary.failed, summary.removed, list(shelf.failed())) == (1, 1, ["a.png"])
    good.write_bytes(whole)
    assert shelf.index().added == 1
    assert shelf.failed() == {}


def test_sources_that_hold_no_picture_at_all_are_an_error(shelf: Shelf) -> None:
    (shelf.folder / "notes.doc").write_text("words")
    with pytest.raises(SourceError, match="no pictures") as caught:
        shelf.index()
    assert caught.value.code == "no-pictures"


def test_removal_is_the_same_however_often_it_is_run(shelf: Shelf) -> None:
    for seed in range(8):
        paint(shelf.folder / str(seed % 2) / f"{seed}.png", seed)
    shelf.index()
    shutil.rmtree(shelf.folder / "1")
    assert shelf.index().removed == 4
    before = content(shelf.library.path)
    assert shelf.index().removed == 0
    assert content(shelf.library.path) == before
