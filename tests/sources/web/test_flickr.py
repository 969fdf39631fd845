"""Flickr's records: real answers of its API, made-up odd ones, and seed engines' metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lookalike.errors import SourceError
from lookalike.sources.entry import Entry
from lookalike.sources.folder import FolderSource
from lookalike.sources.text import plain_text
from lookalike.sources.web.download import fetch_rows
from lookalike.sources.web.flickr import photo_row
from lookalike.sources.web.lists import read_list

from .conftest import QUICK, codes
from .site import Site, content, page, png, redirect


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> Path:
    return shared_data / "crawler_fixtures"


def test_a_record_in_xml_gives_its_words_its_page_and_a_picture(recorded: Path) -> None:
    (row,) = read_list(recorded / "flickr_xml" / "flickrapi_01.xml")
    assert row.url == "https://live.staticflickr.com/8313/7955646798_bc817069a3.jpg"
    assert row.values == {
        "title": "Drowned trees",
        "text": "Near our camping in Belavići, Croatia.",
        "tags": ["6x6", "Hasselblad 500 C/M"],
        "author": "Sybren Stüvel",
        "licence": "CC BY-NC-ND 2.0",
        "taken": "2012-09-08 16:48:07",
        "latitude": "45.419658",
        "longitude": "15.480211",
        "flickr_url": "https://www.flickr.com/photos/sybrenstuvel/7955646798/",
        "image_url": row.url,
    }


def test_a_page_of_results_in_xml_gives_all_its_photos(recorded: Path) -> None:
    rows = list(read_list(recorded / "flickr_xml" / "flickrapi_02.xml"))
    assert len({row.url for row in rows}) == len(rows) == 100
    assert all(row.url.startswith("https://live.staticflickr.com/") for row in rows)
    assert "title" not in next(row for row in rows if "26360458082" in row.url).values


@pytest.mark.parametrize("name", ["flickr_example_photo_list.json", "flickr_example_pretty.json"])
def test_answers_in_json_give_the_largest_picture_that_they_name(recorded: Path, name: str) -> None:
    rows = list(read_list(recorded / "cccatalog" / "flickr" / name))
    assert len(rows) == 30
    first = rows[0].values
    assert first["title"] == "Warsy (église) • 7433"
    assert "<a" not in first["text"]
    assert "www.google.com/maps/" in first["text"]
    assert first["licence"] == "CC BY-NC-SA 2.0"
    assert all(row.url.endswith(("_b.jpg", ".jpg")) for row in rows)


@pytest.mark.parametrize(
    ("size", "ending"), [("large", "_b.jpg"), ("med", ".jpg"), ("small", "_m.jpg")]
)
def test_the_largest_size_there_is_is_taken(recorded: Path, size: str, ending: str) -> None:
    name = f"image_data_with_{size}_url_available.json"
    photo = json.loads((recorded / "cccatalog" / "flickr" / name).read_text("utf-8"))
    row = photo_row(photo)
    assert row is not None
    assert row.url.endswith(ending)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        (
            "a.xml",
            '<rsp stat="fail"><err code="1" msg="Photo not found"/></rsp>',
            "Photo not found",
        ),
        ("a.xml", "<rsp><photo", "no XML"),
        ("a.xml", '<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "no XML"),
        ("a.xml", "<rsp/>", "no photos"),
        ("a.json", '{"stat": "fail", "message": "Invalid API Key"}', "Invalid API Key"),
        ("a.json", '{"photos": {"page": 1, "total": "30"}, "stat": "ok"}', "no photos"),
        ("a.json", "{", "no JSON"),
    ],
)
def test_answers_without_photos_say_why(tmp_path: Path, name: str, data: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(data, "utf-8")
    with pytest.raises(SourceError, match=says):
        list(read_list(path))


def test_json_lines_and_wrapped_json_are_read_alike(tmp_path: Path) -> None:
    photo = {"id": "1", "secret": "ab", "server": "2", "owner": "9@N0", "title": "Ö", "tags": "a b"}
    lines, wrapped = tmp_path / "a.jsonl", tmp_path / "a.json"
    lines.write_text(json.dumps(photo) + "\n", "utf-8")
    wrapped.write_text(f"jsonFlickrApi({json.dumps({'photo': photo})})", "utf-8")
    assert list(read_list(lines)) == list(read_list(wrapped))
    (row,) = read_list(lines)
    assert row.values["flickr_url"] == "https://www.flickr.com/photos/9@N0/1/"
    assert row.values["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "tags": None, "owner": None, "description": [], "location": "x", "dates": "y"},
        {"id": "../..", "server": "1/2", "secret": "x", "urls": {"url": "z"}, "tags": {"tag": [1]}},
        {},
    ],
)
def test_odd_records_lead_nowhere(record: dict[str, Any]) -> None:
    assert photo_row(record) is None


def test_the_seed_engines_metadata_come_through_whole(shared_data: Path) -> None:
    path = shared_data / "seed0_flickr" / "metadata_all_1250.jsonl"
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = list(read_list(path))
    assert [row.url for row in rows] == [one["flickr_url"] for one in told]
    assert {row.kind for row in rows} == {"page"}
    assert [row.values.get("tags", []) for row in rows] == [one["tags"] for one in told]


def test_photos_are_had_from_their_pages_and_gone_ones_are_told(
    site: Site, tmp_path: Path, shared_data: Path
) -> None:
    seed = shared_data / "seed0_flickr" / "metadata_all_1250.jsonl"
    told = [json.loads(line) for line in seed.read_text("utf-8").splitlines()[:40]]
    told = [one for one in told if "<" in one["text"] or "ö" in str(one["tags"])][:2] + told[:2]
    lines = []
    for at, one in enumerate(told):
        lines.append({**one, "flickr_url": f"{site.url}/photos/{at}/"})
        site.answers[f"/photos/{at}/"] = page(
            f"<head><meta property='og:image' content='/live/{at}_b.png'></head><img src=no.png>"
        )
        site.answers[f"/live/{at}_b.png"] = content(png(at))
    gone = {"5": redirect("/images/photo_unavailable.png"), "6": content("", 410)}
    site.answers["/images/photo_unavailable.png"] = content(png(99))
    for name, answer in gone.items():
        lines.append({"flickr_url": f"{site.url}/photos/{name}/", "title": "", "text": ""})
        site.answers[f"/live/{name}.png"] = answer
        site.answers[f"/photos/{name}/"] = page(
            f"<meta property='og:image' content='/live/{name}.png'>"
        )
    listed = tmp_path / "list.jsonl"
    listed.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    folder = tmp_path / "got"
    fetch_rows(read_list(listed), folder, QUICK)
    assert codes(folder) == dict.fromkeys(
        (f"{site.url}/live/{name}.png" for name in gone), "fetch-not-found"
    )
    entries = [entry for entry in FolderSource(folder).scan() if isinstance(entry, Entry)]
    rows = {row.extra["flickr_url"]: row for entry in entries if (row := entry.row)}
    assert len(rows) == len(told)
    for at, one in enumerate(told):
        row = rows[f"{site.url}/photos/{at}/"]
        assert row.title == " ".join(plain_text(one["title"]).split())
        assert row.caption == plain_text(one["text"])
        assert list(row.tags) == one["tags"]
