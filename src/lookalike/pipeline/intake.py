"""Takes pictures into the library, in batches that are each either in it whole or not at all."""

from __future__ import annotations

import time
from collections import defaultdict

import numpy as np

from lookalike.imaging.picture import Decoded
from lookalike.pipeline.dismissal import dismissal
from lookalike.pipeline.encoding import Encoded
from lookalike.pipeline.interrupts import undisturbed
from lookalike.pipeline.report import IndexSummary
from lookalike.pipeline.scan import PASSING
from lookalike.sources.describe import describe
from lookalike.sources.entry import Entry, Failure
from lookalike.sources.metadata import Metadata
from lookalike.store.known import Known
from lookalike.store.places import with_location
from lookalike.store.rows import Location, PictureRecord
from lookalike.store.writer import StoreWriter

MAX_PENDING = 2000
MAX_PENDING_S = 5.0


class Intake:
    """Collects what was decoded and encoded, and writes it.

    Args:
        writer: of the library.
        known: what the library holds; kept up to date.
        failed: locations that the ledger names.
        summary: counts what happens.
    """

    def __init__(
        self, writer: StoreWriter, known: Known, failed: set[str], summary: IndexSummary
    ) -> None:
        self._writer, self._known, self._failed = writer, known, failed
        self._summary = summary
        self._new: dict[str, tuple[PictureRecord, Encoded]] = {}
        self._places: defaultdict[int, list[tuple[Location, Metadata]]] = defaultdict(list)
        self._failures: list[tuple[Failure, str]] = []
        self._succeeded: list[str] = []
        self._last_commit = time.monotonic()

    def holds(self, picture_id: str) -> bool:
        """Whether the picture's vectors are there already."""
        return picture_id in self._new or self._known.key_of(picture_id) is not None

    def take(self, entry: Entry, decoded: Decoded, encoded: Encoded | None) -> None:
        """Take in one picture; ``encoded`` may be None if :meth:`holds` says so of its id."""
        metadata, words = describe(entry, decoded.metadata)
        place = Location(entry.location, entry.root, entry.stamp, words)
        self._succeeded.append(entry.location)
        key = self._known.key_of(decoded.id)
        if decoded.id in self._new:
            record, vectors = self._new[decoded.id]
            self._new[decoded.id] = (with_location(record, place, metadata), vectors)
            self._summary.updated += 1
        elif key is not None:
            self._places[key].append((place, metadata))
            self._summary.updated += 1
        else:
            assert encoded is not None
            names, probs = zip(*encoded.classes, strict=True) if encoded.classes else ((), ())
            record = PictureRecord(
                id=decoded.id,
                locations=(place,),
                size_bytes=decoded.size_bytes,
                facts=decoded.facts,
                metadata=metadata,
                classes=names,
                class_probs=probs,
            )
            self._new[decoded.id] = (record, encoded)
            self._summary.added += 1

    def fail(self, failure: Failure, root: str) -> None:
        """Note a failure in the ledger."""
        self._failures.append((failure, root))
        self._summary.failures[failure.code] += 1
        if failure.code in PASSING:
            self._known.mark_seen(failure.location)

    def dismiss(self, entry: Entry) -> None:
        """Note that a file holds a picture that people removed from the library."""
        self._failures.append((dismissal(entry), entry.root))
        self._summary.dismissed += 1

    def commit_if_due(self) -> None:
        """Write once enough has come together or some seconds have passed."""
        pending = len(self._new) + len(self._places) + len(self._failures)
        waited = time.monotonic() - self._last_commit
        if pending >= MAX_PENDING or (pending and waited >= MAX_PENDING_S):
            self.commit()

    def commit(self) -> None:
        """Write everything. Killed in between, the next run does the rest once more."""
        with undisturbed():
            self._append()
            self._update()
            ledger = self._writer.store.failures
            ledger.put(self._failures)
            ledger.remove(set(self._succeeded) & self._failed)
            self._failures, self._succeeded = [], []
            self._last_commit = time.monotonic()

    def _append(self) -> None:
        if not self._new:
            return
        records = [record for record, _ in self._new.values()]
        first = next(iter(self._new.values()))[1]
        vectors = {
            space: np.stack([encoded.vectors[space] for _, encoded in self._new.values()])
            for space in first.vectors
        }
        for record in self._writer.append(records, vectors):
            self._known.add(record.id, record.key)
        self._new = {}

    def _update(self) -> None:
        changed = []
        for record in self._writer.store.records(list(self._places)):
            for place, metadata in self._places[record.key]:
                record = with_location(record, place, metadata)
                self._known.mark_seen(place.path, record.key)
            changed.append(record)
        self._writer.update(changed)
        self._places.clear()
