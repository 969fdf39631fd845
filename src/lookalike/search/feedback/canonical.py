"""One name for all ways to write the same query: judgments are kept and found by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from lookalike.errors import NotFoundError
from lookalike.search.clause import Clause
from lookalike.store.folding import fold
from lookalike.store.lance_store import LanceStore


def merged(clauses: Iterable[Clause], store: LanceStore) -> tuple[Clause, ...]:
    """The clauses in a fixed order, each once with the sum of its weights.

    Words are folded; a picture is named by its content, whether it is one of the library, a file
    or was sent. What weighs nothing is left out.
    """
    weights: dict[Clause, float] = {}
    for clause in clauses:
        plain = replace(_plain(clause, store), weight=1.0)
        weights[plain] = weights.get(plain, 0.0) + clause.weight
    summed = [replace(clause, weight=weight) for clause, weight in weights.items() if weight]
    return tuple(sorted(summed, key=lambda c: (c.kind, c.value, str(c.region), c.weight)))


def key(clauses: Iterable[Clause]) -> str:
    """The permalink of merged clauses, without its ``/?``: ``q=fox&q=-0.5:snow``, quoted.

    The largest weight becomes 1: twice as much of everything is the same query.
    """
    ordered = tuple(clauses)
    largest = max((abs(clause.weight) for clause in ordered), default=1.0)
    scaled = [replace(clause, weight=round(clause.weight / largest, 6)) for clause in ordered]
    return urlencode([("q", str(clause)) for clause in scaled], safe=":")


def concept_key(name: str) -> str:
    """The key under which the judgments of a concept are kept."""
    return key([Clause("concept", name)])


def concept_name(text: str) -> str:
    """The name of a concept as it is kept: lower case words joined by hyphens."""
    words = "".join(char if char.isalnum() else " " for char in fold(text)).split()
    return "-".join(words)


def _plain(clause: Clause, store: LanceStore) -> Clause:
    match clause.kind:
        case "text":
            return replace(clause, value=fold(clause.value) or clause.value)
        case "concept":
            return replace(clause, value=concept_name(clause.value) or clause.value)
        case "picture":
            return replace(clause, value=_whole_id(clause.value, store))
        case "upload":
            return replace(clause, kind="picture")  # both are named by the hash of the bytes
        case "file":
            return replace(clause, kind="picture", value=content_id(Path(clause.value)))
    return clause


def _whole_id(id_or_prefix: str, store: LanceStore) -> str:
    wanted = id_or_prefix.strip().lower()
    if len(wanted) == 32:
        return wanted
    try:
        (record,) = store.records([store.key_of(wanted)])
    except NotFoundError:  # the search itself says so
        return wanted
    return record.id


def content_id(path: Path) -> str:
    """The id that a picture of this file's bytes has in every library."""
    with path.expanduser().open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
