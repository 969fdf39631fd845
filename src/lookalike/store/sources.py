"""How the sources of a library are read, so that the next run reads them the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from lookalike.sources.reading import Reading, reading_of
from lookalike.store.json_file import read_json, write_json

SOURCES = "sources.json"


def read_sources(library: Path) -> dict[str, Reading]:
    """The readings by location of their sources; none if they are missing or damaged."""
    try:
        raw = read_json(library / SOURCES) or {}
        return {root: Reading(**told) for root, told in raw.items()}
    except (TypeError, AttributeError):
        return {}


def remember_sources(library: Path, readings: Mapping[str, Reading]) -> None:
    """Note how sources are read; what goes without saying is left out.

    Raises:
        DiskFullError, LibraryError: it cannot be written.
    """
    before = read_sources(library)
    known = dict(before)
    for root, reading in sorted(readings.items()):
        known.pop(root, None)
        if reading_of(root, known) != reading:
            known[root] = reading
    if known != before:
        write_json(library / SOURCES, {root: asdict(told) for root, told in known.items()})
