"""Which archives have to be opened, and what is known of those that need not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lookalike.pipeline.gone import lies_in
from lookalike.sources.archives.names import archive_of
from lookalike.sources.entry import Container, Failure
from lookalike.store.archives import ArchiveRecord
from lookalike.store.known import Known


@dataclass(frozen=True)
class Unopened:
    """What lies in an archive that is left as it is.

    Attributes:
        pictures: how many the library holds of it.
        ignored: of each kind, how many files in it are no pictures.
        failed: locations that the ledger names.
    """

    pictures: int
    ignored: Mapping[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


class ArchiveBook:
    """Knows what archives were when they were gone through last.

    Args:
        records: of earlier runs, by location.
        known: what the library holds.
        failed: the ledger's failures, by location.
        retried: whether a failure is to be tried again though its file has not changed.
        only_failed: open archives only for what failed in them.
        frames: how many frames of an animation are wanted, by root; 1 for others.
    """

    def __init__(
        self,
        records: Mapping[str, ArchiveRecord],
        known: Known,
        failed: Mapping[str, Failure],
        retried: Callable[[Failure], bool],
        *,
        only_failed: bool = False,
        frames: Mapping[str, int] | None = None,
    ) -> None:
        self._records, self._known, self._retried = records, known, retried
        self._only_failed, self._frames = only_failed, frames or {}
        self._gone_through: dict[str, ArchiveRecord] = {}
        self._failed: defaultdict[str, list[Failure]] = defaultdict(list)
        for location, failure in failed.items():
            self._failed[archive_of(location) or location].append(failure)

    def unopened(self, container: Container) -> Unopened | None:
        """What is known of an archive that need not be opened, None for others.

        Its pictures count as seen then.
        """
        location = container.location
        failed = self._failed.get(location, [])
        if any(self._retried(failure) for failure in failed):
            return None
        record = self._records.get(location)
        held = self._known.count_in(location)
        unchanged = (
            record is not None
            and record.stamp == container.stamp
            and held + len(failed) >= record.offered
            and self._wanted(container) in (1, record.frames)
        )
        if not self._only_failed and not unchanged:
            return None
        if record is not None and unchanged:
            self._gone_through[location] = record
        self._known.mark_seen_in(location)
        ignored = record.ignored if record is not None else {}
        return Unopened(held, ignored, [failure.location for failure in failed])

    def note(self, container: Container, offered: int, ignored: Mapping[str, int]) -> None:
        """Note that an archive has been gone through to its end."""
        self._gone_through[container.location] = ArchiveRecord(
            container.stamp, offered, dict(ignored), self._wanted(container)
        )

    def _wanted(self, container: Container) -> int:
        return self._frames.get(container.root, 1)

    def records(self, roots: Iterable[str]) -> dict[str, ArchiveRecord]:
        """The records to keep after a run over these roots."""
        kept = dict(self._records)
        if not self._only_failed:
            places = tuple(roots)
            for location in self._records:
                if any(lies_in(location, root) for root in places):
                    del kept[location]
        return kept | self._gone_through
