"""Which archives have been gone through, so that an unchanged one is not opened again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lookalike.store.json_file import read_json, write_json

ARCHIVES = "archives.json"


@dataclass(frozen=True)
class ArchiveRecord:
    """What an archive was when it was gone through last.

    Attributes:
        stamp: of its file.
        offered: pictures and failures in it; the library and its ledger must hold as many, or it
            is opened again.
        ignored: of each kind, how many files in it are no pictures.
        frames: how many frames of its animations were wanted.
    """

    stamp: str
    offered: int
    ignored: Mapping[str, int] = field(default_factory=dict)
    frames: int = 1


def read_archives(library: Path) -> dict[str, ArchiveRecord]:
    """The records by location; none if they are missing or damaged: all are opened once more."""
    try:
        raw = read_json(library / ARCHIVES) or {}
        return {location: _record(**told) for location, told in raw.items()}
    except (TypeError, AttributeError):
        return {}


def write_archives(library: Path, records: Mapping[str, ArchiveRecord]) -> None:
    """Write the records; the file is there whole or as it was.

    Raises:
        DiskFullError, LibraryError: it cannot be written.
    """
    told = {location: asdict(record) for location, record in records.items()}
    write_json(library / ARCHIVES, told)


def _record(stamp: str, offered: int, ignored: Mapping[str, int], frames: int) -> ArchiveRecord:
    return ArchiveRecord(stamp, offered, dict(ignored), frames)
