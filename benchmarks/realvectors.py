"""Vectors of the real pictures in the shared data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vectors import Floats, unit_rows


def alexnet_vectors(shared: Path) -> Floats:
    """AlexNet fc7 features of 1,250 photos, shape (1250, 4096), unit rows."""
    (file,) = (shared / "seed0_flickr" / "features").glob("*.npz")
    with np.load(file) as found:
        return unit_rows(found["features"].astype(np.float32))


def lite0_vectors(shared: Path, batch: int = 64) -> Floats:
    """EfficientNet-Lite0 vectors of every shared picture that decodes, shape (n, 1280)."""
    from lookalike.encoders.registry import load_image_encoder
    from lookalike.imaging.picture import Decoded, Limits
    from lookalike.imaging.workers import DecodePool
    from lookalike.settings import Settings
    from lookalike.sources.entry import Entry
    from lookalike.sources.folder import FolderSource

    encoder = load_image_encoder("efficientnet-lite0", Settings.from_environment().cache)
    entries = (entry for entry in FolderSource(shared).scan() if isinstance(entry, Entry))
    vectors: dict[str, Floats] = {}
    waiting: dict[str, Decoded] = {}

    def encode() -> None:
        features = encoder.encode(np.stack([decoded.pixels[0] for decoded in waiting.values()]))
        vectors.update(zip(waiting, features.vectors, strict=True))
        waiting.clear()

    with DecodePool(2, (encoder.input,), Limits(timeout_s=10)) as pool:
        for _, outcome in pool.run(entries):
            if isinstance(outcome, Decoded) and outcome.id not in vectors:
                waiting[outcome.id] = outcome
            if len(waiting) == batch:
                encode()
    if waiting:
        encode()
    # The decoders finish in any order; the same pictures shall give the same rows.
    return np.stack([vectors[name] for name in sorted(vectors)])
