from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from lookalike.sources.describe import describe
from lookalike.sources.entry import Entry
from lookalike.sources.folder import FolderSource
from lookalike.sources.metadata import Metadata

JPEG = b"\xff\xd8\xff\xe0 rest"
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>
<rdf:li xml:lang="x-default">Title in XMP</rdf:li></rdf:Alt></dc:title></rdf:Description>
</rdf:RDF></x:xmpmeta>"""
LONG = "a-very-long-name-that-says-what-is-in-the-picture-and-more"
TAKEOUT = {
    "title": "IMG_1.jpg",
    "description": "Breakfast &amp; tea",
    "photoTakenTime": {"timestamp": "1562925600", "formatted": "12.07.2019, 10:00:00 UTC"},
    "geoData": {"latitude": 48.137, "longitude": 11.575, "altitude": 0.0},
    "people": [{"name": "Ada Lovelace"}],
    "imageViews": "7",
}


def words(folder: Path, files: dict[str, str | bytes]) -> dict[str, Metadata]:
    for name, data in files.items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    entries = [entry for entry in FolderSource(folder).scan() if isinstance(entry, Entry)]
    return {entry.path.name: describe(entry, Metadata())[0] for entry in entries}


@pytest.mark.parametrize("name", ["cat.txt", "cat.jpg.txt", "cat.TXT"])
def test_a_text_beside_a_picture_is_its_caption(tmp_path: Path, name: str) -> None:
    found = words(tmp_path, {"cat.jpg": JPEG, name: "A cat\r\non a mat. "})
    assert found == {"cat.jpg": Metadata(caption="A cat\non a mat.")}


@pytest.mark.parametrize("name", ["cat.json", "cat.jpg.json"])
def test_json_is_read_by_its_field_names(tmp_path: Path, name: str) -> None:
    fields = {
        "title": "Tom",
        "description": "A <b>cat</b>",
        "tags": ["pet", "grey"],
        "date": "2020-01-31 12:30:00",
        "author": {"id": 7, "name": "Ada"},
        "width": 640,
        "category": "animals",
    }
    found = words(tmp_path, {"cat.jpg": JPEG, name: json.dumps(fields)})
    assert found["cat.jpg"] == Metadata(
        title="Tom",
        caption="A cat",
        tags=("pet", "grey", "animals"),
        taken=datetime(2020, 1, 31, 12, 30),
        extra={"author": "Ada"},
    )


def test_a_more_specific_sidecar_wins_and_the_others_fill_in(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "cat.jpg": JPEG,
        "cat.txt": "general",
        "cat.jpg.txt": "specific",
        "cat.json": '{"title": "Tom", "tags": "a|b"}',
        "cat.xmp": XMP,
    }
    found = words(tmp_path, files)["cat.jpg"]
    assert (found.title, found.caption, found.tags) == ("Title in XMP", "specific", ("a", "b"))


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
    ],
)
def test_google_takeout_is_read_under_all_its_names(
    tmp_path: Path, picture: str, name: str
) -> None:
    found = words(tmp_path, {picture: JPEG, name: json.dumps(TAKEOUT)})
    assert found[picture] == Metadata(
        caption="Breakfast & tea",
        tags=("Ada Lovelace",),
        taken=datetime(2019, 7, 12, 10, 0),
        latitude=48.137,
        longitude=11.575,
    )


def test_takeouts_zero_place_is_no_place(tmp_path: Path) -> None:
    nowhere = {**TAKEOUT, "geoData": {"latitude": 0.0, "longitude": 0.0}}
    found = words(tmp_path, {"IMG_1.jpg": JPEG, "IMG_1.jpg.json": json.dumps(nowhere)})
    assert found["IMG_1.jpg"].latitude is None
    assert found["IMG_1.jpg"].longitude is None


def test_a_cut_takeout_name_belongs_only_to_the_picture_that_its_title_names(
    tmp_path: Path,
) -> None:
    cut = (LONG + ".jpg.supplemental-metadata")[:46]
    about = {**TAKEOUT, "title": LONG + ".jpg"}
    found = words(
        tmp_path,
        {
            f"{LONG}.jpg": JPEG,
            f"{LONG[:46]}-of-another.jpg": JPEG,
            f"{cut}.json": json.dumps(about),
        },
    )
    assert found[f"{LONG}.jpg"].caption == "Breakfast & tea"
    assert found[f"{LONG[:46]}-of-another.jpg"] == Metadata()


def test_a_sidecar_is_never_taken_for_that_of_another_picture(tmp_path: Path) -> None:
    found = words(
        tmp_path,
        {
            "cat.jpg": JPEG,
            "cat.png": JPEG,
            "cat.jpg.png": JPEG,
            "Cat.jpg": JPEG,
            "cat2.jpg": JPEG,
            "cat.jpg.txt": "of cat.jpg",
            "cat2.txt": "of cat2",
        },
    )
    captions = {name: about.caption for name, about in found.items()}
    assert captions == {
        "cat.jpg": "of cat.jpg",
        "cat.png": "",
        "cat.jpg.png": "",
        "Cat.jpg": "",
        "cat2.jpg": "of cat2",
    }


def test_sidecars_of_other_folders_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cat.jpg").write_bytes(JPEG)
    assert words(tmp_path, {"cat.txt": "of nobody"}) == {"cat.jpg": Metadata()}


def test_sidecars_in_use_are_not_counted_as_ignored(tmp_path: Path) -> None:
    for name in ("cat.jpg", "cat.txt", "notes.txt"):
        (tmp_path / name).write_bytes(JPEG if name == "cat.jpg" else b"text")
    source = FolderSource(tmp_path)
    (entry,) = source.scan()
    assert isinstance(entry, Entry)
    assert entry.sidecars == (tmp_path / "cat.txt",)
    assert source.ignored.total() == 1


BROKEN = {
    "cut.json": b'{"title": "To',
    "deep.json": b"[" * 100_000,
    "list.json": b"[1, 2]",
    "number.json": b"7",
    "huge-number.json": b'{"date": ' + b"9" * 5000 + b"}",
    "empty.json": b"",
    "picture.txt": b"\xff\xd8\xff\xe0\0\0\0\0",
    "empty.txt": b"",
    "cut.xmp": XMP[:200].encode(),
    "bomb.xmp": b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + XMP.encode(),
    "empty.xmp": b"",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_sidecar_says_nothing_and_stops_nothing(tmp_path: Path, name: str) -> None:
    picture = name.split(".")[0] + ".jpg"
    found = words(tmp_path, {picture: JPEG, name: BROKEN[name]})
    assert found[picture] == Metadata()


def test_what_cannot_be_stored_is_taken_out_of_texts(tmp_path: Path) -> None:
    found = words(tmp_path, {"cat.jpg": JPEG, "cat.json": '{"title": "T\\ud800o\\u0000m"}'})
    assert found["cat.jpg"].title == "Tom"


def test_a_text_in_another_encoding_is_read(tmp_path: Path) -> None:
    assert words(tmp_path, {"a.jpg": JPEG, "a.txt": "Größe".encode("cp1252")})["a.jpg"] == Metadata(
        caption="Größe"
    )
    found = words(tmp_path, {"b.jpg": JPEG, "b.txt": "Größe".encode("utf-16")})
    assert found["b.jpg"].caption == "Größe"


def test_the_table_overrules_sidecars_and_these_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "red-fox.jpg").write_bytes(JPEG)
    (tmp_path / "red-fox.json").write_text('{"title": "from sidecar", "caption": "sidecar"}')
    (tmp_path / "metadata.csv").write_text("path,title\nred-fox.jpg,from table\n")
    (entry,) = FolderSource(tmp_path).scan()
    assert isinstance(entry, Entry)
    embedded = Metadata(title="embedded", caption="embedded", camera="Canon", tags=("own",))
    metadata, named = describe(entry, embedded)
    assert metadata == Metadata(
        title="from table", caption="sidecar", camera="Canon", tags=("own",)
    )
    assert named.endswith("red fox")
