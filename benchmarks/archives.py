"""What indexing out of an archive costs, beside indexing the same files from a folder.

Processor time, all processes together, is what counts: on a busy machine the wall clock measures
the others.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from measure import machine
from pictures import PHOTOS, repeated

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
ROUNDS = 3


def packed(folder: Path, into: Path) -> dict[str, Path]:
    """The folder, and archives of it."""
    places = {"folder": folder, "zip": into / "a.zip", "tar": into / "a.tar"}
    places["tar.gz"] = into / "a.tar.gz"
    with zipfile.ZipFile(places["zip"], "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder))
    for name, mode in (("tar", "w"), ("tar.gz", "w:gz")):
        with tarfile.open(places[name], mode) as tar:  # type: ignore[call-overload]
            tar.add(folder, ".")
    return places


def indexed(source: Path, library: Path, encoder: str) -> dict[str, float]:
    """Seconds by the clock and by the processors for one run into a new library."""
    import lookalike

    with lookalike.create(library, encoder=encoder) as opened:
        used, began = _processor_s(), time.perf_counter()
        summary = opened.index([source])
        took, used = time.perf_counter() - began, _processor_s() - used
    assert summary.failed == 0, summary.as_dict()
    shutil.rmtree(library)
    return {"wall_s": took, "cpu_s": used}


def _processor_s() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(who)[:2]) for who in whose)


def measured(count: int, encoder: str) -> dict[str, Any]:
    """The best of some rounds for each place, and its ratio to the folder's."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        places = packed(repeated(SHARED, PHOTOS, count, work), work)
        runs: dict[str, list[dict[str, float]]] = {place: [] for place in places}
        for number in range(ROUNDS):
            # Back and forth, so that a slow moment does not always meet the same one.
            for place in sorted(places, reverse=bool(number % 2)):
                runs[place].append(indexed(places[place], work / "library", encoder))
    best = {
        place: {key: round(min(run[key] for run in found), 3) for key in ("wall_s", "cpu_s")}
        for place, found in runs.items()
    }
    ratios = {
        place: round(found["cpu_s"] / best["folder"]["cpu_s"], 3) for place, found in best.items()
    }
    return {"pictures": count, "encoder": encoder, "best": best, "cpu_ratio": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--encoder", default="efficientnet-lite0")
    given = parser.parse_args()
    found = {"machine": machine(), **measured(given.count, given.encoder)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
