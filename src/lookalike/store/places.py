"""A picture that lies at several places: its record does not depend on which was found first."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from functools import reduce

from lookalike.sources.metadata import Metadata
from lookalike.store.rows import Location, PictureRecord


def with_location(record: PictureRecord, place: Location, metadata: Metadata) -> PictureRecord:
    """The record with one more place, or with new words about a place it had.

    Args:
        record: the picture.
        place: where it lies, too.
        metadata: what was found in the file and beside it there.
    """
    found = {path: known for path, known in _described(record).items() if path != place.path}
    return _joined(record, {**found, place.path: (place, metadata)})


def without_locations(record: PictureRecord, gone: Collection[str]) -> PictureRecord | None:
    """The record without some of its places; None if no place is left."""
    kept = {path: known for path, known in _described(record).items() if path not in gone}
    return _joined(record, kept) if kept else None


def _described(record: PictureRecord) -> dict[str, tuple[Location, Metadata]]:
    return {
        place.path: (place, _from_json(place.described) if place.described else record.metadata)
        for place in record.locations
    }


def _joined(record: PictureRecord, places: dict[str, tuple[Location, Metadata]]) -> PictureRecord:
    ordered = [places[path] for path in sorted(places)]
    if len(ordered) == 1:
        place, metadata = ordered[0]
        return replace(record, locations=(replace(place, described=""),), metadata=metadata)
    locations = tuple(replace(place, described=_to_json(words)) for place, words in ordered)
    # The first place's words win, as its name stands for the picture.
    merged = reduce(lambda first, later: later.merged_under(first), (m for _, m in ordered))
    return replace(record, locations=locations, metadata=merged)


def _to_json(metadata: Metadata) -> str:
    return json.dumps(asdict(metadata), ensure_ascii=False, default=datetime.isoformat)


def _from_json(text: str) -> Metadata:
    raw = json.loads(text)
    taken = datetime.fromisoformat(raw["taken"]) if raw["taken"] else None
    return Metadata(**{**raw, "tags": tuple(raw["tags"]), "taken": taken})
