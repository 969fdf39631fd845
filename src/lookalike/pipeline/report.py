"""What an index run says while it runs and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookalike.sources.web.download import WebSummary


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        done: pictures taken in or failed so far.
        total: pictures to do, as far as the scan has come.
        scanned: whether ``total`` is final.
        failed: of those done, how many failed.
        stage: ``scanning`` while nothing is known to be done, ``indexing``, ``tidying``.
        met: pictures that the scan has met so far, also those that need not be done.
    """

    done: int
    total: int
    scanned: bool
    failed: int
    stage: str
    met: int = 0


OnProgress = Callable[[Progress], None]


@dataclass
class IndexSummary:
    """What a run did.

    Attributes:
        added: pictures that are new to the library.
        updated: pictures whose words or places changed; their vectors were kept.
        removed: pictures that lie nowhere any more.
        unchanged: files that were left as they are.
        failures: files that failed in this run, by code.
        failed_before: files that failed in an earlier run, have not changed, and were
            not tried again.
        dismissed: files that were passed over, because people removed their pictures.
        ignored_kinds: files that are no pictures, by the extensions of their names.
        kept_sources: sources that hold nothing now, but whose pictures were kept.
        seconds: how long it took.
        pictures: in the library now.
        interrupted: whether it was stopped before its end.
        fetched: what came from the web before, and how its folder stands; None if nothing had to.
    """

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    failed_before: int = 0
    dismissed: int = 0
    ignored_kinds: Counter[str] = field(default_factory=Counter)
    kept_sources: list[str] = field(default_factory=list)
    seconds: float = 0.0
    pictures: int = 0
    interrupted: bool = False
    fetched: WebSummary | None = None

    @property
    def failed(self) -> int:
        """Files that failed in this run."""
        return self.failures.total()

    @property
    def ignored(self) -> int:
        """Files that are no pictures."""
        return self.ignored_kinds.total()

    @property
    def rate(self) -> float:
        """New, changed and failed files a second."""
        return (self.added + self.updated + self.failed) / max(self.seconds, 1e-9)

    def as_dict(self) -> dict[str, Any]:
        """The summary as JSON's types."""
        return {
            "added": self.added,
            "updated": self.updated,
            "removed": self.removed,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "failures": dict(self.failures),
            "failed_before": self.failed_before,
            "dismissed": self.dismissed,
            "ignored": self.ignored,
            "ignored_kinds": dict(self.ignored_kinds.most_common()),
            "kept_sources": self.kept_sources,
            "pictures": self.pictures,
            "seconds": round(self.seconds, 3),
            "rate": round(self.rate, 1),
            "interrupted": self.interrupted,
            **({"fetched": self.fetched.as_dict()} if self.fetched else {}),
        }
