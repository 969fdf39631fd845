"""Takes pictures out of a library for good: their files, if they are people's own, stay."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lookalike.sources.entry import Entry, Failure
from lookalike.sources.frame_names import frame_id
from lookalike.sources.naming import location_of
from lookalike.store.dismissed import DISMISSED
from lookalike.store.lance_store import LanceStore
from lookalike.store.originals import ORIGINALS, Originals
from lookalike.store.rows import PictureRecord
from lookalike.store.writer import writing


@dataclass(frozen=True)
class RemovedPicture:
    """A picture that is not in the library any more.

    Attributes:
        id: the picture's.
        deleted: whether the library owned a file of it, which is deleted.
        dismissed: places of files that stay where they are and are passed over from now on.
    """

    id: str
    deleted: bool
    dismissed: tuple[str, ...]


def remove_pictures(store: LanceStore, ids: Iterable[str]) -> list[RemovedPicture]:
    """Remove pictures; the next index run does not bring them back.

    Killed meanwhile, a picture is still there and can be removed again.

    Args:
        store: the library's store.
        ids: of pictures; the first digits do as well.

    Raises:
        NotFoundError: there is no such picture; nothing is removed then.
        LibraryLockedError: another process writes.
    """
    own = Originals(store.path / ORIGINALS)
    with writing(store) as writer:
        keys = list(dict.fromkeys(store.key_of(picture_id) for picture_id in ids))
        records = store.records(keys)
        frames = _frames_of_deleted(store, own, records)
        removed = [_removed(own, record) for record in records]
        # What keeps them away comes first: who is killed here has still removed nothing.
        store.dismissed.put(picture.id for picture in removed if picture.dismissed)
        store.failures.put([note for record in records for note in _notes(own, record)])
        for record in records:
            own.remove(record.id)
            for file in (store.path / "thumbnails" / record.id[:2]).glob(f"{record.id}-*"):
                file.unlink(missing_ok=True)
        writer.delete([*keys, *(key for key in frames if key not in keys)])
    return removed


def is_dismissed(failure: Failure) -> bool:
    """Whether an entry of the ledger is about a picture that was removed."""
    return failure.code == DISMISSED


def dismissal(entry: Entry) -> Failure:
    """The ledger's entry about a file with a picture that was removed."""
    return _note(entry.location, entry.stamp)


def without_dismissed(failed: Mapping[str, Failure]) -> dict[str, Failure]:
    """The ledger as if nothing had been removed, so that all is taken in again."""
    return {place: failure for place, failure in failed.items() if not is_dismissed(failure)}


def forget_restored(store: LanceStore) -> None:
    """Take off the list what the library holds again."""
    store.dismissed.remove(store.keys_of_ids(store.dismissed.ids()))


def _frames_of_deleted(
    store: LanceStore, own: Originals, records: Sequence[PictureRecord]
) -> list[int]:
    """Keys of the other frames of files that are deleted, as far as they lie nowhere else."""
    ids = [
        frame_id(record.id, frame)
        for record in records
        if own.find(record.id) is not None
        for frame in range(2, record.facts.frames + 1)
    ]
    found = store.records(list(store.keys_of_ids(ids).values()))
    return [record.key for record in found if not _notes(own, record)]


def _removed(own: Originals, record: PictureRecord) -> RemovedPicture:
    notes = _notes(own, record)
    deleted = own.find(record.id) is not None
    return RemovedPicture(record.id, deleted, tuple(note.location for note, _ in notes))


def _notes(own: Originals, record: PictureRecord) -> Sequence[tuple[Failure, str]]:
    mine = f"{location_of(own.folder)}{os.sep}"
    return [
        (_note(place.path, place.stamp), place.root)
        for place in record.locations
        if not place.path.startswith(mine)
    ]


def _note(location: str, stamp: str) -> Failure:
    message = (
        f"{location} was removed from the library; `lookalike index --restore` brings it back."
    )
    return Failure(location, "scan", DISMISSED, message, stamp)
