"""Damaged words: metadata in pictures and beside them, filters, descriptions of libraries.

Words are a bonus: where they are damaged, the picture is taken in without them.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import FilterError, LibraryError, SourceError
from lookalike.imaging.decode import decode_bytes
from lookalike.imaging.picture import InputSpec, Limits, Metadata
from lookalike.search.filter import compile_filter
from lookalike.sources.sidecar import read_sidecars
from lookalike.sources.table import Table
from lookalike.sources.xmp import parse_xmp
from lookalike.store.description import (
    DESCRIPTION_FILE,
    LibraryDescription,
    SpaceDescription,
    read_description,
)
from tests.fuzz.mutations import damaged

# Pillow warns about what is odd in a file.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

SEEDS = st.integers(0, 2**32)
QUICK = settings(max_examples=150, deadline=None, database=None)

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/">
<rdf:Description rdf:about="" photoshop:DateCreated="2019-07-12T10:00:00+02:00"
 exif:GPSLatitude="52,30.5N" exif:GPSLongitude="13,24.0E">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Boats</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sun</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
JSON = json.dumps(
    {
        "title": "Boats",
        "tags": ["sea", {"name": "sun"}],
        "taken": "2019-07-12",
        "latitude": 52.5,
        "longitude": 13.4,
        "people": [{"name": "A"}],
        "photoTakenTime": {"timestamp": "1562918400"},
        "geoData": {"latitude": 1e-3, "longitude": -12.0},
    }
).encode()
NESTED = b"[" * 100_000
TEXT = "Title: Boats\nTags: sea, sun\nÄ harbour &amp; <b>boats</b>".encode()
CSV = (
    b"path,title,tags,taken,latitude,longitude\n"
    b"a.jpg,Boats,sea;sun,2019-07-12,52.5,13.4\n"
    b'"b.jpg","A ""quoted"" one\nin two lines","[\'x\', ""y""]",12:00,N,\n'
)
JSONL = b'{"path": "a.jpg", "title": "Boats", "tags": ["sea"]}\n{"file_name": "b.jpg", "t": null}\n'
FILTER = "tag = snow and (date >= 2019-07 or not width < 100) and title ~ 'boat*' and camera != x"


def is_storable(metadata: Metadata) -> bool:
    """Whether a library can keep it: text in UTF-8, finite numbers."""
    texts = (metadata.title, metadata.caption, *metadata.tags, *metadata.extra.values())
    for text in (*texts, metadata.camera):
        text.encode("utf-8")
    places = (metadata.latitude, metadata.longitude)
    return all(place is None or abs(place) <= 180 for place in places)


def pictures() -> list[bytes]:
    """JPEG, PNG and TIFF files that say much about themselves."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x010F], exif[0x0132] = "A boat", 6, "Brand", "2019:07:12 10:0"
    exif[0x9C9F] = "sea;sun".encode("utf-16-le")
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "Ahoy".encode("utf-16-le")
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    files = []
    for kind, more in (("JPEG", {"comment": "Hello"}), ("PNG", {}), ("WEBP", {}), ("TIFF", {})):
        out = io.BytesIO()
        Image.new("RGB", (16, 16), (9, 99, 199)).save(out, kind, exif=exif, xmp=XMP, **more)
        files.append(out.getvalue())
    return files


PICTURES = pictures()
# Where in each of them words lie: from, to.
WORDS = [
    (data, min(at for at in found if at >= 0), max(found))
    for data in PICTURES
    if (found := [data.find(mark) for mark in (b"A boat", b"UNICODE\0", b"Brand")])
]


@QUICK
@given(SEEDS)
def test_a_picture_with_damaged_words_is_taken_in(seed: int) -> None:
    random = Random(seed)
    data, start, end = random.choice(WORDS)
    block = data[max(start - 90, 40) : end]
    broken = damaged([block], random)[: len(block)].ljust(len(block), b"\0")
    whole = data[: max(start - 90, 40)] + broken + data[end:]
    if not whole.startswith(b"\xff\xd8"):
        return  # there the block's length or checksum belongs to the picture
    found = decode_bytes(whole, (InputSpec(8, "squash"),), Limits(), "a picture")
    assert is_storable(found.metadata)


@QUICK
@given(SEEDS)
def test_a_damaged_packet_says_something_or_nothing(seed: int) -> None:
    assert is_storable(parse_xmp(damaged([XMP], Random(seed))))


@pytest.mark.parametrize("name", ["a.xmp", "a.json", "a.txt"])
def test_a_damaged_sidecar_says_something_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    path = tmp_path_factory.mktemp("sidecars") / name
    sound = {".xmp": [XMP], ".json": [JSON, NESTED], ".txt": [TEXT, JSON]}[path.suffix]

    @QUICK
    @given(SEEDS)
    def one(seed: int) -> None:
        path.write_bytes(damaged(sound, Random(seed)))
        assert is_storable(read_sidecars("a.jpg", [path]))

    one()


@pytest.mark.parametrize(("name", "data"), [("m.csv", CSV), ("m.tsv", CSV), ("m.jsonl", JSONL)])
def test_a_damaged_table_is_read_as_far_as_it_goes(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    path = folder / name
    sound = [data.replace(b",", b"\t") if name == "m.tsv" else data]
    sound += [NESTED + sound[0]] if name == "m.jsonl" else []

    @QUICK
    @given(SEEDS)
    def one(seed: int) -> None:
        path.write_bytes(damaged(sound, Random(seed)))
        try:
            table = Table(path, str(folder))
        except SourceError as error:
            if error.code != "bad-table":
                raise
            return
        for picture in ("a.jpg", "b.jpg"):
            row = table.row(str(folder / picture))
            assert row is None or is_storable(row)

    one()


def test_a_table_with_the_line_ends_of_old_macs_says_so(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"path,title\ra.jpg,Boats\r")
    assert "line ends" in Table(path, str(tmp_path)).problem


def test_a_table_that_is_sound_says_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(CSV)
    row = Table(path, str(tmp_path)).row(str(tmp_path / "a.jpg"))
    assert row is not None
    assert row.title == next(csv.DictReader(io.StringIO(CSV.decode())))["title"]


@QUICK
@given(SEEDS)
def test_a_damaged_filter_is_understood_or_refused(seed: int) -> None:
    text = damaged([FILTER.encode()], Random(seed)).decode("utf-8", "replace")
    try:
        assert compile_filter(text)
    except FilterError as error:
        if not 0 <= error.position <= len(text):
            raise


def test_a_filter_deep_in_brackets_is_refused() -> None:
    for text in (
        "(" * 100_000,
        "not " * 100_000 + "width = 1",
        "width = 1" + " or width = 1" * 9999,
    ):
        try:
            compile_filter(text)
        except FilterError:
            continue


@pytest.mark.parametrize("more", [[], [NESTED], [b'{"format": 1e400}'], [b'{"format": "\xff"}']])
def test_a_damaged_description_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, more: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("library")
    path = folder / DESCRIPTION_FILE
    space = SpaceDescription(name="fake", kind="image", encoder="fake", dims=32)
    sound = more or [LibraryDescription(spaces=(space,)).model_dump_json(indent=2).encode()]

    @QUICK
    @given(SEEDS)
    def one(seed: int) -> None:
        path.write_bytes(damaged(sound, Random(seed)))
        try:
            read_description(folder)
        except LibraryError as error:
            if error.code not in ("library-damaged", "library-format"):
                raise

    for data in sound:
        path.write_bytes(data)
        if more:
            with pytest.raises(LibraryError):
                read_description(folder)
    one()
