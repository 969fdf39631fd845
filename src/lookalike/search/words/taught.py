"""Words that people taught, in the midst of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lookalike.search.words.terms import Term, terms_of

_MOST_WORDS = 4
"""A taught text of more words is no name for something."""


def split_taught(text: str, taught: Callable[[str], bool]) -> tuple[str, tuple[str, ...]]:
    """The text less the words in it that people taught, and these; the longest first.

    Args:
        text: words; one that was taught as a whole has nothing to split.
        taught: whether some words stand for what people taught.
    """
    terms, kept, found, at = terms_of(text), "", [], 0
    i = 0
    while i < len(terms):
        end = _taught_run(text, terms[i:], taught)
        if end:
            run = text[terms[i].start : terms[i + end - 1].end]
            found.append(run)
            kept, at = kept + text[at : terms[i].start], terms[i + end - 1].end
        i += end or 1
    if not found:
        return text, ()
    return " ".join((kept + text[at:]).split()), tuple(found)


def _taught_run(text: str, terms: Sequence[Term], taught: Callable[[str], bool]) -> int:
    """How many of these terms, from the first on, were taught together; 0 for none."""
    words = 0
    while words < min(_MOST_WORDS, len(terms)) and terms[words].kind == "word":
        words += 1
    for count in range(words, 0, -1):
        if taught(text[terms[0].start : terms[count - 1].end]):
            return count
    return 0
