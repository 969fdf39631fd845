"""A large library that is made of a small real one: its vectors, words and facts, varied.

A made-up picture lies between a real one and one of its ten nearest, in every space by the same
share, plus noise. It has the words of the two, of which three in ten are replaced by others as
often as the library uses them, and a date, a camera, a folder and a size of its own.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import unit_rows
from lookalike.imaging.picture import PictureFacts
from lookalike.sources.metadata import Metadata
from lookalike.store.lance_store import LanceStore
from lookalike.store.maintenance import maintain
from lookalike.store.rows import Location, PictureRecord
from lookalike.store.writer import writing
from measure import say
from vectors import Floats

BATCH = 10_000
NEAREST = 10
OTHER_WORDS = 0.3
NOISE = 0.3
MOST_WORDS = 40
CAMERAS = ("Canon EOS 70D", "NIKON D750", "Apple iPhone 12", "SONY ILCE-7M3", "Pixel 6", "")
FIRST_DAY, DAYS = datetime(2005, 1, 1), 7300


@dataclass(frozen=True)
class Seed:
    """A real library: for each picture its vectors by space, its words and its nearest ones."""

    vectors: dict[str, Floats]
    words: list[list[str]]
    nearest: np.ndarray[Any, np.dtype[np.int64]]

    @classmethod
    def of(cls, store: LanceStore) -> Seed:
        """Read a library."""
        keys = store.keys()
        spaces = store.description.made_with
        vectors = {space.name: store.vectors(space, keys) for space in spaces}
        look = vectors[spaces[0].name]
        nearest = np.argsort(-(look @ look.T), axis=1)[:, 1 : NEAREST + 1]
        words = [record.text.split()[:MOST_WORDS] for record in store.records(keys)]
        return cls(vectors, words, nearest)


def grow(source: Path, target: Path, rows: int) -> LanceStore:
    """Make a library of so many pictures, or find the one that was made before."""
    done = target / "grown.json"
    if done.exists() and json.loads(done.read_text())["rows"] == rows:
        return LanceStore(target)
    shutil.rmtree(target, ignore_errors=True)
    seed_store = LanceStore(source)
    seed = Seed.of(seed_store)
    store = LanceStore.create(target, seed_store.description.made_with)
    random = np.random.default_rng(7)
    with writing(store) as writer:
        for first in range(0, rows, BATCH):
            count = min(BATCH, rows - first)
            parents = random.integers(0, len(seed.words), count)
            others = seed.nearest[parents, random.integers(0, NEAREST, count)]
            vectors = _between(seed, parents, others, random)
            writer.append(list(_records(seed, first, parents, others, random)), vectors)
            say(f"{first + count:,} pictures")
        health = maintain(store)
    done.write_text(json.dumps({"rows": rows, "spaces": [vars(space) for space in health]}))
    return LanceStore(target)


def _between(seed: Seed, parents: Any, others: Any, random: np.random.Generator) -> dict[str, Any]:
    share = random.random((len(parents), 1), dtype=np.float32)
    found = {}
    for name, rows in seed.vectors.items():
        apart = rows[others] - rows[parents]
        noise = random.standard_normal(apart.shape, dtype=np.float32) / np.sqrt(apart.shape[1])
        distance = np.linalg.norm(apart, axis=1, keepdims=True)
        found[name] = unit_rows(rows[parents] + share * apart + NOISE * distance * noise)
    return found


def _records(
    seed: Seed, first: int, parents: Any, others: Any, random: np.random.Generator
) -> Iterator[PictureRecord]:
    for i, (parent, other) in enumerate(zip(parents.tolist(), others.tolist(), strict=True)):
        number = first + i
        words = _varied(seed, [*seed.words[parent], *seed.words[other]], random)
        taken = FIRST_DAY + timedelta(days=int(random.integers(DAYS)))
        path = f"/pictures/{taken.year}/{random.integers(400)}/{number}.jpg"
        yield PictureRecord(
            id=f"{number:032x}",
            locations=(Location(path, "/pictures", f"stamp-{number}", f"picture {number}"),),
            size_bytes=int(random.integers(20_000, 5_000_000)),
            facts=PictureFacts("jpeg", int(random.integers(200, 6000)), 2000, "RGB"),
            metadata=Metadata(
                title=" ".join(words[:4]),
                caption=" ".join(words[4:]),
                tags=tuple(dict.fromkeys(words[:3])),
                taken=taken,
                camera=CAMERAS[int(random.integers(len(CAMERAS)))],
            ),
        )


def _varied(seed: Seed, words: Sequence[str], random: np.random.Generator) -> list[str]:
    kept = [word for word in words if random.random() > 0.5]
    for at in np.flatnonzero(random.random(len(kept)) < OTHER_WORDS).tolist():
        others = seed.words[int(random.integers(len(seed.words)))]
        kept[at] = others[int(random.integers(len(others)))] if others else kept[at]
    return kept
