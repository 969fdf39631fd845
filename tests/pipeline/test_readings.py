"""How a source is read is remembered: every later run reads it the same way."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from lookalike.errors import SourceError
from lookalike.store.sources import read_sources

from .conftest import Counter, Shelf
from .folders import BROKEN, content, paint
from .test_watch import watching


def labels(shelf: Shelf) -> dict[str, str]:
    """The label of every picture, by the name of its file."""
    store = shelf.library._store
    return {
        Path(record.locations[0].path).name: record.metadata.extra.get("label", "")
        for record in store.records(store.keys())
    }


@pytest.fixture
def classes(shelf: Shelf) -> Path:
    paint(shelf.folder / "cat" / "1.png", 1)
    paint(shelf.folder / "dog" / "2.png", 2)
    shelf.index(label_folders=True)
    assert labels(shelf) == {"1.png": "cat", "2.png": "dog"}
    return shelf.folder


def test_a_later_run_keeps_the_labels_and_reads_nothing_again(
    shelf: Shelf, classes: Path, encoded: Counter
) -> None:
    paint(classes / "dog" / "3.png", 3)
    summary = shelf.index()
    assert (summary.added, summary.updated, summary.unchanged) == (1, 0, 2)
    assert labels(shelf) == {"1.png": "cat", "2.png": "dog", "3.png": "dog"}
    assert encoded.pictures == 1


def test_labels_go_when_that_is_said_and_stay_away(shelf: Shelf, classes: Path) -> None:
    assert shelf.index(label_folders=False).updated == 2
    assert labels(shelf) == {"1.png": "", "2.png": ""}
    assert shelf.index().unchanged == 2
    assert read_sources(shelf.library.path) == {}


def test_a_part_of_a_source_is_read_like_the_whole(shelf: Shelf, classes: Path) -> None:
    paint(classes / "dog" / "3.png", 3)
    assert shelf.index(classes / "dog").added == 1
    paint(classes / "cat" / "4.png", 4)
    assert shelf.index(classes / "cat" / "4.png").added == 1
    wanted = {"1.png": "cat", "2.png": "dog", "3.png": "dog", "4.png": "cat"}
    assert labels(shelf) == wanted
    shelf.index()
    assert labels(shelf) == wanted


def test_another_source_is_not_concerned(shelf: Shelf, classes: Path, tmp_path: Path) -> None:
    shelf.index(paint(tmp_path / "others" / "owl" / "9.png", 9).parents[1])
    assert labels(shelf)["9.png"] == ""


def test_what_is_tried_again_is_labelled(shelf: Shelf, classes: Path) -> None:
    broken = classes / "cat" / "bad.png"
    broken.write_bytes(BROKEN)
    shelf.index()
    paint(broken, 5)
    assert shelf.index(only_failed=True).added == 1
    assert labels(shelf)["bad.png"] == "cat"


def test_a_watch_labels_what_comes(shelf: Shelf, classes: Path) -> None:
    with watching(shelf) as watch:
        watch.begun()
        paint(classes / "owl" / "7.png", 7)
        watch.until(lambda: "7.png" in labels(shelf))
    assert labels(shelf)["7.png"] == "owl"
    assert labels(shelf)["1.png"] == "cat"


def test_labels_of_an_archive_are_remembered(shelf: Shelf) -> None:
    source = paint(shelf.folder.parent / "1.png", 1)
    with ZipFile(shelf.folder / "set.zip", "w") as archive:
        archive.write(source, "owl/1.png")
    shelf.index(label_folders=True)
    assert shelf.index().unchanged == 1
    assert labels(shelf) == {"1.png": "owl"}


def test_a_table_is_remembered_until_it_is_left_out(shelf: Shelf, tmp_path: Path) -> None:
    paint(shelf.folder / "deep" / "1.png", 1)
    table = tmp_path / "about.csv"
    table.write_text("path,label\ndeep/1.png,tabby\n")
    shelf.index(table=table)
    assert shelf.index().unchanged == 1
    assert shelf.index(shelf.folder / "deep").unchanged == 1
    table.write_text("path,label\ndeep/1.png,lion\n")
    shelf.index()
    assert labels(shelf) == {"1.png": "lion"}
    table.unlink()
    with pytest.raises(SourceError, match="--no-table"):
        shelf.index()
    shelf.index(table="")
    assert labels(shelf) == {"1.png": ""}


def test_a_killed_run_has_noted_how_it_reads(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    paint(shelf.folder / "cat" / "1.png", 1)

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("lookalike.pipeline.run.IndexRun._take_in", killed)
        with pytest.raises(SystemExit):
            shelf.index(label_folders=True)
    shelf.index()
    assert labels(shelf) == {"1.png": "cat"}


def test_a_damaged_note_costs_no_picture(shelf: Shelf, classes: Path) -> None:
    before = content(shelf.library.path)
    (shelf.library.path / "sources.json").write_text('{"x": 1')
    shelf.index(label_folders=True)
    assert content(shelf.library.path) == before
    assert len(shelf.library.info().sources) == 1
