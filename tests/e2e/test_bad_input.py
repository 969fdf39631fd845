"""Whatever is wrong: a clear message with a code, the right status, and nothing lost."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lookalike.opening import create_library
from lookalike.pipeline.run import IndexOptions
from lookalike.settings import Settings
from lookalike.store.lance_store import LanceStore
from lookalike.store.writer import writing
from tests.cli.conftest import draw
from tests.cli.shell import COMMAND, Done, Shell, environment
from tests.pipeline.folders import Content, content, paint

# The child is another program at once.
pytestmark = pytest.mark.filterwarnings("ignore:lance is not fork-safe")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def folder(shell: Shell) -> Path:
    """A folder that is indexed into the shell's ``.lookalike``."""
    made, settings = draw(shell.here / "pictures"), Settings(cache=shell.cache)
    with create_library(shell.here / ".lookalike", encoder="fake", settings=settings) as library:
        assert library.index([made], options=IndexOptions(workers=1)).failed == 1
    return made


def held(shell: Shell) -> Content:
    return content(shell.here / ".lookalike")


def refused(shell: Shell, code: str, *arguments: object, **options: Any) -> str:
    """Assert that a command ends with 2 and this code, in words and as JSON; returns the words."""
    done = shell(*arguments, "--json", **options)
    assert (done.status, done.json["error"]["code"]) == (2, code), done
    assert done.err.startswith(f"lookalike: {code}: {done.json['error']['message']}")
    assert done.err.count("\n") == 1
    return done.err


def test_a_folder_that_is_not_there(shell: Shell, folder: Path) -> None:
    before = held(shell)
    assert "nowhere" in refused(shell, "not-found", "index", "nowhere")
    refused(shell, "not-found", "index", folder, "nowhere")
    assert held(shell) == before


def test_a_misspelt_folder_makes_no_library(shell: Shell) -> None:
    refused(shell, "not-found", "index", "nowhere", "--encoder", "fake")
    assert list(shell.here.iterdir()) == []


@pytest.mark.parametrize("name", [None, "notes.doc"])
def test_a_folder_without_pictures(shell: Shell, name: str | None) -> None:
    (shell.here / "empty").mkdir()
    if name:
        (shell.here / "empty" / name).write_text("words")
    refused(shell, "no-pictures", "index", "empty", "--encoder", "fake")


def test_an_empty_folder_beside_a_library_that_holds_pictures(shell: Shell, folder: Path) -> None:
    before = held(shell)
    (shell.here / "empty").mkdir()
    assert shell("index", "empty").status == 0
    assert held(shell) == before
    shutil.rmtree(folder)
    folder.mkdir()
    done = shell("index", folder)
    assert (done.status, "--allow-empty" in done.err) == (1, True)
    assert shell("index", folder, "--json").json["kept_sources"] == [str(folder)]
    assert held(shell) == before


def test_files_that_are_no_pictures_and_a_truncated_one(
    shell: Shell, folder: Path, shared_data: Path
) -> None:
    before = held(shell)
    photo = next((shared_data / "flickr8k").rglob("*.jpg")).read_bytes()
    (folder / "cut.jpg").write_bytes(photo[: len(photo) // 2])
    (folder / "words.jpg").write_text("These are words.")
    (folder / "empty.png").write_bytes(b"")
    told = shell("index", folder, "--json")
    assert (told.status, told.json["failed"], told.json["added"]) == (1, 3, 0)
    failed = {Path(f["location"]).name: f for f in shell("failures", "--json").json["failures"]}
    assert failed["cut.jpg"]["code"] == "truncated"
    assert failed["words.jpg"]["code"] == "not-a-picture"
    assert failed["empty.png"]["code"] == "empty-file"
    assert all(name in failed[name]["message"] for name in failed)
    assert held(shell).pictures == before.pictures


def test_a_picture_of_623_megapixels_is_refused_in_little_memory(
    shell: Shell, folder: Path, shared_data: Path
) -> None:
    before = held(shell)
    (giant,) = (shared_data / "nasty_giant").rglob("*.png")
    shutil.copy(giant, folder / "giant.png")
    with Peak(shell, "index", folder) as peak:
        done = peak.done()
    assert done.status == 1
    (entry,) = (f for f in shell("failures", "--json").json["failures"] if "giant" in f["location"])
    assert entry["code"] == "too-many-pixels"
    assert "20990 × 29700" in entry["message"]
    assert peak.bytes < 700e6, f"{peak.bytes / 1e6:.0f} MB"
    assert held(shell).pictures == before.pictures
    with Peak(shell, "search", giant) as peak:
        done = peak.done()
    assert (done.status, "too-many-pixels" in done.err) == (2, True)
    assert peak.bytes < 700e6, f"{peak.bytes / 1e6:.0f} MB"


class Peak:
    """Runs a command and measures the most memory that it and its processes held together."""

    def __init__(self, shell: Shell, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=shell.here,
            env=environment(shell.cache),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.bytes = 0
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._thread.join()

    def done(self) -> Done:
        out, err = self._process.communicate(timeout=120)
        assert "Traceback" not in err
        return Done(self._process.returncode, out, err)

    def _watch(self) -> None:
        while self._process.poll() is None:
            try:
                parent = psutil.Process(self._process.pid)
                family = [parent, *parent.children(recursive=True)]
                self.bytes = max(self.bytes, sum(p.memory_info().rss for p in family))
            except psutil.NoSuchProcess:
                continue
            time.sleep(0.005)


def _obey_permissions() -> None:
    """Take root's leave to pass over permissions away (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    drop_from_bounding_set = 24
    for capability in (1, 2):
        if ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0):
            raise OSError("the capability cannot be dropped")


MORTAL: dict[str, Any] = {"preexec_fn": _obey_permissions} if os.geteuid() == 0 else {}


@pytest.fixture
def guarded(shell: Shell, folder: Path) -> Iterator[Path]:
    """The indexed folder, with a folder in it that will be closed."""
    paint(folder / "private" / "a.png", 11)
    shell("index", folder)
    yield folder
    for item in [shell.here, *shell.here.rglob("*")]:
        if item.is_dir():
            item.chmod(0o755)


def test_a_folder_without_permission_keeps_what_it_held(shell: Shell, guarded: Path) -> None:
    before = held(shell)
    (guarded / "private").chmod(0)
    for status in (1, 1):
        done = shell("index", guarded, options=MORTAL)
        assert (done.status, "permission-denied" in done.err) == (status, True)
        assert held(shell).pictures == before.pictures
    told = {f["location"]: f for f in shell("failures", "--json").json["failures"]}
    assert told[str(guarded / "private")]["code"] == "permission-denied"
    (guarded / "private").chmod(0o755)
    assert shell("index", guarded, options=MORTAL).status == 0
    assert held(shell) == before


def test_a_file_without_permission_keeps_what_it_held(shell: Shell, guarded: Path) -> None:
    before = held(shell)
    (guarded / "sea.png").chmod(0)
    (guarded / "fox.png.json").chmod(0)
    assert shell("index", guarded, options=MORTAL).status == 1
    codes = {Path(path).name: entry[2] for path, entry in held(shell).ledger.items()}
    assert codes["sea.png"] == "permission-denied"
    assert held(shell).pictures.keys() == before.pictures.keys()
    for name in ("sea.png", "fox.png.json"):
        (guarded / name).chmod(0o644)
    shell("index", guarded, options=MORTAL)
    assert held(shell).pictures.keys() == before.pictures.keys()
    assert held(shell).ledger.keys() == before.ledger.keys()


def test_the_whole_source_without_permission(shell: Shell, guarded: Path) -> None:
    before = held(shell)
    guarded.chmod(0)
    done = shell("index", guarded, options=MORTAL)
    assert (done.status, "permission-denied" in done.err) == (1, True)
    guarded.chmod(0o755)
    assert held(shell).pictures == before.pictures
    shell("index", guarded, options=MORTAL)
    assert held(shell) == before


def test_a_library_that_may_only_be_read_is_searched(shell: Shell, guarded: Path) -> None:
    library = shell.here / ".lookalike"
    before = held(shell)
    for item in [library, *library.rglob("*")]:
        item.chmod(0o555 if item.is_dir() else 0o444)
    assert shell("search", "fox", options=MORTAL).status == 0
    assert shell("search", guarded / "sea.png", "--json", options=MORTAL).json["hits"]
    assert shell("check", options=MORTAL).status == 0
    assert shell("info", options=MORTAL).status == 0
    paint(guarded / "new.png", 77)
    assert "rights" in refused(shell, "library-unwritable", "index", guarded, options=MORTAL)
    assert held(shell) == before


def test_a_library_that_may_not_be_read(shell: Shell, guarded: Path) -> None:
    (shell.here / ".lookalike").chmod(0)
    for arguments in (("search", "fox"), ("info",), ("check",), ("failures",)):
        refused(shell, "library-forbidden", *arguments, options=MORTAL)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting is not permitted; the test with a limit on files stands in")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_costs_nothing_that_was_finished(
    shell: Shell, folder: Path, small_disk: Path
) -> None:
    library = small_disk / "library"
    shutil.move(shell.here / ".lookalike", library)
    before = content(library)
    free = shutil.disk_usage(small_disk).free
    for left in (0, 8_000, 40_000):
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(max(0, (free - left) // 4096 * 4096)))
        paint(folder / f"new {left}.png", left)
        done = shell("index", folder, "-L", library, "--json")
        assert done.status in (1, 2) or done.json["pictures"]
        if done.status == 2:
            assert done.json["error"]["code"] == "disk-full"
            assert "Free some" in done.err
        found = content(library).pictures
        assert before.pictures.items() <= found.items()
        assert shell("search", "fox", "-L", library).status == 0
        ballast.unlink()
    done = shell("index", folder, "-L", library)
    assert done.status == 0, done.err
    assert shell("check", "-L", library).status == 0
    assert len(content(library).pictures) == len(before.pictures) + 3


def test_a_new_library_on_a_full_disk_is_refused_and_made_later(
    shell: Shell, folder: Path, small_disk: Path
) -> None:
    library, ballast = small_disk / "library", small_disk / "ballast"
    for left in (0, 16384):
        ballast.write_bytes(bytes(2 * 2**20 - 8192 - left))
        refused(shell, "disk-full", "index", folder, "-L", library, "--encoder", "fake")
        ballast.unlink()
    assert shell("index", folder, "-L", library, "--encoder", "fake").status == 1
    assert shell("check", "-L", library).status == 0


def test_a_full_disk_for_temporary_files(shell: Shell, folder: Path, small_disk: Path) -> None:
    before = held(shell)
    (small_disk / "ballast").write_bytes(bytes(2 * 2**20 - 4096))
    for number in range(50):
        paint(folder / f"{number}.png", number + 50)
    done = shell("index", folder, "--json", TMPDIR=small_disk)
    assert (done.status, done.json["error"]["code"]) == (2, "disk-full")
    assert before.pictures.items() <= held(shell).pictures.items()


@pytest.mark.parametrize("limit", [2_000, 20_000, 60_000])
def test_files_that_may_not_grow_cost_nothing_that_was_finished(
    shell: Shell, folder: Path, limit: int
) -> None:
    before = held(shell)
    for number in range(150):
        paint(folder / f"{number}.png", number + 50)

    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = shell("index", folder, "--json", options={"preexec_fn": no_large_files})
    if done.status == 2:
        assert done.json["error"]["code"] == "disk-full"
    assert before.pictures.items() <= held(shell).pictures.items()
    assert shell("index", folder).status in (0, 1)
    assert len(held(shell).pictures) == len(before.pictures) + 150
    assert shell("check").status == 0


def test_a_library_of_a_newer_format(shell: Shell, folder: Path) -> None:
    file = shell.here / ".lookalike" / "library.json"
    newer = json.loads(file.read_text()) | {"format": 99, "written_by": "9.1"}
    file.write_text(json.dumps(newer))
    tree = _tree(shell.here / ".lookalike")
    for arguments in (("index", folder), ("search", "fox"), ("info",), ("check", "--repair")):
        assert "9.1" in refused(shell, "library-format", *arguments)
    assert _tree(shell.here / ".lookalike") == tree


def _tree(path: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_second_index_while_one_runs(shell: Shell, folder: Path) -> None:
    before = held(shell)
    with writing(LanceStore(shell.here / ".lookalike")):
        told = refused(shell, "library-locked", "index", folder)
        assert f"process {os.getpid()}" in told
        refused(shell, "library-locked", "check", "--repair")
        assert shell("search", "fox").status == 0
        assert shell("info").status == 0
        assert shell("check").status == 0
    assert held(shell) == before
    assert shell("index", folder).status == 0


def test_two_first_runs_at_once_make_one_library(shell: Shell) -> None:
    folder = draw(shell.here / "pictures")
    command = [*COMMAND, "index", str(folder), "--encoder", "fake"]
    runs = [
        subprocess.Popen(
            command,
            cwd=shell.here,
            env=environment(shell.cache),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    told = [run.communicate(timeout=60)[1] for run in runs]
    for run, said in zip(runs, told, strict=True):
        assert run.returncode in (0, 1) or "library-locked" in said, said
    assert shell("index", folder).status == 0
    assert len(held(shell).pictures) == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"These are words.", "not-a-picture"),
        (b"\xff\xd8\xff\xe0 no JPEG", "truncated"),
        (b"%PDF-1.7 a document", "not-a-picture"),
    ],
)
def test_a_query_picture_that_cannot_be_decoded(
    shell: Shell, folder: Path, data: bytes, code: str
) -> None:
    (shell.here / "query.jpg").write_bytes(data)
    assert "query.jpg" in refused(shell, code, "search", "query.jpg")


def test_query_pictures_that_are_not_there(shell: Shell, folder: Path) -> None:
    refused(shell, "no-such-file", "search", "nowhere.jpg")
    refused(shell, "no-such-picture", "search", "id:ffffffff")
    refused(shell, "no-such-upload", "search", "upload:" + "0" * 32)
    assert shell("search", folder).status == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:8765/a.png",
        "http://[::1]/a.png",
        "http://10.0.0.1/a.png",
        "http://user:secret@example.org/a.png",
    ],
)
def test_a_url_to_a_private_address(shell: Shell, folder: Path, url: str) -> None:
    assert "secret" not in refused(shell, "url-forbidden", "search", url)


def test_a_damaged_library_says_which_file(shell: Shell, folder: Path) -> None:
    file = shell.here / ".lookalike" / "library.json"
    file.write_text('{"format":')
    assert "library.json" in refused(shell, "library-damaged", "search", "fox")
    file.unlink()
    refused(shell, "library-damaged", "index", folder)


def test_a_library_of_another_encoder(shell: Shell, folder: Path) -> None:
    told = refused(shell, "other-encoder", "index", folder, "--encoder", "efficientnet-lite0")
    assert "fake" in told


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_library_is_not_made_of_other_things(shell: Shell, kind: str) -> None:
    folder = draw(shell.here / "pictures")
    target = folder if kind == "folder" else folder / "fox.png"
    before = _tree(folder)
    refused(shell, "not-a-library", "index", folder, "-L", target, "--encoder", "fake")
    assert _tree(folder) == before


def test_originals_are_never_changed(shell: Shell, folder: Path) -> None:
    stats = {path: path.stat() for path in folder.rglob("*")}
    before = _tree(folder)
    shell("search", folder / "fox.png", "--thumbnails", "--montage", "sheet.png")
    shell("index", folder, "--retry")
    shell("check", "--repair")
    assert _tree(folder) == before
    assert all(path.stat().st_mtime_ns == about.st_mtime_ns for path, about in stats.items())


def test_names_that_are_no_text_are_taken_in_and_told(shell: Shell) -> None:
    name = os.fsencode(shell.here) + b"/f\xfcchse"
    os.mkdir(name)  # noqa: PTH102 - a name of bytes
    paint(Path(os.fsdecode(name)) / "a.png", 1)
    (Path(os.fsdecode(name)) / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (Path(os.fsdecode(name)) / "link.jpg").symlink_to("nowhere")
    done = shell("index", os.fsdecode(name), "--encoder", "fake")
    assert (done.status, "1 new" in done.err) == (1, True)
    assert "f%FCchse" in shell("failures").out
    assert shell("search", "--where", "width > 0").status == 0
    assert shell("failures", "--retry").status == 1
    query = os.fsdecode(name) + "/bad.jpg"
    assert shell("search", query, "--json").json["error"]["code"] == "truncated"
    assert shell("search", query, "--json", PYTHONIOENCODING="latin-1").json["error"]
    assert shell("failures", PYTHONIOENCODING="ascii").status == 0


def test_the_module_runs_without_a_home(shell: Shell, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lookalike.cli.main", "search", "fox"],
        cwd=shell.here,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
