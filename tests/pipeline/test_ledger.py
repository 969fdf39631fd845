"""What failed is kept in the ledger until it succeeds or is gone, and not tried in vain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookalike.errors import DecodeError
from lookalike.imaging.workers import DecodePool

from .conftest import Shelf
from .folders import BROKEN, content, paint


@pytest.fixture
def broken(shelf: Shelf) -> Path:
    paint(shelf.folder / "good.png", 1)
    path = shelf.folder / "bad.jpg"
    path.write_bytes(BROKEN)
    return path


def test_a_failure_says_what_where_and_why(shelf: Shelf, broken: Path) -> None:
    summary = shelf.index()
    assert (summary.added, summary.failed) == (1, 1)
    (entry,) = shelf.library.failures()
    assert (entry.failure.location, entry.root) == (str(broken), str(shelf.folder))
    assert entry.failure.stage == "decode"
    assert "bad.jpg" in entry.failure.message
    assert summary.failures == {entry.failure.code: 1}


def test_a_failed_file_is_not_tried_again_until_it_changes(shelf: Shelf, broken: Path) -> None:
    shelf.index()
    again = shelf.index()
    assert (again.failed, again.failed_before) == (0, 1)
    assert list(shelf.failed()) == ["bad.jpg"]
    broken.write_bytes(BROKEN + b"!")
    assert shelf.index().failed == 1


def test_retry_tries_every_failed_file(shelf: Shelf, broken: Path) -> None:
    shelf.index()
    summary = shelf.index(retry=True)
    assert (summary.failed, summary.failed_before, summary.unchanged) == (1, 0, 1)


def test_a_mended_file_leaves_the_ledger(shelf: Shelf, broken: Path) -> None:
    shelf.index()
    paint(broken.with_suffix(".png"), 2).rename(broken)
    assert shelf.index().added == 1
    assert shelf.failed() == {}


def test_a_failed_file_that_is_gone_leaves_the_ledger(shelf: Shelf, broken: Path) -> None:
    shelf.index()
    broken.unlink()
    shelf.index()
    assert shelf.failed() == {}


def test_a_run_over_another_source_leaves_the_ledger_alone(
    shelf: Shelf, broken: Path, tmp_path: Path
) -> None:
    shelf.index()
    shelf.index(paint(tmp_path / "other" / "c.png", 3).parent)
    assert list(shelf.failed()) == ["bad.jpg"]


def test_the_ledger_follows_folders_within_folders(shelf: Shelf) -> None:
    paint(shelf.folder / "good.png", 1)
    paint(shelf.folder / "sub" / "good.png", 2)
    for name in ("one.jpg", "two.jpg"):
        (shelf.folder / "sub" / name).write_bytes(BROKEN)
    shelf.index(shelf.folder / "sub")
    (shelf.folder / "sub" / "one.jpg").unlink()
    shelf.index()
    assert list(shelf.failed()) == ["two.jpg"]
    (shelf.folder / "sub" / "two.jpg").unlink()
    shelf.index(shelf.folder / "sub")
    assert shelf.failed() == {}


@pytest.mark.parametrize("code", ["decode-timeout", "out-of-memory", "decoder-crashed"])
def test_what_a_busy_machine_could_not_decode_keeps_the_picture_that_was_there(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    changed = paint(shelf.folder / "a.png", 1)
    paint(shelf.folder / "b.png", 2)
    shelf.index()
    before = content(shelf.library.path)
    changed.touch()

    def failing(_: DecodePool, tasks: Any) -> Iterator[Any]:
        for task in tasks:
            yield task, DecodeError(f"{task.path}: could not.", code=code)

    monkeypatch.setattr(DecodePool, "run", failing)
    for summary in (shelf.index(), shelf.index()):
        assert summary.removed == 0
        assert shelf.failed() == {"a.png": code}
        assert content(shelf.library.path).pictures == before.pictures
    monkeypatch.undo()
    shelf.index(retry=True)
    assert shelf.failed() == {}
    assert len(shelf.places()) == 2
