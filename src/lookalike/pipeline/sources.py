"""Which sources a run goes through, read as they were before unless somebody wishes otherwise."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lookalike.sources.folder import FolderSource
from lookalike.sources.naming import location_of
from lookalike.sources.reading import Wishes, reading_of
from lookalike.store.sources import read_sources


def sources_to_read(
    library: Path, roots: Sequence[str | Path], wishes: Wishes
) -> list[FolderSource]:
    """The sources with these roots.

    Args:
        library: the library's directory; it need not be there.
        roots: folders, archives and files.
        wishes: what is asked for now.

    Raises:
        SourceError: one of them, or a table, is not there or cannot be read.
    """
    known = read_sources(library)
    sources = []
    for path in map(Path, roots):
        root = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as people gave them
        reading = wishes.over(reading_of(location_of(root), known))
        table = Path(reading.table) if reading.table else None
        sources.append(
            FolderSource(
                root,
                table,
                label_folders=reading.label_folders,
                frames=reading.frames,
                base=reading.base,
            )
        )
    return sources
