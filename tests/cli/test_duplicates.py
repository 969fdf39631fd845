"""``lookalike duplicates`` as people and scripts use it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from .shell import Shell

PHOTO = Path(__file__).resolve().parents[2] / "samples" / "pictures" / "animals" / "bison.jpg"


@pytest.fixture
def doubled(shell: Shell, tmp_path: Path) -> Path:
    """A photo, its bytes under another name, and a smaller copy of it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("bison.jpg", "bison copy.jpg"):
        shutil.copy(PHOTO, folder / name)
    with Image.open(PHOTO) as photo:
        photo.resize((160, 120)).save(folder / "small.png")
    assert shell("index", folder, "--encoder", "fake").status == 0
    return folder


def test_groups_are_told_with_keeper_reasons_and_totals(shell: Shell, doubled: Path) -> None:
    found = shell("duplicates", "--json").json
    assert found["compared"]["pictures"] == 2
    assert found["classes"]["same-bytes"]["copies"] == 1
    assert found["classes"]["same-picture"]["groups"] == 1
    same = next(group for group in found["groups"] if group["class"] == "same-picture")
    assert Path(same["keeper"]["location"]).name in ("bison.jpg", "bison copy.jpg")
    assert "most pixels" in same["reasons"]
    (copy,) = same["copies"]
    assert (Path(copy["location"]).name, copy["id"]) == ("small.png", copy["id"])
    people = shell("duplicates")
    assert "same-picture: keep" in people.out
    assert "same-picture: 1 groups, 1 copies" in people.err


def test_files_that_are_not_worth_keeping_are_listed_and_stay(shell: Shell, doubled: Path) -> None:
    listed = shell("duplicates", "--list-extra").out.splitlines()
    assert {Path(line).name for line in listed} == {"bison copy.jpg", "small.png"}
    assert len(list(doubled.iterdir())) == 3
    nul = shell("duplicates", "--list-extra", "--null").out
    assert sorted(nul.rstrip("\0").split("\0")) == sorted(listed)


def test_a_verdict_is_kept_and_forgotten(shell: Shell, doubled: Path) -> None:
    (same,) = shell("duplicates", "--class", "same-picture", "--json").json["groups"]
    pair = (same["keeper"]["id"], same["copies"][0]["id"])
    assert shell("duplicates", "--mark-distinct", *pair, "--json").json["distinct"] == list(pair)
    assert shell("duplicates", "--class", "same-picture", "--json").json["groups"] == []
    assert shell("duplicates", "--forget", *pair).status == 0
    assert len(shell("duplicates", "--class", "same-picture", "--json").json["groups"]) == 1


def test_an_unknown_class_is_told(shell: Shell, filled: Path) -> None:
    done = shell("duplicates", "--class", "twins", cwd=filled)
    assert (done.status, "same-picture" in done.err) == (2, True)
