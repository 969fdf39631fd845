"""What a library holds, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from lookalike.sources.reading import Reading
from lookalike.store.description import SpaceDescription
from lookalike.store.disk import bytes_below
from lookalike.store.dismissed import DISMISSED
from lookalike.store.lance_store import LanceStore
from lookalike.store.sources import read_sources


@dataclass(frozen=True)
class LibraryInfo:
    """What a library holds.

    Attributes:
        path: where it lies.
        pictures: distinct pictures.
        locations: files that hold them.
        failures: entries of the ledger.
        format: version of its format.
        version: of its content; grows with every change.
        created: when it was made (UTC).
        disk_bytes: what it takes on the disk.
        spaces: its embedding spaces.
        sources: how its sources are read, by location, where that had to be said.
    """

    path: Path
    pictures: int
    locations: int
    failures: int
    format: int
    version: int
    created: datetime
    disk_bytes: int
    spaces: tuple[SpaceDescription, ...]
    sources: dict[str, Reading]

    @classmethod
    def of(cls, store: LanceStore) -> LibraryInfo:
        """Count what a library holds."""
        counts = pc.list_value_length(store.facets(["locations"])["locations"])
        failures = [f for f in store.failures.all() if f.failure.code != DISMISSED]
        return cls(
            path=store.path,
            pictures=len(store),
            locations=int(pc.sum(counts).as_py() or 0),
            failures=len(failures),
            format=store.description.format,
            version=store.version,
            created=store.description.created,
            disk_bytes=bytes_below(store.path),
            spaces=store.description.spaces,
            sources=read_sources(store.path),
        )

    def as_dict(self) -> dict[str, Any]:
        """The information as JSON's types."""
        return {
            "path": str(self.path),
            "pictures": self.pictures,
            "locations": self.locations,
            "failures": self.failures,
            "format": self.format,
            "version": self.version,
            "created": self.created.isoformat(),
            "disk_bytes": self.disk_bytes,
            "spaces": [space.model_dump() for space in self.spaces],
            "sources": {root: asdict(reading) for root, reading in self.sources.items()},
        }
