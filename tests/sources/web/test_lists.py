"""Lists of URLs in the forms in which people have them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from lookalike.errors import SourceError
from lookalike.sources.web.detect import as_url, is_list
from lookalike.sources.web.lists import read_list, read_lists, url_column

from .site import png

A, B = "https://one.example/a.png", "https://two.example/b%2520c.png"


def pairs(path: Path) -> list[tuple[str, dict[str, object]]]:
    """URLs and what is told about each."""
    return [(row.url, row.values) for row in read_list(path)]


def listed(tmp_path: Path, name: str, data: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_text_is_a_url_a_line_with_words_behind_it(tmp_path: Path) -> None:
    path = listed(tmp_path, "l.txt", f"\ufeff# mine\n{A}\n\n{B}\tmüde Füchse\r\n")
    assert pairs(path) == [(A, {}), (B, {"caption": "müde Füchse"})]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_give_all_their_columns(tmp_path: Path, mark: str) -> None:
    text = (
        f"id{mark}image_url{mark}title{mark}source\n7{mark}{A}{mark}Fuchs{mark}https://p.example/\n"
    )
    name = "l.tsv" if mark == "\t" else "l.csv"
    told = {"id": "7", "title": "Fuchs", "source": "https://p.example/"}
    assert pairs(listed(tmp_path, name, text)) == [(A, told)]


def test_a_table_without_a_heading_is_read_from_its_first_line(tmp_path: Path) -> None:
    path = listed(tmp_path, "l.csv", f"{A},red fox\n{B},blue fox\n")
    assert pairs(path) == [(A, {"column1": "red fox"}), (B, {"column1": "blue fox"})]


def test_windows_text_and_quoted_line_breaks_are_understood(tmp_path: Path) -> None:
    data = f'url,caption\n{A},"two\nlines, F\xfcchse"\n'.encode("cp1252")
    assert pairs(listed(tmp_path, "l.csv", data)) == [(A, {"caption": "two\nlines, Füchse"})]


def test_json_lines_keep_lists_and_pass_over_broken_lines(tmp_path: Path) -> None:
    row = {"url": A, "tags": ["övergivet", "sweden"], "likes": 3, "empty": ""}
    path = listed(tmp_path, "l.jsonl", json.dumps(row) + "\n{broken\n\n[1]\n")
    assert pairs(path) == [(A, {"tags": ["övergivet", "sweden"], "likes": 3})]


def test_parquet_is_read_with_its_columns_and_without_its_bytes(tmp_path: Path) -> None:
    columns = {"URL": [A, B], "TEXT": ["fox", None], "hash": [b"1", b"2"], "w": [5, 6]}
    path = tmp_path / "l.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    assert pairs(path) == [(A, {"TEXT": "fox", "w": 5}), (B, {"w": 6})]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"flickr_url": A, "image_url": A, "url": A}, "image_url"),
        ({"source": A, "where": B}, "where"),
        ({"flickr_url": A}, "flickr_url"),
        ({"licence_url": A, "url_o": B, "note": "see " + A}, "url_o"),
        ({"url": "local.png"}, None),
    ],
)
def test_the_column_of_the_pictures_is_found(row: dict[str, str], column: str | None) -> None:
    assert url_column([row]) == column


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("l.csv", "path,title\na.png,b\n", "no column"),
        ("l.csv", "", "no column"),
        ("l.docx", "x", "no list"),
        ("l.parquet", "x", "no Parquet"),
    ],
)
def test_what_is_no_list_is_named(tmp_path: Path, name: str, data: str, says: str) -> None:
    path = listed(tmp_path, name, data)
    with pytest.raises(SourceError, match=says) as caught:
        list(read_list(path))
    assert (caught.value.code, str(path) in caught.value.message) == ("bad-list", True)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        list(read_lists([tmp_path / "none.csv"]))


def test_urls_of_pages_are_taken_as_pages_where_no_others_are_told(tmp_path: Path) -> None:
    path = listed(tmp_path, "l.jsonl", json.dumps({"flickr_url": A, "title": "Crow"}))
    (row,) = read_list(path)
    assert (row.url, row.kind, row.values) == (A, "page", {"flickr_url": A, "title": "Crow"})


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("l.txt", f"# mine\n{A}\n", True),
        ("l.txt", "a note about https://one.example/\n", False),
        ("l.csv", f"id,title,image\n7,Fox,{A}\n", True),
        ("l.csv", f"file,title,url\na.png,Fox,{A}\n", False),
        ("l.csv", "file,title\na.png,Fox\n", False),
        ("l.csv", "", False),
        ("l.tsv", f"url\ttags\n{A}\tx\n", True),
        ("l.jsonl", json.dumps({"flickr_url": A, "title": "Crow"}), True),
        ("l.jsonl", json.dumps({"id": "1", "secret": "ab", "server": "2"}), True),
        ("l.json", json.dumps({"photo": {"id": "1", "secret": "ab", "server": "2"}}), True),
        ("l.json", json.dumps({"images": [{"file_name": "a.png"}]}), False),
        ("l.xml", '<rsp><photo id="1" secret="ab" server="2"/></rsp>', True),
        ("l.xml", '<rsp stat="fail"><err code="1" msg="Photo not found"/></rsp>', True),
        ("l.xml", "<svg/>", False),
        ("l.docx", A, False),
    ],
)
def test_lists_are_told_from_tables_and_notes(
    tmp_path: Path, name: str, data: str, expected: bool
) -> None:
    assert is_list(listed(tmp_path, name, data)) == expected


def test_parquet_with_urls_is_a_list_and_with_pictures_a_data_set(tmp_path: Path) -> None:
    urls, pictures = tmp_path / "u.parquet", tmp_path / "p.parquet"
    parquet.write_table(pyarrow.table({"url": [A], "caption": ["fox"]}), urls)
    image = [{"bytes": png(1), "path": "a.png"}]
    parquet.write_table(pyarrow.table({"url": [A], "image": image}), pictures)
    assert (is_list(urls), is_list(pictures)) == (True, False)


def test_what_lies_beside_a_picture_of_its_name_is_about_it(tmp_path: Path) -> None:
    (tmp_path / "fox.png").write_bytes(png(1))
    assert not is_list(listed(tmp_path, "fox.txt", A))
    assert not is_list(listed(tmp_path, "fox.png.txt", A))
    assert is_list(listed(tmp_path, "owl.txt", A))


def test_urls_are_known_also_as_paths_write_them() -> None:
    assert as_url("https://one.example/a.png") == "https://one.example/a.png"
    assert as_url(Path("https://one.example/a.png")) == "https://one.example/a.png"
    assert as_url("https.png") is None
    assert as_url("photos/https:/x") is None
