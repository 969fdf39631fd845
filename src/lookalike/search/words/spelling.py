"""What a word that nobody wrote was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.resources import files

from lookalike.store.vocabulary import Vocabulary

MIN_LETTERS = 4
EXCHANGED_FROM = 3
MAX_LETTERS = 24
TWICE_FROM = 8
"""Words of so many letters may be wrong in two places."""
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_MOST_LETTERS = 64


def corrections(word: str, vocabulary: Vocabulary, others: frozenset[str]) -> list[str]:
    """Words that differ from a folded one by a slip or two, the likeliest first.

    A slip is a letter too many, missing, another one, or two exchanged (Damerau, 1964). The first
    letter is right, unless it changed places with the second: people rarely miss it; of two slips
    the first two letters. Of three letters, two are exchanged to a word of the library. What is one
    slip away is made and looked up, after Norvig ("How to write a spelling corrector", 2007).

    Args:
        word: letters only.
        vocabulary: words of the library; they come first.
        others: further words.
    """
    if not EXCHANGED_FROM <= len(word) <= MAX_LETTERS or not word.isalpha():
        return []
    exchanged = set(_exchanges(word))
    near = set(exchanged)
    if len(word) < MIN_LETTERS:
        others = frozenset()
    else:
        near.update(_slips(word, _letters(word, vocabulary)))
    found = _first([w for w in near if w in vocabulary], [w for w in near if w in others])
    if not found and len(word) >= TWICE_FROM:
        known = vocabulary.beginning(word[:2], len(vocabulary))
        further = (other for other in others if other.startswith(word[:2]))
        found = _first(_twice(word, known), _twice(word, further))
    # Letters can change places in few ways: each is likelier than one of many other letters.
    return sorted(
        found,
        key=lambda other: (
            other[0] != word[0], other not in exchanged, -vocabulary.count(other), other
        ),
    )  # fmt: skip


def _first(*lists: list[str]) -> list[str]:
    return next((words for words in lists if words), [])


def _twice(word: str, others: Iterable[str]) -> list[str]:
    near = (other for other in others if abs(len(other) - len(word)) <= 2)
    return [other for other in near if _distance(word, other) <= 2]


def _distance(one: str, other: str) -> int:
    """Slips between two words (optimal string alignment)."""
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for i, a in enumerate(one, 1):
        above, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _slips(word: str, letters: Sequence[str]) -> Iterator[str]:
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        for letter in letters:
            yield head + letter + tail
        if tail:
            yield head + tail[1:]
            for letter in letters:
                yield head + letter + tail[1:]


def _exchanges(word: str) -> Iterator[str]:
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _letters(word: str, vocabulary: Vocabulary) -> Sequence[str]:
    """Letters that may be missing in a word: of its script, as the library's words have them."""
    if word.isascii():
        return _LATIN
    near = {letter for other in vocabulary.beginning(word[0], 500) for letter in other}
    return sorted(near | set(word))[:_MOST_LETTERS]


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Common words of English: the whole words of the text encoder's vocabulary."""
    text = files("lookalike.encoders").joinpath("data/bert-base-uncased-vocab.txt")
    return frozenset(word for word in text.read_text("utf-8").splitlines() if word.isalpha())
