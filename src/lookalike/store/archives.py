"""Which archives have been gone through, so that an unchanged one is not opened again."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lookalike.store.disk import disk_errors

ARCHIVES = "archives.json"


@dataclass(frozen=True)
class ArchiveRecord:
    """What an archive was when it was gone through last.

    Attributes:
        stamp: of its file.
        offered: pictures and failures in it; the library and its ledger must hold as many, or it
            is opened again.
        ignored: files in it that are no pictures.
    """

    stamp: str
    offered: int
    ignored: int = 0


def read_archives(library: Path) -> dict[str, ArchiveRecord]:
    """The records by location; none if they are missing or damaged: all are opened once more."""
    try:
        raw = json.loads((library / ARCHIVES).read_text("utf-8"))
        return {location: ArchiveRecord(**record) for location, record in raw.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def write_archives(library: Path, records: Mapping[str, ArchiveRecord]) -> None:
    """Write the records; the file is there whole or as it was.

    Raises:
        DiskFullError, LibraryError: it cannot be written.
    """
    text = json.dumps({location: asdict(record) for location, record in records.items()})
    with disk_errors(library, "writing to"):
        descriptor, name = tempfile.mkstemp(dir=library, prefix=".archives-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(library / ARCHIVES)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
