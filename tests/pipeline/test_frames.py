"""Animations and documents by frame."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from lookalike.errors import DecodeError
from lookalike.imaging.picture import Decoded
from lookalike.imaging.workers import DecodePool
from lookalike.pipeline.frames import spread

from .conftest import Counter, Shelf
from .folders import animate, paint


@pytest.fixture
def gif(shelf: Shelf) -> Path:
    paint(shelf.folder / "still.png", 1)
    return animate(shelf.folder / "a.gif", 5)


def test_frames_are_spread_evenly_and_begin_with_the_first() -> None:
    assert spread(1, 16) == [1]
    assert spread(3, 16) == [1, 2, 3]
    assert spread(1001, 5) == [1, 251, 501, 751, 1001]
    assert spread(1000, 1) == [1]
    for frames in range(1, 60):
        for most in range(1, 20):
            chosen = spread(frames, most)
            assert chosen == sorted(set(chosen))
            assert len(chosen) == min(frames, most)


def test_frames_are_taken_in_on_request_only(shelf: Shelf, gif: Path) -> None:
    assert shelf.index().added == 2
    summary = shelf.index(frames=3)
    assert (summary.added, summary.unchanged) == (2, 1)
    assert shelf.files() == ["a.gif", "a.gif#frame=3", "a.gif#frame=5", "still.png"]


def test_a_later_run_takes_in_as_many_frames_unless_it_says_otherwise(
    shelf: Shelf, gif: Path
) -> None:
    shelf.index(frames=3)
    animate(shelf.folder / "b.gif", 3, start=50)
    assert shelf.index().added == 3
    animate(shelf.folder / "c.gif", 3, start=90)
    assert shelf.index(frames=1).added == 1
    animate(shelf.folder / "d.gif", 3, start=120)
    assert shelf.index().added == 1


def test_an_archive_is_opened_again_for_frames_but_once(
    shelf: Shelf, gif: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ZipFile(shelf.folder / "a.zip", "w") as archive:
        archive.write(gif, "inside.gif")
    gif.unlink()
    assert shelf.index().added == 2
    assert shelf.index(frames=3).added == 2
    before = shelf.places()

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the archive has not changed")

    monkeypatch.setattr("lookalike.sources.archives.walk.open_archive", opened)
    summary = shelf.index()
    assert (summary.unchanged, summary.removed) == (4, 0)
    assert shelf.places() == before


def test_a_mended_animation_comes_with_its_frames_on_retry(shelf: Shelf, gif: Path) -> None:
    sound = gif.read_bytes()
    gif.write_bytes(b"GIF89a")
    shelf.index(frames=3)
    assert list(shelf.failed()) == ["a.gif"]
    gif.write_bytes(sound)
    assert shelf.index(only_failed=True).added == 3


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.tif", "a.avif"])
def test_every_kind_of_animation_has_frames(shelf: Shelf, name: str) -> None:
    animate(shelf.folder / name, 3)
    assert shelf.index(frames=16).added == 3
    assert shelf.files() == [name, f"{name}#frame=2", f"{name}#frame=3"]


def test_frames_are_read_once_and_stay_when_nobody_asks_for_them(
    shelf: Shelf, gif: Path, encoded: Counter
) -> None:
    shelf.index(frames=16)
    before, pictures = encoded.pictures, shelf.places()
    for frames in (16, 1):
        summary = shelf.index(frames=frames)
        assert (summary.added, summary.updated, summary.removed) == (0, 0, 0)
        assert summary.unchanged == 2
    os.utime(gif)
    assert shelf.index(frames=1).updated == 1
    assert (encoded.pictures, shelf.places()) == (before, pictures)


def test_frames_go_with_their_file(shelf: Shelf, gif: Path) -> None:
    shelf.index(frames=16)
    gif.unlink()
    assert shelf.index().removed == 5
    assert shelf.files() == ["still.png"]


def test_frames_of_a_changed_file_are_those_of_the_new_one(shelf: Shelf, gif: Path) -> None:
    shelf.index(frames=16)
    old = shelf.places()
    animate(gif, 3, start=100)
    assert shelf.index(frames=16).added == 3
    assert shelf.files() == ["a.gif", "a.gif#frame=2", "a.gif#frame=3", "still.png"]
    assert len(old.keys() & shelf.places().keys()) == 1
    animate(gif, 4, start=200)
    shelf.index(frames=1)
    assert shelf.files() == ["a.gif", "still.png"], "no frame of another file is left"


def test_frames_of_a_single_file_go_when_it_changes(shelf: Shelf, gif: Path) -> None:
    shelf.index(gif, frames=16)
    animate(gif, 2, start=100)
    shelf.index(gif, frames=16)
    assert shelf.files() == ["a.gif", "a.gif#frame=2"]


def test_the_same_animation_twice_has_its_frames_twice(shelf: Shelf, gif: Path) -> None:
    (shelf.folder / "b.gif").write_bytes(gif.read_bytes())
    shelf.index(frames=2)
    places = sorted(shelf.places().values())
    assert places == [["a.gif", "b.gif"], ["a.gif#frame=5", "b.gif#frame=5"], ["still.png"]]
    (shelf.folder / "b.gif").unlink()
    shelf.index(frames=2)
    assert shelf.files() == ["a.gif", "a.gif#frame=5", "still.png"]


def test_a_run_that_broke_off_between_frames_is_completed(
    shelf: Shelf, gif: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = DecodePool.run

    def broken(self: DecodePool, tasks: object):  # type: ignore[no-untyped-def]
        for task, outcome in run(self, tasks):  # type: ignore[type-var]
            if getattr(task, "frame", 1) == 4:
                raise KeyboardInterrupt
            yield task, outcome

    with monkeypatch.context() as patched:
        patched.setattr(DecodePool, "run", broken)
        assert shelf.index(frames=16).interrupted
    shelf.index(frames=16)
    assert sum(name.startswith("a.gif") for name in shelf.files()) == 5


def test_a_damaged_frame_is_told_kept_and_tried_again_on_request(
    shelf: Shelf, gif: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = DecodePool.run

    def failing(self: DecodePool, tasks: object):  # type: ignore[no-untyped-def]
        for task, outcome in run(self, tasks):  # type: ignore[type-var]
            if getattr(task, "frame", 1) == 4:
                yield task, DecodeError("damaged", code="corrupt")
            else:
                assert isinstance(outcome, Decoded)
                yield task, outcome

    with monkeypatch.context() as patched:
        patched.setattr(DecodePool, "run", failing)
        assert shelf.index(frames=16).failures == {"corrupt": 1}
        assert shelf.failed() == {"a.gif#frame=4": "corrupt"}
        again = shelf.index(frames=16)
        assert (again.failed, again.unchanged) == (0, 2)
        assert shelf.index().failed == 0
        assert shelf.failed() == {"a.gif#frame=4": "corrupt"}
        assert shelf.index(only_failed=True).failed == 1
        assert shelf.failed() == {"a.gif#frame=4": "corrupt"}
    shelf.index(only_failed=True)
    assert shelf.failed() == {}
    assert "a.gif#frame=4" in shelf.files()


def test_a_frame_has_its_own_thumbnail_and_the_original_of_its_file(
    shelf: Shelf, tmp_path: Path
) -> None:
    path = shelf.folder / "a.webp"
    red, blue = (Image.new("RGB", (40, 20), colour) for colour in ((255, 0, 0), (0, 0, 255)))
    red.save(path, save_all=True, append_images=[blue], lossless=True)
    shelf.index(frames=2)
    (frame,) = (key for key, names in shelf.places().items() if names == ["a.webp#frame=2"])
    assert shelf.library.original(frame) == path
    with Image.open(shelf.library.thumbnail(frame)) as image:
        assert image.size == (40, 20)
        red_part, _, blue_part = image.getpixel((20, 10))  # type: ignore[misc]
        assert blue_part > 240 > 20 > red_part


def test_a_file_really_called_like_a_frame_is_found(shelf: Shelf) -> None:
    path = paint(shelf.folder / "a.png", 1)
    odd = path.rename(shelf.folder / "a.png#frame=2")
    shelf.index(odd)
    (picture,) = shelf.places()
    assert shelf.library.original(picture) == odd
    assert shelf.library.thumbnail(picture).is_file()
