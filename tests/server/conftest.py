from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import lookalike
from lookalike.library import Library
from lookalike.server.app import create_app
from lookalike.server.settings import ServerSettings
from lookalike.settings import Settings
from lookalike.sources.fetch import FetchPolicy

from .stage import BASE, draw


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A cache of the tests' own."""
    return Settings(cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def library_path(tmp_path_factory: pytest.TempPathFactory, pictures: Path, quick: Settings) -> Path:
    path = tmp_path_factory.mktemp("libraries") / "shared"
    with lookalike.create(path, encoder="fake", settings=quick) as library:
        library.index([pictures])
    return path


@pytest.fixture
def library(library_path: Path, quick: Settings) -> Iterator[Library]:
    """The library that tests share; they may read it and send uploads."""
    loopback = FetchPolicy(allow=("127.0.0.0/8",))
    with lookalike.open(library_path, settings=quick, fetch=loopback) as opened:
        yield opened


@pytest.fixture
def own_library(tmp_path: Path, quick: Settings) -> Iterator[Library]:
    """A library that the test may change, with pictures of its own in ``tmp_path/pictures``."""
    folder = draw(tmp_path / "pictures")
    with lookalike.create(tmp_path / "own", encoder="fake", settings=quick) as opened:
        opened.index([folder])
        yield opened


@pytest.fixture
def client(library: Library) -> TestClient:
    return TestClient(create_app(library), base_url=BASE)


@pytest.fixture
def client_with(library: Library) -> Callable[[ServerSettings], TestClient]:
    """Clients of servers with other settings."""
    return lambda settings: TestClient(create_app(library, settings), base_url=BASE)


@pytest.fixture
def ids(library: Library) -> dict[str, str]:
    """The picture's id for each title."""
    hits = library.search(where="width > 0", k=100)
    return {hit.picture.metadata.title: hit.id for hit in hits}
