"""Other forms of a word, in the languages that a library's words are in.

The full-text index stems English. For other languages a query's word is widened to those words
of the library that have the same Snowball stem (Porter, 2001), so that "renards" finds "renard"
and "лисы" finds "лиса". A language counts as present if its commonest function words occur:
else an English library would take "news" for the plural of a French "new".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

import Stemmer

from lookalike.store.folding import fold
from lookalike.store.vocabulary import Vocabulary

MAX_FORMS = 8
MIN_LETTERS = 3
_MOST_LIKE = 5_000
_ENGLISH = "english"

# The commonest function words that are no words of English, nor of one another where that matters.
_MARKERS = {
    "basque": "eta ez bat dira izan ere baina dute",
    "catalan": "els amb una dels som mes pero aixo",
    "czech": "jsou ktery jako nebo jeste pri neni byt",
    "danish": "og det er paa ikke med til af",
    "dutch": "een het van niet zijn voor met ook",
    "estonian": "ning ega siis kuid mida olid veel kuni",
    "finnish": "ja on ei se joka oli mutta kuin",
    "french": "une les des dans avec sur est du",
    "german": "der und das ist nicht ein eine mit",
    "hungarian": "az egy es hogy nem van volt meg",
    "indonesian": "yang dan dengan untuk ini dari itu pada",
    "italian": "il della che di una per con gli",
    "lithuanian": "ir yra tai kad bet kaip jis buvo",
    "norwegian": "og det ikke som til av har jeg",
    "polish": "nie sie jest ktory oraz przez dla tym",
    "portuguese": "uma nao com para dos das os em",
    "romanian": "si din pentru este cu pe mai sunt",
    "serbian": "koji koja nije samo ali kao kod sve",
    "spanish": "una los las del con para el y",
    "swedish": "och det att inte som ett med av",
    "turkish": "ve bir bu icin ile olarak da cok",
}
_OWN_LETTERS = {
    "arabic": ("\u0600", "\u06ff"),
    "armenian": ("\u0530", "\u058f"),
    "greek": ("\u0370", "\u03ff"),
    "hindi": ("\u0900", "\u097f"),
    "persian": ("\u067e", "\u06af"),
    "russian": ("\u0400", "\u04ff"),
}
"""A script, or a letter, that no other language here is written in tells by itself."""
_ARTICLES = {"arabic": "\u0627\u0644"}
"""What a stem may have in front of it."""


class Forms:
    """The forms that words have in a library.

    Args:
        vocabulary: the library's words.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.languages = _present(vocabulary)

    def of(self, word: str) -> tuple[str, ...]:
        """Other words of the library that share a stem with a folded word, the commonest first.

        Those that share its English stem are left out: the index finds them by itself.
        """
        if len(word) < MIN_LETTERS or not self.languages:
            return ()
        english = stem(_ENGLISH, word)
        stems = [(language, stem(language, word)) for language in self.languages]
        shared = (
            other
            for other in self._like_stems(word, stems)
            if any(stem(language, other) == root for language, root in stems)
            and stem(_ENGLISH, other) != english
        )
        return tuple(shared)[:MAX_FORMS]

    def _like_stems(self, word: str, stems: Sequence[tuple[str, str]]) -> Iterator[str]:
        """Words that begin like a word or one of its stems, each once."""
        begin = [word[:MIN_LETTERS], *(root[:MIN_LETTERS] for _, root in stems)]
        begin += [
            _ARTICLES[language] + root[:MIN_LETTERS]
            for language, root in stems
            if language in _ARTICLES
        ]
        found = (self._vocabulary.beginning(one, _MOST_LIKE) for one in begin if one)
        return iter(dict.fromkeys(other for words in found for other in words))

    def known(self, word: str) -> bool:
        """Whether the library has a folded word, or one that the index takes for the same."""
        if word in self._vocabulary:
            return True
        english = stem(_ENGLISH, word)
        return any(stem(_ENGLISH, other) == english for other in self._like(word))

    def _like(self, word: str) -> tuple[str, ...]:
        """Words that begin like a word, as what shares its stem does."""
        return self._vocabulary.beginning(word[:MIN_LETTERS], _MOST_LIKE)


@lru_cache(maxsize=50_000)
def stem(language: str, word: str) -> str:
    """The Snowball stem of a folded word."""
    return fold(_stemmer(language).stemWord(word))


@lru_cache(maxsize=32)
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(language)


def _present(vocabulary: Vocabulary) -> tuple[str, ...]:
    spoken = [language for language, words in _MARKERS.items() if _occur(words, vocabulary)]
    written = [language for language, letters in _OWN_LETTERS.items() if _in(letters, vocabulary)]
    return tuple(sorted(spoken + written))


def _occur(markers: str, vocabulary: Vocabulary) -> bool:
    words = markers.split()
    return 2 * sum(word in vocabulary for word in words) >= len(words)


def _in(letters: tuple[str, str], vocabulary: Vocabulary) -> bool:
    at = bisect_left(vocabulary.words, letters[0])
    return at < len(vocabulary) and vocabulary.words[at][0] <= letters[1]
