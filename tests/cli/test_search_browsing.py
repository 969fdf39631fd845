"""Order, counts, pages and what was understood, as the shell shows them."""

from __future__ import annotations

from pathlib import Path

from .shell import Shell


def test_counts_follow_the_hits(filled: Path, shell: Shell) -> None:
    done = shell("search", "--where", "width > 0", "--facets", "tag,format", cwd=filled)
    assert done.status == 0
    assert "png" in done.out
    rows = [line.split() for line in done.out.splitlines()]
    assert ["1", "fox"] in rows
    facets = shell("search", "--where", "width > 0", "--facets", "tag", "--json", cwd=filled).json[
        "facets"
    ]
    assert {"value": "sea", "count": 1, "where": 'tag = "sea"'} in facets[0]["values"]


def test_pages_are_walked_through_with_their_cursor(filled: Path, shell: Shell) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = shell(
            "search", "--where", "width > 0", "--sort", "name", "-k", 2, "--after", after,
            "--json", cwd=filled,
        ).json  # fmt: skip
        seen += [hit["id"] for hit in page["hits"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 3


def test_what_was_understood_is_said_with_its_undoing(filled: Path, shell: Shell) -> None:
    done = shell("search", "fox -snow", "-k", 2, cwd=filled)
    assert done.status == 0
    assert "Without 'snow'." in done.err
    assert "--literal" in done.err
    assert "Without" not in shell("search", "fox -snow", "--literal", cwd=filled).err


def test_a_surprise_and_a_colour_need_no_words(filled: Path, shell: Shell) -> None:
    assert len(shell("search", "--surprise", 3, "--json", cwd=filled).json["hits"]) == 3
    hits = shell(
        "search", "colour:#808080", "--no-cut", "--diverse", 0.5, "--json", cwd=filled
    ).json["hits"]
    assert {part["via"] for hit in hits for part in hit["contributions"]} == {"colour"}


def test_the_cut_ends_the_list_and_its_absence_does_not(filled: Path, shell: Shell) -> None:
    def found(*options: object) -> tuple[int, str]:
        asked = shell("search", "fox.png", "-k", 3, "--json", *options, cwd=filled).json
        assert asked["cut"]["kept"] == len(asked["hits"])
        return asked["cut"]["kept"], asked["cut"]["reason"]

    assert found("--no-cut") == (3, "all")
    kept, reason = found("--cut", 0.01)
    assert kept < 3
    assert reason == "chance"
    refused = shell("search", "fox", "--cut", 0, cwd=filled)
    assert refused.status == 2
    assert "above 0" in refused.err


def test_a_page_says_which_hits_it_shows_of_how_many(filled: Path, shell: Shell) -> None:
    asked = ("search", "--where", "width > 0", "-k", 2)
    assert "1 to 2 of 3; more with -k 3" in shell(*asked, cwd=filled).err
    first = shell(*asked, "--json", cwd=filled).json
    assert first["cut"]["total"] == 3
    last = shell(*asked, "--after", first["next"], cwd=filled)
    assert last.out.splitlines()[-1].startswith("3")  # ranks count on
    assert "more with" not in last.err
    assert "score" not in last.out  # nothing was looked for


def test_a_filter_that_matches_nothing_is_to_blame(filled: Path, shell: Shell) -> None:
    done = shell("search", "fox", "--where", "width > 9000", "--facets", "tag", cwd=filled)
    assert done.status == 0
    assert done.err.splitlines() == [
        "No picture matches.",
        "The filter 'width > 9000' matches no picture.",
    ]
    assert done.out == ""
