"""What the start page offers: the library's own tags, and its newest pictures."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from lookalike.library import Library
from lookalike.search.query import Query
from lookalike.store.rows import PictureRecord

LOOKED_AT = 600
SHOWN = 24
TAGS = 8
EVERYTHING = "width > 0"


@dataclass(frozen=True)
class Examples:
    """Where to begin.

    Attributes:
        words: to search for; tags, or else what the encoder sees most.
        recent: the newest pictures.
    """

    words: tuple[str, ...] = ()
    recent: tuple[PictureRecord, ...] = ()


class ExampleBook:
    """Remembers the examples of the library's present version.

    Args:
        pause_s: how long they may be out of date; during indexing the version changes often.
    """

    def __init__(self, pause_s: float) -> None:
        self._lock = threading.Lock()
        self._pause_s = pause_s
        self._version = -1
        self._due = 0.0
        self._examples = Examples()

    def of(self, library: Library) -> Examples:
        """The examples; looked up anew when the library has changed."""
        with self._lock:
            version = library.version
            if version != self._version and time.monotonic() >= self._due:
                self._examples = _look(library)
                self._version = version
                self._due = time.monotonic() + self._pause_s
            return self._examples


def _look(library: Library) -> Examples:
    if not len(library):
        return Examples()
    newest = library.search(Query(where=EVERYTHING, k=LOOKED_AT))
    records = [hit.picture for hit in newest.hits]
    tags = _common(tag for record in records for tag in record.metadata.tags)
    seen = _common(name for record in records for name in record.classes[:1])
    return Examples(tags or seen, tuple(records[:SHOWN]))


def _common(words: Iterable[str]) -> tuple[str, ...]:
    """The commonest words that make a good example: short ones, in their order."""
    counted = Counter(word.split(",")[0].strip() for word in words)
    short = [word for word, _ in counted.most_common() if 2 < len(word) < 25]
    return tuple(short[:TAGS])
