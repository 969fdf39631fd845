"""Takes the words of a query for what people mean by them; all of it can be seen and undone.

Nothing here ever makes a query find nothing that would have found something: a date becomes a
filter only where the library has pictures of that date, those that are described by these very
words stay in, and a word is corrected only where nothing is described by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lookalike.encoders.wordnet import wordnet
from lookalike.search.clause import Clause
from lookalike.search.facets import quoted
from lookalike.search.feedback.canonical import concept_name, key, merged
from lookalike.search.feedback.memory import Memory
from lookalike.search.query import Query
from lookalike.search.understood import Understood
from lookalike.search.words.dates import FoundDate, find_date
from lookalike.search.words.spelling import corrections, english_words
from lookalike.search.words.terms import (
    Absence,
    absence,
    folded_words,
    split_negatives,
    terms_of,
)
from lookalike.search.words.text import Lexicon
from lookalike.store.folding import fold
from lookalike.store.lance_store import LanceStore
from lookalike.store.text_query import TextQuery

_MOST_WORDS = 30
"""Longer texts are no searches that somebody typed."""


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
    wheres = [f"({where})" for where in (query.where, *reading.wheres) if where.strip()]
    where = " and ".join(wheres) if len(wheres) > 1 else "".join(wheres)[1:-1]
    return replace(query, clauses=clauses, where=where), tuple(reading.understood)


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

    def clause(self, clause: Clause) -> Iterator[Clause]:
        if not _is_words(clause) or self._taught(clause.value):
            yield clause
            return
        text, unwanted = split_negatives(clause.value)
        absent = self._absent(text)
        if absent is not None:
            text = absent.wanted
        text = self._spelled(self._undated(text))
        if text.strip():
            yield replace(clause, value=text)
        for words in unwanted:
            self.understood.append(Understood(f"-{words}", "without", words))
            yield replace(clause, value=words, weight=-clause.weight)
        if absent is not None:
            self.understood.append(Understood(absent.phrase, "without", absent.rest))
            yield replace(clause, value=absent.rest, weight=-clause.weight)

    def _absent(self, text: str) -> Absence | None:
        """What the text wants to be absent, unless some picture is described by saying so."""
        found = absence(text)
        if found is None or found.rest.isdigit():
            return None
        phrase = TextQuery(required=(fold(found.phrase),))
        return None if len(self._store.text_search(phrase, 1)[0]) else found

    def _taught(self, text: str) -> bool:
        if self._memory.empty:
            return False
        judged = self._memory.votes(key(merged([Clause("text", text)], self._store)))
        return bool(judged) or self._memory.concept(concept_name(text)) is not None

    def _undated(self, text: str) -> str:
        """The text without a date that some picture has; the date becomes a filter."""
        found = None if '"' in text else find_date(text)
        if found is None or self.wheres or not self._has(found):
            return text
        self.wheres.append(f"{found.where} or text = {quoted(found.text)}")
        self.understood.append(Understood(found.text, "date", found.where))
        return " ".join((text[: found.start] + " " + text[found.end :]).split())

    def _has(self, found: FoundDate) -> bool:
        from lookalike.errors import FilterError
        from lookalike.search.filter import compile_filter

        try:
            condition = compile_filter(f"({found.where}) and ({self._query.where or 'width > 0'})")
        except FilterError:  # a 31st of February; or the query's own filter, which says so itself
            return False
        return self._store.count_where(condition) > 0

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
        lexicon = self._lexicon
        if lexicon.forms.known(folded) or folded in english_words() or lexicon.forms.of(folded):
            return None
        if wordnet().kinds(folded) or wordnet().same(folded):  # a word, and a rare one
            return None
        near = corrections(folded, lexicon.vocabulary, english_words())
        return near[0] if near else None


def _is_words(clause: Clause) -> bool:
    return clause.kind == "text" and clause.weight > 0
