"""Whole applications beside lookalike, by their own code, with the same weights.

    python benchmarks/apps.py ../shared/data

- rclip 3.3: its walk, its loading threads, its preprocessing and its SQLite; the network is
  lookalike's Lite0 through ONNX Runtime, its own runtime.
- clip-retrieval 2.45: its file reader (a torch DataLoader with worker processes), runner and
  writer; the network is Lite0 in torch, its own runtime.
- imagededup 0.3: its perceptual hash, at its own threshold.

Each is installed into the work folder, and runs in a process of its own. Indexing: pictures a
second over the whole way. Searching: from a picture's file to ten results in a process that is
ready. Duplicates: pairs of ``nearduplicates`` that are named, and how many of them are right.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from measure import RESULTS, answer, machine, options, say, step, table
from pictures import PHOTOS, repeated

HERE = Path(__file__)
RCLIP = ("rclip==3.3.0",)
CLIP_RETRIEVAL = ("--no-deps", "clip-retrieval==2.45.0")
IMAGEDEDUP = ("--no-deps", "imagededup==0.3.3.post2", "PyWavelets")
BATCH = 8
QUERIES = 30


def ours(pictures: Path, work: Path) -> dict[str, Any]:
    """lookalike, as it comes."""
    import lookalike

    with lookalike.create(work / "library") as library:
        began = time.perf_counter()
        library.index([pictures])
        took = time.perf_counter() - began
        count = len(library)
        searched = _timed(lambda path: library.search(str(path), k=10), _queries(pictures))
    return {"pictures": count, "per_second": round(count / took, 1), "search_ms": searched}


def rclip(pictures: Path, work: Path) -> dict[str, Any]:
    """rclip's own way."""
    sys.path.insert(0, str(work / "rclip"))
    import numpy as np
    import onnxruntime
    from rclip import db, main, model
    from rclip.utils import preprocess

    network = onnxruntime.InferenceSession(str(work / "lite0.onnx"))
    # The network normalises pixels itself.
    preprocess.IMAGE_SIZE, preprocess.MEAN = 224, np.zeros(3, np.float32)
    preprocess.STD = np.full(3, 1 / 255, np.float32)

    class Session:
        def get_inputs(self) -> Any:
            return [type("Input", (), {"type": "tensor(float)"})]

        def run(self, _: Any, fed: dict[str, Any]) -> Any:
            pixels = fed["input"].transpose(0, 2, 3, 1).round().astype(np.uint8)
            return network.run(["pool"], {"pixels": pixels})

    class Lite0(model.Model):
        VECTOR_SIZE = 1280
        _session_visual = _session_visual_index = Session()

    model.Model.VECTOR_SIZE = 1280
    network_model, database = Lite0(), db.DB(work / "rclip.sqlite3")
    application = main.RClip(network_model, database, BATCH, None)
    began = time.perf_counter()
    application.ensure_index(str(pictures))
    took = time.perf_counter() - began
    # What follows a query in rclip: all vectors out of SQLite, one product, all sorted.
    found = _timed(lambda path: application.search(str(path), str(pictures)), _queries(pictures))
    count = len(application._get_features(str(pictures))[0])
    application.close()
    return {"pictures": count, "per_second": round(count / took, 1), "search_ms": found}


def clip_retrieval(pictures: Path, work: Path) -> dict[str, Any]:
    """clip-retrieval's own way."""
    import types

    for name in ("clip_retrieval", "clip_retrieval.clip_inference"):
        # Their own modules import CLIP and a web server.
        package = types.ModuleType(name)
        package.__path__ = [str(work / "clip-retrieval" / name.replace(".", "/"))]
        sys.modules[name] = package
    import numpy as np
    import torch
    from clip_retrieval.clip_inference.reader import FilesReader
    from clip_retrieval.clip_inference.runner import Runner
    from clip_retrieval.clip_inference.writer import NumpyWriter
    from PIL import Image

    import torch_loop

    network = torch_loop.load()

    def preprocess(image: Image.Image) -> torch.Tensor:
        picture = image.convert("RGB")
        scale = 224 / min(picture.size)
        size = (max(224, round(picture.width * scale)), max(224, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
        left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
        picture = picture.crop((left, top, left + 224, top + 224))
        pixels = (np.asarray(picture, np.float32) - 127) / 128
        return torch.from_numpy(pixels.transpose(2, 0, 1).copy())

    def mapper(batch: dict[str, Any]) -> dict[str, Any]:
        with torch.no_grad():
            features = network(batch["image_tensor"])[0]
            features = features / features.norm(dim=-1, keepdim=True)
        return {
            "image_embs": features.to(torch.float16).numpy(),
            "text_embs": None,
            "image_filename": batch["image_filename"],
            "text": None,
            "metadata": None,
        }

    class Logger:
        start = end = lambda self: None

        def __call__(self, _: Any) -> None:
            pass

    out = work / "clip-retrieval-out"
    run = Runner(
        lambda sampler: FilesReader(
            sampler, preprocess, None, str(pictures), 64, 2, enable_text=False
        ),
        lambda: mapper,
        lambda i: NumpyWriter(i, str(out), False, True, False, 1),
        lambda _: Logger(),
        1,
    )
    began = time.perf_counter()
    run(0)
    took = time.perf_counter() - began
    (file,) = (out / "img_emb").glob("*.npy")
    count = len(np.load(file))
    return {"pictures": count, "per_second": round(count / took, 1)}


def our_duplicates(pictures: Path, work: Path) -> dict[str, Any]:
    """Pairs that lookalike calls the same picture, or the same bytes."""
    import lookalike

    with lookalike.create(work / "duplicates") as library:
        library.index([pictures])
        began = time.perf_counter()
        library.compare()
        groups = [*library.duplicates("same-picture"), *library.duplicates("same-bytes")]
        took = time.perf_counter() - began
    return _judged(
        pictures, ([Path(c.location) for c in (g.keeper, *g.copies)] for g in groups), took
    )


def imagededup(pictures: Path, work: Path) -> dict[str, Any]:
    """Pairs that imagededup's perceptual hash names."""
    import types

    sys.path.insert(0, str(work / "imagededup"))
    # Its CNN needs weights from the network.
    for name, member in (("methods.cnn", "CNN"), ("utils.models", "CustomModel")):
        left_out = types.ModuleType(f"imagededup.{name}")
        setattr(left_out, member, None)
        sys.modules[left_out.__name__] = left_out
    from imagededup.methods import PHash

    began = time.perf_counter()
    hasher = PHash(verbose=False)
    codes = hasher.encode_images(str(pictures), recursive=True)
    found = hasher.find_duplicates(encoding_map=codes)
    took = time.perf_counter() - began
    pairs = ([pictures / one, pictures / other] for one in found for other in found[one])
    return _judged(pictures, pairs, took)


STEPS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "lookalike": ours,
    "rclip": rclip,
    "clip-retrieval": clip_retrieval,
    "lookalike-duplicates": our_duplicates,
    "imagededup": imagededup,
}


def _queries(pictures: Path) -> list[Path]:
    return sorted(path for path in pictures.rglob("*") if path.is_file())[:QUERIES]


def _timed(search: Callable[[Path], Any], paths: list[Path]) -> float:
    """The median of milliseconds."""
    times = []
    for path in paths:
        began = time.perf_counter()
        search(path)
        times.append(1000 * (time.perf_counter() - began))
    return round(sorted(times)[len(times) // 2], 1)


def _judged(pictures: Path, groups: Iterable[list[Path]], took: float) -> dict[str, Any]:
    """Pairs named, right ones, and how many there are, by the table of the set."""
    group_of: dict[str, str] = {}
    with (pictures / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["group"]:
                group_of[Path(row["path"]).name] = row["group"]
    named = {
        tuple(sorted((one.name, other.name)))
        for group in groups
        for one, other in itertools.combinations(dict.fromkeys(group), 2)
        if one.name in group_of and other.name in group_of
    }
    members: dict[str, int] = defaultdict(int)
    for group in group_of.values():
        members[group] += 1
    there = sum(count * (count - 1) // 2 for count in members.values())
    right = sum(group_of[one] == group_of[other] for one, other in named)
    return {
        "seconds": round(took, 2),
        "pairs": there,
        "recall": round(right / there, 3),
        "precision": round(right / len(named), 3) if named else 0.0,
    }


def _install(work: Path) -> None:
    for name, packages in (
        ("rclip", RCLIP),
        ("clip-retrieval", CLIP_RETRIEVAL),
        ("imagededup", IMAGEDEDUP),
    ):
        if not (work / name).exists():
            say(f"installing {name}")
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(work / name)]
            subprocess.run([*pip, *packages], check=True)
    from lookalike.encoders.registry import load_image_encoder
    from lookalike.settings import Settings

    cache = Settings.from_environment().cache
    load_image_encoder("efficientnet-lite0", cache, "onnxruntime")
    newest = max(cache.glob("efficientnet-lite0-????????????-v*.onnx"), key=lambda f: f.name)
    shutil.copy(newest, work / "lite0.onnx")


def report(found: dict[str, dict[str, Any]]) -> str:
    """Two tables."""
    base = found["lookalike"]
    rows = [
        [
            name,
            one.get("per_second", one.get("error", "")),
            round(base["per_second"] / one["per_second"], 2) if "per_second" in one else "",
            one.get("search_ms", ""),
            round(one["search_ms"] / base["search_ms"], 2) if "search_ms" in one else "",
        ]
        for name, one in found.items()
        if name in ("lookalike", "rclip", "clip-retrieval")
    ]
    header = ["", "pictures/s", "lookalike is x times as fast", "search ms", "as slow"]
    pairs = [
        [name, *(one.get(key, "") for key in ("recall", "precision", "seconds"))]
        for name, one in found.items()
        if name in ("lookalike-duplicates", "imagededup")
    ]
    names = ["nearduplicates", "recall of pairs", "precision", "seconds"]
    return f"{table(header, rows)}\n\n{table(names, pairs)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="the shared pictures")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--limit", type=float, default=900, help="seconds for one step")
    given = parser.parse_args()
    if given.step:
        answer(STEPS[given.step](given.data, given.work))
        return
    made = given.work is None
    given.work = Path(given.work or tempfile.mkdtemp(prefix="lookalike-apps-")).absolute()
    given.work.mkdir(exist_ok=True)
    try:
        _install(given.work)
        photos = repeated(given.data, PHOTOS, given.count, given.work / "pictures")
        near = (given.data / "nearduplicates").absolute()
        found = {}
        for name in STEPS:
            pictures = near if name in ("lookalike-duplicates", "imagededup") else photos
            command = [str(HERE), str(pictures), "--work", str(given.work), "--step", name]
            found[name] = step(name, command, given.work / "steps", given.limit)
    finally:
        if made:
            shutil.rmtree(given.work, ignore_errors=True)
    result = {"options": options(given), "machine": machine(), "steps": found}
    (RESULTS / "apps.json").write_text(json.dumps(result, indent=1) + "\n")
    print(report(found))


if __name__ == "__main__":
    main()
