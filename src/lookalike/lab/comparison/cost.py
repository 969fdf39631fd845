"""What an encoder costs: time and memory, measured in a process of its own.

``python -m lookalike.lab.comparison.cost NAME CACHE RUNTIME THREADS`` prints one JSON object.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from lookalike.settings import Settings

BATCH, ROUNDS = 16, 3
LIMIT_S = 300


@dataclass(frozen=True)
class Cost:
    """What encoding pictures costs.

    Attributes:
        ms_per_picture: of the model alone, in batches of 16; the quickest of three.
        peak_mb: resident memory of a process that does nothing else.
    """

    ms_per_picture: float
    peak_mb: float


def cost_of(encoder: str, recipe: int, settings: Settings, *, again: bool = False) -> Cost | None:
    """Measure an encoder on this machine, once: the figures are kept in the cache folder.

    Returns:
        None if the encoder cannot run by itself, e.g. because a library must teach it first.
    """
    named = [
        encoder,
        recipe,
        settings.preference,
        settings.threads,
        platform.node(),
        os.cpu_count(),
    ]
    digest = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
    kept = settings.cache / "compared" / "costs" / f"{digest}.json"
    if again or not kept.exists():
        arguments = [encoder, str(settings.cache), settings.preference, str(settings.threads)]
        done = subprocess.run(
            [sys.executable, "-m", __name__, *arguments],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        if done.returncode:
            return None
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(done.stdout, encoding="utf-8")
    return Cost(**json.loads(kept.read_text(encoding="utf-8")))


def measure(encoder: str, cache: Path, runtime: str, threads: int) -> Cost:
    """Load an encoder and encode noise."""
    import numpy as np
    import psutil

    from lookalike.encoders.registry import load_image_encoder

    model = load_image_encoder(encoder, cache, runtime, threads)
    side = model.input.size
    pixels = np.random.default_rng(0).integers(0, 256, (BATCH, side, side, 3), np.uint8)
    model.encode(pixels)
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        model.encode(pixels)
        times.append(time.perf_counter() - began)
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", None) or _peak_bytes()
    return Cost(round(min(times) / BATCH * 1000, 3), round(peak / 2**20, 1))


def _peak_bytes() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    name, cache, runtime, threads = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(measure(name, Path(cache), runtime, int(threads)))))
