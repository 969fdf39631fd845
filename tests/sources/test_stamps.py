from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.sources.entry import Entry
from lookalike.sources.folder import FolderSource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cat.jpg").write_bytes(b"\xff\xd8\xff one")
    (tmp_path / "dog.jpg").write_bytes(b"\xff\xd8\xff two")
    (tmp_path / "cat.txt").write_text("A cat.")
    (tmp_path / "metadata.csv").write_text("path,title\ncat.jpg,Tom\ndog.jpg,Rex\n")
    return tmp_path


def stamps(folder: Path) -> dict[str, str]:
    found = [item for item in FolderSource(folder).scan() if isinstance(item, Entry)]
    return {entry.path.name: entry.stamp for entry in found}


def rewrite(path: Path, text: str) -> None:
    """Write other text of the same length and put the old time of writing back."""
    about = path.stat()
    assert len(text) == about.st_size
    path.write_text(text)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda folder: (folder / "cat.jpg").write_bytes(b"\xff\xd8\xff longer"),
    "older": lambda folder: os.utime(folder / "cat.jpg", ns=(1, 1)),
    "sidecar changed": lambda folder: (folder / "cat.txt").write_text("Two cats."),
    "sidecar changed in secret": lambda folder: rewrite(folder / "cat.txt", "A rat."),
    "sidecar added": lambda folder: (folder / "cat.jpg.json").write_text("{}"),
    "sidecar removed": lambda folder: (folder / "cat.txt").unlink(),
    "row changed": lambda folder: (folder / "metadata.csv").write_text(
        "path,title\ncat.jpg,Tim\ndog.jpg,Rex\n"
    ),
    "row removed": lambda folder: (folder / "metadata.csv").write_text("path,title\ndog.jpg,Rex\n"),
}


def test_stamps_stay_while_nothing_changes(folder: Path) -> None:
    assert stamps(folder) == stamps(folder)
    assert len(set(stamps(folder).values())) == 2


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_touches_the_stamp_of_its_picture_only(folder: Path, change: str) -> None:
    before = stamps(folder)
    CHANGES[change](folder)
    after = stamps(folder)
    assert after["cat.jpg"] != before["cat.jpg"]
    assert after["dog.jpg"] == before["dog.jpg"]


def test_other_bytes_of_the_same_length_and_time_change_the_stamp(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_text("one")
    before = stamps(tmp_path)
    rewrite(tmp_path / "cat.png", "two")
    assert stamps(tmp_path) != before


def test_rewriting_a_table_with_the_same_rows_touches_nothing(folder: Path) -> None:
    before = stamps(folder)
    (folder / "metadata.csv").write_text("path,title\ndog.jpg,Rex\nbird.jpg,Tweety\ncat.jpg,Tom\n")
    assert stamps(folder) == before
