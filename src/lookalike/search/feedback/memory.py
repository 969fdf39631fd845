"""What people judged and named in a library, read when it changed, and what it taught."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from lookalike.encoders.base import Float32Array
from lookalike.search.feedback.learned import Learned, learn
from lookalike.search.feedback.votes import Votes, count_votes
from lookalike.search.views import Views
from lookalike.store.concepts_table import ConceptRecord, ConceptTable
from lookalike.store.judgments import Judgment, JudgmentTable

_REMEMBERED = 64


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
        self._learned: OrderedDict[tuple[object, ...], Learned | None] = OrderedDict()

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

    def learned(
        self, keys: Sequence[str], examples: Sequence[Float32Array], views: Views
    ) -> Learned | None:
        """What judgments under these queries taught; None where there are none.

        Args:
            keys: as for :meth:`votes`.
            examples: vectors of pictures that the query itself gives, each (dims,).
            views: pictures that this version does not hold do not count.
        """
        votes = self.votes(*keys)
        if not votes:
            return None
        shown = tuple(example.tobytes() for example in examples)
        asked = (*keys, views.space.name, views.store.version, self._marker, shown)
        with self._lock:
            if asked in self._learned:
                self._learned.move_to_end(asked)
                return self._learned[asked]
        there = views.store.keys_of_ids(votes)
        by_key = {key: votes[picture] for picture, key in there.items()}
        made = learn(by_key, examples, views.look) if by_key else None
        with self._lock:
            self._learned[asked] = made
            while len(self._learned) > _REMEMBERED:
                self._learned.popitem(last=False)
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
        with self._lock:
            self._votes, self._named, self._marker = votes, named, marker
