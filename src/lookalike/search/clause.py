"""One weighted part of a query, and how it is written: ``[WEIGHT:]WHAT``.

``WHAT`` is ``id:ID`` (a picture of the library), ``upload:HASH`` (a picture that was sent to it),
an http(s) URL or the path of a file (a picture from elsewhere), ``concept:NAME`` (a learned query),
``colour:NAME`` or ``colour:#c02020``, and anything else is words. A picture may end in a region,
see :mod:`lookalike.search.region`. A negative weight means "not this". ``text:WHAT`` takes WHAT as
words, whatever it looks like.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lookalike.errors import QueryError
from lookalike.search.region import Region, split_region

ClauseKind = Literal["text", "file", "url", "upload", "picture", "concept", "colour", "learned"]
PICTURE_KINDS: frozenset[ClauseKind] = frozenset({"file", "url", "upload", "picture"})

MAX_TEXT = 2_000
MAX_WEIGHT = 1_000

_WEIGHT = re.compile(r"^([+-]?(?:\d+(?:\.\d*)?|\.\d+)):(?=.)", re.DOTALL)
_NO_TEXT = re.compile("[\ud800-\udfff]")
"""Halves of characters, as bytes become that are no UTF-8."""
_URL = re.compile(r"^https?://", re.IGNORECASE)
_PREFIXES: dict[str, ClauseKind] = {
    "id": "picture",
    "upload": "upload",
    "concept": "concept",
    "colour": "colour",
    "color": "colour",
    "text": "text",
}
_WRITTEN: dict[ClauseKind, str] = {
    "picture": "id:",
    "upload": "upload:",
    "concept": "concept:",
    "colour": "colour:",
    "learned": "learned:",  # only shown: judgments make it, nobody writes it
}
_PICTURE_SUFFIX = re.compile(r"\.(jpe?g|png|gif|webp|heic|heif|avif|tiff?|bmp)$", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """One weighted part of a query.

    Attributes:
        kind: ``text``, ``file``, ``url``, ``upload``, ``picture`` (one of the library),
            ``concept`` (a learned query), ``colour`` or ``learned`` (what judgments taught; a
            search adds it itself).
        value: the words, the path, the URL, the upload's hash, the picture's id, the concept's
            name, the colour's name or ``#rrggbb``, or what the judgments were about.
        weight: how much it counts; below 0 it means "not this", 0 is as good as absent.
        region: the part of the picture that is meant; None for all of it.
    """

    kind: ClauseKind
    value: str
    weight: float = 1.0
    region: Region | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight) or abs(self.weight) > MAX_WEIGHT:
            raise QueryError(
                f"The weight {self.weight:g} of {self.value[:80]!r} cannot be used.",
                f"Weights lie between -{MAX_WEIGHT} and {MAX_WEIGHT}.",
                code="bad-weight",
            )
        if not self.value.strip():
            raise QueryError("A clause is empty.", "Give words, a picture's path, URL or id:ID.")
        if len(self.value) > MAX_TEXT:
            raise QueryError(
                f"A clause is {len(self.value):,} characters long.",
                f"At most {MAX_TEXT:,} will do.",
                code="too-long",
            )
        if self.kind != "file" and (odd := _NO_TEXT.search(self.value)):
            raise QueryError(
                f"{self.value[:80]!a} holds what is no text (U+{ord(odd[0]):04X}).",
                "Write it in UTF-8, or leave that out.",
            )
        if self.region is not None and not self.looks_at_pixels:
            raise QueryError(
                f"{self.value!r} is no picture: it has no region {self.region}.",
                "Put a region behind a picture.",
                code="bad-region",
            )

    def __str__(self) -> str:
        """The clause as one would write it; :func:`parse_clause` reads it back."""
        prefix = _WRITTEN.get(self.kind, "")
        if self.kind == "text" and parse_clause(self.value).kind != "text":
            prefix = "text:"
        weight = "" if self.weight == 1 else f"{self.weight:g}:"
        if not weight and not prefix and _WEIGHT.match(self.value):
            weight = "1:"
        return f"{weight}{prefix}{self.value}{self.region or ''}"

    @property
    def looks_at_pixels(self) -> bool:
        """Whether the clause is a picture."""
        return self.kind in PICTURE_KINDS


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
    if found and not (local_files and _exists(text)):
        clause = parse_clause(text[found.end() :], local_files=local_files)
        return replace(clause, weight=clause.weight * float(found[1]))
    prefix, _, rest = text.partition(":")
    if rest and prefix in _PREFIXES:
        return _prefixed(_PREFIXES[prefix], rest.strip())
    if local_files and _exists(text):
        return Clause("file", text)
    named, region = split_region(text)
    if _URL.match(text):
        return Clause("url", named.strip(), region=region)
    if local_files and _is_path(named):
        return Clause("file", named, region=region)
    return Clause("text", text)


def _prefixed(kind: ClauseKind, value: str) -> Clause:
    if kind not in PICTURE_KINDS:
        return Clause(kind, value)
    named, region = split_region(value)
    return Clause(kind, named, region=region)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long for a path, or with a NUL: words, then
        return False


def _is_path(text: str) -> bool:
    if _exists(text):
        return True
    if "/" in text or "\\" in text or _PICTURE_SUFFIX.search(text):
        looks = _PICTURE_SUFFIX.search(text) or text.startswith(("/", "./", "../", "~"))
        if looks:
            raise QueryError(
                f"There is no file {text}.",
                f'Check the path; to search for these words, write "text:{text}".',
                code="no-such-file",
            )
    return False
