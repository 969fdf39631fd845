from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lookalike.sources.sniff import HEAD_BYTES, PICTURE_EXTENSIONS, RAW_EXTENSIONS, sniff

# Pillow opens files of these formats but never has pixels for them, or mistakes them (.lut).
NOT_PICTURES = {"GRIB", "BUFR", "HDF5"}
# Files of these kinds have no signature; their names must do.
WITHOUT_SIGNATURE = {".tga", ".spider", ".pcx", ".lut"}


def listed(folder: Path) -> list[tuple[Path, dict[str, str]]]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [(folder / row["path"], row) for row in csv.DictReader(file)]


def head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


@pytest.mark.parametrize("folder", ["nasty_pngsuite", "nasty_pillow", "nasty_sharp"])
def test_everything_that_pillow_decodes_is_offered(shared_data: Path, folder: str) -> None:
    missed = []
    for path, row in listed(shared_data / folder):
        if row["pillow_open"] != "ok" or row["format"] in NOT_PICTURES or path.suffix == ".lut":
            continue
        kind = sniff(head(path))
        is_known = kind is not None and kind.picture and kind.decodable
        if not is_known and path.suffix.lower() not in PICTURE_EXTENSIONS:
            missed.append(path.name)
    assert missed == []


def test_every_picture_of_the_photo_sets_is_known_without_its_name(shared_data: Path) -> None:
    unknown = []
    for folder in sorted(shared_data.iterdir()):
        if not (folder / "manifest.csv").is_file():
            continue
        for path, row in listed(folder):
            if not row.get("width") or row.get("pillow_open", "ok") != "ok":
                continue
            kind = sniff(head(path))
            if (kind is None or not kind.picture) and row["format"] not in NOT_PICTURES:
                unknown.append(path)
    assert {path.suffix for path in unknown} <= WITHOUT_SIGNATURE


def test_the_kind_is_the_format_that_pillow_finds(shared_data: Path) -> None:
    same = {"jpeg": {"JPEG", "MPO"}, "png": {"PNG"}, "gif": {"GIF"}, "webp": {"WEBP"}}
    same |= {"tiff": {"TIFF"}, "bmp": {"BMP"}, "psd": {"PSD"}, "avif": {"AVIF"}, "heif": {"HEIF"}}
    for path, row in listed(shared_data / "nasty_pillow") + listed(shared_data / "nasty_sharp"):
        kind = sniff(head(path))
        if kind is not None and kind.name in same and row["pillow_open"] == "ok":
            assert row["format"] in same[kind.name], path.name


def test_archives_and_recorded_pages_are_no_pictures(shared_data: Path) -> None:
    for folder in ("archives", "crawler_fixtures"):
        for path in (shared_data / folder).rglob("*"):
            if path.is_file() and path.suffix.lower() not in PICTURE_EXTENSIONS:
                kind = sniff(head(path))
                assert kind is None or not kind.picture, path


@pytest.mark.parametrize(
    ("data", "name", "decodable"),
    [
        (b"<html><head>", "html", False),
        (b"\n  <!DOCTYPE HTML>\n<title>404", "html", False),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'>", "svg", True),
        (b"%PDF-1.7\n%\xe2\xe3", "pdf", False),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", "heif", True),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "avif", True),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video", False),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "raw", True),
        (b"II*\0\x10\0\0\0CR\x02\0", "raw", True),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "webp", True),
        (b"P5 3 2 255\n", "ppm", True),
        (b"#define cat_width 16\n#define cat_height 16\n", "xbm", True),
    ],
)
def test_kinds_are_told_by_their_signature(data: bytes, name: str, decodable: bool) -> None:
    kind = sniff(data)
    assert kind is not None
    assert (kind.name, kind.decodable) == (name, decodable)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"P1 is the most important task\n",
        b"#define MAX_WIDTH 100\n#define MAX_HEIGHT 100\nint main",
        b"BM is short for Bahnhofsmission, and this is a text.",
        b"\0\0\1\0" + b"\0" * 40,
        bytes(range(256)) * 8,
        b"\n\n\nA text that begins with empty lines, as the PCX format does.",
    ],
)
def test_other_files_are_not_mistaken_for_pictures(data: bytes) -> None:
    kind = sniff(data)
    assert kind is None or not kind.picture


def test_a_format_that_is_refused_comes_with_advice() -> None:
    kind = sniff(b"%!PS-Adobe-3.0 EPSF-3.0")
    assert kind is not None
    assert kind.picture
    assert "Export" in kind.hint


def test_extensions_are_written_as_they_are_compared() -> None:
    assert {".jpg", ".jpeg", ".png", ".heic", ".avif", ".webp", ".tif"} <= PICTURE_EXTENSIONS
    assert {".cr2", ".nef", ".dng"} <= RAW_EXTENSIONS <= PICTURE_EXTENSIONS
    assert all(name.startswith(".") and name == name.lower() for name in PICTURE_EXTENSIONS)
    assert not PICTURE_EXTENSIONS & {".txt", ".json", ".xmp", ".csv"}
