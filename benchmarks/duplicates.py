"""How well copies of pictures are told from pictures that look alike.

``python benchmarks/duplicates.py DATA --library LIBRARY`` alters pictures of some data sets as
people do (``lookalike.lab.alterations``), and looks each copy up among all pictures of the library,
which was made by ``lookalike index DATA -L LIBRARY`` and compared by ``lookalike duplicates -L
LIBRARY``. Found is a copy whose original is named as the same picture; false is every other picture
that is named. Thresholds were chosen on the sets of ``tune``; those of ``proof`` were only ever
reported.

``python benchmarks/duplicates.py one --library LIBRARY`` looks single new pictures up: crops and
smaller copies, decoded already, of pictures of the library.

``python benchmarks/duplicates.py scale`` looks for near hashes among a million made-up ones.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lookalike.encoders.registry import load_image_encoder
from lookalike.imaging import fingerprints
from lookalike.imaging.decode import decode_bytes, open_oriented
from lookalike.imaging.picture import Limits
from lookalike.lab.alterations import ALTERATIONS
from lookalike.opening import open_library
from lookalike.search.duplicates import sample
from lookalike.search.duplicates.candidates import HashIndex
from lookalike.search.duplicates.lookup import DuplicateLookup
from lookalike.search.duplicates.sample import Sample
from lookalike.store.fingerprints import Fingerprints, FingerprintTable
from lookalike.store.sketches import SketchTable
from measure import RESULTS, as_named, machine, memory, say, table

HALVES = {
    "tune": (
        ("caltech101", 0),
        ("clothing", 0),
        ("seed0_flickr", 0),
        ("tuxpaint_stamps", 60),
        ("tuxpaint_stamps", 88),
    ),
    "proof": (
        ("flickr8k", 0),
        ("grocery", 0),
        ("tuxpaint_stamps", 0),
        ("imagenet_sample", 0),
    ),
}
"""Data sets, and from which of their shuffled pictures on; with `--pictures 28` the halves share
none."""

LIMITS = Limits()
LEAST_SIDE = 32


class Looker:
    """Looks copies up in a library, as ``lookalike duplicates`` does with new pictures."""

    def __init__(self, path: Path) -> None:
        self.library = open_library(path)
        views = self.library.views()
        self.view = views.encoded or views.look
        self.prints = FingerprintTable(path).all()
        self.sketches = SketchTable(path)
        self.lookup = DuplicateLookup(self.prints, self.view, self.sample)
        store = self.library.views().store
        self.records = {record.key: record for record in store.records(store.keys())}

    @lru_cache(3000)  # noqa: B019 - one object, alive as long as the script
    def sample(self, key: int) -> Sample:
        return Sample(self.sketches.of([key])[key], self.prints.of(key))

    def same(self, copy: Sample, vector: np.ndarray) -> set[int]:
        """Keys of the pictures that the copy is taken for."""
        return set(self.lookup.same(copy, vector))


def _originals(data: Path, half: str, count: int) -> Iterator[Path]:
    """Pictures of each set in turn."""
    sets = []
    for name, skipped in HALVES[half]:
        with (data / name / "manifest.csv").open(encoding="utf-8") as file:
            paths = [data / name / row["path"] for row in csv.DictReader(file)]
        random.Random(1).shuffle(paths)
        sets.append(paths[skipped : skipped + count])
    for turn in zip(*sets, strict=False):
        yield from turn


def transforms(looker: Looker, data: Path, half: str, count: int, cache: Path) -> dict[str, Any]:
    """Found, lost and false for each alteration."""
    encoder = load_image_encoder("efficientnet-lite0", cache, "auto", 1)
    at = {place.path: key for key, r in looker.records.items() for place in r.locations}
    tallies: dict[str, dict[str, Any]] = defaultdict(lambda: {"copies": 0, "found": 0, "false": []})
    specs = (encoder.input, fingerprints.INPUT, sample.INPUT)
    for number, path in enumerate(_originals(data, half, count)):
        key = at.get(str(path))
        if key is None:
            continue
        image, _ = open_oriented(path, LIMITS)
        if min(image.size) < LEAST_SIDE:
            continue
        copies = [
            decode_bytes(alter(image, np.random.default_rng([number, i])), specs, LIMITS, name)
            for i, (name, alter) in enumerate(ALTERATIONS.items())
        ]
        vectors = encoder.encode(np.stack([copy.pixels[0] for copy in copies])).vectors
        prints = fingerprints.fingerprints(np.stack([copy.pixels[1] for copy in copies]))
        twins = looker.same(looker.sample(key), looker.view.vectors(np.array([key]))[0])
        for name, copy, vector, own in zip(ALTERATIONS, copies, vectors, prints, strict=True):
            same = looker.same(Sample.of_pixels(copy.pixels[2], own), vector)
            tally = tallies[name]
            tally["copies"] += 1
            tally["found"] += key in same
            tally["false"] += [
                [str(path.relative_to(data)), _short(looker, other, data)]
                for other in sorted(same - {key} - twins)
            ]
            # A picture that the data set holds twice is no mistake, but is told.
            tally["twins"] = tally.get("twins", 0) + len(same & twins - {key})
        if number % 8 == 7:
            say(f"{half}: {number}\n{tell(half, tallies)}")
    return dict(tallies)


def _short(looker: Looker, key: int, data: Path) -> str:
    return str(Path(looker.records[key].locations[0].path).relative_to(data))


def tell(half: str, tallies: dict[str, Any]) -> str:
    rows = []
    for name, tally in tallies.items():
        right, wrong = tally["found"], len(tally["false"])
        precision = right / max(right + wrong, 1)
        recall = right / tally["copies"]
        rows.append([name, tally["copies"], f"{recall:.3f}", f"{precision:.3f}", wrong])
    return table([half, "copies", "recall", "precision", "false"], rows)


def one_by_one(looker: Looker, pictures: int) -> dict[str, Any]:
    """Milliseconds that one new picture takes: fingerprint, candidates, comparing them."""
    keys = np.random.default_rng(2).choice(sorted(looker.records), pictures, replace=False)
    parts: dict[str, list[float]] = defaultdict(list)
    for key in keys.tolist():
        old = looker.sample(key)
        vector = looker.view.vectors(np.array([key]))[0]
        pixels = np.ascontiguousarray(old.pixels[::-1, ::-1])  # a turned copy, new to all caches
        small = cv2.resize(pixels, (fingerprints.SIDE, fingerprints.SIDE))
        for other in looker.lookup.candidates(old, vector):
            _ = looker.sample(other).size  # a file is read from the disk, or it is not
        used, began = time.process_time(), time.perf_counter()
        own = fingerprints.fingerprints(small[None])[0]
        printed = time.perf_counter()
        copy = Sample.of_pixels(pixels, own)
        made = time.perf_counter()
        candidates = looker.lookup.candidates(copy, vector)
        looked = time.perf_counter()
        same = looker.lookup.same(copy, vector)
        done = time.perf_counter()
        parts["fingerprint"].append(printed - began)
        parts["sketch"].append(made - printed)
        parts["candidates"].append(looked - made)
        parts["comparing"].append(done - looked - (looked - made))
        parts["together"].append(done - looked + made - began)
        # Without what lookup.same repeats, and without waiting for others on a busy machine.
        parts["processor time"].append(time.process_time() - used - (looked - made))
        parts["number of candidates"].append(len(candidates) / 1000)
        parts["found"].append((key in same) / 1000)
    middle = {name: round(1000 * float(np.median(all_)), 2) for name, all_ in parts.items()}
    return {"pictures": pictures, "library": len(looker.records), "p50_ms": middle}


def scale(rows: int) -> dict[str, Any]:
    """Near hashes among made-up ones, a hundredth of which are noisy, turned copies of others."""
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 256, (rows, fingerprints.BYTES), np.uint8)
    copies = rng.choice(rows, rows // 100, replace=False)
    sources = rng.choice(np.setdiff1d(np.arange(rows), copies), len(copies), replace=False)
    for copy, source in zip(copies, sources, strict=True):
        turned = fingerprints.orientations(hashes[source][None])[rng.integers(8), 0]
        bits = np.unpackbits(turned)
        bits[rng.choice(256, rng.integers(0, 21), replace=False)] ^= 1
        hashes[copy] = np.packbits(bits)
    before = memory()["rss"]
    prints = Fingerprints(np.arange(rows), hashes, hashes, np.full(rows, 255, np.uint8))
    began = time.perf_counter()
    near = HashIndex(prints)
    built = time.perf_counter() - began
    held = memory()["rss"] - before
    asked = np.concatenate([copies[:500], sources[:500]])
    began = time.perf_counter()
    found = near.near(hashes[asked][:, None])
    each = (time.perf_counter() - began) / len(asked)
    hits = sum(
        source in near_keys
        for source, near_keys in zip(sources[:500].tolist(), found[:500], strict=True)
    )
    single = []
    for key in asked[:50]:
        began = time.perf_counter()
        near.near(hashes[key][None, None])
        single.append(time.perf_counter() - began)
    return {
        "hashes": rows,
        "build_s": round(built, 1),
        "index_mb": round(held),
        "recall_of_copies_up_to_20_bits": hits / 500,
        "ms_each_in_blocks": round(each * 1000, 3),
        "ms_one_alone_p50": round(float(np.median(single)) * 1000, 2),
        "all_pairs_minutes": round(each * rows / 60, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "other_pairs": int(sum(len(keys) for keys in found) - len(asked) - 2 * hits),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="folder of the shared data sets, `scale` or `one`")
    parser.add_argument("--library", type=Path, default=Path(".lookalike"))
    parser.add_argument("--cache", type=Path, default=Path("/tmp/lookalike-cache"))
    parser.add_argument("--pictures", type=int, default=60, help="of each data set")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--half", choices=[*HALVES, "both"], default="both")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    if given.data == "scale":
        result: dict[str, Any] = {"scale": scale(given.rows)}
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
        name = "duplicates-scale"
    elif given.data == "one":
        result = {"one": one_by_one(Looker(given.library), given.pictures)}
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
        name = "duplicates-one"
    else:
        data = as_named(Path(given.data))
        with Looker(given.library).library as library:
            library.compare()
        looker = Looker(given.library)
        halves = HALVES if given.half == "both" else (given.half,)
        result = {}
        for half in halves:
            result[half] = transforms(looker, data, half, given.pictures, given.cache)
            sys.stdout.write(tell(half, result[half]) + "\n\n")
        name = f"duplicates-{given.half}"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine()} | result, indent=1))


if __name__ == "__main__":
    main()
