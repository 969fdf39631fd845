"""What people judged and named in a library, read when it changed, and what it taught."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import parse_qsl

from lookalike.encoders.base import Float32Array
from lookalike.search.feedback.learned import Learned, learn
from lookalike.search.feedback.votes import Votes, count_votes
from lookalike.search.views import Views
from lookalike.store.concepts_table import ConceptRecord, ConceptTable
from lookalike.store.judgments import Judgment, JudgmentTable

_REMEMBERED = 128
Made = TypeVar("Made")


class Memory:
    """The judgments and concepts of the library at ``library``; safe for many threads.

    Another process may write at any time: each look asks the disk first whether anything changed.
    """

    def __init__(self, library: Path) -> None:
        self.judgments, self.concepts = JudgmentTable(library), ConceptTable(library)
        self._lock = threading.Lock()
        self._marker: tuple[tuple[str, ...], tuple[str, ...]] | None = None
        self._votes: dict[str, dict[str, Votes]] = {}
        self._named: dict[str, ConceptRecord] = {}
        self._taught: frozenset[str] = frozenset()
        self._remembered: OrderedDict[tuple[object, ...], object] = OrderedDict()

    @property
    def empty(self) -> bool:
        """Whether nobody ever judged or named anything: a search need not ask further."""
        return not self.judgments.marker and not self.concepts.marker

    def votes(self, *keys: str) -> Mapping[str, Votes]:
        """Votes on pictures, by id, under these queries; the first query's count where several do.

        Args:
            keys: see :func:`lookalike.search.feedback.canonical.key`.
        """
        self._read()
        found: dict[str, Votes] = {}
        for key in reversed(keys):
            found |= self._votes.get(key, {})
        return found

    def concept(self, name: str) -> ConceptRecord | None:
        """The concept of this name."""
        self._read()
        return self._named.get(name)

    def taught(self) -> frozenset[str]:
        """Single words that were judged or name a concept, folded."""
        self._read()
        return self._taught

    def votes_by_key(self, keys: Sequence[str], views: Views) -> Mapping[int, Votes]:
        """The same by the pictures' keys in a version of the library, which may lack some."""
        votes = self.votes(*keys)
        asked = ("votes", *keys, views.store.version, self._marker)

        def look_up() -> dict[int, Votes]:
            there = views.store.keys_of_ids(votes)
            return {key: votes[picture] for picture, key in there.items()}

        return self._remembered_or(asked, look_up) if votes else {}

    def learned(
        self, keys: Sequence[str], examples: Sequence[Float32Array], views: Views
    ) -> Learned | None:
        """What judgments under these queries taught; None where there are none.

        Args:
            keys: as for :meth:`votes`.
            examples: vectors of pictures that the query itself gives, each (dims,).
            views: pictures that this version does not hold do not count.
        """
        votes = self.votes_by_key(keys, views)
        if not votes:
            return None
        shown = tuple(example.tobytes() for example in examples)
        asked = (*keys, views.space.name, views.store.version, self._marker, shown)
        return self._remembered_or(asked, lambda: learn(votes, examples, views.look.products))

    def _remembered_or(self, asked: tuple[object, ...], make: Callable[[], Made]) -> Made:
        with self._lock:
            if asked in self._remembered:
                self._remembered.move_to_end(asked)
                return cast(Made, self._remembered[asked])
        made = make()
        with self._lock:
            self._remembered[asked] = made
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return made

    def _read(self) -> None:
        marker = (self.judgments.marker, self.concepts.marker)
        if marker == self._marker:
            return
        under: dict[str, list[Judgment]] = defaultdict(list)
        for judgment in self.judgments.all():
            under[judgment.query].append(judgment)
        votes = {key: count_votes(judgments) for key, judgments in under.items()}
        named = {concept.name: concept for concept in self.concepts.all()}
        judged = (dict(parse_qsl(key)).get("q", "") for key in votes if "&" not in key)
        taught = frozenset(word for word in (*judged, *named) if word.isalpha())
        with self._lock:
            self._votes, self._named, self._taught, self._marker = votes, named, taught, marker
