"""The terms of a text: words, "phrases", prefi*, and -words that are not meant.

Only marks that nobody types by chance count: a hyphen with a space before it and a letter right
behind it, quotation marks in pairs, a star at the end of a word. ``t-shirt``, ``black - white``
and ``5 * 3`` stay what they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lookalike.search.filter_values import MONTHS
from lookalike.store.folding import fold

MIN_PREFIX = 2

_PART = re.compile(r'(?P<minus>(?<!\S)-)?"(?P<phrase>[^"]*[^\W_][^"]*)"|(?P<word>\S+)')
_ENDS = "in|on|at|by|near|under|behind|beside|during|and|or|nor|with|without"
_THING = rf"(?!(?:{_ENDS}|{'|'.join(MONTHS)})\b)[^\W\d]\w*"
_UNWANTED = rf"(?:(?:an?|any|the)\s+)?{_THING}(?:\s+{_THING}){{0,2}}"
_WITHOUT = re.compile(
    rf"(?<!\S)(?P<word>without|with\s+no|no)\s+(?P<rest>{_UNWANTED}(?:\s+n?or\s+{_UNWANTED})*)"
    rf"(?=$|\s+(?:in|on|at|by|near|under|behind|beside|during|with|without)\s"
    rf"|\s+(?:\d|(?:{'|'.join(MONTHS)})\b))",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:an?|any|the)\s+", re.IGNORECASE)
_NEGATIVE = re.compile(r"-(?=[^\W\d_])")
_PREFIX = re.compile(rf"([^\W_]{{{MIN_PREFIX},}})\*")


@dataclass(frozen=True)
class Term:
    """One part of a text.

    Attributes:
        kind: ``word``, ``phrase`` (its words in this order) or ``prefix`` (of a word).
        text: without its marks.
        negative: whether it says what is not meant.
        start: where it begins in the text.
        end: where it ends.
    """

    kind: Literal["word", "phrase", "prefix"]
    text: str
    negative: bool = False
    start: int = 0
    end: int = 0


def terms_of(text: str) -> tuple[Term, ...]:
    """Take a text apart."""
    return tuple(_term(found) for found in _PART.finditer(text))


def split_negatives(text: str) -> tuple[str, tuple[str, ...]]:
    """What a text asks for, which may be nothing, and what it asks not to find."""
    terms = terms_of(text)
    if not any(term.negative for term in terms):
        return text, ()
    unwanted = tuple(_written(term) for term in terms if term.negative)
    kept, at = "", 0
    for term in terms:
        if term.negative:
            kept, at = kept + text[at : term.start], term.end
    return " ".join((kept + text[at:]).split()), unwanted


@dataclass(frozen=True)
class Absence:
    """What a text says to be absent: "people" in "beach without any people at dawn".

    Attributes:
        wanted: the text less the phrase.
        phrase: from "without" on.
        unwanted: the words behind it; several that "or" joins.
        sure: whether it can mean nothing else; "no" may be part of a name ("no parking").
    """

    wanted: str
    phrase: str
    unwanted: tuple[str, ...]
    sure: bool


def absence(text: str) -> Absence | None:
    """What a text says to be absent; None where it says so of nothing. Quotes say nothing."""
    found = _WITHOUT.search(unquoted(text))
    if found is None or not text[: found.start()].strip():
        return None
    start, end = found.span()
    wanted = " ".join(part.strip() for part in (text[:start], text[end:]) if part.strip())
    parts = re.split(r"\s+n?or\s+", found["rest"], flags=re.IGNORECASE)
    unwanted = tuple(_ARTICLE.sub("", part) for part in parts)
    return Absence(wanted, text[start:end], unwanted, found["word"].lower() != "no")


def negative(words: str) -> str:
    """Words as they are written where they are not wanted."""
    return f'-"{words}"' if " " in words and '"' not in words else f"-{words}"


def unquoted(text: str) -> str:
    """A text of the same length with nothing in the place of what is quoted."""
    return re.sub(r'"[^"]*"', lambda quote: "\0" * len(quote[0]), text)


def plain(text: str) -> str:
    """The words alone, for an encoder that knows no marks."""
    return " ".join(term.text for term in terms_of(text)) or text


def only_phrases(text: str) -> bool:
    """Whether a text is quoted as a whole: its very words are meant."""
    terms = terms_of(text)
    return bool(terms) and all(term.kind == "phrase" for term in terms)


def folded_words(text: str) -> list[str]:
    """The words of a text as the full-text index splits them."""
    return re.findall(r"[^\W_]+", fold(text))


def _term(found: re.Match[str]) -> Term:
    start, end = found.span()
    if found["phrase"] is not None:
        return Term("phrase", found["phrase"].strip(), found["minus"] is not None, start, end)
    word = found["word"]
    negative = _NEGATIVE.match(word)
    if negative:
        word = word[1:]
    prefix = _PREFIX.fullmatch(word)
    if prefix:
        return Term("prefix", prefix[1], bool(negative), start, end)
    return Term("word", word, bool(negative), start, end)


def _written(term: Term) -> str:
    marks = {"phrase": '"{}"', "prefix": "{}*", "word": "{}"}
    return marks[term.kind].format(term.text)
