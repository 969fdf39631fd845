"""Spatial verification: hits that share an arrangement of points with the query come first.

After Philbin et al., "Object Retrieval with Large Vocabularies and Fast Spatial Matching" (2007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import DecodeError, NotFoundError
from lookalike.imaging.picture import Box, Decoded, InputSpec
from lookalike.store.rows import PictureRecord

if TYPE_CHECKING:
    from lookalike.imaging.local_features import Features
    from lookalike.search.scored import Scored
    from lookalike.search.views import ClauseVectors
    from lookalike.store.known import Int64Array
    from lookalike.store.lance_store import LanceStore

VERIFIED = 50
"""So many of the best hits are looked at again."""
LEAST_POINTS = 8
"""Fewer points agree on some arrangement by chance, too."""
MOST_POINTS = 100
"""More say nothing new, and would make every other score look like nothing."""
_SIDE = 640
_FEATURES = 1000

Decode = Callable[[InputSpec], Decoded]
Read = Callable[[PictureRecord, InputSpec], Decoded]


class Sight:
    """The picture of a clause, to be compared with hits point by point.

    Args:
        decode: gives its pixels.
        read: gives those of a picture of the library.
        box: the part of it that is meant; None for all.
    """

    def __init__(self, decode: Decode, read: Read, box: Box | None) -> None:
        self._decode, self._read, self._box = decode, read, box

    @cached_property
    def _features(self) -> Features:
        from lookalike.imaging.local_features import find_features

        spec = InputSpec(_SIDE, "within", box=self._box)
        return find_features(self._decode(spec).pixels[0], _FEATURES)

    def shared_points(self, record: PictureRecord) -> int:
        """How many points lie in the picture as they do in this one; 0 if its file is gone."""
        from lookalike.imaging.local_features import find_features, shared_arrangement

        try:
            pixels = self._read(record, InputSpec(_SIDE, "within")).pixels[0]
        except (DecodeError, NotFoundError):
            return 0  # what cannot be looked at keeps the score that it has
        other = find_features(pixels, _FEATURES)
        return shared_arrangement(self._features, other, max(pixels.shape[:2]))


def verified(
    found: Scored,
    vectors: Sequence[ClauseVectors],
    store: LanceStore,
    seen: Int64Array | None = None,
) -> Scored:
    """Look again at the best pictures; each point that they share adds 1 to a clause's surprise.

    Args:
        found: best first.
        vectors: for each of its clauses what the encoders made of it.
        store: the library.
        seen: keys of the pictures on earlier pages. Points only raise, so that nothing changes
            after the pages that show the best ones.

    Raises:
        NotFoundError: the file of a picture that the query names is gone.
    """
    values, keys = found.values.copy(), found.keys[:VERIFIED]
    if seen is not None and np.isin(keys, seen).all():
        return found
    records = {record.key: record for record in store.records(keys)}
    for row, clause, its in zip(values, found.clauses, vectors, strict=True):
        if its.sight is None or clause.weight < 0:
            continue
        for at, key in enumerate(keys.tolist()):
            points = its.sight.shared_points(records[key])
            if points >= LEAST_POINTS:
                row[at] += clause.weight * min(points, MOST_POINTS)
    return replace(found, values=values, total=values.sum(axis=0)).best_first()
