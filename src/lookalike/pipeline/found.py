"""What a scan met, besides what is to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lookalike.sources.entry import Failure

# What could not be looked at now, perhaps because the machine was busy or short of memory, may
# be read another time: what it held is kept.
PASSING = frozenset(
    {"permission-denied", "unreadable", "out-of-memory", "decode-timeout", "decoder-crashed"}
)


@dataclass
class Found:
    """What the scan met, besides what is to do.

    Attributes:
        unchanged: files that the library holds as they are.
        failed_before: files that failed before and have not changed.
        failures: with the roots of their sources.
        unreadable: locations that could not be looked at, files and folders.
        ledger_seen: locations of the ledger that are still there.
        entries: per root, how many pictures it holds.
        ignored: of each kind, how many files in archives are no pictures.
    """

    unchanged: int = 0
    failed_before: int = 0
    failures: list[tuple[Failure, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    ledger_seen: set[str] = field(default_factory=set)
    entries: dict[str, int] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
