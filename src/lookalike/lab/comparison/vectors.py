"""The vectors of a library's pictures by any encoder, made once and kept on the disk.

They lie below the cache folder, one folder an encoder, by the pictures' ids: what one comparison
made serves every other one over the same pictures, and an interrupted one goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Float32Array, ImageEncoder
from lookalike.encoders.models import ModelInfo
from lookalike.encoders.registry import load_image_encoder, resolve_model
from lookalike.lab.topics import Searchable
from lookalike.pipeline.added_spaces import LEARNED_FROM
from lookalike.pipeline.fill import FromPictures, pixels_of
from lookalike.settings import Settings
from lookalike.store.known import Int64Array
from lookalike.store.lance_store import LanceStore

STEP = 512
"""Pictures that are encoded before they are kept: what a kill may cost."""

OnCount = Callable[[str, int, int], None]


class PictureVectors:
    """Vectors by encoder, for the pictures of one library.

    Args:
        library: whose pictures.
        settings: where the cache is, and what runs the encoders.
    """

    def __init__(self, library: Searchable, settings: Settings) -> None:
        self._library, self._settings = library, settings

    def of(
        self, info: ModelInfo, keys: Int64Array, on_count: OnCount = lambda *_: None
    ) -> Float32Array:
        """Vectors of shape (n, dims), float32; a row of zeros for a picture that cannot be read.

        They are rounded to float16, as a library keeps them.

        Args:
            info: of the encoder.
            keys: of n pictures.
            on_count: told what is being done, how many pictures are done, and of how many.

        Raises:
            ModelError: the encoder cannot be loaded.
            UsageError: it learns from the pictures, and they are too few.
        """
        store = self._library.views().store
        if (held := self._held(store, info, keys)) is not None:
            return held
        ids = _ids(store, keys)
        folder = self.folder(info, ids)
        known = _read(folder)
        missing = np.array([row for row, name in enumerate(ids) if name not in known], np.int64)
        if len(missing):
            source = FromPictures(
                self._encoder(info, store, keys, folder, on_count), store.path, self._workers
            )
            for start in range(0, len(missing), STEP):
                on_count(f"encoding by {info.name}", start, len(missing))
                rows = missing[start : start + STEP]
                made = source.vectors(store, keys[rows]).astype(np.float16)
                _write(folder, [ids[row] for row in rows], made)
                known |= dict(zip((ids[row] for row in rows), made, strict=True))
        return np.stack([known[name] for name in ids]).astype(np.float32)

    def folder(self, info: ModelInfo, ids: Sequence[str]) -> Path:
        """Where the vectors of an encoder lie.

        Args:
            info: of the encoder.
            ids: of the pictures: one that learns from them has other vectors for others.
        """
        plain = re.sub(r"[^\w.@+-]", "_", info.name)
        digest = hashlib.sha256("".join(ids).encode()).hexdigest()[:16]
        taught = f"-{digest}" if info.learns else ""
        name = f"{plain}-{info.recipe}{taught}"
        return self._settings.cache / "compared" / "vectors" / name

    def _held(self, store: LanceStore, info: ModelInfo, keys: Int64Array) -> Float32Array | None:
        """Those of the library itself, if it has a space of this encoder with all of them."""
        for space in self._library.description.ready:
            same = (space.encoder, space.recipe, space.base) == (info.name, info.recipe, "")
            if same and space.kind == info.space and np.isin(keys, store.keys_in(space)).all():
                return store.vectors(space, keys)
        return None

    @property
    def _workers(self) -> int:
        return self._settings.threads or os.cpu_count() or 1

    def _encoder(
        self, info: ModelInfo, store: LanceStore, keys: Int64Array, folder: Path, on_count: OnCount
    ) -> ImageEncoder:
        settings = self._settings
        learning = resolve_model(info.name, settings.cache).learning
        if learning is None:
            return load_image_encoder(
                info.name, settings.cache, settings.preference, settings.threads, "index"
            )
        kept = folder / "learned"
        if not kept.exists():
            assert info.input is not None
            on_count(f"teaching {info.name}", 0, 1)
            few = np.sort(np.random.default_rng(0).permutation(keys)[:LEARNED_FROM])
            taught = learning.learn(pixels_of(store, store.path, few, info.input, self._workers))
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / "learned.tmp"
            unfinished.write_bytes(taught)
            unfinished.replace(kept)
        return learning.load(kept.read_bytes())


def _ids(store: LanceStore, keys: Int64Array) -> list[str]:
    table = store.facets(["key", "id"])
    by_key = dict(zip(table["key"].to_pylist(), table["id"].to_pylist(), strict=True))
    return [by_key[key] for key in keys.tolist()]


def _read(folder: Path) -> dict[str, Float32Array]:
    found: dict[str, Float32Array] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            found |= dict(zip(arrays["ids"].tolist(), arrays["vectors"], strict=True))
    return found


def _write(
    folder: Path, ids: list[str], vectors: np.ndarray[tuple[int, ...], np.dtype[np.float16]]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    unfinished = folder / f"{name}.tmp"
    with unfinished.open("wb") as file:
        np.savez(file, ids=np.array(ids), vectors=vectors)
    unfinished.replace(folder / f"{name}.npz")
