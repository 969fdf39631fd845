"""Perceptual hashes of real pictures, turned, shrunk and framed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from lookalike.imaging.fingerprints import (
    MIN_DETAIL,
    ORIENTATIONS,
    SIDE,
    Fingerprint,
    distances,
    fingerprints,
    orientations,
    oriented,
)

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "pictures"


def photos(count: int) -> list[Image.Image]:
    files = sorted(f for f in SAMPLES.rglob("*") if f.suffix in (".jpg", ".png"))[:count]
    return [Image.open(file).convert("RGB") for file in files]


def fingerprint(image: Image.Image) -> Fingerprint:
    small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return fingerprints(np.asarray(small)[None])[0]


def bits(one: bytes, other: bytes) -> int:
    first, second = (np.frombuffer(hash_, np.uint8).reshape(1, -1) for hash_ in (one, other))
    return int(distances(first, second)[0])


@pytest.mark.parametrize("number", range(ORIENTATIONS))
def test_the_hash_of_a_turned_picture_follows_from_its_own(number: int) -> None:
    for image in photos(5):
        turned = Image.fromarray(oriented(np.asarray(image), number))
        own = np.frombuffer(fingerprint(image).whole, np.uint8).reshape(1, -1)
        told = orientations(own)[number, 0].tobytes()
        assert bits(told, fingerprint(turned).whole) <= 2


def test_a_smaller_copy_is_near_and_other_pictures_are_far() -> None:
    images = photos(8)
    whole = [fingerprint(image).whole for image in images]
    for at, image in enumerate(images):
        small = image.resize((image.width // 4, image.height // 4))
        own = fingerprint(small).whole
        assert bits(own, whole[at]) <= 12
        assert all(bits(own, other) > 60 for i, other in enumerate(whole) if i != at)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 160, 40)])
def test_what_lies_within_a_border_is_hashed_by_itself(colour: tuple[int, int, int]) -> None:
    for image in photos(5):
        framed = fingerprint(ImageOps.expand(image, image.width // 10, colour))
        own = fingerprint(image)
        # A picture may have a plain edge of its own, which then belongs to the border.
        inner = min(bits(framed.inner, hash_) for hash_ in (own.whole, own.inner))
        assert inner < bits(framed.whole, own.whole)
        assert inner <= 40


def test_a_plain_picture_has_no_detail() -> None:
    assert fingerprint(Image.new("RGB", (90, 60), (12, 130, 200))).detail < MIN_DETAIL
    assert all(fingerprint(image).detail >= MIN_DETAIL for image in photos(5))
