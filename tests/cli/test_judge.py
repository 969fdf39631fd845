from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .shell import Shell


@pytest.fixture
def place(filled: Path, tmp_path: Path) -> Path:
    """A folder with a library that the test may change."""
    shutil.copytree(filled, tmp_path / "filled")
    return tmp_path / "filled"


def ids(shell: Shell, place: Path, *query: str) -> list[str]:
    return [hit["id"] for hit in shell("search", *query, "--json", cwd=place).json["hits"]]


def test_judging_teaches_the_next_search_which_says_so(shell: Shell, place: Path) -> None:
    owl = ids(shell, place, "owl")[0]
    done = shell("judge", "zorb", "--relevant", owl[:10], "--user", "ann", "--json", cwd=place)
    assert done.status == 0
    assert [(j["picture"], j["relevant"], j["user"]) for j in done.json["judged"]] == [
        (owl, True, "ann")
    ]
    found = shell("search", "zorb", "--explain", cwd=place)
    assert "(learned)" in found.out
    assert "'zorb' was learned from 1 judged picture" in found.err
    assert "(learned)" not in shell("search", "zorb", "--explain", "--no-learned", cwd=place).out


def test_a_picture_is_judged_by_its_file(shell: Shell, place: Path) -> None:
    fox = ids(shell, place, "fox")[0]
    done = shell("judge", "zorb", "-r", "copy of fox.png", "-n", "sea.png", "--json", cwd=place)
    assert [(j["picture"] == fox, j["relevant"]) for j in done.json["judged"]] == [
        (True, True),
        (False, False),
    ]
    refused = shell("judge", "zorb", "-r", "fox.png", "-n", "broken.jpg", "--json", cwd=place)
    assert refused.status == 2
    assert refused.json["error"]["code"] == "no-such-picture"
    assert "broken.jpg" in refused.json["error"]["message"]
    assert len(shell("judge", "--list", "--json", cwd=place).json["judgments"]) == 2


def test_words_that_find_nothing_ask_for_a_picture(shell: Shell, place: Path) -> None:
    done = shell("search", "it's a zorb", "--cut", "0.01", cwd=place)
    assert "lookalike judge 'it'\"'\"'s a zorb' --relevant FILE" in done.err


def test_judgments_are_listed_exported_and_forgotten(shell: Shell, place: Path) -> None:
    fox, sea = ids(shell, place, "fox")[0], ids(shell, place, "sea")[0]
    shell("judge", "zorb", "-r", fox, "-n", sea, cwd=place)
    shell("judge", "wug", "-r", sea, cwd=place)
    listed = shell("judge", "--list", "zorb", cwd=place)
    assert "zorb" in listed.out
    assert "2 judgments" in listed.err
    assert shell("judge", "--export", "all.jsonl", cwd=place).status == 0
    lines = [json.loads(line) for line in (place / "all.jsonl").read_text().splitlines()]
    assert sorted((line["query"], line["relevant"]) for line in lines) == [
        ("q=wug", True),
        ("q=zorb", False),
        ("q=zorb", True),
    ]
    assert len(shell("judge", "zorb", "--forget", "--json", cwd=place).json["judgments"]) == 2
    assert [
        j["query"] for j in shell("judge", "--list", "--json", cwd=place).json["judgments"]
    ] == ["q=wug"]


def test_suggestions_are_pictures_to_judge(shell: Shell, place: Path) -> None:
    found = shell("judge", "fox", "--suggest", "2", "--json", cwd=place).json["suggestions"]
    assert len(found) == 2
    assert all(Path(picture["location"]).name for picture in found)


def test_a_concept_is_made_shown_renamed_and_deleted(shell: Shell, place: Path) -> None:
    owl = ids(shell, place, "owl")[0]
    done = shell("judge", "dark", "-r", owl, "--as", "At night", cwd=place)
    assert done.status == 0
    assert "concept:at-night" in done.err
    assert shell("search", "concept:at-night", "-k", "1", "--json", cwd=place).status == 0
    assert shell("concepts", "at night", "--rename", "nocturne", cwd=place).status == 0
    (concept,) = shell("concepts", "--json", cwd=place).json["concepts"]
    assert (concept["name"], concept["clauses"], concept["judged"]) == ("nocturne", ["dark"], 1)
    assert shell("concepts", "--export", "concepts.jsonl", cwd=place).status == 0
    (line,) = (place / "concepts.jsonl").read_text().splitlines()
    assert [judgment["picture"] for judgment in json.loads(line)["judgments"]] == [owl]
    assert shell("concepts", "nocturne", "--delete", cwd=place).status == 0
    assert shell("concepts", "--json", cwd=place).json["concepts"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["zorb", "-r", "ffffffff"], "no-such-picture"),
        (["zorb"], "bad-request"),
        (["-r", "0"], "no-such-picture"),
        (["zorb", "--export", "nowhere/x.jsonl"], "file-unwritable"),
    ],
)
def test_what_cannot_be_judged_is_a_clear_error(
    shell: Shell, place: Path, arguments: list[str], code: str
) -> None:
    done = shell("judge", *arguments, "--json", cwd=place)
    assert done.status == 2
    assert done.json["error"]["code"] == code
