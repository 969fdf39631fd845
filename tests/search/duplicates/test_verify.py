"""Which pictures are taken for the same one."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from lookalike.imaging.fingerprints import INPUT, fingerprints
from lookalike.imaging.pixels import fitted
from lookalike.search.duplicates import sample
from lookalike.search.duplicates.sample import Sample
from lookalike.search.duplicates.verify import Evidence, evidence, is_same

SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "pictures"
FILES = sorted(f for f in SAMPLES.rglob("*") if f.suffix == ".jpg")[:40:8]


def sampled(image: Image.Image) -> Sample:
    image = image.convert("RGB")
    return Sample.of_pixels(
        fitted(image, sample.INPUT), fingerprints(fitted(image, INPUT)[None])[0]
    )


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def photo(request: pytest.FixtureRequest) -> Image.Image:
    return Image.open(request.param).convert("RGB")


def same(one: Image.Image, other: Image.Image) -> Evidence:
    found = evidence(sampled(one), sampled(other))
    assert found is not None
    assert is_same(found)
    return found


def different(one: Image.Image, other: Image.Image) -> None:
    found = evidence(sampled(one), sampled(other))
    assert found is None or not is_same(found)


def test_a_smaller_copy_is_the_same(photo: Image.Image) -> None:
    same(photo.resize((photo.width // 4, photo.height // 4)), photo)


def test_a_crop_is_the_same_and_its_share_is_known(photo: Image.Image) -> None:
    wide, high = photo.size
    box = (round(wide * 0.1), round(high * 0.15), round(wide * 0.87), round(high * 0.92))
    found = same(photo.crop(box), photo)
    assert found.covers[0] > 0.93
    assert found.covers[1] == pytest.approx(0.59, abs=0.04)


@pytest.mark.parametrize("method", list(Image.Transpose))
def test_a_turned_copy_is_the_same(photo: Image.Image, method: Image.Transpose) -> None:
    assert same(photo.transpose(method), photo).alignment.orientation != 0


def test_a_framed_copy_is_the_same(photo: Image.Image) -> None:
    same(ImageOps.expand(photo, photo.width // 12, (250, 250, 250)), photo)


def test_a_grey_copy_is_the_same_and_known_to_be_grey(photo: Image.Image) -> None:
    assert same(photo.convert("L"), photo).agreement.grey


def test_a_copy_with_text_on_it_is_the_same(photo: Image.Image) -> None:
    marked = photo.copy()
    wide, high = photo.size
    draw = ImageDraw.Draw(marked)
    draw.rectangle((0, high * 0.8, wide, high), (10, 10, 10))
    draw.text((wide / 2, high * 0.9), "HELLO", (255, 255, 255), anchor="mm", font_size=high / 9)
    assert same(marked, photo).agreement.differing > 0.02


def test_other_pictures_are_different() -> None:
    photos = [Image.open(file) for file in FILES]
    for at, one in enumerate(photos):
        for other in photos[:at]:
            different(one, other)


def test_an_icon_in_another_colour_is_different() -> None:
    icons = [Image.new("RGB", (64, 64), "white") for _ in range(2)]
    for icon, colour in zip(icons, ("#dd2e44", "#78b159"), strict=True):
        draw = ImageDraw.Draw(icon)
        draw.ellipse((8, 8, 56, 56), colour)
        draw.rectangle((28, 2, 36, 62), colour)
    different(*icons)


def test_a_sprite_whose_limbs_moved_is_different() -> None:
    frames = []
    for step in (0, 9):
        frame = Image.new("RGB", (64, 64), "white")
        draw = ImageDraw.Draw(frame)
        draw.ellipse((22, 4, 42, 24), "#ffcc4d", "#662113")
        draw.rectangle((24, 24, 40, 44), "#dd2e44")
        draw.line((26, 44, 22 - step, 62), "#3b88c3", 4)
        draw.line((38, 44, 42 + step, 62), "#3b88c3", 4)
        draw.line((24, 28, 12, 40 - 2 * step), "#ffcc4d", 4)
        frames.append(frame)
    different(*frames)


def test_a_plain_picture_is_evidence_of_nothing() -> None:
    different(Image.new("RGB", (80, 60), "navy"), Image.new("RGB", (80, 60), "navy"))


def test_noise_of_the_same_kind_is_different() -> None:
    random = np.random.default_rng(1)
    one, other = (random.integers(0, 256, (90, 120, 3), np.uint8) for _ in range(2))
    different(Image.fromarray(one), Image.fromarray(other))


def face(mouth: str) -> Image.Image:
    icon = Image.new("RGB", (64, 64), "white")
    draw = ImageDraw.Draw(icon)
    draw.ellipse((2, 2, 62, 62), "#ffcc4d")
    draw.ellipse((18, 18, 26, 30), "#664500")
    draw.ellipse((38, 18, 46, 30), "#664500")
    if mouth == "straight":
        draw.line((22, 46, 42, 46), "#664500", 3)
    if mouth == "smiling":
        draw.arc((20, 32, 44, 50), 20, 160, "#664500", 3)
    return icon


@pytest.mark.parametrize("other", ["none", "smiling"])
def test_an_icon_that_differs_in_a_mouth_is_different(other: str) -> None:
    different(face("straight"), face(other))


def test_an_icon_with_a_line_of_words_over_it_is_the_same() -> None:
    icon = Image.new("RGB", (64, 64), "white")
    draw = ImageDraw.Draw(icon)
    random = np.random.default_rng(3)
    for _ in range(40):
        left, top = random.integers(0, 52, 2).tolist()
        colour = tuple(random.integers(0, 256, 3).tolist())
        draw.rectangle((left, top, left + 10, top + 10), colour)
    marked = icon.copy()
    ImageDraw.Draw(marked).text(
        (32, 56), "SALE 50%", "white", anchor="mm", font_size=12, stroke_width=1,
        stroke_fill="black",
    )  # fmt: skip
    same(marked, icon)


def tomato(lit: tuple[int, int] = (40, 38)) -> Image.Image:
    """A round, shaded thing on white, with some grain, without a corner to hold on to."""
    y, x = np.mgrid[0:120, 0:130]
    off = np.hypot(x - 64, y - 62)
    light = np.clip(230 - 1.6 * np.hypot(x - lit[0], y - lit[1]), 40, 230)
    body = np.stack([light, light * 0.3, light * 0.2], axis=2)
    grain = np.random.default_rng(lit).normal(0, 3, (120, 130, 1))
    pixels = np.where(off[..., None] < 52, body, 246) + grain
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(130, 120), (60, 55)])
def test_a_part_of_a_thing_without_corners_is_the_same(size: tuple[int, int]) -> None:
    whole = tomato().resize(size)
    wide, high = size
    part = whole.crop((wide // 5, high // 12, wide // 5 + round(0.62 * wide), high // 12 * 9))
    found = same(part, whole)
    assert min(found.covers) == pytest.approx(0.62 * 8 / 12, abs=0.06)


def test_a_part_of_a_thing_without_corners_is_not_that_of_another() -> None:
    part = tomato().crop((26, 10, 106, 90))
    different(part, ImageOps.invert(tomato()))
    different(part, tomato(lit=(84, 90)))


def test_an_icon_that_was_saved_anew_is_the_same() -> None:
    copy = io.BytesIO()
    face("smiling").save(copy, "JPEG", quality=60)
    same(face("smiling"), Image.open(copy))


def test_an_icon_in_milder_colours_is_the_same() -> None:
    same(ImageEnhance.Color(face("smiling")).enhance(0.8), face("smiling"))


def test_a_drawing_with_words_over_it_is_the_same() -> None:
    drawing = _poster()
    marked = drawing.copy()
    draw = ImageDraw.Draw(marked)
    for top in (20, 175):
        draw.text((150, top), "BEST OF 2019", "white", anchor="mm", font_size=36,
                  stroke_width=3, stroke_fill="black")  # fmt: skip
    same(marked, drawing)


def _poster() -> Image.Image:
    """A large drawing: hills, houses, and a sun, without shades."""
    poster = Image.new("RGB", (300, 200), "#9ad4f5")
    draw = ImageDraw.Draw(poster)
    draw.ellipse((230, 40, 270, 80), "#ffd34d")
    for left, colour in ((-40, "#5c913b"), (90, "#77b255"), (180, "#3e721d")):
        draw.ellipse((left, 90, left + 190, 300), colour)
    for at in range(8):
        left, top = 12 + 36 * at, 100 + 7 * (at % 3)
        draw.rectangle((left, top, left + 22, top + 30), "#f4ebd9", "#5a3a22")
        draw.polygon(((left - 4, top), (left + 26, top), (left + 11, top - 16)), "#be1931")
        draw.rectangle((left + 4, top + 8, left + 9, top + 14), "#226699")
    return poster


@pytest.mark.parametrize("colour", [(0, 0, 0), (200, 40, 120)])
def test_a_frame_about_a_finely_striped_picture_does_not_matter(
    colour: tuple[int, int, int],
) -> None:
    stripes = np.indices((180, 240)).sum(axis=0) % 6 < 3
    levels = np.where(stripes, 60, 190) + np.linspace(-40, 40, 240)[None, :]
    striped = Image.fromarray(levels.astype(np.uint8)).convert("RGB")
    ImageDraw.Draw(striped).ellipse((60, 40, 150, 140), "#883322")
    same(ImageOps.expand(striped, 20, colour), striped)
