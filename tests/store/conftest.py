from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike.imaging.picture import PictureFacts
from lookalike.sources.metadata import Metadata
from lookalike.store.description import SpaceDescription
from lookalike.store.lance_store import LanceStore
from lookalike.store.rows import Location, PictureRecord

SPACE = SpaceDescription(name="fake", kind="image", encoder="fake", dims=16)


def picture(number: int, **metadata: object) -> PictureRecord:
    path = f"/pictures/{number % 7}/{number}.jpg"
    return PictureRecord(
        id=f"{number:016x}{number:016x}",
        locations=(Location(path, "/pictures", f"stamp-{number}", f"number {number}"),),
        size_bytes=1000 + number % 50,
        facts=PictureFacts("jpeg", 640, 480, "RGB"),
        metadata=Metadata(**metadata),  # type: ignore[arg-type]
    )


def unit_vectors(count: int, dims: int = 16, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dims)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def store(tmp_path: Path) -> LanceStore:
    return LanceStore.create(tmp_path / "library", [SPACE])


@pytest.fixture
def fill(store: LanceStore) -> Callable[..., np.ndarray]:
    """Adds pictures first..first+count-1, returns their vectors as stored."""
    from lookalike.store.writer import writing

    def add(count: int, first: int = 0) -> np.ndarray:
        vectors = unit_vectors(count, seed=first)
        with writing(store) as writer:
            writer.append([picture(first + i) for i in range(count)], {"fake": vectors})
        return vectors.astype(np.float16).astype(np.float32)

    return add
