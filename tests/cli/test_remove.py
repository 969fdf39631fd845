"""``lookalike remove``, and what brings a picture back."""

from __future__ import annotations

from pathlib import Path

from .conftest import draw
from .shell import Shell


def test_a_removed_picture_stays_away_until_it_is_restored(shell: Shell, tmp_path: Path) -> None:
    folder = draw(tmp_path / "pictures")
    shell("index", folder, "--encoder", "fake")
    (hit,) = shell("search", "sea", "--match", "words", "--json").json["hits"]
    done = shell("remove", f"id:{hit['id'][:8]}", "--json")
    assert (done.status, done.json["pictures"]) == (0, 2)
    assert done.json["removed"][0]["dismissed"] == [str(folder / "sea.png")]
    again = shell("index", folder)
    assert (again.status, "1 passed over" in again.err) == (0, True)
    (entry,) = shell("failures", "--code", "dismissed", "--json").json["failures"]
    assert entry["location"] == str(folder / "sea.png")
    assert len(shell("failures", "--json").json["failures"]) == 1
    assert shell("index", folder, "--restore", "--json").json["added"] == 1
    assert shell("failures", "--code", "dismissed", "--json").json == {"failures": []}


def test_an_unknown_picture_is_told(shell: Shell, filled: Path) -> None:
    done = shell("remove", "0123456789", cwd=filled)
    assert (done.status, "no-such-picture" in done.err) == (2, True)
