"""What WordNet 3.0 (Miller, 1995; Fellbaum, 1998) says of words: base forms, synonyms, kinds.

The data is an extract that ``scripts/make_wordnet.py`` makes; see ``data/README.md``.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

_PLURALS = (
    ("ses", "s"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
    ("s", ""),
)
"""WordNet's own rules for English nouns (morphy)."""
_ARTICLES = ("a ", "an ", "the ")


@dataclass(frozen=True)
class WordNet:
    """The extract.

    Attributes:
        forms: irregular forms and their base, ``geese`` and ``goose``.
        synonyms: of single words in their most frequent sense.
        classes: numbers of the ImageNet classes that a noun names or is a kind above.
    """

    forms: dict[str, str]
    synonyms: dict[str, list[str]]
    classes: dict[str, list[int]]

    @cached_property
    def inflected(self) -> dict[str, list[str]]:
        """The irregular forms of each base."""
        found: dict[str, list[str]] = {}
        for form, base in self.forms.items():
            found.setdefault(base, []).append(form)
        return found

    def noun(self, text: str) -> str:
        """A noun without its article and in the singular; other texts as they are."""
        lowered = " ".join(text.casefold().split())
        for article in _ARTICLES:
            lowered = lowered.removeprefix(article)
        rest, _, last = lowered.rpartition(" ")
        space = " " if rest else ""
        if self._knows(lowered):
            return lowered
        singulars = [self.forms.get(last, last)]
        singulars += [last[: -len(end)] + to for end, to in _PLURALS if last.endswith(end)]
        named = (f"{rest}{space}{word}" for word in singulars)
        return next((word for word in named if self._knows(word)), lowered)

    def _knows(self, noun: str) -> bool:
        return noun in self.classes or noun in self.synonyms

    def kinds(self, text: str) -> list[int]:
        """Numbers of the ImageNet classes that are what a noun says, ascending; maybe none."""
        return self.classes.get(self.noun(text), [])

    def same(self, word: str) -> tuple[str, ...]:
        """Words that mean the same as a folded word, and its base form if that is irregular."""
        base = self.noun(word)
        irregular = (self.forms[word],) if word in self.forms else ()
        return tuple(dict.fromkeys([*irregular, *self.synonyms.get(base, ())]))


@lru_cache(maxsize=1)
def wordnet() -> WordNet:
    """The extract, read once."""
    data = files("lookalike.encoders").joinpath("data/wordnet.json.gz").read_bytes()
    return WordNet(**json.loads(gzip.decompress(data)))
