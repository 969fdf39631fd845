"""What people can do with judgments and concepts; every edge calls these methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lookalike.errors import NotFoundError, UsageError
from lookalike.search.clause import Clause
from lookalike.search.feedback.canonical import concept_key, concept_name, key, merged
from lookalike.search.feedback.memory import Memory
from lookalike.search.query import MAX_CLAUSES, Query
from lookalike.search.words.understand import understand
from lookalike.store.concepts_table import ConceptRecord
from lookalike.store.judgments import Judgment
from lookalike.store.lance_store import LanceStore

MAX_NAME = 80
MAX_PICTURES = 1_000
"""Most verdicts in one go."""


class Teaching:
    """Judgments and concepts of one library.

    Args:
        memory: what searches read.
        store: gives the library's store at its newest version.
    """

    def __init__(self, memory: Memory, store: Callable[[], LanceStore]) -> None:
        self._memory, self._store = memory, store

    def judge(
        self,
        clauses: Sequence[Clause],
        relevant: Iterable[str],
        not_relevant: Iterable[str] = (),
        *,
        concept: str = "",
        user: str = "",
    ) -> list[Judgment]:
        """Keep what somebody says about pictures under a query, all of it or nothing.

        Args:
            clauses: the query; may be empty where a concept is named.
            relevant: ids of pictures that fit; their first digits do as well.
            not_relevant: ids of those that do not.
            concept: also give the query this name; what is judged belongs to it.
            user: who says so.

        Raises:
            UsageError: nothing is said, or a picture is to be both.
            NotFoundError: there is no such picture.
        """
        store = self._store()
        verdicts = _verdicts(relevant, not_relevant, store)
        told = self._told(clauses)
        if not told and not concept:
            raise UsageError(
                "Nothing to judge the pictures by.",
                "Give the query that they fit, or a concept (--as NAME).",
                code="empty-query",
            )
        if not verdicts and not concept:
            raise UsageError(
                "No picture is judged.", "Name some: --relevant ID, --not-relevant ID."
            )
        query = self._query(told, concept)
        if concept:
            self._name(concept, told, user, store)
        now = datetime.now(UTC)
        return self._memory.judgments.add(
            [Judgment(query, picture, fits, user, now) for picture, fits in verdicts.items()]
        )

    def judgments(
        self,
        clauses: Sequence[Clause] = (),
        *,
        concept: str = "",
        user: str | None = None,
    ) -> list[Judgment]:
        """What was judged, oldest first.

        Args:
            clauses: only under this query; empty for every query.
            concept: only of this concept.
            user: only what this person said; "" for those without a name.
        """
        told = self._told(clauses)
        query = self._query(told, concept) if told or concept else None
        return [
            judgment
            for judgment in self._memory.judgments.all()
            if query in (None, judgment.query) and user in (None, judgment.user)
        ]

    def verdicts(self, clauses: Sequence[Clause]) -> dict[str, bool]:
        """What most people said under a query, by picture id.

        Args:
            clauses: the query; a single ``concept:NAME`` stands for what was judged for it.
        """
        if self._memory.empty:
            return {}
        told = self._told(clauses)
        keys = [key(told)] if told else []
        if len(told) == 1 and told[0].kind == "concept":
            concept = self._memory.concept(told[0].value)
            keys += [concept.query] if concept else []
        votes = self._memory.votes(*keys)
        return {picture: said.relevant for picture, said in votes.items()}

    def forget(self, judgments: Iterable[Judgment]) -> int:
        """Remove judgments for good; returns how many."""
        ids = [judgment.id for judgment in judgments]
        self._memory.judgments.forget(ids)
        return len(ids)

    def concepts(self) -> list[tuple[ConceptRecord, int]]:
        """Every concept, by name, and how many pictures were judged for it."""
        return [(concept, self._judged(concept)) for concept in self._memory.concepts.all()]

    def concept(self, name: str) -> tuple[ConceptRecord, int]:
        """One concept, and how many pictures were judged for it.

        Raises:
            NotFoundError: there is none of this name.
        """
        found = self._memory.concept(concept_name(name))
        if found is None:
            raise NotFoundError(
                f"There is no concept {name!r}.",
                "`lookalike concepts` lists them.",
                code="no-such-concept",
            )
        return found, self._judged(found)

    def of_concept(self, concept: ConceptRecord) -> list[Judgment]:
        """What was judged for a concept or under its query, oldest first."""
        keys = (concept_key(concept.name), concept.query)
        return [j for j in self._memory.judgments.all() if j.query in keys]

    def rename(self, name: str, new_name: str) -> ConceptRecord:
        """Give a concept another name; its judgments come along.

        Raises:
            NotFoundError: there is none of this name.
            UsageError: the new name is taken, or is none.
        """
        old, _ = self.concept(name)
        fresh = replace(old, name=_checked(new_name))
        if fresh.name == old.name:
            return old
        if self._memory.concept(fresh.name):
            raise UsageError(
                f"There is a concept {fresh.name} already.",
                "Choose another name, or delete that one.",
                code="name-taken",
            )
        before, after = concept_key(old.name), concept_key(fresh.name)
        moved = [j for j in self._memory.judgments.all() if j.query == before]
        self._memory.concepts.put(fresh)
        self._memory.judgments.add([replace(judgment, query=after) for judgment in moved])
        self.delete(old.name)
        return fresh

    def delete(self, name: str) -> None:
        """Delete a concept and the judgments that were made for it.

        Raises:
            NotFoundError: there is none of this name.
        """
        concept, _ = self.concept(name)
        of_it = concept_key(concept.name)
        self._memory.concepts.remove(concept.name)
        self.forget([j for j in self._memory.judgments.all() if j.query == of_it])

    def _told(self, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
        """The clauses as a search takes them: "beach -people" is two, a date is a filter."""
        store = self._store()
        if not clauses:
            return ()
        meant, _ = understand(Query(tuple(clauses)), store, self._memory, spelling=False)
        return merged(meant.clauses, store)

    def _judged(self, concept: ConceptRecord) -> int:
        return len(self._memory.votes(concept_key(concept.name), concept.query))

    def _query(self, clauses: Sequence[Clause], concept: str) -> str:
        return concept_key(_checked(concept)) if concept else key(clauses)

    def _name(self, concept: str, clauses: Sequence[Clause], user: str, store: LanceStore) -> None:
        name = _checked(concept)
        old = self._memory.concept(name)
        own = [clause for clause in clauses if str(clause) != f"concept:{name}"]
        if old is not None and not own:
            return  # more judgments for a concept that is there
        _check_parts(own, store)
        texts, query = tuple(map(str, own)), key(own) if own else ""
        if old is None or (old.clauses, old.query) != (texts, query):
            now = datetime.now(UTC)
            self._memory.concepts.put(ConceptRecord(name, texts, query, user, now))


def _verdicts(
    relevant: Iterable[str], not_relevant: Iterable[str], store: LanceStore
) -> dict[str, bool]:
    verdicts: dict[str, bool] = {}
    for ids, fits in ((relevant, True), (not_relevant, False)):
        for text in ids:
            picture = _whole(text.removeprefix("id:"), store)
            if verdicts.setdefault(picture, fits) != fits:
                raise UsageError(
                    f"The picture {picture} cannot be both relevant and not.", "Name it once."
                )
    if len(verdicts) > MAX_PICTURES:
        raise UsageError(
            f"{len(verdicts):,} pictures are judged at once.", f"At most {MAX_PICTURES:,} will do."
        )
    return verdicts


def _whole(id_or_prefix: str, store: LanceStore) -> str:
    (record,) = store.records([store.key_of(id_or_prefix)])
    return record.id


def _checked(name: str) -> str:
    plain = concept_name(name)
    if not plain or len(plain) > MAX_NAME:
        raise UsageError(
            f"{name[:MAX_NAME]!r} is no name for a concept.",
            f"Use words, at most {MAX_NAME} characters: sunset-at-sea.",
            code="bad-name",
        )
    return plain


def _check_parts(clauses: Sequence[Clause], store: LanceStore) -> None:
    """A concept lasts: it is made of what lasts as long as the library."""
    if len(clauses) > MAX_CLAUSES:
        raise UsageError(
            f"The concept has {len(clauses)} clauses.", f"At most {MAX_CLAUSES} will do."
        )
    named = {clause.value for clause in clauses if clause.kind == "picture"}
    there = store.keys_of_ids(named)
    lost = next((c for c in clauses if c.kind == "picture" and c.value not in there), None)
    lost = lost or next((c for c in clauses if c.kind == "url"), None)
    if lost is not None:
        raise UsageError(
            f"A concept cannot be made of {lost}: the library does not hold that picture.",
            "Take it in first (`lookalike index`, `lookalike fetch`).",
            code="not-in-library",
        )
