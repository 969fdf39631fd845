"""Encoders from before neural networks, and vocabularies that are learned from a library."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import lookalike
from lookalike.encoders.classic.whole import dominant_colours
from lookalike.encoders.classic.words import Vocabulary, WordEncoder, learn_words, parse_options
from lookalike.encoders.registry import load_image_encoder, model_info
from lookalike.errors import LookalikeError, ModelError
from lookalike.imaging.picture import UInt8Array
from lookalike.settings import Settings
from tests.pipeline.folders import paint

SIDE = 128


def texture(kind: int, seed: int) -> UInt8Array:
    """Stripes of a direction and a width of their own, shifted and lit at random."""
    rng = np.random.default_rng([kind, seed])
    down, across = np.indices((SIDE, SIDE))
    turn = kind * np.pi / 4
    waves = np.sin((across * np.cos(turn) + down * np.sin(turn)) / (2 + kind) + rng.uniform(0, 6))
    light = 128 + 90 * rng.uniform(0.6, 1) * waves + rng.normal(0, 8, (SIDE, SIDE))
    return np.clip(light, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)


PICTURES = np.stack([texture(kind, seed) for kind in range(4) for seed in range(6)])
KINDS = np.arange(4).repeat(6)


def share_of_its_kind(vectors: np.ndarray) -> float:
    """How often the nearest other picture is of the same kind."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return float((KINDS[scores.argmax(axis=1)] == KINDS).mean())


@pytest.mark.parametrize(
    "name",
    [
        "bovw:k=20",
        "bovw:k=20,soft=3,pyramid=2",
        "bovw:k=20,feature=colour,idf=0",
        "bovw:k=20,feature=orb",
        "bovw:k=20,feature=sift",
        "vlad:k=8,dims=16",
        "vlad:k=8,dims=0",
    ],
)
def test_words_tell_textures_apart(name: str) -> None:
    options = parse_options("vlad" if name.startswith("vlad") else "bovw", name.partition(":")[2])
    learned = learn_words(PICTURES, options).to_bytes()
    encoder = WordEncoder(options, Vocabulary.from_bytes(learned))
    vectors = encoder.encode(PICTURES).vectors
    assert vectors.shape == (24, encoder.dims)
    assert str(options) == encoder.name == name
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(PICTURES[5:6]).vectors[0], vectors[5], atol=1e-5)
    # SIFT turns with the stripes: only their width tells them apart.
    assert share_of_its_kind(vectors) > (0.4 if "sift" in name else 0.9)


@pytest.mark.parametrize("name", ["hog", "gist"])
def test_gradients_and_texture_tell_textures_apart(name: str, tmp_path: Path) -> None:
    encoder = load_image_encoder(name, tmp_path)
    vectors = encoder.encode(PICTURES).vectors
    assert vectors.shape == (24, model_info(name, tmp_path).dims)
    assert share_of_its_kind(vectors) > 0.9


@pytest.mark.parametrize("name", ["colour-histogram", "dominant-colours"])
def test_colours_are_found_whatever_their_place(name: str, tmp_path: Path) -> None:
    encoder = load_image_encoder(name, tmp_path)
    flag = np.zeros((64, 64, 3), np.uint8)
    flag[:32], flag[32:] = (200, 30, 30), (240, 240, 240)
    green = np.full_like(flag, (30, 160, 60))
    one, turned, other = encoder.encode(np.stack([flag, flag[::-1], green])).vectors
    assert one @ turned > 0.99
    assert one @ other < 0.6


def test_dominant_colours_are_those_of_the_picture() -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:30], pixels[30:] = (255, 0, 0), (0, 0, 255)
    shares, colours = dominant_colours(pixels)
    wanted = cv2.cvtColor(pixels[[0, -1], :1].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    for share, colour in ((0.75, wanted[0, 0]), (0.25, wanted[1, 0])):
        near = np.linalg.norm(colours - colour, axis=1) < 1
        assert shares[near].sum() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("bovw:k=1", "bad-model-name"),
        ("bovw:feature=surf", "bad-model-name"),
        ("vlad:colour=red", "bad-model-name"),
        ("bovw@max", "unknown-layer"),
        ("hog/cells", "unknown-layer"),
        ("bovv", "unknown-model"),
    ],
)
def test_options_that_there_are_not_are_told(name: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(LookalikeError) as caught:
        model_info(name, tmp_path)
    assert caught.value.code == code


def test_a_vocabulary_is_kept_with_its_space_and_used_for_all_that_comes(tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path / "cache")
    painted = [paint(tmp_path / "pictures" / f"{n}.png", n, (90, 70)) for n in range(12)]
    with pytest.raises(LookalikeError, match="learns"):
        lookalike.create(tmp_path / "refused", encoder="bovw", settings=settings)
    with lookalike.create(tmp_path / "library", encoder="fake", settings=settings) as library:
        library.index([tmp_path / "pictures"])
        with pytest.raises(LookalikeError, match="too few"):
            library.add_space("bovw:k=100000")
        assert library.add_space("bovw:k=30").filled == 12
        (kept,) = library.path.joinpath("spaces").glob("*/learned.npz")
        before = kept.read_bytes()
        new = paint(tmp_path / "pictures" / "new.png", 40, (90, 70))
        library.index([tmp_path / "pictures"])
        for picture in (*painted[:3], new):
            found = library.search(str(picture), space="bovw:k=30", cut=None)
            assert Path(found[0].location) == picture
        assert kept.read_bytes() == before
        kept.write_bytes(b"no vocabulary")
    with (
        lookalike.open(library.path, settings=settings) as library,
        pytest.raises(ModelError) as caught,
    ):
        library.search(str(new), space="bovw:k=30")
    assert caught.value.code == "model-damaged"
