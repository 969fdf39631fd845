from __future__ import annotations

import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

from lookalike.imaging.decode import decode, decode_bytes
from lookalike.imaging.picture import Metadata
from tests.imaging.pictures import LIMITS, WHOLE, encoded, gradient

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="">
 <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Kühe</rdf:li></rdf:Alt></dc:title>
 <dc:subject><rdf:Bag><rdf:li>cow</rdf:li><rdf:li>Alps</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def read(data: bytes) -> Metadata:
    return decode_bytes(data, (WHOLE,), LIMITS, "a").metadata


def with_exif(tags: dict[int, Any], detail: dict[int, Any], gps: dict[int, Any]) -> bytes:
    exif = Image.Exif()
    exif.update(tags)
    exif.get_ifd(0x8769).update(detail)
    exif.get_ifd(0x8825).update(gps)
    return encoded(gradient(), "JPEG", exif=exif)


def with_iptc(records: list[tuple[int, bytes]]) -> bytes:
    """A JPEG with an IPTC block, as news agencies write it."""
    block = b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text
        for number, text in records
    )
    block += b"\0" * (len(block) % 2)
    resource = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">L", len(block)) + block
    segment = b"\xff\xed" + struct.pack(">H", len(resource) + 2) + resource
    data = encoded(gradient(), "JPEG")
    return data[:2] + segment + data[2:]


def with_text(**chunks: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, text in chunks.items():
        info.add_text(key.replace("_", " "), text)
    return encoded(gradient(), "PNG", pnginfo=info)


def test_exif_says_when_where_and_with_what() -> None:
    said = read(
        with_exif(
            {
                0x010F: "NIKON CORPORATION",
                0x0110: "NIKON D800",
                0x0132: "2020:01:01 00:00:00",
                0x010E: "A walk",
                0x013B: "Ana",
            },
            {0x9003: "2013:09:11 16:45:13", 0x9004: "2014:01:01 00:00:00"},
            {1: "S", 2: (33.0, 51.0, 30.0), 3: "W", 4: (70.0, 30.0, 0.0)},
        )
    )
    assert said.taken == datetime(2013, 9, 11, 16, 45, 13)
    assert said.camera == "NIKON D800"
    assert said.latitude == pytest.approx(-33.8583, abs=1e-3)
    assert said.longitude == pytest.approx(-70.5)
    assert said.caption == "A walk"
    assert said.extra["author"] == "Ana"


def test_the_next_best_date_is_taken() -> None:
    said = read(
        with_exif(
            {0x0132: "2020:02:03 04:05:06"},
            {0x9003: "0000:00:00 00:00:00", 0x9004: "    :  :     :  :  "},
            {},
        )
    )
    assert said.taken == datetime(2020, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("degrees", [(0, 0), (0, 1), (91, 1)])
def test_impossible_places_are_left_out(degrees: tuple[int, int]) -> None:
    angle = (IFDRational(*degrees), 0.0, 0.0)
    said = read(with_exif({}, {}, {1: "N", 2: angle, 3: "E", 4: (0.0, 0.0, 0.0)}))
    assert (said.latitude, said.longitude) == (None, None)


def test_comments_and_keywords_of_windows_are_read() -> None:
    tags = {
        0x9C9B: "Größe".encode("utf-16-le"),
        0x9C9C: "on the way".encode("utf-16-le"),
        0x9C9E: "summer;lake; summer\0".encode("utf-16-le"),
    }
    said = read(with_exif(tags, {}, {}))
    assert said.title == "Größe"
    assert said.caption == "on the way"
    assert said.tags == ("summer", "lake")


@pytest.mark.parametrize(
    "comment",
    [
        b"ASCII\0\0\0Ships at noon",
        b"UNICODE\0" + "Ships at noon".encode("utf-16-le"),
        b"UNICODE\0" + "Ships at noon".encode("utf-16-be"),
        b"\0\0\0\0\0\0\0\0Ships at noon",
        b"Ships at noon",
    ],
)
def test_user_comments_are_read_in_every_encoding(comment: bytes) -> None:
    assert read(with_exif({}, {0x9286: comment}, {})).caption == "Ships at noon"


@pytest.mark.parametrize("text", ["Café à Genève".encode(), "Café à Genève".encode("latin-1")])
def test_utf8_and_latin1_are_told_apart(text: bytes) -> None:
    assert read(with_exif({0x010E: text}, {}, {})).caption == "Café à Genève"
    assert read(with_iptc([(120, text)])).caption == "Café à Genève"


def test_what_only_cameras_and_programs_say_is_no_caption() -> None:
    assert read(with_exif({0x010E: "OLYMPUS DIGITAL CAMERA         "}, {}, {})).caption == ""
    assert read(with_text(Comment="Created with GIMP")).caption == ""


def test_iptc_names_and_keywords() -> None:
    said = read(
        with_iptc(
            [
                (5, b"Harbour"),
                (120, b"Ships leave at noon."),
                (25, b"sea"),
                (25, b"ship"),
                (80, b"B. Line"),
                (90, "Malmö".encode()),
                (92, b"Old Quay"),
                (101, b"Sweden"),
                (55, b"20190712"),
                (60, b"101500+0200"),
            ]
        )
    )
    assert (said.title, said.caption) == ("Harbour", "Ships leave at noon.")
    assert said.tags == ("sea", "ship")
    assert said.extra == {
        "author": "B. Line",
        "city": "Malmö",
        "country": "Sweden",
        "place": "Old Quay",
    }
    assert said.taken == datetime(2019, 7, 12, 10, 15)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_xmp_is_read_in_every_format(kind: str) -> None:
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP)
        data = encoded(gradient(), kind, pnginfo=info)
    elif kind == "TIFF":
        data = encoded(gradient(), kind, tiffinfo={700: XMP.encode()})
    else:
        data = encoded(gradient(), kind, xmp=XMP.encode())
    said = read(data)
    assert said.title == "Kühe"
    assert said.tags == ("cow", "Alps")


def test_png_text_chunks_are_read() -> None:
    said = read(
        with_text(Title="Gate", Description="A red gate", Author="Li", Creation_Time="2001")
    )
    assert (said.title, said.caption) == ("Gate", "A red gate")
    assert said.extra["author"] == "Li"
    assert said.taken == datetime(2001, 1, 1)


def test_the_prompt_of_a_generated_picture_is_its_caption() -> None:
    prompt = "a castle on a hill, oil painting\nNegative prompt: people\nSteps: 20, Sampler: Euler"
    assert read(with_text(parameters=prompt)).caption == "a castle on a hill, oil painting"


def test_comments_of_gif_and_jpeg_are_read() -> None:
    assert read(encoded(gradient(), "JPEG", comment=b"Our house")).caption == "Our house"
    assert (
        read(encoded(gradient().convert("P"), "GIF", comment=b"Our house")).caption == "Our house"
    )


def test_texts_without_end_are_cut() -> None:
    assert len(read(with_text(Description="word " * 100_000)).caption) <= 20_000


def test_a_broken_block_costs_neither_the_picture_nor_the_others(shared_data: Path) -> None:
    data = encoded(gradient(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05" + b"\xff" * 30)
    segment = b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode()
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    assert read(data).title == "Kühe"
    for name in ("exif_gps_typeerror.jpg", "exif_typeerror.jpg", "broken_exif_dpi.jpg"):
        decode(shared_data / "nasty_pillow" / name, (WHOLE,), LIMITS)
