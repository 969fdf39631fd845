"""Removes what the sources no longer hold."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from lookalike.pipeline.found import Found
from lookalike.pipeline.frames import FramedFile, files_with_frames
from lookalike.pipeline.report import IndexSummary
from lookalike.sources.archives.names import SEPARATOR
from lookalike.sources.folder import FolderSource
from lookalike.sources.frame_names import frame_id, split_frame
from lookalike.sources.naming import location_of
from lookalike.store.failures import FailureRecord
from lookalike.store.known import Known
from lookalike.store.originals import FETCHED, ORIGINALS
from lookalike.store.places import without_locations
from lookalike.store.rows import PictureRecord
from lookalike.store.sql import literal
from lookalike.store.writer import StoreWriter

_BATCH = 2000


class Removal:
    """Takes out of the library what a finished scan did not meet where it looked.

    A source that held pictures and holds none now is more often an unmounted disk than an
    emptied folder: all that came from it is kept unless ``allow_empty``.

    Args:
        writer: of the library.
        found: what the scan met.
        known: what the library held when the run began, with marks of what was seen.
        summary: counts what happens.
        allow_empty: remove what came from a source that holds nothing now.
    """

    def __init__(
        self,
        writer: StoreWriter,
        found: Found,
        known: Known,
        summary: IndexSummary,
        *,
        allow_empty: bool,
    ) -> None:
        self._writer, self._found, self._known, self._summary = writer, found, known, summary
        self._allow_empty = allow_empty
        # No folder's scan looks into a library, not even one around it.
        self._own = f"{location_of(writer.store.path / ORIGINALS)}{os.sep}"
        self._fetched = _below(location_of(writer.store.path / FETCHED))
        self._files: Mapping[str, Sequence[FramedFile]] | None = None

    def of_pictures(self, source: FolderSource) -> bool:
        """Remove locations, and pictures that lie nowhere now; whether all was as it should be."""
        root = location_of(source.root)
        if not source.root.exists():
            return False
        gone = self._known.unseen_owners(self._writer.store.keys_where(_may_lie_in(root)))
        emptied = self._found.entries[root] == 0 and not self._allow_empty
        for start in range(0, len(gone), _BATCH):
            changed, removed = [], []
            for record in self._writer.store.records(gone[start : start + _BATCH]):
                paths = self._lost_places(record, root)
                if paths and emptied:
                    self._summary.kept_sources.append(root)
                    return False
                left = without_locations(record, paths)
                if left is None:
                    removed.append(record.key)
                elif paths:
                    changed.append(left)
            self._writer.update(changed)
            if removed:
                self._writer.delete(removed)
            self._summary.updated += len(changed)
            self._summary.removed += len(removed)
        return True

    def of_failures(self, source: FolderSource, ledger: Mapping[str, FailureRecord]) -> None:
        """Remove entries of files that are gone from the ledger as it was before the run."""
        root = location_of(source.root)
        lost = {
            location
            for location, entry in ledger.items()
            if (entry.root == root or lies_in(location, root))
            and not self._is_elsewhere(location, root)
            and location not in self._found.ledger_seen
            and not self._cannot_tell(location)
        }
        self._writer.store.failures.remove(lost)

    def _lost_places(self, record: PictureRecord, root: str) -> set[str]:
        return {
            place.path
            for place in record.locations
            if lies_in(place.path, root)
            and not place.path.startswith(self._own)
            and not self._is_elsewhere(place.path, root)
            and self._known.is_unseen(place.path, record.key)
            and not self._cannot_tell(place.path)
            and not self._is_frame_of_what_is_there(place.path, record.id)
        }

    def _is_elsewhere(self, location: str, root: str) -> bool:
        """Whether it was fetched into the library, into which a scan from outside does not look."""
        return location.startswith(self._fetched) and not _below(root).startswith(self._fetched)

    def _is_frame_of_what_is_there(self, location: str, picture_id: str) -> bool:
        base, frame = split_frame(location)
        if frame == 1:
            return False
        if self._files is None:
            self._files = files_with_frames(self._writer.store)
        for file in self._files.get(base, []):
            key = self._known.key_of(file.id)
            if frame_id(file.id, frame) == picture_id and key is not None:
                return not self._known.is_unseen(base, key)
        return False

    def _cannot_tell(self, location: str) -> bool:
        unreadable = self._found.unreadable
        return bool(unreadable) and any(
            PurePath(split_frame(location)[0]).is_relative_to(place)
            or location.startswith(place + SEPARATOR)
            for place in unreadable
        )


def lies_in(location: str, root: str) -> bool:
    """Whether a location is below a source, or in the archive that the source is."""
    below = (_below(root), root + SEPARATOR)
    return split_frame(location)[0] == root or location.startswith(below)


def _below(root: str) -> str:
    return root if root.endswith(os.sep) else root + os.sep


def _may_lie_in(root: str) -> str:
    # ``folders`` begins at the source under which a picture was found, which may have been one
    # within this one, and ``location`` is its first place only: so twins are looked at one by one.
    return (
        f"array_has(folders, {literal(root)}) OR starts_with(location, {literal(_below(root))}) "
        f"OR location = {literal(root)} OR starts_with(location, {literal(root + '#')}) "
        f"OR starts_with(location, {literal(root + SEPARATOR)}) "
        "OR array_length(locations) > 1"
    )
