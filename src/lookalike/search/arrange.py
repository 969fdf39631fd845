"""Which of the pictures that were found are shown, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.search.diversity import diverse, surprising
from lookalike.search.paging import MAX_SHOWN, Cursor
from lookalike.search.query import Query
from lookalike.search.scored import Scored
from lookalike.search.views import Views
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore


@dataclass(frozen=True)
class Page:
    """What is shown of the pictures that were found.

    Attributes:
        shown: in the order of the page.
        next: cursor of the next page; empty after the last one.
        more: whether there are further pictures.
        total: how many there are, those of earlier pages included, as far as they were scored.
    """

    shown: Scored
    next: str
    more: bool
    total: int


def arrange(query: Query, found: Scored, cursor: Cursor, views: Views, *, bounded: bool) -> Page:
    """Lay out a page.

    Args:
        query: its ``k``, ``sort``, ``diversity`` and ``surprise`` count here.
        found: best first, those of earlier pages included.
        cursor: where the page begins.
        views: the library.
        bounded: whether what was found is the whole answer, which then is sorted as one. Else it
            goes on down to what does not fit at all, and each page's best hits are sorted.
    """
    found = found.take(np.flatnonzero(found.keys <= cursor.newest))
    left = cursor.left(found.keys)
    done = np.setdiff1d(np.arange(len(found)), left)
    if query.surprise is not None:
        chosen = surprising(found.keys, views.look, query.k, query.surprise, done)
    elif query.diversity > 0:
        chosen = diverse(found.keys, found.total, views.look, query.k, query.diversity, done)
    else:
        chosen = left if bounded and query.sort != "best" else left[: query.k]
    if query.sort != "best":
        chosen = chosen[_sorted(query, found.keys[chosen], views.store)][: query.k]
    more, shown = len(left) > len(chosen), found.take(chosen)
    after = cursor.showing(shown.keys.tolist())
    following = str(after) if more and len(after.shown) < MAX_SHOWN else ""
    return Page(shown, following, more, len(cursor.shown) + len(left))


def _sorted(query: Query, keys: Int64Array, store: LanceStore) -> Int64Array:
    """The order of these pictures by what is known of them; unknown values come last."""
    match query.sort:
        case "newest" | "oldest":
            taken = _numbers(store.columns(keys, ["taken"])["taken"].cast(pa.int64()))
            unknown = np.isnan(taken)
            sign = -1 if query.sort == "newest" else 1
            return np.lexsort((sign * keys, np.where(unknown, 0, sign * taken), unknown))
        case "largest" | "smallest":
            rows = store.columns(keys, ["width", "height", "bytes"])
            pixels = _numbers(rows["width"]) * _numbers(rows["height"])
            sign = -1 if query.sort == "largest" else 1
            return np.lexsort((keys, sign * _numbers(rows["bytes"]), sign * pixels))
        case _:
            names = pc.utf8_lower(store.columns(keys, ["name"])["name"])
            table = pa.table({"name": names, "key": keys})
            order = pc.sort_indices(table, [("name", "ascending"), ("key", "ascending")])
            return np.asarray(order.to_numpy(), np.int64)


def _numbers(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), np.float64)
