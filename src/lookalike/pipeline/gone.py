"""Removes what the sources no longer hold."""

from __future__ import annotations

import os
from pathlib import PurePath

from lookalike.pipeline.report import IndexSummary
from lookalike.pipeline.scan import Found
from lookalike.sources.folder import FolderSource
from lookalike.sources.naming import location_of
from lookalike.store.known import Known
from lookalike.store.places import without_locations
from lookalike.store.sql import literal
from lookalike.store.writer import StoreWriter

_BATCH = 2000


def remove_gone(
    writer: StoreWriter,
    source: FolderSource,
    found: Found,
    known: Known,
    summary: IndexSummary,
    *,
    allow_empty: bool,
) -> None:
    """Take the locations out of the library that a finished scan of ``source`` did not meet.

    A source that held pictures and holds none now is more often an unmounted disk than an
    emptied folder: what came from it is kept unless ``allow_empty``.
    """
    if not source.root.is_dir():
        return
    root = location_of(source.root)
    below = root if root.endswith(os.sep) else root + os.sep
    keys = writer.store.keys_where(
        f"array_has(folders, {literal(root)}) OR starts_with(location, {literal(below)})"
    )
    emptied = found.entries[str(source.root)] == 0 and known.count_seen(keys) == 0
    if len(keys) and emptied and not allow_empty:
        summary.kept_sources.append(root)
        return
    gone = known.unseen_owners(keys)
    for start in range(0, len(gone), _BATCH):
        changed, removed = [], []
        for record in writer.store.records(gone[start : start + _BATCH]):
            paths = {
                place.path
                for place in record.locations
                if place.path.startswith(below)
                and known.is_unseen(place.path, record.key)
                and not _is_under(place.path, found.unreadable)
            }
            left = without_locations(record, paths)
            if left is None:
                removed.append(record.key)
            elif paths:
                changed.append(left)
        writer.update(changed)
        if removed:
            writer.delete(removed)
        summary.updated += len(changed)
        summary.removed += len(removed)


def _is_under(path: str, folders: list[str]) -> bool:
    return bool(folders) and any(PurePath(path).is_relative_to(folder) for folder in folders)
