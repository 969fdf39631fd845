"""Damaged pictures of every format: each is either a picture or an error with a known code.

For longer hunts: ``python tests/fuzz/run.py --minutes 60``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike.imaging.workers import DecodePool
from lookalike.sources.sniff import sniff
from tests.fuzz.hunt import LIMITS, LOST, SPECS, batch, check_memory, hunt
from tests.fuzz.seeds import collected, written

SECONDS = 15.0
BATCH = 40


@pytest.fixture(scope="module")
def sound(shared_data: Path) -> list[bytes]:
    return [*written(), *collected(shared_data / "nasty_pillow")]


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    with DecodePool(2, SPECS, LIMITS) as opened:
        yield opened


def test_there_are_files_of_every_format(sound: list[bytes]) -> None:
    kinds = {kind.name for data in sound if (kind := sniff(data)) is not None}
    assert kinds >= {
        *("avif", "bmp", "dds", "fli", "gif", "heif", "icns", "ico", "jpeg", "jpeg2000", "jxl"),
        *("pcx", "png", "ppm", "psd", "qoi", "sgi", "svg", "tiff", "webp", "xbm"),
    }


def test_damaged_pictures_become_pictures_or_errors_that_are_known(
    sound: list[bytes], pool: DecodePool
) -> None:
    until = time.monotonic() + SECONDS
    total: Counter[str] = Counter()

    @settings(
        max_examples=400,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**32))
    def one_batch(seed: int) -> None:
        if time.monotonic() < until:
            counts, _ = hunt(pool, batch(sound, seed, BATCH))
            assert counts.total() == BATCH, "a picture got lost"
            check_memory()
            total.update(counts)

    one_batch()
    print(dict(total))
    assert total["decoded"] > 0
    assert sum(total[code] for code in LOST) <= total.total() / 100, "codecs die of too many"
