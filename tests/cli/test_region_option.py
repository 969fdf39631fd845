"""``--region`` belongs to the picture before it."""

from pathlib import Path

import pytest

from lookalike.cli.region_option import attached
from lookalike.errors import QueryError

from .shell import Shell

VALUED = {"-k", "--not", "--where"}


def test_a_region_is_written_behind_the_clause_before_it() -> None:
    args = [
        "a.jpg",
        "-k",
        "3",
        "--region",
        "1,2,30,40",
        "b c",
        "--not",
        "c.png",
        "--region=5,5,9,9%",
    ]
    assert attached(args, VALUED) == [
        "a.jpg#xywh=1,2,30,40", "-k", "3", "b c", "--not", "c.png#xywh=percent:5,5,9,9",
    ]  # fmt: skip


def test_what_looks_like_the_option_is_a_clause_after_two_dashes() -> None:
    assert attached(["a", "--", "--region", "b"], VALUED) == ["a", "--", "--region", "b"]
    assert attached(["--not=a.jpg", "--region", "1,1,9,9"], VALUED) == ["--not=a.jpg#xywh=1,1,9,9"]


@pytest.mark.parametrize(
    "args",
    [["--region", "1,2,30,40", "a.jpg"], ["a.jpg", "--region"], ["a.jpg", "--region", "1,2"],
     ["a.jpg", "--region", "0,0,9,9", "--region", "1,1,9,9"]],
)  # fmt: skip
def test_a_region_without_its_picture_is_refused(args: list[str]) -> None:
    with pytest.raises(QueryError) as caught:
        attached(args, VALUED)
    assert caught.value.code == "bad-region"


def test_the_shell_searches_with_a_part_of_a_picture(shell: Shell, filled: Path) -> None:
    fox, at = filled / "fox.png", ("-L", filled / ".lookalike", "--json")
    whole = shell("search", fox, *at).json
    part = shell("search", fox, "--region", "0,0,50,50%", *at).json
    by_hand = shell("search", f"{fox}#xywh=percent:0,0,50,50", *at).json
    assert part["query"]["clauses"] == [f"{fox}#xywh=percent:0,0,50,50"]
    assert part["hits"] == by_hand["hits"]
    assert [h["score"] for h in part["hits"]] != [h["score"] for h in whole["hits"]]
    for wrong in ((fox, "--region", "0,0,9000,20"), ("fox", "--region", "0,0,20,20")):
        done = shell("search", *wrong, *at)
        assert (done.status, done.json["error"]["code"]) == (2, "bad-region")
