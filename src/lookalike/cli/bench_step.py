"""One step of ``lookalike bench``, in a process of its own, so that its memory can be watched.

``python -m lookalike.cli.bench_step STEP ENCODER FILES [FOLDER]`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.cli.output import settings
from lookalike.lab.bench import steps


def _files(listed: Path) -> list[Path]:
    return [Path(line) for line in json.loads(listed.read_text("utf-8"))]


def decode(encoder: str, files: list[Path], _: Path) -> dict[str, Any]:
    """Files to pixels."""
    from lookalike.encoders.registry import load_image_encoder

    spec = load_image_encoder(encoder, settings().cache, "auto", settings().threads).input
    return asdict(steps.decode(files, spec))


def encode(encoder: str, files: list[Path], _: Path, runtime: str = "auto") -> dict[str, Any]:
    """Pixels to vectors."""
    from lookalike.encoders.registry import load_image_encoder
    from lookalike.encoders.runtimes import choose_runtime
    from lookalike.errors import DecodeError
    from lookalike.imaging.picture import Limits
    from lookalike.imaging.single import SingleDecoder

    model = load_image_encoder(encoder, settings().cache, runtime, settings().threads, "index")
    pixels = []
    decoder = SingleDecoder(Limits(), isolate=False)
    for path in files[:128]:
        try:
            pixels.append(decoder.decode(path, model.input, path.name).pixels[0])
        except DecodeError:
            continue
    name = choose_runtime(runtime).name
    return asdict(steps.encode(np.stack(pixels), model, name))


def loop(encoder: str, files: list[Path], _: Path) -> dict[str, Any]:
    """The plain loop."""
    from lookalike.encoders.registry import load_image_encoder

    model = load_image_encoder(encoder, settings().cache, "onnxruntime", settings().threads)
    return asdict(steps.plain_loop(files, model))


def index(encoder: str, files: list[Path], folder: Path) -> dict[str, Any]:
    """The whole way into a new library."""
    from lookalike.opening import create_library

    with create_library(folder, encoder=encoder, settings=settings()) as library:
        began = time.perf_counter()
        summary = library.index(files)
        took = time.perf_counter() - began
        done = len(library)
    failed = f", {summary.failed} failed" if summary.failed else ""
    speed = steps.Speed(
        "index", done, round(done / took, 1), f"the whole way, start and tidying included{failed}"
    )
    return asdict(speed)


def search(_encoder: str, files: list[Path], folder: Path) -> dict[str, Any]:
    """Queries of all kinds."""
    from lookalike.opening import open_library
    from lookalike.search.query import parse_query

    with open_library(folder, settings=settings()) as library:
        ids = [hit.id for hit in library.search(surprise=1, k=32)]
        words = ("red flower", "a dog", "boat on the sea", "house", "old book", "tree in snow")

        def found(*clauses: str) -> Callable[[int], object]:
            return lambda number: library.search(
                replace(parse_query([clause.format(id=ids[number % len(ids)], number=number,
                        word=words[number % len(words)]) for clause in clauses]), k=20)
            )  # fmt: skip

        asked = [
            steps.ask("picture of the library", found("id:{id}")),
            steps.ask("new words", found("{word} {number}")),
            steps.ask("words and picture", found("{word}", "id:{id}")),
        ]
    return {"searches": [asdict(each) for each in asked], "pictures": len(files)}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "decode": decode,
    "encode": encode,
    "loop": loop,
    "index": index,
    "search": search,
}


def main() -> None:
    """Run the step that the arguments name."""
    name, encoder, listed, folder, *more = sys.argv[1:]
    found = STEPS[name](encoder, _files(Path(listed)), Path(folder), *more)
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
