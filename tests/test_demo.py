"""The sample pictures: words, licences, sizes; and the demo made of them."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
PICTURES = SAMPLES / "pictures"
MAX_BYTES = 4 << 20


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _files() -> list[str]:
    found = (path for path in PICTURES.rglob("*") if path.is_file())
    return sorted(
        path.relative_to(PICTURES).as_posix() for path in found if path.name != "metadata.csv"
    )


def test_the_table_has_one_row_for_every_picture() -> None:
    assert [row["path"] for row in _table(PICTURES / "metadata.csv")] == _files()


@pytest.mark.parametrize("column", ["title", "caption", "tags", "author", "licence"])
def test_no_picture_lacks_words_author_or_licence(column: str) -> None:
    assert [row["path"] for row in _table(PICTURES / "metadata.csv") if not row[column]] == []


def test_every_licence_is_explained_in_the_copyright_file() -> None:
    explained = set(re.findall(r"`([^`]+)`", (SAMPLES / "COPYRIGHT.md").read_text("utf-8")))
    named = {row["licence"] for row in _table(PICTURES / "metadata.csv")}
    assert named <= explained


def test_every_package_is_named_with_its_version_in_the_copyright_file() -> None:
    text = (SAMPLES / "COPYRIGHT.md").read_text("utf-8")
    packages = {row["package"] for row in _table(SAMPLES / "selection.csv")} - {"samples"}
    assert {name for name in packages if f"`{name}`" not in text} == set()


def test_the_table_says_the_same_as_the_selection_it_was_built_from() -> None:
    columns = ("path", "title", "caption", "tags", "author", "licence", "source")
    wanted = [{name: row[name] for name in columns} for row in _table(SAMPLES / "selection.csv")]
    assert _table(PICTURES / "metadata.csv") == sorted(wanted, key=lambda row: row["path"])


def test_the_documents_name_the_number_of_pictures() -> None:
    count = len(_files())
    for document in ("README.md", "samples/README.md", "docs/index.md"):
        named = re.findall(r"(\d+)(?: sample)? pictures", (ROOT / document).read_text("utf-8"))
        assert str(count) in named, document


def test_all_pictures_decode_and_are_small() -> None:
    sizes = {}
    for name in _files():
        with Image.open(PICTURES / name) as picture:
            picture.load()
            sizes[name] = picture.size
    assert {name: size for name, size in sizes.items() if not 50 <= max(size) <= 348} == {}


def test_the_pictures_take_no_more_than_4_mebibytes() -> None:
    assert sum((PICTURES / name).stat().st_size for name in _files()) < MAX_BYTES


def test_only_the_deliberate_copy_has_the_bytes_of_another() -> None:
    by_hash: dict[str, list[str]] = {}
    for name in _files():
        digest = hashlib.sha256((PICTURES / name).read_bytes()).hexdigest()
        by_hash.setdefault(digest, []).append(name)
    groups = [names for names in by_hash.values() if len(names) > 1]
    assert groups == [["duplicates/blue-planet.webp", "space/earth.webp"]]


@pytest.mark.model
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_demo_indexes_the_samples_and_finds_what_flies(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "make",
            "demo",
            "DEMO_SERVE=0",
            f"DEMO={tmp_path}",
            "DEMO_READY=",
            f"DEMO_BIN={Path(sys.executable).parent}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    flying, alike, _ = done.stdout.split("/lookalike search ")[1:]
    assert "stamps/toucan-flying.webp" in flying
    assert "duplicates/kingfisher-small.jpg" in alike
    assert not (ROOT / ".lookalike").exists()
