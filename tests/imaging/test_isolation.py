"""A library that isolates decoding opens no picture in its own process."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageFile

import lookalike
from lookalike.errors import DecodeError
from lookalike.library import Library
from lookalike.settings import Settings


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (2000, 2000, 3), np.uint8)
    Image.fromarray(noise[:300, :200]).save(folder / "small.png")
    Image.fromarray(noise).save(folder / "large.png", compress_level=1)
    settings = Settings(cache=tmp_path / "cache")
    with lookalike.create(tmp_path / "library", encoder="fake", settings=settings) as made:
        made.index([folder])
    with lookalike.open(tmp_path / "library", settings=settings, isolate_decoding=True) as opened:
        yield opened


def picture(library: Library, name: str) -> str:
    store = library._store
    records = store.records(store.keys())
    return next(record.id for record in records if record.locations[0].path.endswith(name))


def workers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any("worker_main" in word for word in child.cmdline())
    ]


def test_thumbnails_and_query_pictures_are_decoded_elsewhere(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: ImageFile.ImageFile) -> None:
        raise AssertionError("decoded in the server's process")

    monkeypatch.setattr(ImageFile.ImageFile, "load", never)
    small = picture(library, "small.png")
    thumbnail = library.thumbnail(small, side=90)
    assert library.search(str(library.original(small))).hits[0].picture.id == small
    monkeypatch.undo()
    with Image.open(thumbnail) as image:
        assert (image.format, image.size) == ("JPEG", (60, 90))
    library.close()
    assert workers() == []


def test_a_thumbnail_whose_decoder_dies_is_an_error_and_the_next_one_works(
    library: Library,
) -> None:
    large, errors = picture(library, "large.png"), []

    def ask() -> None:
        try:
            library.thumbnail(large)
        except DecodeError as error:
            errors.append(error)

    library.thumbnail(picture(library, "small.png"))
    stopped = workers()
    for worker in stopped:
        worker.send_signal(signal.SIGSTOP)
    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.3)
    for worker in stopped:
        os.kill(worker.pid, signal.SIGKILL)
    asking.join(20)
    # Another one may have taken the picture up.
    assert [error.code for error in errors] in ([], ["decoder-crashed"])
    assert library.thumbnail(large).is_file()


def test_a_file_that_became_hostile_is_an_error_that_names_it(library: Library) -> None:
    small = picture(library, "small.png")
    path = library.original(small)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DecodeError) as caught:
        library.thumbnail(small)
    assert caught.value.code == "truncated"
    assert str(path) in caught.value.message
    folder = library.path / "thumbnails" / small[:2]
    assert list(folder.glob("*")) == [], "nothing half-made is left"
