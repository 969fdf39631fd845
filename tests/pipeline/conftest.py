from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lookalike
from lookalike.encoders.base import Features
from lookalike.encoders.fake import FakeImageEncoder
from lookalike.imaging.picture import UInt8Array
from lookalike.library import Library
from lookalike.pipeline.report import IndexSummary
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings


class Shelf:
    """A folder of pictures and its library."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "pictures"
        self.folder.mkdir()
        self.library: Library = lookalike.create(
            base / "library", encoder="fake", settings=Settings(cache=base / "cache")
        )

    def index(
        self,
        *sources: Path,
        table: Path | str | None = None,
        label_folders: bool | None = None,
        frames: int | None = None,
        **options: object,
    ) -> IndexSummary:
        """Index the folder, or other sources, with one decoding process."""
        chosen = IndexOptions(**{"workers": 1, **options})  # type: ignore[arg-type]
        return self.library.index(
            sources or (self.folder,),
            table=table,
            label_folders=label_folders,
            frames=frames,
            options=chosen,
        )

    def places(self) -> dict[str, list[str]]:
        """For each picture's id the names of its files, relative to the folder."""
        store = self.library._store
        return {
            record.id: [
                str(Path(place.path).relative_to(self.folder)) for place in record.locations
            ]
            for record in store.records(store.keys())
        }

    def files(self) -> list[str]:
        """Names of all files that the library holds, sorted."""
        return sorted(name for names in self.places().values() for name in names)

    def failed(self) -> dict[str, str]:
        """Code of every failure in the ledger, by file name."""
        return {Path(f.failure.location).name: f.failure.code for f in self.library.failures()}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    with made.library:
        yield made


class Counter:
    """Counts pictures that were encoded."""

    def __init__(self) -> None:
        self.pictures = 0


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counter = Counter()
    encode = FakeImageEncoder.encode

    def counting(self: FakeImageEncoder, pixels: UInt8Array) -> Features:
        counter.pictures += len(pixels)
        return encode(self, pixels)

    monkeypatch.setattr(FakeImageEncoder, "encode", counting)
    return counter
