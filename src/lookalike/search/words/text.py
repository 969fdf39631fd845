"""From the terms of a text to what the full-text index is asked."""

from __future__ import annotations

import re
import threading
from weakref import WeakKeyDictionary

from lookalike.encoders.wordnet import wordnet
from lookalike.search.words.spelling import english_words
from lookalike.search.words.stems import Forms
from lookalike.search.words.terms import Term, folded_words, terms_of
from lookalike.store.folding import fold
from lookalike.store.lance_store import LanceStore
from lookalike.store.text_query import TextQuery
from lookalike.store.vocabulary import Vocabulary

MAX_BEGINNING = 50
"""So many words that begin as a prefix says are looked for."""
FORMS_BOOST = 0.5
"""What another form of a word counts: stems of one language part words of another wrongly."""
_UNSPACED_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]{2,}")

_lock = threading.Lock()
_held: WeakKeyDictionary[LanceStore, tuple[int, Lexicon]] = WeakKeyDictionary()


class Lexicon:
    """A library's words, and their forms.

    Args:
        vocabulary: of the library.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.forms = Forms(vocabulary)

    def query(self, text: str) -> TextQuery:
        """What the index is asked for a text.

        Any of its words may match, and their other forms and what begins like a prefix with them.
        A phrase must occur. Scripts without spaces are indexed by character: a run of these
        counts more where its characters follow one another.
        """
        terms = terms_of(text)
        words = [fold(term.text) for term in terms if term.kind == "word"]
        runs = [run for term in terms if term.kind == "word"
                for run in _UNSPACED_RUN.findall(term.text)]  # fmt: skip
        return TextQuery(
            words=" ".join(words),
            forms=" ".join(dict.fromkeys(form for t in terms for form in self._widened(t))),
            required=tuple(fold(t.text) for t in terms if t.kind == "phrase"),
            phrases=tuple(fold(run) for run in runs),
            forms_boost=FORMS_BOOST,
        )

    @classmethod
    def of(cls, store: LanceStore) -> Lexicon:
        """The words of a library at the version in view; made once for it."""
        with _lock:
            held = _held.get(store)
            if held is None or held[0] != store.version:
                held = _held[store] = (store.version, cls(Vocabulary.of(store)))
            return held[1]

    def _widened(self, term: Term) -> list[str]:
        if term.kind == "prefix":
            return [*self.vocabulary.beginning(fold(term.text), MAX_BEGINNING)]
        if term.kind == "phrase":
            return []
        return [form for word in folded_words(term.text) for form in self._forms(word)]

    def _forms(self, word: str) -> tuple[str, ...]:
        """Other forms; a common English word that occurs has those that the index finds."""
        irregular = self._irregular(word)
        if word in self.vocabulary and word in english_words():
            return irregular
        return tuple(dict.fromkeys((*self.forms.of(word), *irregular, *self.synonyms(word))))

    def synonyms(self, word: str) -> tuple[str, ...]:
        """Words of the library that mean the same as a folded word that it has not.

        What an encoder's classes name is looked for by what it sees, which says more.
        """
        if self.forms.known(word) or wordnet().kinds(word):
            return ()
        return tuple(other for other in wordnet().same(word) if other in self.vocabulary)

    def _irregular(self, word: str) -> tuple[str, ...]:
        """Irregular singulars, plurals and tenses of a word that the library has."""
        forms = wordnet().forms
        base = forms.get(word, word)
        others = (base, *wordnet().inflected.get(base, ()))
        return tuple(one for one in others if one != word and self.forms.known(one))
