"""The pictures that the indexing benchmarks run on; made once in a work folder, never kept."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

PHOTOS = ("caltech101", "flickr8k", "grocery", "clothing")
SMALL = ("cifar10",)
_SUFFIXES = {".jpg", ".jpeg", ".png"}


def repeated(shared: Path, sets: tuple[str, ...], count: int, folder: Path) -> Path:
    """Copies of the shared pictures of some sets, each with bytes of its own behind its end."""
    files = sorted(
        file for name in sets for file in (shared / name).rglob("*") if file.suffix in _SUFFIXES
    )
    done = folder / f"pictures-{count}"
    if done.exists():
        return done
    making = folder / f"pictures-{count}.partly"
    making.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        file = files[number % len(files)]
        place = making / f"{number // 500:03}"
        place.mkdir(exist_ok=True)
        # Decoders stop at the end mark; the hash of the file does not.
        mark = b"" if number < len(files) else number.to_bytes(4, "big")
        (place / f"{number:06}{file.suffix}").write_bytes(file.read_bytes() + mark)
    return making.rename(done)


def tiny(count: int, folder: Path) -> Path:
    """Small JPEGs of 32 x 32 pixels, all different."""
    from PIL import Image

    done = folder / f"tiny-{count}"
    if done.exists():
        return done
    making = folder / f"tiny-{count}.partly"
    making.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    for number in range(count):
        place = making / f"{number // 1000:03}"
        place.mkdir(exist_ok=True)
        coarse = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=85)
        (place / f"{number:06}.jpg").write_bytes(out.getvalue())
    return making.rename(done)
