"""Which of the pictures that were found make up the answer, and where it ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lookalike.search.cut import cut
from lookalike.search.duplicates.collapse import collapsed
from lookalike.search.paging import Cursor
from lookalike.search.query import Query
from lookalike.search.scored import Scored
from lookalike.search.views import Views


def listed(
    query: Query, found: Scored, cursor: Cursor, views: Views, *, complete: bool
) -> tuple[Scored, Cursor]:
    """The answer, best first, and the cursor that goes on with it.

    Args:
        query: its cut and whether copies are shown as one count here.
        found: best first; where the cursor names the list, just that.
        cursor: of the page.
        views: the library.
        complete: whether every picture that may be a hit was scored.
    """
    if cursor.listed is not None:
        return found, cursor
    known = found.take(np.flatnonzero(found.keys <= cursor.newest))
    kept = cut(known, query.cut)
    ended = len(kept) < len(known)
    if query.collapse:
        kept = collapsed(kept, views.copies, cursor.shown)
    if query.cut is not None and found.clauses and (ended or complete):
        return kept, replace(cursor.listing(kept.keys, ended=ended), ended=ended)
    return kept, cursor
