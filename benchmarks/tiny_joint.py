"""A small joint model, learned in a minute, against the classes that words are looked up among.

``python benchmarks/tiny_joint.py DATA FOLDER`` learns from one half of the pictures of six sets
and what is written about them, writes the two towers into FOLDER (``onnx:FOLDER`` names them), and
measures on the other half, and on sets that had no part in learning. It is a proof that towers
work, not a model to use: DATA may not be redistributed, and so nor may what was learned from it.

Canonical correlation analysis (Hotelling, 1936), as of pictures and words in Gong et al., "A
multi-view embedding space", 2014: closed form, each set counting by the square root of its size.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lookalike.encoders.concepts import load_concept_space
from lookalike.encoders.joint import open_joint
from lookalike.encoders.registry import load_image_encoder, load_text_encoder
from lookalike.imaging.decode import decode
from lookalike.imaging.picture import Limits
from measure import machine, say, table
from retrieval import encode_set, manifest
from tiny_towers import Doubles, Floats, write_pair
from words import queries

SETS = ("flickr8k", "tuxpaint_stamps", "imagenet_sample", "caltech101", "emoji", "grocery")
DIMS = 256
IMAGE_RIDGE, TEXT_RIDGE = 10.0, 0.3
"""In units of the mean variance. Of nine pairs that were tried all found 56 to 61 % of Flickr8k's
other half within ten, so nothing hangs on them."""


@dataclass(frozen=True)
class PictureSet:
    """Pictures with what was written about them.

    Attributes:
        name: of the set.
        look: the encoder's vectors, (n, 1280).
        concept: their vectors in the concept space, (n, 384).
        texts: words, and the numbers of the pictures that they mean.
    """

    name: str
    look: Floats
    concept: Floats
    texts: list[tuple[str, list[int]]]


@dataclass(frozen=True)
class Score:
    """How many queries found a picture they mean within the first 1, 5, 10."""

    dataset: str
    pictures: int
    queries: int
    learned_from: str
    way: str
    at_1: float
    at_5: float
    at_10: float


@dataclass(frozen=True)
class Pair:
    """Two projections: what is taken off, and the matrix."""

    image: tuple[Floats, Floats]
    text: tuple[Floats, Floats]


def learn(rows: Sequence[tuple[Floats, Floats, float]]) -> Pair:
    """Learn projections from pictures' vectors, their words' vectors, and how much each counts."""
    image = np.concatenate([i for i, _, _ in rows]).astype(np.float64)
    text = np.concatenate([t for _, t, _ in rows]).astype(np.float64)
    weights = np.concatenate([np.full(len(i), w) for i, _, w in rows])
    weights /= weights.sum()
    means = weights @ image, weights @ text
    image, text = image - means[0], text - means[1]
    among = [(each * weights[:, None]).T @ each for each in (image, text)]
    evened = [
        _inverse_root(spread, ridge)
        for spread, ridge in zip(among, (IMAGE_RIDGE, TEXT_RIDGE), strict=True)
    ]
    left, strength, right = np.linalg.svd(
        evened[0] @ ((image * weights[:, None]).T @ text) @ evened[1]
    )
    kept = strength[:DIMS]
    matrices = evened[0] @ left[:, :DIMS] * kept, evened[1] @ right[:DIMS].T * kept
    return Pair(
        (means[0].astype(np.float32), matrices[0].astype(np.float32)),
        (means[1].astype(np.float32), matrices[1].astype(np.float32)),
    )


def _inverse_root(spread: Doubles, ridge: float) -> Doubles:
    size = len(spread)
    values, axes = np.linalg.eigh(spread + ridge * np.trace(spread) / size * np.eye(size))
    return np.asarray((axes / np.sqrt(values)) @ axes.T, np.float64)


def examples(
    known: PictureSet, words: dict[str, Floats], half: int | None
) -> tuple[Floats, Floats, float]:
    """Pictures and words that belong together, of one half or of all."""
    pairs = [(i, text) for text, meant in known.texts for i in meant if half in (None, i % 2)]
    image = known.look[[i for i, _ in pairs]]
    return image, np.stack([words[text] for _, text in pairs]), 1 / np.sqrt(len(pairs))


def project(vectors: Floats, learned: tuple[Floats, Floats]) -> Floats:
    rows = (vectors - learned[0]) @ learned[1]
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def found(
    pictures: Floats, meant: Sequence[tuple[Floats, list[int]]], numbers: Sequence[int]
) -> list[float]:
    """Shares of the queries that find one within 1, 5, 10; pictures by their numbers."""
    places = {number: place for place, number in enumerate(numbers)}
    ranks = []
    for query, right in meant:
        scores = pictures[list(numbers)] @ query
        best = max(scores[places[i]] for i in right if i in places)
        ranks.append(1 + int((scores > best).sum()))
    return [round(float(np.mean(np.array(ranks) <= k)), 3) for k in (1, 5, 10)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path)
    arguments.add_argument("folder", type=Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        scores = run(given.data, given.folder, Path(cache))
    rows = [list(asdict(score).values()) for score in scores]
    say("\n" + table(list(asdict(scores[0])), rows))
    sys.stdout.write(json.dumps({"machine": machine(), "scores": [*map(asdict, scores)]}) + "\n")


def run(data: Path, folder: Path, cache: Path) -> list[Score]:
    encoder, text = load_image_encoder("efficientnet-lite0", cache), load_text_encoder()
    concepts = load_concept_space("efficientnet-lite0", cache, text)
    sets = []
    for name in SETS:
        say(name)
        features = encode_set(data / name, encoder)
        assert features.logits is not None
        sets.append(PictureSet(name, features.vectors, concepts.embed(features.logits),
                               _texts(data, name)))  # fmt: skip
    every = sorted({words for one in sets for words, _ in one.texts})
    say(f"{len(every)} texts")
    words = dict(zip(every, text.encode(every), strict=True))
    by_class = {words: concepts.query(words) for words in every}
    pair = learn([examples(one, words, 0) for one in sets])
    write_pair(folder, pair.image, pair.text, cache)
    _check(folder, pair, sets[0], words, data, cache)
    scores = []
    for one in sets:
        odd = [i for i in range(len(one.look)) if i % 2]
        scores += _measured(one, odd, "the other half", pair, words, by_class)
    for one in sets:
        others = learn([examples(other, words, None) for other in sets if other is not one])
        numbers = range(len(one.look))
        scores += _measured(one, numbers, "other sets", others, words, by_class)
    return scores


def _measured(
    one: PictureSet,
    numbers: Sequence[int],
    learned_from: str,
    pair: Pair,
    words: dict[str, Floats],
    by_class: dict[str, Floats],
) -> list[Score]:
    texts = [(said, right) for said, right in one.texts if set(right) & set(numbers)]
    ways = {
        "classes": (one.concept, by_class),
        "pair": (
            project(one.look, pair.image),
            {said: project(words[said][None], pair.text)[0] for said, _ in texts},
        ),
    }
    return [
        Score(one.name, len(numbers), len(texts), learned_from, way,
              *found(pictures, [(asked[said], right) for said, right in texts], numbers))
        for way, (pictures, asked) in ways.items()
    ]  # fmt: skip


def _check(
    folder: Path, pair: Pair, one: PictureSet, words: dict[str, Floats], data: Path, cache: Path
) -> None:
    """Make sure that the towers give what was learned."""
    model = open_joint(folder, cache)
    seeing, reading = model.image("tiny", cache), model.text("tiny", cache)
    paths = [data / one.name / row["path"] for row in manifest(data / one.name)[:8]]
    pixels = [decode(path, [seeing.input], Limits()).pixels[0] for path in paths]
    ours = seeing.encode(np.stack(pixels)).vectors
    nearness = (ours * project(one.look[:8], pair.image)).sum(axis=1)
    said = [text for text, _ in one.texts[:8]]
    told = project(np.stack([words[text] for text in said]), pair.text)
    same_words = (reading.encode(said) * told).sum(axis=1)
    say(f"exported towers: cosines at least {nearness.min():.4f} and {same_words.min():.4f}")
    assert min(nearness.min(), same_words.min()) > 0.98


def _texts(data: Path, name: str) -> list[tuple[str, list[int]]]:
    if name != "flickr8k":
        return queries(data, name)
    rows = manifest(data / name)
    return [(text, [i]) for i, row in enumerate(rows) for text in json.loads(row["captions"])]


if __name__ == "__main__":
    main()
