"""Pages of an answer that neither repeat nor lose a picture while the library grows.

A score depends on the whole library, so a page cannot go on "below the last score" once pictures
came in. A cursor therefore names what was shown: it works with every order, and needs no memory
on the server's side. Pictures that came in after the first page are left for the next search.

Where a list ends depends on the whole library, too (:mod:`lookalike.search.cut`). So the cursor of
a list that has an end also names what is still to come: its pages are one list, whatever the pages'
length, and the later ones only score what they may show.
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
MAX_LISTED = 3_000
"""A longer list is cut anew for each page: its cursor would be too long from the first page on."""
_FORMAT = 2
_FINGERPRINT_BYTES = 6
_PAGE_FIELDS = ("clauses", "k", "after", "facets")


@dataclass(frozen=True)
class Cursor:
    """Where the next page begins.

    Attributes:
        fingerprint: of the query whose pages these are.
        newest: the largest key of the library when the first page was made.
        shown: shape (n,), ascending: keys of the pictures on the pages so far.
        rest: shape (m,), ascending: keys of the pictures that are still to come; None where the
            list goes on for as long as there are pictures.
        ended: whether the list ends because further hits would likely be wrong.
    """

    fingerprint: bytes
    newest: int
    shown: Int64Array
    rest: Int64Array | None = None
    ended: bool = False

    def __str__(self) -> str:
        """The cursor as it is written in an address."""
        numbers = [self.newest, *_gaps(self.shown)]
        if self.rest is not None:
            numbers += [int(self.ended), *_gaps(self.rest)]
        packed = bytes([_FORMAT]) + self.fingerprint + b"".join(map(_varint, numbers))
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")

    @property
    def listed(self) -> Int64Array | None:
        """All pictures of the list, shown or not, ascending; None where it is open."""
        return None if self.rest is None else np.union1d(self.shown, self.rest)

    def depth(self, query: Query) -> int:
        """How many of the best hits a query's page and those before it take."""
        return query.k + len(self.shown)

    def listing(self, keys: Int64Array, *, ended: bool) -> Cursor:
        """The cursor of a list of just these pictures, if it is not too long to be named."""
        rest = np.setdiff1d(keys, self.shown)
        if len(rest) + len(self.shown) > MAX_LISTED:
            return self
        return replace(self, rest=rest, ended=ended)

    def left(self, keys: Int64Array) -> Int64Array:
        """Positions of those of ``keys``, shape (n,), that later pages may show."""
        fresh = (keys <= self.newest) & ~np.isin(keys, self.shown)
        return np.flatnonzero(fresh)

    def showing(self, keys: Iterable[int]) -> Cursor:
        """The cursor of the page after one with these pictures."""
        shown = np.union1d(self.shown, np.fromiter(keys, np.int64))
        rest = None if self.rest is None else np.setdiff1d(self.rest, shown)
        return replace(self, shown=shown, rest=rest)


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


def _read(text: str) -> Cursor:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if packed[0] != _FORMAT:
            raise ValueError(packed[0])
        head = 1 + _FINGERPRINT_BYTES
        numbers = _numbers(packed[head:])
        newest, shown = next(numbers), _keys(numbers)
        ended = next(numbers, None)
        rest = None if ended is None else _keys(numbers)
        if next(numbers, None) is not None:
            raise ValueError(text)
    except (ValueError, IndexError, StopIteration, OverflowError, binascii.Error) as error:
        raise QueryError(
            "That is no cursor.", "Take the `next` of an earlier page as it is.", code="bad-cursor"
        ) from error
    return Cursor(packed[1:head], newest, shown, rest, ended=bool(ended))


def _gaps(keys: Int64Array) -> list[int]:
    """How many keys there are, the first, and the steps between them."""
    return [len(keys), *np.diff(keys, prepend=0).tolist()]


def _keys(numbers: Iterator[int]) -> Int64Array:
    count = next(numbers)
    if count > MAX_SHOWN:
        raise ValueError(count)
    return np.cumsum(np.array([next(numbers) for _ in range(count)], dtype=np.int64))


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
