"""Pages of an answer that neither repeat nor lose a picture while the library grows.

A score depends on the whole library, so a page cannot go on "below the last score" once pictures
came in. A cursor therefore names what was shown: it works with every order, and needs no memory
on the server's side. Pictures that came in after the first page are left for the next search.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from lookalike.errors import QueryError
from lookalike.search.query import MAX_K, Query
from lookalike.store.known import Int64Array

MAX_SHOWN = MAX_K
"""Pages end after so many pictures: their cursor would be too long for an address."""
_FORMAT = 1
_FINGERPRINT_BYTES = 6
_PAGE_FIELDS = ("clauses", "k", "after", "facets")


@dataclass(frozen=True)
class Cursor:
    """Where the next page begins.

    Attributes:
        fingerprint: of the query whose pages these are.
        newest: the largest key of the library when the first page was made.
        shown: shape (n,), ascending: keys of the pictures on the pages so far.
    """

    fingerprint: bytes
    newest: int
    shown: Int64Array

    def __str__(self) -> str:
        """The cursor as it is written in an address."""
        gaps = np.diff(self.shown, prepend=0).tolist()
        body = b"".join(_varint(number) for number in (self.newest, len(gaps), *gaps))
        packed = bytes([_FORMAT]) + self.fingerprint + body
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")

    def left(self, keys: Int64Array) -> Int64Array:
        """Positions of those of ``keys``, shape (n,), that later pages may show."""
        fresh = (keys <= self.newest) & ~np.isin(keys, self.shown)
        return np.flatnonzero(fresh)

    def showing(self, keys: Iterable[int]) -> Cursor:
        """The cursor of the page after one with these pictures."""
        shown = np.fromiter(keys, np.int64)
        return replace(self, shown=np.union1d(self.shown, shown))


def cursor_of(query: Query, newest: int) -> Cursor:
    """The cursor of the page that a query asks for.

    Args:
        query: it may be the first page.
        newest: the largest key that the library holds now.

    Raises:
        QueryError: its ``after`` is no cursor (``bad-cursor``), or that of another query.
    """
    fingerprint = _fingerprint(query)
    if not query.after:
        return Cursor(fingerprint, newest, np.empty(0, np.int64))
    cursor = _read(query.after)
    if cursor.fingerprint != fingerprint:
        raise QueryError(
            "The cursor belongs to another query.",
            "Send it with the same clauses, filter and order that it came with.",
            code="bad-cursor",
        )
    return cursor


def depth(query: Query) -> int:
    """How many of the best hits a query's page and those before it take.

    Raises:
        QueryError: its ``after`` is no cursor.
    """
    return query.k + (len(_read(query.after).shown) if query.after else 0)


def _read(text: str) -> Cursor:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if packed[0] != _FORMAT:
            raise ValueError(packed[0])
        head = 1 + _FINGERPRINT_BYTES
        numbers = _numbers(packed[head:])
        newest, count = next(numbers), next(numbers)
        shown = np.cumsum(np.array([*numbers], dtype=np.int64))
        if len(shown) != count or count > MAX_SHOWN:
            raise ValueError(count)
    except (ValueError, IndexError, StopIteration, OverflowError, binascii.Error) as error:
        raise QueryError(
            "That is no cursor.", "Take the `next` of an earlier page as it is.", code="bad-cursor"
        ) from error
    return Cursor(packed[1:head], newest, shown)


def _fingerprint(query: Query) -> bytes:
    fields = {name: value for name, value in vars(query).items() if name not in _PAGE_FIELDS}
    asked = [sorted(str(clause) for clause in query.weighed), sorted(fields.items())]
    text = json.dumps(asked).encode()
    return hashlib.blake2b(text, digest_size=_FINGERPRINT_BYTES).digest()


def _varint(number: int) -> bytes:
    """A number of 0 or more in groups of 7 bits, the lowest first (LEB128)."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _numbers(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if shift > 63:
            raise ValueError("too large")
        if byte < 0x80:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("cut off")
