"""Folders of drawn pictures, and what a library holds of them in a form that can be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lookalike.store.lance_store import LanceStore
from lookalike.store.rows import PictureRecord

BROKEN = b"\xff\xd8\xff\xe0 this is no JPEG"


def paint(path: Path, seed: int, size: tuple[int, int] = (48, 36)) -> Path:
    """A picture of 4 x 3 coloured fields; the same seed gives the same bytes."""
    fields = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(fields).resize(size, Image.Resampling.NEAREST).save(path)
    return path


def animate(path: Path, frames: int, start: int = 0) -> Path:
    """An animation of plain colours."""
    colours = [((start + 37 * n) % 256, (90 * n) % 256, 255 - 20 * n % 256) for n in range(frames)]
    first, *others = (Image.new("RGB", (12, 8), colour) for colour in colours)
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=others)
    return path


def tell(picture: Path, **words: object) -> Path:
    """Write a sidecar with these words beside a picture."""
    sidecar = picture.with_name(f"{picture.name}.json")
    sidecar.write_text(json.dumps(words), encoding="utf-8")
    return sidecar


@dataclass(frozen=True)
class Content:
    """All that people can tell of a library: what it holds and what it could not take in."""

    pictures: dict[str, Any]
    ledger: dict[str, Any]


def content(library: Path) -> Content:
    """Read a library whole."""
    store = LanceStore(library)
    records = store.records(store.keys())
    vectors = {
        space.name: np.round(store.vectors(space, store.keys()), 2).tolist()
        for space in store.description.spaces
    }
    pictures = {
        record.id: (_told(record), {name: rows[i] for name, rows in vectors.items()})
        for i, record in enumerate(records)
    }
    assert len(pictures) == len(records), "two rows hold the same picture"
    ledger = {
        entry.failure.location: (*vars(entry.failure).values(), entry.root)
        for entry in store.failures.all()
    }
    return Content(pictures, ledger)


def _told(record: PictureRecord) -> tuple[object, ...]:
    # Not the key and the time: they say in which order things happened.
    return (
        tuple(sorted(vars(place).items()) for place in record.locations),
        record.size_bytes,
        record.facts,
        record.metadata,
        record.classes,
        tuple(round(share, 3) for share in record.class_probs),
        record.text,
    )
