"""Words for kinds of things ("animal", "musical instrument"), by WordNet and by their texts alone.

Usage: ``python wordnet.py LIBRARY SHARED WORDNET`` with a library of the shared pictures (default
encoder) and the folder of WordNet 3.0's files. Queries are all nouns above the classes of two sets,
imagenet_sample and caltech101, that three pictures or more are of and at most half of them; what is
relevant is told by the sets' labels. Queries fall into two halves by a checksum: what could be
chosen was chosen on half 0. Figures: mean average precision, and F1 where results end.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.concepts import ConceptSpace
from lookalike.search.cut import length
from lookalike.search.encode_query import load_concepts
from lookalike.search.likeness import CONCEPT
from lookalike.settings import Settings
from lookalike.store.lance_store import LanceStore
from measure import RESULTS, as_named, machine

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from make_wordnet import senses, synsets

ENCODER = "efficientnet-lite0"
CALTECH = {
    "Motorbikes": "motorbike", "ant": "ant", "bonsai": "bonsai", "camera": "camera",
    "cougar_face": "cougar", "elephant": "elephant", "emu": "emu", "grand_piano": "grand piano",
    "kangaroo": "kangaroo", "lotus": "lotus", "mayfly": "mayfly", "menorah": "menorah",
    "revolver": "revolver", "starfish": "starfish", "strawberry": "strawberry",
    "sunflower": "sunflower", "umbrella": "umbrella",
}  # fmt: skip
"""Those whose most frequent sense is what the pictures show."""


def labelled(
    store: LanceStore, shared: Path, known: dict[str, list[int]]
) -> tuple[list[int], list[int]]:
    """Keys of the pictures, and the synset of each."""
    places = {place.path: r.key for r in store.records(store.keys()) for place in r.locations}
    keys, shown = [], []
    for name in ("imagenet_sample", "caltech101"):
        with (shared / name / "manifest.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                key = places.get(str(shared / name / line["path"]))
                if key is None or (name == "caltech101" and line["label"] not in CALTECH):
                    continue
                keys.append(key)
                wnid = line.get("wnid")
                shown.append(int(wnid[1:]) if wnid else known[CALTECH[line["label"]]][0])
    return keys, shown


def queries(folder: Path, known: dict[str, list[int]], shown: list[int]) -> dict[str, Any]:
    """Which pictures each noun means, of those whose most frequent sense it is."""
    words, above = synsets(folder, "noun")
    kinds: dict[int, set[int]] = defaultdict(set)
    for synset in set(shown):
        waiting = [synset]
        while waiting:
            at = waiting.pop()
            if synset not in kinds[at]:
                kinds[at].add(synset)
                waiting += above[at]
    found = {}
    for at, below in kinds.items():
        lemma = next((w.lower() for w in words[at] if known.get(w.lower(), [0])[0] == at), None)
        relevant = np.isin(shown, list(below))
        if lemma and len(below) > 1 and 3 <= relevant.sum() <= len(shown) / 2:
            found[lemma] = relevant
    return found


def judged(scores: Any, relevant: Any) -> tuple[float, float]:
    """Average precision, and F1 of what the cut keeps."""
    order = np.argsort(-scores, kind="stable")
    hits = relevant[order]
    precision = float((np.cumsum(hits) / np.arange(1, len(hits) + 1) * hits).sum() / hits.sum())
    kept = length(CONCEPT.chance(scores[order]), 1.0)
    return precision, 2 * float(hits[:kept].sum()) / float(kept + hits.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("shared", type=Path)
    parser.add_argument("wordnet", type=Path)
    given = parser.parse_args()
    store = LanceStore(given.library)
    known = senses(given.wordnet, "noun")
    keys, shown = labelled(store, as_named(given.shared), known)
    space = next(s for s in store.description.made_with if s.kind == "concept")
    vectors = store.vectors(space, keys)
    now = load_concepts(ENCODER, Settings().cache)
    ways = {"texts": ConceptSpace("texts", now._classes, now._texts, now._text_encoder,
                                  now._prompt), "WordNet": now}  # fmt: skip
    found: dict[str, Any] = {"machine": machine()}
    asked = queries(given.wordnet, known, shown)
    for half in (0, 1):
        mine = [word for word in asked if zlib.crc32(word.encode()) % 2 == half]
        values = {name: [judged(vectors @ way.query(w), asked[w]) for w in mine]
                  for name, way in ways.items()}  # fmt: skip
        found[f"half {half}"] = {"queries": len(mine)} | {
            name: dict(zip(("mAP", "F1"), np.mean(each, axis=0).round(3).tolist(), strict=True))
            for name, each in values.items()
        }
    (RESULTS / "wordnet.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps({k: v for k, v in found.items() if k != "machine"}, indent=1))


if __name__ == "__main__":
    main()
