"""Copies as people make them, among all pictures: which are named as the same picture?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from lookalike.errors import DecodeError
from lookalike.imaging import fingerprints
from lookalike.imaging.decode import decode, open_oriented
from lookalike.imaging.picture import Limits
from lookalike.lab.alterations import ALTERATIONS
from lookalike.lab.suites.base import Bench, Row, Suite
from lookalike.lab.suites.changed import SETS, sample
from lookalike.lab.topics import half_of
from lookalike.search.clause import Clause
from lookalike.search.duplicates import sample as samples
from lookalike.search.duplicates.lookup import DuplicateLookup
from lookalike.search.duplicates.sample import Sample
from lookalike.search.query import Query
from lookalike.store.fingerprints import Fingerprints, FingerprintTable
from lookalike.store.lance_store import LanceStore

QUICK = (
    "JPEG quality 30",
    "cropped to 60 % of each side",
    "rotated 90°",
    "border",
    "overlaid text",
)
_REMEMBERED = 2000


class _Finder:
    """Looks pictures up among those of the library, and leaves no trace in it."""

    def __init__(self, bench: Bench) -> None:
        self._library = bench.library
        views = bench.library.views()
        self._prints = _fingerprints(views.store)
        places = {r.key: Path(r.locations[0].path) for r in views.store.records(views.store.keys())}

        @lru_cache(_REMEMBERED)
        def sample_of(key: int) -> Sample | None:
            try:
                pixels = decode(places[key], (samples.INPUT,), Limits()).pixels[0]
            except (DecodeError, OSError):  # gone: nothing can be the same as it
                return None
            return Sample.of_pixels(pixels, self._prints.of(key))

        self._lookup = DuplicateLookup(self._prints, views.encoded or views.look, sample_of)

    def same(self, path: Path) -> set[int]:
        """Keys of the pictures that a file is taken for."""
        small, pixels = decode(path, (fingerprints.INPUT, samples.INPUT), Limits()).pixels
        (made,) = self._library.encoded(Query((Clause("file", str(path)),)))
        vector = made.look if made.encoded is None else made.encoded
        assert vector is not None  # a file is a picture
        copy = Sample.of_pixels(pixels, fingerprints.fingerprints(small[None])[0])
        return set(self._lookup.same(copy, vector))


def _fingerprints(store: LanceStore) -> Fingerprints:
    """Those of all pictures; the library may not have compared them yet."""
    known = FingerprintTable(store.path).all()
    missing = store.records(np.setdiff1d(store.keys(), known.keys))
    made = []
    for record in missing:
        try:
            path = Path(record.locations[0].path)
            pixels = decode(path, (fingerprints.INPUT,), Limits()).pixels[0]
            made.append((record.key, fingerprints.fingerprints(pixels[None])[0]))
        except (DecodeError, OSError):  # gone: it is looked for no more
            continue
    return known.with_more(made)


def _rows(bench: Bench) -> Iterator[Row]:
    finder, names = _Finder(bench), QUICK if bench.quick else tuple(ALTERATIONS)
    pictures = [p for at, p in enumerate(sample(bench)) if bench.split in ("all", half_of(at))]
    twins = {p.key: finder.same(Path(p.locations[0].path)) | {p.key} for p in pictures}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            found = wrong = 0
            for picture in pictures:
                image, _ = open_oriented(Path(picture.locations[0].path), Limits())
                file = Path(folder) / f"{picture.id}.picture"
                random = np.random.default_rng(picture.key)
                file.write_bytes(ALTERATIONS[name](image.convert("RGB"), random))
                same = finder.same(file)
                found += picture.key in same
                wrong += len(same - twins[picture.key])  # what it holds twice is no mistake
            values = {
                "recall": found / max(len(pictures), 1),
                "precision": found / max(found + wrong, 1),
            }
            yield Row(NAME, name, "library", len(pictures), values)


NAME = "duplicates"
SUITE = Suite(NAME, "a copy is named as the same picture, and nothing else is", _rows, SETS)
