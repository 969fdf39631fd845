from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.errors import SourceError
from lookalike.sources.entry import Entry, Failure
from lookalike.sources.folder import FolderSource

JPEG = b"\xff\xd8\xff\xe0 rest"
PNG = b"\x89PNG\r\n\x1a\n rest"


def write(path: Path, data: bytes = JPEG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def scan(root: Path) -> tuple[list[Entry], list[Failure]]:
    found = list(FolderSource(root).scan())
    entries = [item for item in found if isinstance(item, Entry)]
    return entries, [item for item in found if isinstance(item, Failure)]


def names(root: Path) -> list[str]:
    return [str(entry.path.relative_to(root)) for entry in scan(root)[0]]


def test_pictures_are_found_below_the_root_and_say_where_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "b" / "cat.jpg")
    entries, failures = scan(tmp_path)
    assert failures == []
    assert [entry.path for entry in entries] == [path]
    assert entries[0].location == str(path)
    assert entries[0].root == str(tmp_path)
    assert entries[0].size_bytes == len(JPEG)
    assert entries[0].sidecars == ()
    assert entries[0].row is None


def test_a_relative_root_gives_absolute_locations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "pics" / "cat.jpg")
    monkeypatch.chdir(tmp_path)
    source = FolderSource(Path("pics"))
    assert source.root == tmp_path / "pics"
    assert [entry.location for entry in source.scan()] == [str(path)]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("cat.jpg", ".hidden.jpg", "._cat.jpg", ".lookalike/x.jpg", "@eaDir/thumb.jpg"):
        write(tmp_path / name)
    source = FolderSource(tmp_path)
    assert [entry.location for entry in source.scan()] == [str(tmp_path / "cat.jpg")]
    assert source.ignored.total() == 0


def test_a_hidden_folder_is_scanned_when_it_is_the_root_itself(tmp_path: Path) -> None:
    write(tmp_path / ".secret" / "cat.jpg")
    assert names(tmp_path / ".secret") == ["cat.jpg"]


def test_libraries_are_left_out_but_a_lone_json_file_makes_none(tmp_path: Path) -> None:
    write(tmp_path / "lib" / "library.json", b"{}")
    write(tmp_path / "lib" / "pictures.lance" / "thumb.jpg")
    write(tmp_path / "lib" / "other.jpg")
    write(tmp_path / "books" / "library.json", b"{}")
    write(tmp_path / "books" / "cover.jpg")
    assert names(tmp_path) == ["books/cover.jpg"]


def test_contents_decide_where_the_name_promises_nothing(tmp_path: Path) -> None:
    write(tmp_path / "photo", PNG)
    write(tmp_path / "photo.bak", JPEG)
    write(tmp_path / "looks-like.txt", PNG)
    write(tmp_path / "notes.txt", b"no picture at all")
    write(tmp_path / "film.mp4", b"\0\0\0\x18ftypmp42")
    source = FolderSource(tmp_path)
    found = [Path(item.location).name for item in source.scan()]
    assert found == ["photo", "photo.bak", "looks-like.txt"]
    assert source.ignored.total() == 2


@pytest.mark.parametrize("data", [b"", b"<html><body>404</body></html>", b"\0" * 100])
def test_a_name_that_promises_a_picture_is_offered_whatever_it_holds(
    tmp_path: Path, data: bytes
) -> None:
    write(tmp_path / "cat.JPG", data)
    assert names(tmp_path) == ["cat.JPG"]


def test_a_drawing_that_cannot_be_decoded_is_offered_only_under_its_own_name(
    tmp_path: Path,
) -> None:
    project = b"gimp xcf v011\0" + bytes(64)
    write(tmp_path / "logo.xcf", project)
    write(tmp_path / "logo", project)
    assert names(tmp_path) == ["logo.xcf"]


def test_order_is_the_same_every_time_and_independent_of_creation(tmp_path: Path) -> None:
    for order, folder in (("bca", "one"), ("cab", "two")):
        for name in order:
            write(tmp_path / folder / name / "2.jpg")
            write(tmp_path / folder / name / "1.jpg")
            write(tmp_path / folder / f"{name}.jpg")
    one, two = names(tmp_path / "one"), names(tmp_path / "two")
    expected = ["a.jpg", "b.jpg", "c.jpg", "a/1.jpg", "a/2.jpg"]
    assert one[:5] == expected
    assert one == two == names(tmp_path / "one")


def test_a_source_can_be_scanned_again_and_sees_what_changed(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "notes", b"text")
    source = FolderSource(tmp_path)
    assert len(list(source.scan())) == 1
    write(tmp_path / "b.jpg")
    assert len(list(source.scan())) == 2
    assert source.ignored.total() == 1


def test_loops_of_links_end_and_every_folder_is_entered_once(tmp_path: Path) -> None:
    write(tmp_path / "root" / "z" / "cat.jpg")
    write(tmp_path / "elsewhere" / "dog.jpg")
    write(tmp_path / "not-asked-for.jpg")
    root = tmp_path / "root"
    (root / "a-link-to-z").symlink_to(root / "z")
    (root / "z" / "up").symlink_to(root)
    (root / "z" / "further-up").symlink_to(tmp_path)
    (root / "there").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(root)
    entries, failures = scan(root)
    assert failures == []
    assert [entry.location for entry in entries] == [
        str(root / "z" / "cat.jpg"),
        str(root / "there" / "dog.jpg"),
    ]


def test_a_link_to_a_picture_is_a_picture(tmp_path: Path) -> None:
    write(tmp_path / "store" / "cat.jpg")
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "link.jpg").symlink_to(tmp_path / "store" / "cat.jpg")
    assert names(tmp_path / "pics") == ["link.jpg"]


def test_broken_and_circular_links_are_failures(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "holiday").symlink_to(tmp_path / "unmounted")
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    write(tmp_path / "cat.jpg")
    entries, failures = scan(tmp_path)
    assert len(entries) == 1
    assert {Path(failure.location).name: failure.code for failure in failures} == {
        "gone.jpg": "vanished",
        "holiday": "vanished",
        "self.jpg": "unreadable",
    }
    assert all(failure.stage == "scan" for failure in failures)
    assert all(failure.location in failure.message for failure in failures)


def test_pipes_and_sockets_are_passed_over_without_waiting_for_them(tmp_path: Path) -> None:
    for name in ("pipe.jpg", "metadata.csv", "cat.txt", "pipe"):
        os.mkfifo(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.png"))
        write(tmp_path / "cat.jpg")
        source = FolderSource(tmp_path)
        found = list(source.scan())
    assert [Path(item.location).name for item in found] == ["cat.jpg"]
    assert isinstance(found[0], Entry)
    assert found[0].sidecars == ()
    assert source.ignored.total() == 5
    assert source.ignored == {".jpg": 1, ".csv": 1, ".txt": 1, "": 1, ".png": 1}


HOSTILE = [
    b"caf\xe9.jpg",
    "Übergröße 猫 🐈.jpg".encode(),
    b"new\nline.jpg",
    b"-rf.jpg",
    b"quote'\".jpg",
    b"%41 {x} $HOME.jpg",
    b"trailing .jpg",
    b"x" * 251 + b".jpg",
]


def test_hostile_names_survive_and_can_be_stored(tmp_path: Path) -> None:
    for name in HOSTILE:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(JPEG)
    entries, failures = scan(tmp_path)
    assert failures == []
    assert sorted(os.fsencode(entry.path.name) for entry in entries) == sorted(HOSTILE)
    for entry in entries:
        entry.location.encode("utf-8")
        assert entry.path.read_bytes() == JPEG
    assert any(entry.location.endswith("caf%E9.jpg") for entry in entries)


def test_a_root_with_an_undecodable_name_is_shown_like_its_pictures(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    write(root / "cat.jpg")
    (entry,) = scan(root)[0]
    assert entry.root == f"{tmp_path}/caf%E9"
    assert entry.location == f"{tmp_path}/caf%E9/cat.jpg"


# To root nothing is forbidden, so the scan runs as nobody (after the imports, which nobody may
# not be allowed to read).
SCAN_AS_NOBODY = """
import json, os, sys
from pathlib import Path
from lookalike.errors import SourceError
from lookalike.sources.entry import Entry
from lookalike.sources.folder import FolderSource
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    found = list(FolderSource(Path(sys.argv[1])).scan())
except SourceError as error:
    print(json.dumps({"error": error.code}))
else:
    print(json.dumps({
        "entries": [Path(f.location).name for f in found if isinstance(f, Entry)],
        "failures": [[Path(f.location).name, f.stage, f.code] for f in found
                     if not isinstance(f, Entry)],
    }))
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """An empty folder that everybody can reach, unlike ``tmp_path``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in sorted(folder.rglob("*")):
            path.chmod(0o755)


def as_nobody(root: Path) -> object:
    result = subprocess.run(
        [sys.executable, "-c", SCAN_AS_NOBODY, str(root)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def test_forbidden_files_and_folders_are_failures_and_the_rest_is_found(
    public_folder: Path,
) -> None:
    write(public_folder / "cat.jpg")
    write(public_folder / "secret.jpg").chmod(0)
    write(public_folder / "extensionless").chmod(0)
    write(public_folder / "metadata.csv", b"path,title\ncat.jpg,Cat\n").chmod(0)
    write(public_folder / "locked" / "dog.jpg")
    write(public_folder / "unsearchable" / "fox.jpg")
    (public_folder / "locked").chmod(0)
    (public_folder / "unsearchable").chmod(0o444)
    assert as_nobody(public_folder) == {
        "entries": ["cat.jpg"],
        "failures": [
            ["metadata.csv", "scan", "permission-denied"],
            ["extensionless", "scan", "permission-denied"],
            ["secret.jpg", "scan", "permission-denied"],
            ["locked", "scan", "permission-denied"],
            ["fox.jpg", "scan", "permission-denied"],
        ],
    }


def test_a_root_behind_a_forbidden_folder_is_refused_with_the_reason(public_folder: Path) -> None:
    write(public_folder / "locked" / "root" / "cat.jpg")
    (public_folder / "locked").chmod(0)
    assert as_nobody(public_folder / "locked" / "root") == {"error": "permission-denied"}


def test_a_missing_root_is_an_error_with_the_path_and_advice(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere") as caught:
        FolderSource(tmp_path / "nowhere")
    assert caught.value.code == "not-found"
    assert caught.value.hint


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        FolderSource(tmp_path, tmp_path / "none.csv")
    assert caught.value.code == "not-found"


def test_a_single_file_is_a_source_with_its_sidecars_and_table(tmp_path: Path) -> None:
    path = write(tmp_path / "cat.jpg")
    write(tmp_path / "dog.jpg")
    write(tmp_path / "cat.jpg.TXT", b"A cat.")
    write(tmp_path / "manifest.csv", b"path,title\ncat.jpg,Tom\n")
    source = FolderSource(path)
    (entry,) = source.scan()
    assert isinstance(entry, Entry)
    assert source.root == path
    assert (entry.location, entry.root) == (str(path), str(path))
    assert entry.sidecars == (tmp_path / "cat.jpg.TXT",)
    assert entry.row is not None
    assert entry.row.title == "Tom"


def test_a_file_has_the_same_stamp_alone_and_in_its_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "cat.jpg")
    write(tmp_path / "cat.txt", b"A cat.")
    write(tmp_path / "cat.jpg.json", b"{}")
    write(tmp_path / "manifest.csv", b"path,title\ncat.jpg,Tom\n")
    (alone,), (among,) = scan(path)[0], scan(tmp_path)[0]
    assert alone.stamp == among.stamp


def test_a_folder_that_vanishes_during_the_scan_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "b" / "c.jpg")
    scanning = FolderSource(tmp_path).scan()
    next(scanning)
    (tmp_path / "b" / "c.jpg").unlink()
    (tmp_path / "b").rmdir()
    (failure,) = scanning
    assert isinstance(failure, Failure)
    assert failure.code == "vanished"


def test_many_files_are_scanned_without_keeping_them(tmp_path: Path) -> None:
    for folder in range(20):
        (tmp_path / str(folder)).mkdir()
        for number in range(250):
            (tmp_path / str(folder) / f"{number}.jpg").touch()
    sum(1 for _ in FolderSource(tmp_path / "0").scan())  # what is imported on the way
    gc.collect()
    tracemalloc.start()
    count = sum(1 for _ in FolderSource(tmp_path).scan())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5000
    assert peak < 1_000_000
