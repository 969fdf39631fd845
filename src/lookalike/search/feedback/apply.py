"""What people taught, as further clauses of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lookalike.encoders.base import Float32Array
from lookalike.errors import NotFoundError
from lookalike.search.clause import Clause, parse_clause
from lookalike.search.feedback.canonical import concept_key, concept_name, key, merged
from lookalike.search.feedback.learned import Learned, trust_in
from lookalike.search.feedback.memory import Memory
from lookalike.search.feedback.votes import Votes
from lookalike.search.query import Query
from lookalike.search.results import Taught
from lookalike.search.views import ClauseVectors, Views
from lookalike.store.concepts_table import ConceptRecord

Encode = Callable[[Clause], ClauseVectors]
Encoded = tuple[Clause, ClauseVectors]
Lesson = tuple[Clause, ClauseVectors, Taught]

# Chosen on half of the classes of benchmarks/feedback.py; figures in docs/feedback.md.
GAIN = 2.0
"""How much what was learned weighs beside the clause that it was learned for."""
_USUAL = 12.0
"""The surprise of a picture's best hits. A direction is made to set its examples apart: they
surprise two or three times as much, and what was taught would drown the other clauses."""
_UNWANTED_GAIN = 1.0
"""The same where only pictures that do not fit are known."""
_DEEPEST = 4
"""A concept made of concepts made of concepts ends somewhere."""


@dataclass(frozen=True)
class Enriched:
    """A query with what people taught.

    Attributes:
        query: the one to answer.
        vectors: for each of its clauses that has a weight.
        taught: what was added.
    """

    query: Query
    vectors: tuple[ClauseVectors, ...]
    taught: tuple[Taught, ...]


def enrich(query: Query, memory: Memory, views: Views, encode: Encode) -> Enriched:
    """Encode the clauses of a query, and add what was learned for them.

    Judgments count for the very query under which they were given and, if that was a single clause,
    for every query with that clause. A word that names a concept stands for the concept as well.

    Args:
        query: as it was asked.
        memory: what people judged and named.
        views: the library.
        encode: encodes a clause that is no concept.

    Raises:
        NotFoundError: it names a concept that is not there (``no-such-concept``).
    """
    teacher = _Teacher(memory, views, encode)
    own = [(clause, teacher.encoded(clause)) for clause in query.weighed]
    more: list[Lesson] = []
    if query.learned and query.match != "words" and not memory.empty:
        shares, more = teacher.lessons(own)
        own = teacher.trusted(own, shares)
    both = [*own, *((clause, found) for clause, found, _ in more)]
    return Enriched(
        query=replace(query, clauses=tuple(clause for clause, _ in both)),
        vectors=tuple(found for _, found in both),
        taught=tuple(taught for _, _, taught in more),
    )


class _Teacher:
    def __init__(self, memory: Memory, views: Views, encode: Encode) -> None:
        self._memory, self._views, self._encode = memory, views, encode

    def encoded(self, clause: Clause, depth: int = 0) -> ClauseVectors:
        """A clause's vectors, or those of what a concept is made of."""
        if clause.kind != "concept":
            return self._encode(clause)
        concept = self._memory.concept(concept_name(clause.value))
        if concept is None:
            raise NotFoundError(
                f"There is no concept {clause.value!r}.",
                "`lookalike concepts` lists them; `lookalike judge ... --as NAME` makes one.",
                code="no-such-concept",
            )
        parts = self._parts(concept, depth)
        if not any(part.weight > 0 for part, _ in parts):
            raise NotFoundError(
                f"The concept {concept.name} has nothing to go by: no word, and no picture that "
                "is still there.",
                f"Judge some: `lookalike judge concept:{concept.name} --relevant ID`.",
                code="empty-concept",
            )
        weights = sum(max(part.weight, 0) for part, _ in parts)
        taught = [found.share for _, found in parts if found.learned is not None]
        whole = tuple(
            (part, found if found.learned is None else replace(found, share=1.0))
            for part, found in parts
        )
        return ClauseVectors(parts=whole, share=min(1.0, weights * min(taught, default=1.0)))

    def lessons(self, own: Sequence[Encoded]) -> tuple[Mapping[Clause, float], list[Lesson]]:
        """What to add to a query of these clauses, and how much is left of each of them, merged.

        A clause and what was learned for it keep their proportion, but together surprise no more
        than a picture does.
        """
        looks = {
            replace(plain, weight=1.0): found.look
            for clause, found in own
            for plain in merged([clause], self._views.store)
            if found.look is not None
        }
        each = merged((clause for clause, _ in own), self._views.store)
        shares: dict[Clause, float] = {}
        more: list[Lesson] = []
        for clause in each:
            plain = replace(clause, weight=1.0)
            mine = list(self._of_one(plain, clause.weight, looks))
            shares[plain] = min((found.share for _, found, _ in mine), default=1.0)
            more += [(c, replace(found, share=shares[plain]), taught) for c, found, taught in mine]
        if len(each) > 1:
            more += self._judged(each, max(clause.weight for clause in each), looks)
        return shares, more

    def _of_one(
        self, plain: Clause, weight: float, looks: Mapping[Clause, Float32Array]
    ) -> Iterator[Lesson]:
        if plain.kind == "text":
            yield from self._named(replace(plain, weight=weight))
        if plain.kind != "concept":
            yield from self._judged([plain], weight, looks)

    def trusted(self, own: Sequence[Encoded], shares: Mapping[Clause, float]) -> list[Encoded]:
        """The clauses as far as they count beside what was learned for them.

        Words, besides, with as much trust in their concept as the judgments bear out.
        """
        store = self._views.store
        whole = key(merged((clause for clause, _ in own), store))
        return [(clause, self._part(clause, found, whole, shares)) for clause, found in own]

    def _part(
        self, clause: Clause, found: ClauseVectors, whole: str, shares: Mapping[Clause, float]
    ) -> ClauseVectors:
        alone = merged([clause], self._views.store)
        trusted = self._trusted(found, [key(alone), whole, *self._keys(clause)])
        left = shares.get(replace(alone[0], weight=1.0), 1.0)
        return replace(trusted, share=found.share * left)

    def _keys(self, clause: Clause) -> list[str]:
        """Under which queries people judged the concept that a word names."""
        named = clause.kind == "text" and self._memory.concept(concept_name(clause.value))
        return [concept_key(named.name), named.query] if named else []

    def _trusted(self, found: ClauseVectors, keys: Sequence[str]) -> ClauseVectors:
        if found.joint is not None and self._views.joint is not None:
            seen, view = found.joint, self._views.joint
        elif found.concept is not None and self._views.concept is not None:
            seen, view = found.concept, self._views.concept
        else:
            return found
        votes = self._memory.votes_by_key(keys, self._views)
        fitting = [picture for picture, said in votes.items() if said.relevant]
        if not fitting:
            return found
        return replace(found, trust=trust_in(seen, fitting, view))

    def _named(self, clause: Clause) -> Iterator[Lesson]:
        concept = self._memory.concept(concept_name(clause.value))
        if concept is not None:
            named = Clause("concept", concept.name, clause.weight)
            taught = Taught(clause.value, len(self._votes(concept)), concept.name)
            yield named, self.encoded(named), taught

    def _judged(
        self, clauses: Sequence[Clause], weight: float, looks: Mapping[Clause, Float32Array]
    ) -> Iterator[Lesson]:
        wanted = [replace(clause, weight=1.0) for clause in clauses if clause.weight > 0]
        examples = [looks[clause] for clause in wanted if clause in looks]
        learned = self._memory.learned([key(clauses)], examples, self._views)
        about = " + ".join(
            clause.value if clause.weight == 1 else str(clause) for clause in clauses
        )
        if learned is not None and (found := _as_clause(learned, about, weight)) is not None:
            yield *found, Taught(about, learned.judged)

    def _votes(self, concept: ConceptRecord) -> Mapping[str, Votes]:
        return self._memory.votes(concept_key(concept.name), concept.query)

    def _parts(self, concept: ConceptRecord, depth: int) -> list[Encoded]:
        parts: list[Encoded] = []
        keys = [concept_key(concept.name), concept.query]
        for text in concept.clauses if depth < _DEEPEST else ():
            clause = parse_clause(text)
            try:
                found = self.encoded(clause, depth + 1)
                parts.append((clause, self._trusted(found, keys)))
            except NotFoundError:  # a picture that was removed, a concept that was deleted
                continue
        looks = [found.look for part, found in parts if found.look is not None and part.weight > 0]
        learned = self._memory.learned(keys, looks, self._views)
        if learned is not None and (taught := _as_clause(learned, concept.name, 1.0)) is not None:
            parts.append(taught)
        return parts


def _as_clause(learned: Learned, about: str, weight: float) -> Encoded | None:
    """The learned clause; None where "not this" would turn into "this"."""
    if not learned.wanted and weight < 0:
        return None
    gain = GAIN if learned.wanted else -_UNWANTED_GAIN
    share = min(1.0, _USUAL / max(GAIN * learned.loudness, 1.0)) if learned.wanted else 1.0
    return Clause("learned", about[:200], weight * gain), ClauseVectors(
        learned=learned, share=share
    )
