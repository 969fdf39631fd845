"""Which pictures of a library one more picture is the same as."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.imaging.fingerprints import BYTES, MIN_DETAIL
from lookalike.search.duplicates.candidates import MIN_SIMILARITY, NEIGHBOURS, HashIndex
from lookalike.search.duplicates.sample import Sample
from lookalike.search.duplicates.verify import Evidence, evidence, is_same
from lookalike.store.fingerprints import Fingerprints
from lookalike.store.vectors import VectorView


class DuplicateLookup:
    """Looks single pictures up, as a comparison of the library does with new ones.

    Args:
        prints: the fingerprints of the library's pictures.
        view: their vectors, as the encoder made them.
        sample_of: gives a picture by its key; None if it cannot be read.
    """

    def __init__(
        self, prints: Fingerprints, view: VectorView, sample_of: Callable[[int], Sample | None]
    ) -> None:
        self._near = HashIndex(prints)
        self._view, self._sample_of = view, sample_of

    def candidates(self, copy: Sample, vector: Float32Array) -> list[int]:
        """Keys of the pictures that it may be the same as: near hashes first, then vectors."""
        own = copy.fingerprint
        keys: list[int] = []
        if own.detail >= MIN_DETAIL:
            hashes = np.frombuffer(own.whole + own.inner, np.uint8).reshape(1, 2, BYTES)
            keys = self._near.near(hashes)[0].tolist()
        found = self._view.top(vector, NEIGHBOURS)
        likely = found.keys[found.scores >= MIN_SIMILARITY].tolist()
        return list(dict.fromkeys([*keys, *likely]))

    def same(self, copy: Sample, vector: Float32Array) -> dict[int, Evidence]:
        """The pictures that it is the same as, by key, and what shows that.

        Args:
            copy: the picture.
            vector: shape (dims,), float32: by the encoder of the library.
        """
        found = {}
        for key in self.candidates(copy, vector):
            other = self._sample_of(key)
            shown = None if other is None else evidence(copy, other)
            if shown is not None and is_same(shown):
                found[key] = shown
        return found
