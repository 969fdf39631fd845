from __future__ import annotations

import json
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest

from lookalike.errors import SourceError
from lookalike.sources.entry import Entry, Failure
from lookalike.sources.folder import FolderSource
from lookalike.sources.metadata import Metadata
from lookalike.sources.table import Table

JPEG = b"\xff\xd8\xff\xe0 rest"


def rows(root: Path, table: Path | None = None) -> dict[str, Metadata | None]:
    found = [item for item in FolderSource(root, table).scan() if isinstance(item, Entry)]
    return {entry.path.relative_to(root).as_posix(): entry.row for entry in found}


def table_row(tmp_path: Path, text: str, name: str = "metadata.csv") -> Metadata:
    (tmp_path / "cat.jpg").write_bytes(JPEG)
    (tmp_path / name).write_bytes(text.encode())
    found = rows(tmp_path)["cat.jpg"]
    assert found is not None
    return found


def test_flickr_rows_have_titles_tags_and_captions_without_html(shared_data: Path) -> None:
    folder = shared_data / "seed0_flickr"
    found = rows(folder)
    assert len(found) == 150
    assert all(row is not None for row in found.values())
    crow = found["biggertest/3.jpg"]
    assert crow is not None
    assert crow.title == "Flying Hooded Crow"
    assert crow.caption.startswith("The photo was taken right to the south of Maryno")
    assert crow.tags[:3] == ("moscow", "russia", "maryno")
    assert crow.extra["flickr_url"] == "https://www.flickr.com/photos/tvoe/10210379424/"
    assert not {"sha1", "width", "bytes", "mode", "path"} & crow.extra.keys()
    texts = "".join(row.title + row.caption for row in found.values() if row)
    assert "</a>" not in texts
    assert "&quot;" not in texts


def test_a_table_without_paths_describes_pictures_by_their_id(shared_data: Path) -> None:
    folder = shared_data / "seed0_flickr"
    found = rows(folder / "biggertest", folder / "metadata_all_1250.jsonl")
    assert all(row is not None for row in found.values())
    crow = found["3.jpg"]
    assert crow is not None
    assert (crow.title, len(crow.tags)) == ("Flying Hooded Crow", 18)
    assert rows(folder, folder / "metadata_all_1250.jsonl")["biggertest/3.jpg"] == Metadata(
        crow.title,
        crow.caption,
        crow.tags,
        extra={
            **crow.extra,
            "image_url": "https://farm6.staticflickr.com/5520/10210379424_7913c9ba51.jpg",
        },
    )


def test_five_captions_of_flickr8k_are_all_there(shared_data: Path) -> None:
    row = rows(shared_data / "flickr8k")["images/1478268555_7e301fc510.jpg"]
    assert row is not None
    assert row.caption.split("\n")[1:3] == [
        "A man is rock crawling up a rock wall",
        "A man wearing no shirt climbs a steep cliff .",
    ]
    assert len(row.caption.split("\n")) == 5


def test_titles_in_several_languages_are_kept_and_english_comes_first(shared_data: Path) -> None:
    row = rows(shared_data / "tuxpaint_stamps")["animals/birds/tucan.png"]
    assert row is not None
    assert row.title == "A toucan."
    assert row.extra["title_de"] == "Ein Tukan."
    assert row.extra["title_ja"] == "オオハシ"
    assert row.tags == ("animals/birds",)


def test_labels_are_tags(shared_data: Path) -> None:
    motorbike = rows(shared_data / "caltech101")["Motorbikes/image_0057.jpg"]
    assert motorbike == Metadata(tags=("Motorbikes",), extra={"label": "Motorbikes"})
    name = (
        "iconic-images-and-descriptions/Packages/Yoghurt/Arla-Mild-Vanilla-Yoghurt/"
        "Arla-Mild-Vanilla-Yoghurt_Iconic.jpg"
    )
    yoghurt = rows(shared_data / "grocery")[name]
    assert yoghurt is not None
    assert yoghurt.tags == ("Arla-Mild-Vanilla-Yoghurt", "Yoghurt")
    assert yoghurt.caption.startswith("Mild and smooth vanilla yoghurt made of Swedish milk")


def test_game_art_keeps_author_and_licence(shared_data: Path) -> None:
    row = rows(shared_data / "gameart_avatars")["avatars/Cat Ninja/Neko.png"]
    assert row is not None
    assert row.title == "Neko"
    assert row.extra["author"] == "Umz"
    assert row.extra["licence"] == "Creative Commons 3.0 Attribution License"


def test_every_set_is_described_by_its_manifest(shared_data: Path) -> None:
    for manifest in sorted(shared_data.glob("*/manifest.csv")):
        found = rows(manifest.parent)
        if manifest.parent.name not in ("archives", "crawler_fixtures"):
            assert found, manifest
            assert None not in found.values(), manifest


@pytest.mark.parametrize(
    "header", ["path", "File", "filename", "file_name", "image", "Image Name", "SourceFile"]
)
def test_the_path_column_goes_by_many_names(tmp_path: Path, header: str) -> None:
    assert table_row(tmp_path, f"Title,{header}\nTom,./cat.jpg\n").title == "Tom"


def test_columns_are_matched_generously(tmp_path: Path) -> None:
    row = table_row(
        tmp_path,
        "path;Name;Description;Keywords;Date Taken;Camera Make;Camera Model;GPSLatitude;lng;"
        "Photographer;license;shelf;width;\n"
        'cat.jpg;Tom;"A cat; on a mat";"pet, grey";31.1.2020 12:30;Canon;Canon EOS 5D;48,137;'
        "11.575;Ada;CC0;B 7;640;\n",
    )
    assert row == Metadata(
        title="Tom",
        caption="A cat; on a mat",
        tags=("pet", "grey"),
        taken=datetime(2020, 1, 31, 12, 30),
        camera="Canon EOS 5D",
        latitude=48.137,
        longitude=11.575,
        extra={"shelf": "B 7", "author": "Ada", "licence": "CC0"},
    )


def test_values_without_a_meaning_stay_as_text(tmp_path: Path) -> None:
    row = table_row(tmp_path, "path,date,latitude,longitude\ncat.jpg,around 1900,high,11.5\n")
    assert row == Metadata(extra={"date": "around 1900", "latitude": "high"})


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("a|b c|a", ("a", "b c")),
        ("a; b,c", ("a", "b,c")),
        ("bull mastiff", ("bull mastiff",)),
        ('"[""a"", ""b, c""]"', ("a", "b, c")),
        ("\"['a', 'b']\"", ("a", "b")),
        ("[untitled]", ("[untitled]",)),
    ],
)
def test_keywords_are_taken_apart(tmp_path: Path, cell: str, tags: tuple[str, ...]) -> None:
    cell = cell if cell.startswith('"') else f'"{cell}"'
    assert table_row(tmp_path, f"path,tags\ncat.jpg,{cell}\n").tags == tags


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.csv", "path,title\ncat.jpg,Tom\n"),
        ("Metadata.CSV", "\ufeffpath,title\r\ncat.jpg,Tom\r\n"),
        ("metadata.tsv", "path\ttitle\ncat.jpg\tTom\n"),
        ("manifest.jsonl", '{"path": "cat.jpg", "title": "Tom"}\n'),
        ("metadata.jsonl", '\n{"title": "Tom", "file": "cat.jpg"}'),
    ],
)
def test_tables_are_found_under_their_names(tmp_path: Path, name: str, text: str) -> None:
    assert table_row(tmp_path, text, name).title == "Tom"


def test_paths_are_relative_to_the_tables_folder(tmp_path: Path) -> None:
    for name in ("a/cat.jpg", "b/cat.jpg", "cat.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(JPEG)
    (tmp_path / "metadata.csv").write_text("path,title\na/cat.jpg,outer\nb\\cat.jpg,b\n")
    (tmp_path / "a" / "metadata.csv").write_text("path,caption,title\ncat.jpg,inner,\n")
    assert rows(tmp_path) == {
        "cat.jpg": None,
        "a/cat.jpg": Metadata(title="outer", caption="inner"),
        "b/cat.jpg": Metadata(title="b"),
    }


def test_bare_names_describe_an_images_folder_but_no_namesakes(tmp_path: Path) -> None:
    for name in ("Images/1.jpg", "other/1.jpg", "Images/2.jpg", "2.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(JPEG)
    table = tmp_path / "metadata.csv"
    table.write_text("image,caption\n1.jpg,one\n2.jpg,two\n")
    captions = {name: row.caption if row else "" for name, row in rows(tmp_path).items()}
    assert captions == {
        "2.jpg": "two",
        "Images/1.jpg": "one",
        "Images/2.jpg": "",
        "other/1.jpg": "",
    }
    named = rows(tmp_path, table)["other/1.jpg"]
    assert named is not None
    assert named.caption == "one"


def test_several_rows_of_one_picture_are_joined(tmp_path: Path) -> None:
    row = table_row(tmp_path, "image,caption\ncat.jpg,A cat.\nb.jpg,no\ncat.jpg,A grey pet.\n")
    assert row.caption == "A cat.\nA grey pet."


def test_a_given_table_overrules_those_in_the_folders(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "cat.jpg").write_bytes(JPEG)
    (pictures / "metadata.csv").write_text("path,title,tags\ncat.jpg,found,a\n")
    (tmp_path / "given.csv").write_text(f"path,title\n{pictures}/cat.jpg,given\n")
    assert rows(pictures, tmp_path / "given.csv") == {
        "cat.jpg": Metadata(title="given", tags=("a",))
    }


def test_a_table_of_something_else_is_passed_over_unless_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(JPEG)
    (tmp_path / "metadata.csv").write_text("city,inhabitants\nRome,2800000\n")
    assert rows(tmp_path) == {"cat.jpg": None}
    with pytest.raises(SourceError, match="no column names the picture files") as caught:
        FolderSource(tmp_path, tmp_path / "metadata.csv")
    assert caught.value.code == "bad-table"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("metadata.jsonl", '{"path": "cat.jpg", "title": "Tom"}\n{"path": \n', "line 2"),
        ("metadata.csv", 'path,title\ncat.jpg,Tom\ndog.jpg,"' + "x" * 200_000, "row 3"),
    ],
)
def test_a_damaged_table_is_told_about_and_its_good_rows_count(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    assert table_row(tmp_path, text, name).title == "Tom"
    failures = [item for item in FolderSource(tmp_path).scan() if isinstance(item, Failure)]
    assert [(item.stage, item.code) for item in failures] == [("scan", "bad-table")]
    assert said in failures[0].message
    assert str(tmp_path / name) in failures[0].message


def test_cells_with_line_breaks_do_not_shift_the_rows_after_them(tmp_path: Path) -> None:
    text = 'path,caption\na.jpg,"one\r\ntwo, ""quoted"""\n\ncat.jpg,"Ümlaut\n猫"\nz.jpg,last\n'
    assert table_row(tmp_path, text).caption == "Ümlaut\n猫"
    table = Table(tmp_path / "metadata.csv", str(tmp_path))
    first, last = table.row(str(tmp_path / "a.jpg")), table.row(str(tmp_path / "z.jpg"))
    assert first is not None
    assert last is not None
    assert (first.caption, last.caption) == ('one\ntwo, "quoted"', "last")


def test_composed_and_decomposed_names_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "u\u0308ber.jpg").write_bytes(JPEG)
    (tmp_path / "metadata.csv").write_text("path,title\n\u00fcber.jpg,over\n")
    assert rows(tmp_path) == {"u\u0308ber.jpg": Metadata(title="over")}


def test_a_large_table_is_looked_up_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    with path.open("w") as file:
        for number in range(20_000):
            file.write(json.dumps({"path": f"{number}.jpg", "caption": "word " * 100}) + "\n")
    tracemalloc.start()
    table = Table(path, "/pictures")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 10_000_000
    assert peak < 2_500_000
    found = table.row("/pictures/19999.jpg")
    assert found is not None
    assert found.caption.startswith("word word")
    assert table.row("/pictures/20000.jpg") is None
    assert table.row("/elsewhere/19999.jpg") is None
