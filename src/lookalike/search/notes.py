"""What people should know about the results of a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lookalike.search.feedback.canonical import concept_name
from lookalike.search.query import Query
from lookalike.search.results import Hit
from lookalike.store.folding import fold


def notes(
    query: Query,
    hits: Sequence[Hit],
    closest: Hit | None = None,
    lacks: Iterable[str] = (),
    matching: int | None = None,
) -> tuple[str, ...]:
    """One sentence or two for each thing that is not what it seems.

    Args:
        query: what was asked for.
        hits: what is shown.
        closest: the best of those that the cut left out, where it left out all of them.
        lacks: why words were not read by the library's joint model; empty if they were.
        matching: pictures that fulfil the filter; None without one.
    """
    if matching == 0:
        return (f"The filter {query.where!r} matches no picture.",)
    missing = tuple(
        f"Words were looked up among the classes that the encoder knows: {reason}"
        for reason in dict.fromkeys(reason for reason in lacks if reason)
    )
    return (*missing, *_about_hits(query, hits, closest))


def _about_hits(query: Query, hits: Sequence[Hit], closest: Hit | None) -> tuple[str, ...]:
    if not hits and closest is not None:
        return (
            f"Nothing here is likely what you look for; {Path(closest.location).name} comes "
            "closest. Without the cut (--no-cut, cut=none) such pictures are shown, too.",
        )
    if query.match != "auto" or not hits:
        return ()
    taught = {clause.value for clause in query.clauses if clause.kind in ("learned", "concept")}
    unknown = [
        clause.value
        for i, clause in enumerate(query.weighed)
        if clause.kind == "text"
        and clause.weight > 0
        and not {fold(clause.value), concept_name(clause.value)} & taught
        and not any(hit.contributions[i].via in ("words", "joint") for hit in hits)
    ]
    return tuple(
        f"No metadata says {words!r}: these pictures were found by what the encoder sees, which "
        "knows things rather than people, colours or actions."
        for words in unknown
    )
