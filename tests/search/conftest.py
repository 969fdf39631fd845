from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.library import Library
from lookalike.opening import create_library
from lookalike.settings import Settings

from .stage import fill


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Sixty pictures with words, only to be read."""
    base = tmp_path_factory.mktemp("staged")
    settings = Settings(cache=base / "cache")
    with create_library(base / "library", encoder="fake", settings=settings) as library:
        library.index([fill(base / "pictures", range(60))])
        yield library


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Library]:
    """Forty pictures that the test may change; they lie in ``tmp_path/pictures``."""
    settings = Settings(cache=tmp_path / "cache")
    with create_library(tmp_path / "library", encoder="fake", settings=settings) as library:
        library.index([fill(tmp_path / "pictures", range(40))])
        yield library
