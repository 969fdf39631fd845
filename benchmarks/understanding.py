"""Whether reading words as people mean them finds more, and costs nothing elsewhere.

``python benchmarks/understanding.py DATA LIBRARY``: DATA is the folder with the shared picture
sets, LIBRARY one of all of them. Each query is asked twice, as it is read and literally. Nothing
was chosen on these figures but the boost of other forms of a word, on the queries with even
numbers; both halves are reported.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

import lookalike
from lookalike.encoders.colours import ColourEncoder
from lookalike.encoders.registry import load_image_encoder
from lookalike.library import Library
from lookalike.settings import Settings
from measure import machine, say, table

LANGUAGES = ("fr", "de", "es", "ru", "ja")
# Plurals of what stamps are called, and the English word that their title must hold.
PLURALS = {
    "fr": "grenouilles renards oiseaux chevaux chiens pommes chateaux arbres bateaux animaux",
    "de": "Frösche Füchse Vögel Pferde Hunde Äpfel Burgen Bäume Schiffe Katzen",
    "es": "ranas zorros pájaros caballos perros manzanas castillos árboles barcos gatos",
    "ru": "лягушки лисы птицы лошади собаки яблоки замки деревья корабли кошки",
}
ENGLISH = ["frog", "fox", "bird", "horse", "dog", "apple", "castle", "tree", "ship|boat", "cat"]

Row = list[str | float]


def halves(library: Library, data: Path, literal: bool) -> list[Row]:
    """Share of the text queries of the sets whose first ten hits hold a relevant picture."""
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in (data / "qrels.txt").read_text("utf-8").splitlines():
        query, _, path, _ = line.split(" ")
        relevant[query].add(path.replace("%20", " "))
    with (data / "queries.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["type"].startswith("text")]
    seen: Counter[str] = Counter()
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        name = row["dataset"]
        half = "odd" if seen[name] % 2 else "even"
        seen[name] += 1
        hits = library.search(
            f"text:{row['query']}", where=f"folder = {name}", k=10, literal=literal
        )
        paths = [hit.location.partition("/data/")[2] for hit in hits]
        meant = relevant[f"{name}__{row['qid']}"]
        good = [path in meant or path.partition("/")[2] in meant for path in paths]
        found[name, half].append(sum(good) / min(10, len(meant)))
    return [[name, half, len(v), float(np.mean(v))] for (name, half), v in sorted(found.items())]


def titles(library: Library, data: Path, literal: bool) -> list[Row]:
    """The same for a quarter of the stamps' titles in five languages, among all pictures."""
    with (data / "tuxpaint_stamps" / "manifest.csv").open(encoding="utf-8") as file:
        stamps = [*csv.DictReader(file)]
    out: list[Row] = []
    for language in LANGUAGES:
        column, good = f"title_{language}", []
        for stamp in stamps[1::4]:
            meant = {s["path"].removeprefix("tuxpaint_stamps/") for s in stamps
                     if s[column] == stamp[column]}  # fmt: skip
            hits = library.search(f"text:{stamp[column]}", k=10, literal=literal)
            good.append(any(h.location.partition("tuxpaint_stamps/")[2] in meant for h in hits))
        out.append([f"titles, {language}", "", len(good), float(np.mean(good))])
    return out


def plurals(library: Library, literal: bool) -> list[Row]:
    """Share of plurals that find a picture of the thing among the first five by its words."""
    out: list[Row] = []
    for language, words in PLURALS.items():
        good = [
            _names(library, word, english.split("|"), literal)
            for word, english in zip(words.split(), ENGLISH, strict=True)
        ]
        out.append([f"plurals, {language}", "", len(good), float(np.mean(good))])
    return out


def _names(library: Library, word: str, english: Iterable[str], literal: bool) -> bool:
    hits = library.search(f"text:{word}", k=5, match="words", literal=literal)
    return any(name in hit.picture.text for hit in hits for name in english)


def slips(library: Library, data: Path, literal: bool) -> list[Row]:
    """Stamps' English titles whose longest word has two letters exchanged, among all pictures."""
    with (data / "tuxpaint_stamps" / "manifest.csv").open(encoding="utf-8") as file:
        stamps = [*csv.DictReader(file)]
    return [_slipped(library, stamps, first, literal) for first in (0, 1)]


def _slipped(library: Library, stamps: list[dict[str, str]], first: int, literal: bool) -> Row:
    random, good = np.random.default_rng(0), []
    for stamp in stamps[first::2]:
        title = stamp["title_en"].strip(" .")
        word = max(title.split(), key=len)
        at = int(random.integers(1, max(len(word) - 1, 2)))
        wrong = title.replace(word, word[:at] + word[at : at + 2][::-1] + word[at + 2 :], 1)
        meant = {s["path"].removeprefix("tuxpaint_stamps/") for s in stamps
                 if s["title_en"] == stamp["title_en"]}  # fmt: skip
        hits = library.search(f"text:{wrong}", k=10, literal=literal)
        good.append(any(h.location.partition("tuxpaint_stamps/")[2] in meant for h in hits))
    return ["titles, en, one slip", ("even", "odd")[first], len(good), float(np.mean(good))]


def colour_cost(cache: Path) -> float:
    """Seconds that histograms take, as a share of what encoding takes, in the same run."""
    encoder = load_image_encoder("efficientnet-lite0", cache)
    size = encoder.input.size
    pixels = np.random.default_rng(0).integers(0, 256, (128, size, size, 3), np.uint8)
    colours = ColourEncoder(encoder.input)
    return _least(lambda: colours.encode(pixels)) / _least(lambda: encoder.encode(pixels))


def _least(work: object) -> float:
    times = []
    for _ in range(4):
        began = time.perf_counter()
        work()  # type: ignore[operator]
        times.append(time.perf_counter() - began)
    return min(times)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("library", type=Path)
    given = parser.parse_args(arguments)
    with lookalike.open(given.library) as library:
        both: list[list[Row]] = []
        for literal in (True, False):
            say("literally" if literal else "as read")
            rows = halves(library, given.data, literal) + titles(library, given.data, literal)
            both.append(rows + slips(library, given.data, literal) + plurals(library, literal))
    rows = [[*one, other[3]] for one, other in zip(*both, strict=True)]
    say("\n" + table(["queries", "half", "count", "literally", "as read"], rows))
    cost = colour_cost(Settings.from_environment().cache)
    say(f"Colours take {cost:.1%} of the time of encoding.")
    sys.stdout.write(json.dumps({"machine": machine(), "rows": rows, "colours": cost}) + "\n")


if __name__ == "__main__":
    main()
