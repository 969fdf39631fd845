from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.folders import BROKEN, paint, tell

from .shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def draw(folder: Path) -> Path:
    """Four pictures, two of them the same, with words, and one that is broken."""
    tell(paint(folder / "fox.png", 1), title="Red fox", tags=["fox", "snow"])
    tell(paint(folder / "sea.png", 2), title="Blue sea", tags=["sea"])
    paint(folder / "night" / "owl.png", 3)
    paint(folder / "copy of fox.png", 1)
    (folder / "broken.jpg").write_bytes(BROKEN)
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures and, at ``.lookalike`` in it, their library; only to be read."""
    base = tmp_path_factory.mktemp("filled")
    folder = draw(base / "pictures")
    done = Shell(base)("index", ".", "--encoder", "fake", cwd=folder)
    assert done.status == 1, done.err
    return folder
