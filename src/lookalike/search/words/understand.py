"""Takes the words of a query for what people mean by them; all of it can be seen and undone.

Nothing here ever makes a query find nothing that would have found something: a date becomes a
filter only where the library has pictures of that date, those that are described by these very
words stay in, and a word is corrected only where nothing is described by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from lookalike.encoders.wordnet import wordnet
from lookalike.search.clause import Clause
from lookalike.search.facets import quoted
from lookalike.search.feedback.canonical import concept_name, key, merged
from lookalike.search.feedback.memory import Memory
from lookalike.search.filter_tokens import MAX_LENGTH
from lookalike.search.query import Query
from lookalike.search.understood import Understood
from lookalike.search.views import ClauseVectors
from lookalike.search.words.dates import find_date
from lookalike.search.words.found import FoundFilter
from lookalike.search.words.places import Places, find_place, follows_in
from lookalike.search.words.spelling import corrections, english_words
from lookalike.search.words.taught import split_taught
from lookalike.search.words.terms import (
    absence,
    folded_words,
    negative,
    split_negatives,
    terms_of,
)
from lookalike.search.words.text import Lexicon
from lookalike.store.folding import fold
from lookalike.store.lance_store import LanceStore
from lookalike.store.text_query import TextQuery

_MOST_WORDS = 30
"""Longer texts are no searches that somebody typed."""
_MOST_FILTERS = 6
_KINDS_NAMED = 5


def understand(
    query: Query, store: LanceStore, memory: Memory, *, spelling: bool = True
) -> tuple[Query, tuple[Understood, ...]]:
    """The query that is meant, and how its words were taken.

    Args:
        query: as it was asked; a literal one is left as it is.
        store: of the library.
        memory: words that people taught are taken as they stand.
        spelling: whether words are put right; not where just these words are to be taught.

    Raises:
        QueryError: it only says what not to find.
    """
    if query.literal or not any(_is_words(clause) for clause in query.clauses):
        return query, ()
    reading = _Reading(query, Lexicon.of(store), store, memory, spelling=spelling)
    clauses = tuple(part for clause in query.clauses for part in reading.clause(clause))
    if not reading.understood:
        return query, ()
    where = _all_of([query.where, *reading.wheres])
    return replace(query, clauses=clauses, where=where), tuple(reading.understood)


def _all_of(wheres: Sequence[str]) -> str:
    """One filter for several, of which some may be empty."""
    given = [where for where in wheres if where.strip()]
    return given[0] if len(given) == 1 else " and ".join(f"({where})" for where in given)


def read_as_kinds(
    clauses: Sequence[Clause], vectors: Sequence[ClauseVectors]
) -> tuple[Understood, ...]:
    """Which nouns stand for the kinds of things below them.

    Args:
        clauses: of a query, those that have a weight.
        vectors: what the encoders made of each.
    """
    return tuple(
        Understood(clause.value, "kinds", _listed(found.kinds))
        for clause, found in zip(clauses, vectors, strict=True)
        if found.kinds
    )


def _listed(kinds: Sequence[str]) -> str:
    if len(kinds) <= _KINDS_NAMED + 1:
        return ", ".join(kinds)
    # Neighbours in the list are kin: some from all over it say more.
    named = [kinds[(2 * i + 1) * len(kinds) // (2 * _KINDS_NAMED)] for i in range(_KINDS_NAMED)]
    return f"{', '.join(named)}, ... ({len(kinds)} classes)"


class _Reading:
    """Reads the clauses of one query, and notes what it makes of them."""

    def __init__(
        self,
        query: Query,
        lexicon: Lexicon,
        store: LanceStore,
        memory: Memory,
        *,
        spelling: bool,
    ) -> None:
        self._query, self._lexicon, self._spelling = query, lexicon, spelling
        self._store, self._memory = store, memory
        self.understood: list[Understood] = []
        self.wheres: list[str] = []
        self._tried = 0

    def clause(self, clause: Clause) -> Iterator[Clause]:
        if not _is_words(clause) or self._taught(clause.value):
            yield clause
            return
        text, unwanted = split_negatives(clause.value)
        notes = [(negative(words), words) for words in unwanted]
        text, absent = self._less_absent(self._less_places(self._less_dates(text)))
        text, taught = self._less_taught(self._spelled(text))
        if text.strip():
            yield replace(clause, value=text)
        for words in taught:
            self.understood.append(Understood(words, "taught", words))
            yield replace(clause, value=words)
        for said, words in (*notes, *absent):
            meant = self._spelled(words)
            self.understood.append(Understood(said, "without", meant))
            yield replace(clause, value=meant, weight=-clause.weight)

    def _less_absent(self, text: str) -> tuple[str, list[tuple[str, str]]]:
        """The text less what it wants to be absent, unless some picture is described so."""
        absent: list[tuple[str, str]] = []
        while (found := absence(text)) is not None and found.sure:
            phrase = TextQuery(required=(fold(found.phrase),))
            if len(self._store.text_search(phrase, 1)[0]):
                break
            absent += [(found.phrase, words) for words in found.unwanted]
            text = found.wanted
        return text, absent

    def _taught(self, text: str) -> bool:
        if self._memory.empty:
            return False
        judged = self._memory.votes(key(merged([Clause("text", text)], self._store)))
        return bool(judged) or self._memory.concept(concept_name(text)) is not None

    def _less_taught(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text less words that only people who taught them know."""
        if self._memory.empty or self._taught(text):
            return text, ()
        return split_taught(
            text,
            lambda words: self._taught(words) and not all(map(self._known, folded_words(words))),
        )

    def _less_dates(self, text: str) -> str:
        """The text without dates that some picture has; they become filters."""
        at = 0
        while (found := find_date(text, start=at)) is not None:
            text, at = self._less(text, found, "date")
        return text

    def _less_places(self, text: str) -> str:
        """The text without places that some picture names; they become filters."""
        if not follows_in(text):
            return text
        at, places = 0, Places.of(self._store)
        while (found := find_place(text, places, at)) is not None:
            text, at = self._less(text, found, "place")
        return text

    def _less(
        self, text: str, found: FoundFilter, kind: Literal["date", "place"]
    ) -> tuple[str, int]:
        """The text less what becomes a filter, if it does, and where to go on."""
        where = f"{found.where} or text = {quoted(found.said)}"
        if self._tried == _MOST_FILTERS:  # each asks the store
            return text, len(text)
        self._tried += 1
        if not self._has(found.where) or len(self._filter(where)) > MAX_LENGTH:
            return text, found.end
        self.wheres.append(where)
        self.understood.append(Understood(found.text, kind, found.where))
        before = text[: found.start].rstrip()
        after = text[found.end :].lstrip()
        return f"{before} {after}".strip(), len(before)

    def _has(self, where: str) -> bool:
        """Whether some picture fulfils a filter beside those that are there."""
        from lookalike.errors import FilterError
        from lookalike.search.filter import compile_filter

        try:
            condition = compile_filter(self._filter(where), named=self._store.extra_names)
        except FilterError:  # a 31st of February; or the query's own filter, which says so itself
            return False
        return self._store.count_where(condition) > 0

    def _filter(self, where: str) -> str:
        """The whole filter, with one more."""
        return _all_of([self._query.where, *self.wheres, where])

    def _spelled(self, text: str) -> str:
        """The text with words that occur nowhere put right."""
        out, at = "", 0
        terms = terms_of(text)
        for term in terms if self._spelling and len(terms) <= _MOST_WORDS else ():
            if term.kind != "word" or not term.text.isalpha() or self._taught(term.text):
                continue
            better = self._corrected(term.text)
            if better is not None:
                self.understood.append(Understood(term.text, "spelling", better))
                out, at = out + text[at : term.start] + better, term.end
            elif same := self._lexicon.synonyms("".join(folded_words(term.text))):
                self.understood.append(Understood(term.text, "synonym", ", ".join(same)))
        return out + text[at:]

    def _corrected(self, word: str) -> str | None:
        folded = "".join(folded_words(word))
        if self._known(folded):
            return None
        others = english_words()
        if not self._memory.empty:
            others |= self._memory.taught()
        near = corrections(folded, self._lexicon.vocabulary, others)
        return near[0] if near else None

    def _known(self, folded: str) -> bool:
        """Whether a folded word is one of the library or of the language."""
        forms = self._lexicon.forms
        if forms.known(folded) or folded in english_words() or forms.of(folded):
            return True
        return bool(wordnet().kinds(folded) or wordnet().same(folded))  # a word, and a rare one


def _is_words(clause: Clause) -> bool:
    return clause.kind == "text" and clause.weight > 0
