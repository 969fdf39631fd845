"""Places in what people type, as filters: those that the pictures' own metadata names."""

from __future__ import annotations

import json
import re
import threading
from weakref import WeakKeyDictionary

import pyarrow.compute as pc

from lookalike.search.facets import quoted
from lookalike.search.words.found import FoundFilter
from lookalike.search.words.terms import unquoted
from lookalike.store.folding import fold
from lookalike.store.lance_store import LanceStore
from lookalike.store.sql import literal

FIELDS = (
    "city", "town", "village", "suburb", "district", "county", "state", "province", "region",
    "country", "continent", "island", "place", "location", "venue", "landmark",
)  # fmt: skip
"""Further texts that say where a picture was taken: IPTC and XMP name three of them."""
MOST_WORDS = 4
_IN = re.compile(r"(?<!\S)(?:in|at|near|from|around)\s+(?:the\s+)?(?=[^\W\d_])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")

_lock = threading.Lock()
_held: WeakKeyDictionary[LanceStore, tuple[int, Places]] = WeakKeyDictionary()


class Places:
    """The places that a library's metadata names.

    Args:
        values: the further texts of the pictures, by their names in lower case.
    """

    def __init__(self, values: list[dict[str, str]]) -> None:
        self._wheres: dict[str, dict[str, None]] = {}
        for name, value in (pair for row in values for pair in row.items()):
            self._note(value, f"{name} = {quoted(value)}")
            for part in value.split(",") if "," in value else ():
                self._note(part, f"{name} ~ {quoted(part.strip())}")

    def _note(self, place: str, where: str) -> None:
        self._wheres.setdefault(fold(place), {})[where] = None

    def where(self, place: str) -> str | None:
        """The filter for a place, whatever its accents and capitals; None for what is none."""
        found = self._wheres.get(fold(place)) if place.strip() else None
        return " or ".join(found) if found else None

    @classmethod
    def of(cls, store: LanceStore) -> Places:
        """Those of a library at the version in view; read once for it."""
        with _lock:
            held = _held.get(store)
            if held is None or held[0] != store.version:
                held = _held[store] = (store.version, cls(_read(store)))
            return held[1]


def find_place(text: str, places: Places, start: int = 0) -> FoundFilter | None:
    """The first place after "in", "at", "near", "from" or "around"; the longest that is one."""
    open_text = unquoted(text)
    for found in _IN.finditer(open_text, start):
        for end in reversed(_ends(open_text, found.end())):
            said = text[found.end() : end].rstrip(".")
            where = places.where(said)
            if where is not None:
                return FoundFilter(text[found.start() : end], where, said, found.start(), end)
    return None


def follows_in(text: str) -> bool:
    """Whether there may be a place at all."""
    return _IN.search(text) is not None


def _ends(text: str, at: int) -> list[int]:
    """Where one word ends, two, three ..."""
    ends: list[int] = []
    while len(ends) < MOST_WORDS and (word := _WORD.match(text, at)):
        ends.append(word.end())
        gap = re.compile(r",?\s+").match(text, word.end())
        if gap is None:
            break
        at = gap.end()
    return ends


def _read(store: LanceStore) -> list[dict[str, str]]:
    keys = (literal(f'"{name}": ') for name in FIELDS)
    condition = " OR ".join(f"contains(lower(extra), {key})" for key in keys)
    column = store.facets(["extra"], condition)["extra"]
    rows = [json.loads(text) for text in pc.unique(column).to_pylist()]
    return [
        {name.lower(): value for name, value in row.items() if name.lower() in FIELDS and value}
        for row in rows
    ]
