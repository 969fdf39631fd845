"""A query: weighted clauses, a filter and a length. One value that every edge writes the same way.

A clause is written ``[WEIGHT:]WHAT``. ``WHAT`` is ``id:ID`` (a picture of the library),
``upload:HASH`` (a picture that was sent to it), an http(s) URL or the path of a file
(a picture from elsewhere), and anything else is words. A negative weight means "not this".
``text:WHAT`` takes WHAT as words, whatever it looks like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lookalike.errors import QueryError

ClauseKind = Literal["text", "file", "url", "upload", "picture"]
Match = Literal["auto", "words", "concept"]
MATCHES: tuple[Match, ...] = ("auto", "words", "concept")

MAX_K = 10_000
MAX_CLAUSES = 50
MAX_TEXT = 2_000

_WEIGHT = re.compile(r"^([+-]?(?:\d+(?:\.\d*)?|\.\d+)):(?=.)", re.DOTALL)
_URL = re.compile(r"^https?://", re.IGNORECASE)
_PREFIXES: dict[str, ClauseKind] = {"id": "picture", "upload": "upload", "text": "text"}
_PICTURE_SUFFIX = re.compile(r"\.(jpe?g|png|gif|webp|heic|heif|avif|tiff?|bmp)$", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """One weighted part of a query.

    Attributes:
        kind: ``text``, ``file``, ``url``, ``upload`` or ``picture`` (one of the library).
        value: the words, the path, the URL, the upload's hash or the picture's id.
        weight: how much it counts; below 0 it means "not this".
    """

    kind: ClauseKind
    value: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight) or not 0 < abs(self.weight) <= 1000:
            raise QueryError(
                f"The weight {self.weight:g} of {self.value!r} cannot be used.",
                "Weights lie between -1000 and 1000 and are not 0.",
            )
        if not self.value.strip():
            raise QueryError("A clause is empty.", "Give words, a picture's path, URL or id:ID.")
        if len(self.value) > MAX_TEXT:
            raise QueryError(
                f"A clause is {len(self.value)} characters long.", f"At most {MAX_TEXT} will do."
            )

    def __str__(self) -> str:
        """The clause as one would write it; :func:`parse_clause` reads it back."""
        prefix = {"picture": "id:", "upload": "upload:"}.get(self.kind, "")
        if self.kind == "text" and parse_clause(self.value).kind != "text":
            prefix = "text:"
        weight = "" if self.weight == 1 else f"{self.weight:g}:"
        if not weight and not prefix and _WEIGHT.match(self.value):
            weight = "1:"
        return f"{weight}{prefix}{self.value}"

    @property
    def looks_at_pixels(self) -> bool:
        """Whether the clause is a picture."""
        return self.kind != "text"


@dataclass(frozen=True)
class Query:
    """What is searched for.

    Attributes:
        clauses: at least one, of which one has a positive weight; or none, and then
            the filter's pictures come newest first.
        where: a filter (see :mod:`lookalike.search.filter`); empty for all pictures.
        k: how many hits at most.
        match: how words are matched: ``words`` against the metadata only, ``concept``
            against what the encoder sees only, ``auto`` both.
    """

    clauses: tuple[Clause, ...] = ()
    where: str = ""
    k: int = 20
    match: Match = "auto"

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_K:
            raise QueryError(f"k = {self.k} cannot be used.", f"It lies between 1 and {MAX_K}.")
        if self.match not in MATCHES:
            raise QueryError(
                f"Words cannot be matched by {self.match!r}.", f"Choose {' or '.join(MATCHES)}."
            )
        if len(self.clauses) > MAX_CLAUSES:
            raise QueryError(
                f"The query has {len(self.clauses)} clauses.", f"At most {MAX_CLAUSES} will do."
            )
        if not self.clauses and not self.where.strip():
            raise QueryError(
                "Nothing to search for.", 'Give words ("red fox"), a picture, or a --where filter.'
            )
        if self.clauses and all(clause.weight < 0 for clause in self.clauses):
            raise QueryError(
                "The query only says what not to find.", "Add what you are looking for."
            )


def parse_clause(text: str, *, local_files: bool = False) -> Clause:
    """Read one clause.

    Args:
        text: as a person wrote it.
        local_files: whether the path of a file may be meant. Only edges that act for
            the owner of the disk say so; the web never does.

    Raises:
        QueryError: it is empty, too long or badly weighted, or names a file that is not there.
    """
    found = _WEIGHT.match(text)
    if found and not (local_files and Path(text).exists()):
        clause = parse_clause(text[found.end() :], local_files=local_files)
        return replace(clause, weight=clause.weight * float(found[1]))
    prefix, _, rest = text.partition(":")
    if rest and prefix in _PREFIXES:
        return Clause(_PREFIXES[prefix], rest.strip())
    if _URL.match(text):
        return Clause("url", text.strip())
    if local_files and _is_path(text):
        return Clause("file", text)
    return Clause("text", text)


def parse_query(
    clauses: Iterable[str],
    *,
    without: Iterable[str] = (),
    where: str = "",
    k: int = 20,
    match: Match = "auto",
    local_files: bool = False,
) -> Query:
    """Build a query from what a person wrote.

    Args:
        clauses: what to find.
        without: what not to find; their weights are turned negative.
        where: a filter.
        k: how many hits at most.
        match: see :class:`Query`.
        local_files: see :func:`parse_clause`.

    Raises:
        QueryError: some part cannot be used.
    """
    wanted = [parse_clause(text, local_files=local_files) for text in clauses]
    unwanted = [parse_clause(text, local_files=local_files) for text in without]
    negated = [replace(clause, weight=-abs(clause.weight)) for clause in unwanted]
    return Query((*wanted, *negated), where, k, match)


def _is_path(text: str) -> bool:
    try:
        if Path(text).exists():
            return True
    except (OSError, ValueError):  # too long for a path, or with a NUL: words, then
        return False
    if "/" in text or "\\" in text or _PICTURE_SUFFIX.search(text):
        looks = _PICTURE_SUFFIX.search(text) or text.startswith(("/", "./", "../", "~"))
        if looks:
            raise QueryError(
                f"There is no file {text}.",
                f'Check the path; to search for these words, write "text:{text}".',
                code="no-such-file",
            )
    return False
