"""What regions and spatial verification gain, and what regions cost.

``python benchmarks/regions.py measure DATA`` searches among the photos of several sets and
composites that it makes: each cut-out stamp of tuxpaint_stamps pasted at 10 to 25 % of the area
of some photo, the clean stamp being the query. ``learn DATA`` makes the whitening that is shipped,
of photos of sets that are not measured.

Everything that can be chosen was chosen on every other query ("tune"); those between ("test") were
only ever reported.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.encoders import regions
from lookalike.encoders.base import unit_rows
from lookalike.encoders.efficientnet_lite import MEMBERS
from lookalike.encoders.efficientnet_regions import LiteRegions
from lookalike.encoders.postprocessing import fit_transform
from lookalike.encoders.region_grid import GRID
from lookalike.encoders.registry import load_image_encoder
from lookalike.encoders.runtimes import choose_runtime
from lookalike.imaging.decode import decode
from lookalike.imaging.local_features import Features, find_features, shared_arrangement
from lookalike.imaging.picture import Box, InputSpec, Limits, UInt8Array
from lookalike.pipeline.blending import blend
from lookalike.search.cut import length
from lookalike.search.expansion import all_expanded
from lookalike.search.fusion import Background, best_of
from lookalike.search.likeness import USUAL, by_surprise
from lookalike.search.region_scorer import LIKENESS as REGION
from measure import machine, say, table

Floats = npt.NDArray[np.float32]
ENCODER = "efficientnet-lite0"
LEARNED_FROM = ("caltech101", "clothing", "flickr8k", "imagenet_sample", "seed0_flickr")
MEASURED = ("grocery", "multiview_scenes")
STAMPS = "tuxpaint_stamps"
GROUNDS = ("flickr8k", "imagenet_sample", "seed0_flickr")
BATCH = 32
NEIGHBOURS = 8
VERIFIED = 50
VERIFY_SIDE = 640
VERIFY_FEATURES = 1000
LEAST_INLIERS = 8


@dataclass(frozen=True)
class Question:
    """A query picture, the pictures that it should find, and where it lies in the first of them."""

    dataset: str
    query: int
    relevant: frozenset[int]
    tune: bool
    box: tuple[float, ...] = ()


def photos(data: Path, sets: tuple[str, ...]) -> list[Path]:
    return [data / name / row["path"]
            for name in sets for row in rows(data / name / "manifest.csv")]  # fmt: skip


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def composites(data: Path, folder: Path) -> list[tuple[Path, Path, tuple[float, ...]]]:
    """Composite, stamp, and the box of the stamp as shares of the composite."""
    chance = random.Random(3)
    grounds = photos(data, GROUNDS)
    chance.shuffle(grounds)
    made: list[tuple[Path, Path, tuple[float, ...]]] = []
    for stamp in photos(data, (STAMPS,)):
        thing = cut_out(stamp)
        if thing is None:
            continue
        ground = Image.open(grounds.pop()).convert("RGB")
        while min(ground.size) < 120:
            ground = Image.open(grounds.pop()).convert("RGB")
        wide, high = ground.size
        scale = (chance.uniform(0.10, 0.25) * wide * high / (thing.width * thing.height)) ** 0.5
        scale = min(scale, 0.95 * wide / thing.width, 0.95 * high / thing.height)
        size = round(thing.width * scale), round(thing.height * scale)
        at = chance.randint(0, wide - size[0]), chance.randint(0, high - size[1])
        small = thing.resize(size, Image.Resampling.LANCZOS)
        ground.paste(small, at, small)
        file = folder / f"{len(made):03}.jpg"
        ground.save(file, quality=90)
        made.append((file, stamp, (at[0] / wide, at[1] / high, size[0] / wide, size[1] / high)))
    return made


def cut_out(file: Path) -> Image.Image | None:
    """The stamp without what is transparent around it; None where nothing is, or little is left."""
    image = Image.open(file)
    if image.mode not in ("RGBA", "LA", "P"):
        return None
    image = image.convert("RGBA")
    alpha = image.getchannel("A")
    box = alpha.point(lambda value: 255 if value > 8 else 0).getbbox()
    if box is None or (np.asarray(alpha) < 8).mean() < 0.1:
        return None
    image = image.crop(box)
    fits = min(image.size) >= 60 and max(image.size) <= 2.5 * min(image.size)
    return image if fits else None


def questions(data: Path, files: list[Path], made: list[Any]) -> list[Question]:
    at = {str(file.relative_to(data)): i for i, file in enumerate(files) if data in file.parents}
    relevant: dict[str, set[int]] = {}
    for line in (data / "qrels.txt").read_text(encoding="utf-8").splitlines():
        name, _, path, _ = line.split()
        if (place := at.get(path.replace("%20", " "))) is not None:
            relevant.setdefault(name, set()).add(place)
    asked = [
        (row["dataset"], at[row["query"]], frozenset(relevant[f"{row['dataset']}__{row['qid']}"]))
        for row in rows(data / "queries.csv")
        if row["dataset"] in MEASURED and row["type"].startswith("image")
    ]
    found = [
        Question(name, query, wanted, tune=sum(name == other for other, *_ in asked[:i]) % 2 == 0)
        for i, (name, query, wanted) in enumerate(asked)
    ]
    first = len(files) - len(made)
    return found + [
        Question(
            "composites", at[str(stamp.relative_to(data))], frozenset([first + i]), i % 2 == 0, box
        )
        for i, (_, stamp, box) in enumerate(made)
    ]


def pixels(files: list[Path], spec: InputSpec) -> UInt8Array:
    return np.stack([decode(file, [spec], Limits()).pixels[0] for file in files])


def encoded(files: list[Path], encoder: Any, spec: InputSpec) -> tuple[Floats, float]:
    """Vectors, and seconds that the network took."""
    parts, seconds = [], 0.0
    for start in range(0, len(files), BATCH):
        batch = pixels(files[start : start + BATCH], spec)
        began = time.perf_counter()
        parts.append(encoder.encode(batch).vectors.astype(np.float16))
        seconds += time.perf_counter() - began
    return np.concatenate(parts), seconds


def measure(data: Path, folder: Path, *, crops: bool) -> list[dict[str, Any]]:
    made = composites(data, folder)
    files = photos(data, (*MEASURED, *LEARNED_FROM, STAMPS)) + [file for file, *_ in made]
    asked = questions(data, files, made)
    encoder = load_image_encoder(ENCODER, folder / "cache")
    mapped = regions.load_region_encoder(ENCODER, folder / "cache")
    whole, alone = kept(folder / "whole.npy", lambda: encoded(files, encoder, encoder.input))
    say(f"whole pictures: {1000 * alone / len(files):.1f} ms each in the network")
    parts, seconds = kept(folder / "parts.npy", lambda: encoded(files, mapped, mapped.input))
    say(f"regions: {1000 * seconds / len(files):.1f} ms ({seconds / (alone or 1):.1f} times)")
    stored = {"feature map": parts.reshape(len(files), len(GRID), -1)}
    if crops:
        whitening = regions.whitening_of(ENCODER)
        cut, seconds = [], 0.0
        for box in GRID:
            spec = InputSpec(encoder.input.size, "squash", box=Box(*(100 * side for side in box)))
            vectors, took = encoded(files, encoder, spec)
            cut.append(whitening(vectors.astype(np.float32)))
            seconds += took
        say(f"crops: {1000 * seconds / len(files):.1f} ms ({seconds / alone:.1f} times)")
        stored["crops"] = np.stack(cut, axis=1)
    queries = whole[[one.query for one in asked]].astype(np.float32)
    scores = queries @ whole.astype(np.float32).T
    sample = np.random.default_rng(0).choice(len(files), 1024, replace=False)
    surprise = surprising(scores, sample)
    results = evaluated("whole pictures", asked, surprise, None)
    centred = unit_rows(whole.astype(np.float32) - whole.astype(np.float32).mean(axis=0))
    rows, own = blend(centred, centred, NEIGHBOURS), np.array([one.query for one in asked])
    moved = all_expanded(centred[own], rows, own) @ rows.T
    blended, heavy = surprising(moved, sample), surprising(moved, sample, upper=True)
    results += evaluated("whole, blended", asked, blended, None)
    for name, vectors in stored.items():
        turned = np.stack([regions.region_query(ENCODER, query) for query in queries])
        likeness = np.stack([vectors.astype(np.float32) @ one for one in turned])
        best, place = likeness.max(axis=2), likeness.argmax(axis=2)
        parted = surprising(best, sample)
        both = np.stack([best_of(pair)[1] for pair in zip(surprise, parted, strict=True)])
        results += evaluated(f"regions ({name})", asked, both, place)
        before = np.stack([best_of(pair)[1] for pair in zip(blended, parted, strict=True)])
        results += evaluated(f"regions ({name}), blended as before", asked, before, place)
        used = np.stack([best_of(pair)[1] for pair in zip(heavy, parted, strict=True)])
        results += evaluated(f"regions ({name}), blended", asked, used, place)
        if name == "feature map":
            results += ended(asked, used, {
                "region": REGION.chance(best),
                "whole": USUAL.chance(scores),
                "odds against the library": by_surprise(parted, len(files)),
            })  # fmt: skip
            results += evaluated("regions, blended, verified", asked,
                                 verified(files, asked, used), place)  # fmt: skip
    results += evaluated("whole, blended, verified", asked, verified(files, asked, blended), None)
    return results


def kept(file: Path, make: Callable[[], tuple[Floats, float]]) -> tuple[Floats, float]:
    """Vectors, and the seconds they took: 0 where they are kept in the file."""
    if file.exists():
        return np.load(file), 0.0
    vectors, seconds = make()
    np.save(file, vectors)
    return vectors, seconds


def surprising(scores: Floats, sample: npt.NDArray[Any], *, upper: bool = False) -> Floats:
    """Surprise of each query's scores, shape (queries, pictures)."""
    return np.stack([Background.of(r[sample], upper=upper).surprise(r) for r in scores])


def ended(
    asked: list[Question], scores: Floats, chances: dict[str, Floats]
) -> list[dict[str, Any]]:
    """F1 of the list that ends by each chance, and of the best threshold in hindsight."""
    results = []
    for half in ("tune", "test"):
        for dataset in (*MEASURED, "composites"):
            some = [(i, one) for i, one in enumerate(asked)
                    if one.dataset == dataset and one.tune == (half == "tune")]  # fmt: skip
            edges = np.unique(np.quantile(np.sort(scores[[i for i, _ in some]])[:, -100:],
                                          np.linspace(0, 1, 300)))  # fmt: skip
            best = max(np.mean([f1(scores[i], int((np.delete(scores[i], one.query) >= t).sum()),
                                   one) for i, one in some]) for t in edges)  # fmt: skip
            for name, chance in chances.items():
                f1s = []
                for i, one in some:
                    order = np.argsort(-scores[i], kind="stable")
                    order = order[order != one.query]
                    f1s.append(f1(scores[i], length(chance[i][order], 1.0), one))
                results.append({"half": half, "set": dataset, "queries": len(some),
                                "way": f"ends by {name}", "F1": round(float(np.mean(f1s)), 3),
                                "best F1": round(float(best), 3),
                                "ratio": round(float(np.mean(f1s) / best), 2)})  # fmt: skip
    return results


def f1(scores: Floats, count: int, question: Question) -> float:
    """F1 of the first hits."""
    order = np.argsort(-scores, kind="stable")
    found = np.isin(order[order != question.query][:count], list(question.relevant)).sum()
    return 2 * float(found) / max(count + len(question.relevant), 1)


def verified(files: list[Path], asked: list[Question], scores: Floats) -> Floats:
    """The first hits, those first that share an arrangement of points with the query."""
    known: dict[int, Features] = {}
    spec = InputSpec(VERIFY_SIDE, "within")

    def features(at: int) -> Features:
        if at not in known:
            known[at] = find_features(pixels([files[at]], spec)[0], VERIFY_FEATURES)
        return known[at]

    changed = scores.copy()
    for row, question in zip(changed, asked, strict=True):
        order = np.argsort(-row, kind="stable")
        for at in order[order != question.query][:VERIFIED]:
            inliers = shared_arrangement(features(question.query), features(int(at)), VERIFY_SIDE)
            row[at] += inliers if inliers >= LEAST_INLIERS else 0
    return changed


def evaluated(
    name: str, asked: list[Question], scores: Floats, place: npt.NDArray[Any] | None
) -> list[dict[str, Any]]:
    results = []
    for half in ("tune", "test"):
        for dataset in (*MEASURED, "composites"):
            some = [
                (i, one)
                for i, one in enumerate(asked)
                if one.dataset == dataset and one.tune == (half == "tune")
            ]
            ranked = [judged(scores[i], one) for i, one in some]
            first, ten, precision = np.mean(ranked, axis=0)
            row = {"half": half, "set": dataset, "queries": len(some), "way": name,
                   "R@1": first, "R@10": ten, "mAP": precision, "IoU": None}  # fmt: skip
            if place is not None and dataset == "composites":
                row["IoU"] = np.mean(
                    [overlap(GRID[place[i, min(q.relevant)]], q.box) for i, q in some]
                )
            results.append(
                {k: round(float(v), 3) if isinstance(v, np.floating) else v for k, v in row.items()}
            )
    return results


def judged(scores: Floats, question: Question) -> tuple[float, float, float]:
    """Whether the first is right, whether one of ten is, average precision."""
    order = np.argsort(-scores, kind="stable")
    hits = np.isin(order[order != question.query], list(question.relevant))
    precision = np.cumsum(hits) * hits / np.arange(1, len(hits) + 1)
    return float(hits[0]), float(hits[:10].any()), precision.sum() / len(question.relevant)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    sides = [
        max(0.0, min(one[i] + one[i + 2], other[i] + other[i + 2]) - max(one[i], other[i]))
        for i in (0, 1)
    ]
    both = sides[0] * sides[1]
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def learn(data: Path, folder: Path) -> list[dict[str, Any]]:
    """Write the whitening of each network into the package."""
    written = []
    for member in MEMBERS:
        encoder = LiteRegions(member, None, folder / "cache", choose_runtime().open)
        vectors, _ = encoded(photos(data, LEARNED_FROM)[::2], encoder, encoder.input)
        some = vectors.reshape(len(vectors), len(GRID), -1)[:, ::4].astype(np.float32)
        fitted = fit_transform(some.reshape(-1, some.shape[-1]), 256, 1.0)
        assert fitted.matrix is not None
        path = regions.DATA / f"regions-{member.name}.npz"
        arrays = {"mean": fitted.mean, "matrix": fitted.matrix}
        with path.open("wb") as file:
            np.savez_compressed(file, **{k: v.astype(np.float16) for k, v in arrays.items()})
        written.append({"file": path.name, "regions": len(some) * some.shape[1]})
    return written


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("what", choices=["measure", "learn"])
    arguments.add_argument("data", type=Path, help="the folder with the picture sets")
    arguments.add_argument("--crops", action="store_true", help="also each box by itself (slow)")
    arguments.add_argument("--work", type=Path, help="where vectors are kept for the next run")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = given.work or Path(folder)
        if given.what == "learn":
            results = learn(given.data, work)
        else:
            results = measure(given.data, work, crops=given.crops)
    for columns in dict.fromkeys(tuple(row) for row in results):
        say("\n" + table(list(columns), [list(r.values()) for r in results if tuple(r) == columns]))
    sys.stdout.write(json.dumps({"machine": machine(), "results": results}) + "\n")


if __name__ == "__main__":
    main()
