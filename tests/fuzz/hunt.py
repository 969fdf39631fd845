"""Damaged pictures through the decoding pool, and what may become of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from lookalike.errors import DecodeError
from lookalike.imaging.picture import Decoded, InputSpec, Limits
from lookalike.imaging.worker_process import Outcome
from lookalike.imaging.workers import DecodePool
from tests.fuzz.mutations import damaged

SPECS = (InputSpec(16, "squash"), InputSpec(32, "within"))
LIMITS = Limits(max_pixels=4_000_000, max_memory_bytes=512 * 2**20, timeout_s=10.0)
WORKER_MIB = 64
"""What a decoding process takes before its first picture."""

EXPECTED = frozenset(
    {
        "corrupt",
        "empty-file",
        "not-a-picture",
        "out-of-memory",
        "too-many-pixels",
        "truncated",
        "unsupported-format",
        "zero-size",
    }
)
"""Codes for what is wrong with a file."""

LOST = frozenset({"decode-timeout", "decoder-crashed"})
"""Codes for faults of a codec; they cost one picture and no more."""


@dataclass(frozen=True)
class Damaged:
    """A damaged picture: a task of the pool."""

    location: str
    content: bytes
    frame: int = 1

    @property
    def path(self) -> Path:
        return Path(self.location)


def batch(sound: Sequence[bytes], seed: int, size: int) -> list[Damaged]:
    """So many damaged pictures; the same for the same seed."""
    random = Random(seed)
    return [
        Damaged(f"/{seed}-{number}", damaged(sound, random), random.choice((1, 1, 2)))
        for number in range(size)
    ]


def check(found: Outcome) -> str:
    """The code of an outcome, ``decoded`` if it is a picture; it must be a sound one.

    Raises:
        AssertionError: it is none that anybody expects.
    """
    if isinstance(found, DecodeError):
        assert found.code in EXPECTED | LOST, f"{found.code}: {found.message}"
        assert found.message.startswith("/"), found.message
        assert "\n" not in found.message, found.message
        return found.code
    assert isinstance(found, Decoded)
    square, shown = found.pixels
    assert square.shape == (16, 16, 3)
    assert max(shown.shape[:2]) <= 32
    assert len(found.id) == 32
    assert found.facts.width > 0
    assert found.facts.height > 0
    return "decoded"


def hunt(pool: DecodePool, tasks: Iterable[Damaged]) -> tuple[Counter[str], list[Damaged]]:
    """What became of the tasks: how many of each code, and those that cost a process."""
    counts: Counter[str] = Counter()
    lost = []
    for task, found in pool.run(tasks):
        code = check(found)
        counts[code] += 1
        if code in LOST:
            lost.append(task)
    return counts, lost


def check_memory() -> float:
    """The most that a decoding process holds now, in MiB; it must be within the limits."""
    held = [child.memory_info().rss / 2**20 for child in psutil.Process().children()]
    most = max(held, default=0.0)
    assert most < WORKER_MIB + LIMITS.max_memory_bytes / 2**20
    return most
