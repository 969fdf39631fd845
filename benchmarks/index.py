"""How quick and how small indexing is, and how soon a cold search answers.

    python benchmarks/index.py
    python benchmarks/index.py --files 100000   # small files only; takes five to ten minutes
    python benchmarks/index.py --only cold

On the same pictures, in the same run: decoding alone, the model alone, both together as far as
the processor allows (decoder and model share the cores: 1 / (1/decode + 1/model)), the whole way
into a library, and a plain loop of Pillow and torch with the same weights.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure import RESULTS, evict, machine, options, say, step, table
from pictures import PHOTOS, SMALL, repeated, tiny

HERE = Path(__file__).parent
SHARED = HERE.parent.parent / "shared" / "data"
TORCH_PICTURES = 200
"""The plain loop is slow, and steady after a few batches."""
REPEATS = 5


def indexing(pictures: Path, count: int, given: argparse.Namespace) -> dict[str, Any]:
    """All steps on one set of pictures."""
    done = given.work / "steps" / pictures.parent.name

    def do(number: int, name: str, *arguments: object) -> dict[str, Any]:
        command = [str(HERE / "index_steps.py"), name, str(pictures), *map(str, arguments)]
        return step(f"{name}-{number}", command, done, given.limit)

    rounds: dict[str, list[dict[str, Any]]] = {}
    for number in range(given.rounds):
        library = pictures.parent / f"library-{number}"
        if not (done / f"index-{number}.json").exists():
            shutil.rmtree(library, ignore_errors=True)
        for name, *arguments in (
            ("decode",),
            ("model", "--count", min(count, 4000)),
            ("encode", "--count", min(count, 1000)),
            ("index", "--library", library),
            ("torch", "--count", min(count, TORCH_PICTURES)),
        ):
            if name != "torch" or number == 0:  # slow, and far from the others
                rounds.setdefault(str(name), []).append(do(number, str(name), *arguments))
    # What disturbs the machine only ever makes a step slower.
    found = {
        name: max(all_of_it, key=lambda one: one.get("per_second", 0.0))
        for name, all_of_it in rounds.items()
    }
    found["rounds"] = {
        name: [one.get("per_second") for one in all_of_it] for name, all_of_it in rounds.items()
    }
    rates = {name: found[name].get("per_second") for name in rounds}
    if all(rates.values()):
        bound = 1 / (1 / rates["decode"] + 1 / rates["model"])
        found["ratios"] = {
            "encode_to_model_alone": round(rates["encode"] / rates["model"], 3),
            "cpu_bound_per_second": round(bound, 1),
            "index_to_cpu_bound": round(rates["index"] / bound, 3),
            "index_to_slower_alone": round(
                rates["index"] / min(rates["decode"], rates["model"]), 3
            ),
            "index_to_torch_loop": round(rates["index"] / rates["torch"], 2),
        }
    return found


def many_small(given: argparse.Namespace) -> dict[str, Any]:
    """The memory of a long run over small files."""
    count = given.files
    say(f"making {count:,} small files; the whole takes five to ten minutes at 100,000")
    pictures = tiny(count, given.work / "small")
    library = given.work / "small" / "library"
    done = given.work / "steps" / f"small-{count}"
    if not (done / "index.json").exists():
        shutil.rmtree(library, ignore_errors=True)
    marks = [str(mark) for mark in (count // 10, count // 2, count)]
    script = [str(HERE / "index_steps.py"), "index", str(pictures)]
    return step("index", [*script, "--library", str(library), "--marks", *marks], done, given.limit)


def cold(given: argparse.Namespace) -> dict[str, Any]:
    """Wall clock from the start of a process of ``lookalike``."""
    library = given.work / "cold" / "library"
    done = given.work / "steps" / f"cold-{given.rows}"
    if not (done / "build.json").exists():
        shutil.rmtree(library, ignore_errors=True)
    script = [str(HERE / "cold_start.py"), str(library), str(given.work / "cold"), str(given.rows)]
    built = step("build", script, done, given.limit)
    if "error" in built:
        return {"build": built}
    picture = str(next((given.shared / "flickr8k" / "images").glob("*.jpg")))
    search = ["search", "-L", str(library)]
    # Made once by whoever searches first, not by every cold start.
    _timed([*search, "fox"])
    _timed([*search, picture])
    found: dict[str, Any] = {
        "build": built,
        "help": _best(["--help"]),
        "search_picture": _best([*search, picture]),
        "search_words": _best([*search, "fox"]),
    }
    evict(library)
    found["search_picture_files_evicted"] = _timed([*search, picture])
    return found


def _timed(arguments: Sequence[str]) -> dict[str, float]:
    """Wall clock and processor time of a process, from its start to its end."""
    command = Path(sys.executable).with_name("lookalike")
    start = [str(command)] if command.exists() else [sys.executable, "-m", "lookalike.cli.main"]
    before, began = os.times(), time.perf_counter()
    subprocess.run([*start, *arguments], check=True, capture_output=True, timeout=120)
    wall_s, after = time.perf_counter() - began, os.times()
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    return {"wall_s": round(wall_s, 3), "cpu_s": round(cpu_s, 3)}


def _best(arguments: Sequence[str]) -> dict[str, Any]:
    """The quickest of some starts, and all of them."""
    all_of_them = [_timed(arguments) for _ in range(REPEATS)]
    return {**min(all_of_them, key=lambda one: one["wall_s"]), "all": all_of_them}


def report(result: dict[str, Any]) -> str:
    """Tables of all that was measured."""
    parts = []
    for name, one in result.get("indexing", {}).items():
        steps = ("decode", "model", "encode", "index", "torch")
        rows = [
            [s, *(one[s].get(v, "") for v in ("pictures", "per_second", "load"))] for s in steps
        ]
        parts.append(name + "\n\n" + table(["step", "pictures", "per second", "load before"], rows))
        more = {**one.get("ratios", {}), "peak PSS MB": one["index"].get("peak_pss_mb")}
        parts.append(table(["", ""], list(more.items())))
    if "many_small" in result:
        parts.append(table(["many small files", ""], list(result["many_small"].items())))
    if "cold" in result:
        starts = {name: one for name, one in result["cold"].items() if name != "build"}
        rows = [[name, one["wall_s"], one["cpu_s"]] for name, one in starts.items()]
        parts.append(table(["from the start of a process", "wall s", "processor s"], rows))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--only", choices=["photos", "cifar10", "cold"], help="one part")
    parser.add_argument("--files", type=int, help="index so many small files instead")
    parser.add_argument("--count", type=int, default=6000, help="pictures a set")
    parser.add_argument("--rounds", type=int, default=2, help="of each step; the best one counts")
    parser.add_argument("--rows", type=int, default=200_000, help="pictures for the cold search")
    parser.add_argument("--work", type=Path, help="keeps what is built, for another run")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the shared pictures")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--limit", type=float, default=1800, help="seconds for one step")
    given = parser.parse_args()
    made = given.work is None
    given.work = given.work or Path(tempfile.mkdtemp(prefix="lookalike-bench-"))
    result: dict[str, Any] = {"options": options(given), "machine": machine()}
    try:
        _measure(given, result)
    finally:
        if made:
            shutil.rmtree(given.work, ignore_errors=True)
    given.results.mkdir(parents=True, exist_ok=True)
    suffix = f"-{given.files}-small" if given.files else f"-{given.only}" if given.only else ""
    file = given.results / f"index{suffix}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")
    print(report(result))


def _measure(given: argparse.Namespace, result: dict[str, Any]) -> None:
    if given.files:
        result["many_small"] = many_small(given)
        return
    for name, sets in (("photos", PHOTOS), ("cifar10", SMALL)):
        if given.only in (None, name):
            pictures = repeated(given.shared, sets, given.count, given.work / name)
            result.setdefault("indexing", {})[name] = indexing(pictures, given.count, given)
    if given.only in (None, "cold"):
        result["cold"] = cold(given)


if __name__ == "__main__":
    main()
