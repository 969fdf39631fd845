"""The steps that a picture takes, and how fast each is alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.encoders.base import ImageEncoder
from lookalike.imaging.picture import Decoded, InputSpec, Limits, UInt8Array
from lookalike.settings import Settings

BATCH = 32
_WARM = 64
_LEAST_S = 2.0


@dataclass(frozen=True)
class Speed:
    """How fast a step is.

    Attributes:
        step: its name.
        pictures: how many went through.
        per_second: pictures a second.
        detail: how it was done.
    """

    step: str
    pictures: int
    per_second: float
    detail: str = ""


@dataclass(frozen=True)
class Asked:
    """How soon a query is answered.

    Attributes:
        query: what was asked.
        rounds: how often.
        p50_ms: the median, encoding of the query included.
        p99_ms: the slowest hundredth.
    """

    query: str
    rounds: int
    p50_ms: float
    p99_ms: float


def decode(files: Sequence[Path], spec: InputSpec) -> Speed:
    """Files to pixels in worker processes, one a core, as a run does."""
    from lookalike.imaging.workers import DecodePool

    entries = [_File(path) for path in files]
    with DecodePool(_cores(), (spec,), Limits()) as pool:
        for _ in pool.run(entries[:_WARM]):
            pass  # until every worker has started
        began = time.perf_counter()
        done = sum(isinstance(outcome, Decoded) for _, outcome in pool.run(entries))
        took = time.perf_counter() - began
    return Speed("decode", done, round(done / took, 1), f"{_cores()} processes")


def encode(pixels: UInt8Array, encoder: ImageEncoder, name: str) -> Speed:
    """Pixels that are ready to vectors, in batches of 32.

    Args:
        pixels: shape (n, size, size, 3), n >= 1.
        encoder: what encodes.
        name: of its runtime.
    """
    wrapped = np.concatenate([pixels] * -(-BATCH // len(pixels)))
    encoder.encode(wrapped[:BATCH])
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < _LEAST_S:
        start = done % max(1, len(wrapped) - BATCH + 1)
        done += len(encoder.encode(wrapped[start : start + BATCH]).vectors)
    took = time.perf_counter() - began
    return Speed("encode", done, round(done / took, 1), f"{name}, batches of {BATCH}")


def plain_loop(files: Sequence[Path], encoder: ImageEncoder) -> Speed:
    """One picture after the other: Pillow, then the same network by ONNX Runtime; a named peer.

    It is the loop that most small tools and notebooks have.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    side = encoder.input.size
    done, began = 0, time.perf_counter()
    for path in files:
        try:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError):
            continue
        fitted = ImageOps.fit(upright, (side, side), Image.Resampling.BICUBIC)
        encoder.encode(np.asarray(fitted)[None])
        done += 1
        if time.perf_counter() - began > 5 * _LEAST_S:
            break
    took = time.perf_counter() - began
    return Speed("plain loop", done, round(done / took, 1), "Pillow, ONNX Runtime, one by one")


def ask(name: str, search: Callable[[int], object], rounds: int = 30) -> Asked:
    """Time searches, one after the other.

    Args:
        name: of what is asked.
        search: does it; is given the number of the round.
        rounds: how often, after two to get warm.
    """
    times = []
    for number in range(rounds + 2):
        began = time.perf_counter()
        search(number)
        times.append(1000 * (time.perf_counter() - began))
    p50, p99 = np.percentile(times[2:], [50, 99]).tolist()
    return Asked(name, rounds, round(p50, 2), round(p99, 2))


@dataclass(frozen=True)
class _File:
    path: Path


def _cores() -> int:
    return Settings.from_environment().threads or len(os.sched_getaffinity(0))
