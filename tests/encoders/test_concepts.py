from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import concepts
from lookalike.encoders.base import Float32Array
from lookalike.encoders.class_names import CLASSES, imagenet
from lookalike.encoders.concepts import ConceptSpace, class_texts, load_concept_space, texts_file
from lookalike.encoders.efficientnet_lite import LITE0
from lookalike.encoders.fake import FakeTextEncoder
from lookalike.encoders.minilm import MiniLM
from lookalike.encoders.registry import load_image_encoder, model_info
from lookalike.errors import ModelError
from tests.encoders.pictures import decoded

TARGET = 0.5


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="module")
def space(cache: Path, minilm: MiniLM) -> ConceptSpace:
    return load_concept_space(LITE0.name, cache, minilm)


def one_hot(*classes: int) -> Float32Array:
    """Logits of pictures that certainly show these classes."""
    return np.float32(30) * np.eye(1000, dtype=np.float32)[list(classes)]


@pytest.mark.model
def test_descriptions_find_their_stamps_with_all_captions_withheld(
    shared_data: Path, cache: Path, space: ConceptSpace
) -> None:
    pixels, _ = decoded(shared_data / "tuxpaint_stamps", LITE0.input)
    logits = load_image_encoder(LITE0.name, cache).encode(pixels).logits
    assert logits is not None
    stored = space.embed(logits).astype(np.float16).astype(np.float32)
    with (shared_data / "tuxpaint_stamps" / "manifest.csv").open(encoding="utf-8") as file:
        titles = [row["title_en"] for row in csv.DictReader(file)]
    # every other description; the method was chosen on the rest
    held_out = sorted(set(titles) - {""})[1::2]
    found = 0
    for title in held_out:
        best = np.argsort(-(stored @ space.query(title)))[:10]
        found += any(titles[i] == title for i in best)
    assert found / len(held_out) >= TARGET


@pytest.mark.model
@pytest.mark.parametrize(
    ("words", "index"),
    [("goldfish", 1), ("golden retriever", 207), ("jet airliner", 404), ("strawberries", 949)],
)
def test_the_name_of_a_class_finds_the_picture_of_it(
    space: ConceptSpace, words: str, index: int
) -> None:
    everything = space.embed(one_hot(*range(1000)))
    assert int((everything @ space.query(words)).argmax()) == index


@pytest.mark.model
def test_a_word_that_is_no_class_finds_its_relatives(space: ConceptSpace) -> None:
    retriever, airliner, volcano = space.embed(one_hot(207, 404, 980))
    for words, near, far in (
        ("a puppy", retriever, airliner),
        ("people fly in it", airliner, volcano),
        ("eruption", volcano, retriever),
    ):
        assert space.query(words) @ near > space.query(words) @ far + 0.1


@pytest.mark.model
def test_pictures_and_words_have_unit_vectors_of_the_same_length(space: ConceptSpace) -> None:
    logits = np.random.default_rng(0).normal(0, 2, (5, 1000)).astype(np.float32)
    pictures = space.embed(logits)
    assert (pictures.shape, pictures.dtype) == ((5, space.dims), np.float32)
    for words in ("a goldfish", "a dog", "happiness"):
        assert (space.query(words).shape, space.query(words).dtype) == ((space.dims,), np.float32)
    np.testing.assert_allclose(np.linalg.norm(pictures, axis=1), 1, atol=1e-5)
    assert abs(np.linalg.norm(space.query("a goldfish")) - 1) < 1e-5
    alone = np.concatenate([space.embed(row[None]) for row in logits])
    np.testing.assert_allclose(pictures, alone, atol=1e-6)


@pytest.mark.model
def test_the_best_classes_come_with_their_probabilities(space: ConceptSpace) -> None:
    logits = np.log(np.full((1, 1000), 0.2 / 998, np.float32))
    logits[0, [1, 207]] = np.log([0.5, 0.3])
    best, _ = space.top_classes(np.concatenate([logits, logits[:, ::-1]]), 2)
    assert [name for name, _ in best] == ["goldfish", "Golden Retriever"]
    np.testing.assert_allclose([share for _, share in best], [0.5, 0.3], atol=1e-4)
    assert space.top_classes(logits, 2) == [best]
    assert "Carassius auratus" in space.class_names(1)


@pytest.mark.model
@pytest.mark.parametrize("shape", [(2, 999), (1000,)])
def test_logits_of_other_classes_are_refused(space: ConceptSpace, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="1000") as caught:
        space.embed(np.zeros(shape, np.float32))
    assert caught.value.code == "wrong-input"


@pytest.mark.model
def test_the_texts_of_the_default_space_are_shipped(tmp_path: Path, minilm: MiniLM) -> None:
    load_concept_space("efficientnet-lite2", tmp_path / "cache", minilm)
    assert not (tmp_path / "cache").exists(), "run: python benchmarks/words.py --ship"


@pytest.mark.model
def test_the_shipped_texts_are_what_the_text_encoder_makes(minilm: MiniLM) -> None:
    classes = imagenet()[::100]
    with np.load(concepts.SHIPPED / texts_file("imagenet-1k", minilm.name)) as file:
        shipped = file["meanings"].astype(np.float32)[::100]
    fresh = class_texts(classes, minilm).meanings
    cosines = (shipped * fresh).sum(1) / np.linalg.norm(shipped, axis=1)
    assert (cosines / np.linalg.norm(fresh, axis=1)).min() > 0.98


def test_other_texts_are_made_once_and_kept(tmp_path: Path) -> None:
    calls = []

    class Counting(FakeTextEncoder):
        def encode(self, texts: object) -> Float32Array:
            calls.append(texts)
            return super().encode(texts)  # type: ignore[arg-type]

    first = load_concept_space("fake", tmp_path, Counting())
    made = len(calls)
    again = load_concept_space("fake", tmp_path, Counting())
    assert len(calls) == made
    assert first.name == again.name
    logits = np.eye(10, dtype=np.float32)
    np.testing.assert_array_equal(first.embed(logits), again.embed(logits))


def test_damaged_texts_say_which_file_to_delete(tmp_path: Path) -> None:
    load_concept_space("fake", tmp_path, FakeTextEncoder())
    (kept,) = tmp_path.iterdir()
    for content in (kept.read_bytes()[:300], b"", b"<html>"):
        kept.write_bytes(content)
        with pytest.raises(ModelError, match=kept.name) as caught:
            load_concept_space("fake", tmp_path, FakeTextEncoder())
        assert caught.value.code == "model-damaged"


def test_an_encoder_without_classes_has_no_concepts(tmp_path: Path) -> None:
    assert model_info("minilm-l6", tmp_path).classes == ""
    with pytest.raises(ModelError) as caught:
        load_concept_space("minilm-l6", tmp_path, FakeTextEncoder())
    assert caught.value.code == "no-classes"


def test_small_differences_in_the_texts_leave_the_axes_as_they_are() -> None:
    class Shaken(FakeTextEncoder):
        def encode(self, texts: object) -> Float32Array:
            exact = super().encode(texts)  # type: ignore[arg-type]
            noise = np.random.default_rng(1).normal(0, 1e-4, exact.shape)
            return np.asarray(exact + noise, np.float32)

    classes = CLASSES["imagenet-1k"].names()[:200]
    exact, shaken = class_texts(classes, FakeTextEncoder()), class_texts(classes, Shaken())
    assert np.abs(exact.axes - shaken.axes).max() < 0.01


def test_there_are_a_thousand_classes_in_the_order_of_the_logits() -> None:
    classes = imagenet()
    assert len(classes) == 1000
    assert [classes[i].name for i in (0, 207, 999)] == ["tench", "Golden Retriever", "toilet paper"]
    assert all(c.name and c.name not in c.synonyms for c in classes)
    assert sum(bool(c.description) for c in classes) > 950
