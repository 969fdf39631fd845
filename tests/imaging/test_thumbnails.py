from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from lookalike.errors import DecodeError
from lookalike.imaging.picture import Box
from lookalike.imaging.thumbnails import contact_sheet, thumbnail_bytes, write_thumbnail
from tests.imaging.pictures import encoded, gradient, saved


@pytest.mark.parametrize(("suffix", "kind"), [(".jpg", "JPEG"), (".webp", "WEBP")])
def test_a_thumbnail_is_small_upright_and_without_metadata(
    tmp_path: Path, suffix: str, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a secret"
    source = saved(gradient(600, 400), tmp_path / "a.jpg", exif=exif)
    target = tmp_path / "new" / f"thumbnail{suffix}"
    write_thumbnail(source, target, side=120)
    with Image.open(target) as image:
        assert (image.format, image.size) == (kind, (80, 120))
        assert dict(image.getexif()) == {}
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_small_pictures_are_not_blown_up() -> None:
    data = thumbnail_bytes(encoded(gradient(30, 20), "PNG"), side=320)
    assert Image.open(io.BytesIO(data)).size == (30, 20)


def test_a_failed_thumbnail_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "thumbnail.jpg"
    target.write_bytes(b"old")
    source = tmp_path / "broken.jpg"
    source.write_bytes(encoded(gradient(300, 300), "JPEG")[:900])
    with pytest.raises(DecodeError):
        write_thumbnail(source, target)
    assert target.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"thumbnail.jpg", "broken.jpg"}


def test_a_contact_sheet_shows_every_picture_in_its_place(tmp_path: Path) -> None:
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    items = [
        (saved(Image.new("RGB", (50, 50), colour), tmp_path / f"{number}.png"), f"no {number}")
        for number, colour in enumerate(colours)
    ]
    sheet = contact_sheet(items, columns=2, side=50)
    tile = sheet.width // 2
    row = sheet.height // 2
    assert sheet.getpixel((tile // 2, row // 3)) == colours[0]
    assert sheet.getpixel((tile + tile // 2, row // 3)) == colours[1]
    assert sheet.getpixel((tile // 2, row + row // 3)) == colours[2]
    assert sheet.getpixel((tile + tile // 2, row + row // 3)) == (255, 255, 255)


def test_a_missing_picture_is_a_grey_tile_that_says_why(tmp_path: Path) -> None:
    sheet = contact_sheet([(tmp_path / "gone.jpg", "gone")], side=200)
    assert sheet.getpixel((15, 15)) == (214, 214, 214)
    tile = sheet.crop((8, 8, 208, 208)).convert("L")
    assert tile.getextrema()[0] < 120, "the reason is written on it"


def test_captions_stay_within_their_column(tmp_path: Path) -> None:
    path = saved(gradient(), tmp_path / "a.png")
    sheet = contact_sheet([(path, "a caption " * 40), (path, "")], columns=2, side=100)
    below = sheet.crop((112, 108, sheet.width, sheet.height))
    assert below.convert("L").getextrema() == (255, 255)


def test_an_empty_sheet_is_a_picture_too() -> None:
    assert min(contact_sheet([]).size) > 0


def test_a_contact_sheet_marks_the_part_that_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), (10, 10, 10)).save(tmp_path / "a.png")
    items: list[tuple[Path | None, str]] = [(tmp_path / "a.png", ""), (tmp_path / "a.png", "")]
    plain = contact_sheet(items, side=200)
    marked = contact_sheet(items, side=200, boxes=[None, Box(50, 0, 50, 50)])
    changed = ImageChops.difference(plain, marked).getbbox()
    assert changed is not None
    left, upper, right, lower = changed
    assert (right - left, lower - upper) == pytest.approx((100, 50), abs=1)
    assert left > plain.width // 2
