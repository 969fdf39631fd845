"""Other searches that may be what was meant: offered, never done unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from lookalike.encoders.colours import is_colour
from lookalike.search.clause import Clause
from lookalike.search.facets import quoted
from lookalike.search.query import Query
from lookalike.search.results import Results
from lookalike.search.understood import Suggestion
from lookalike.search.words.terms import absence, negative, terms_of
from lookalike.store.folding import fold
from lookalike.store.lance_store import LanceStore
from lookalike.store.sql import literal

MAX_SUGGESTIONS = 6
_RELATIVES = 4
_MOST_WORDS = 6
"""In longer texts no single word is a place or a colour."""
_BETWEEN = frozenset(
    {"a", "an", "the", "and", "or", "of", "at", "by", "from", "in", "near", "on", "over", "to"}
    | {"behind", "beside", "under", "with"}
)

Related = Callable[[str, int], Sequence[str]]
"""Names of things near to some words, the nearest first."""


def suggestions(
    asked: Query, results: Results, store: LanceStore, related: Related
) -> tuple[Suggestion, ...]:
    """What else might be searched for.

    Args:
        asked: the query as it was asked.
        results: what it found, and how it was read, from which others start.
        store: of the library.
        related: names what is near to words that nobody wrote.
    """
    found: list[Suggestion] = []
    if asked.literal or asked.after:
        return ()
    meant = results.query
    wanted = [
        (at, clause)
        for at, clause in enumerate(meant.clauses)
        if clause.kind == "text" and clause.weight > 0
    ]
    for at, clause in wanted:
        found += _of_marks(meant, at, clause)
        found += _of_words(meant, at, clause, store)
    for at, clause in wanted if asked.match != "words" else ():
        if not _is_taught(clause, results) and not _is_understood(clause, results):
            found += _of_relatives(meant, at, clause, related)
    return tuple(found[:MAX_SUGGESTIONS])


def _of_marks(meant: Query, at: int, clause: Clause) -> Iterator[Suggestion]:
    apart = absence(clause.value)
    if apart:
        text = " ".join([apart.wanted, *map(negative, apart.unwanted)])
        yield Suggestion(text, "without", _with(meant, at, replace(clause, value=text)))


def _of_words(asked: Query, at: int, clause: Clause, store: LanceStore) -> Iterator[Suggestion]:
    """Words that are colours, and names of folders."""
    terms = terms_of(clause.value)
    for term in terms if len(terms) <= _MOST_WORDS else ():
        if term.kind != "word" or term.negative:
            continue
        rest = _without_loose_ends(clause.value[: term.start] + clause.value[term.end :])
        others = (replace(clause, value=rest),) if rest else ()
        if is_colour(term.text):
            colour = Clause("colour", term.text.lower(), clause.weight)
            label = f"the colour {term.text.lower()}" + (f" and {rest!r}" if rest else "")
            yield Suggestion(label, "colour", _with(asked, at, *others, colour))
        folder = _folder(term.text, store)
        if folder is not None:
            where = f"folder = {quoted(folder)}"
            both = f"({asked.where}) and {where}" if asked.where.strip() else where
            label = (f"{rest!r} in" if rest else "all in") + f" the folder {folder}"
            yield Suggestion(label, "place", replace(_with(asked, at, *others), where=both))


def _without_loose_ends(text: str) -> str:
    """What is left of a text, less the words that stood between it and what was taken out."""
    words = text.split()
    while words and words[-1].casefold() in _BETWEEN:
        words.pop()
    while words and words[0].casefold() in _BETWEEN:
        words.pop(0)
    return " ".join(words)


def _folder(word: str, store: LanceStore) -> str | None:
    """The folder that is called like a word, whatever its capitals; None if none is."""
    spellings = dict.fromkeys([word, word.capitalize(), word.lower(), word.upper()])
    conditions = {name: f"array_has(folders, {literal(name)})" for name in spellings}
    if not store.count_where(" OR ".join(conditions.values())):  # the usual case, in one go
        return None
    return next(name for name in spellings if store.count_where(conditions[name]))


def _of_relatives(asked: Query, at: int, clause: Clause, related: Related) -> Iterator[Suggestion]:
    for name in related(clause.value, _RELATIVES):
        if name.casefold() != clause.value.casefold():
            yield Suggestion(name, "relative", _with(asked, at, replace(clause, value=name)))


def _is_taught(clause: Clause, results: Results) -> bool:
    return any(fold(clause.value) == fold(taught.about) for taught in results.taught)


def _is_understood(clause: Clause, results: Results) -> bool:
    return any(part.via in ("words", "joint") for hit in results.hits for part in hit.contributions
               if part.clause.kind == "text" and part.value > 0)  # fmt: skip


def _with(asked: Query, at: int, *clauses: Clause) -> Query:
    changed = (*asked.clauses[:at], *clauses, *asked.clauses[at + 1 :])
    if not any(clause.weight > 0 for clause in changed):
        changed = ()
    if not changed and not asked.where.strip():
        return replace(asked, clauses=(), where="width > 0")
    return replace(asked, clauses=changed)
