from __future__ import annotations

import json
from pathlib import Path

from tests.pipeline.folders import paint

from .shell import Shell


def test_spaces_are_added_chosen_and_dropped(shell: Shell, tmp_path: Path) -> None:
    for number in range(6):
        paint(tmp_path / "pictures" / f"{number}.png", number)
    library = ("-L", str(tmp_path / "library"))
    shell("index", str(tmp_path / "pictures"), "--encoder", "fake", *library)
    added = shell("spaces", "add", "flat", "--from", "fake", "--pca", "3", *library, "--json")
    assert (added.status, json.loads(added.out)["filled"]) == (0, 6)
    assert shell("spaces", "default", "flat", *library).status == 0
    listed = json.loads(shell("spaces", *library, "--json").out)["spaces"]
    assert {s["name"]: (s["dims"], s["default"]) for s in listed if s["kind"] == "image"} == {
        "flat": (3, True),
        "fake": (32, False),
    }
    found = shell("search", str(tmp_path / "pictures" / "2.png"), "--space", "fake", *library,
                  "--json")  # fmt: skip
    assert json.loads(found.out)["query"]["space"] == "fake"
    refused = shell("spaces", "drop", "fake", *library)
    assert refused.status == 2
    assert "space-in-use" in refused.err
    assert shell("spaces", "drop", "flat", *library).status == 0
    assert "flat" not in shell("spaces", *library).out
    wrong = shell("search", "x", "--space", "flat", *library)
    assert (wrong.status, "no-such-space" in wrong.err) == (2, True)


def test_neighbours_are_computed_on_demand(shell: Shell, tmp_path: Path) -> None:
    for number in range(4):
        paint(tmp_path / "pictures" / f"{number}.png", number)
    library = ("-L", str(tmp_path / "library"))
    shell("index", str(tmp_path / "pictures"), "--encoder", "fake", *library)
    told = shell("spaces", "neighbours", *library, "--json")
    assert json.loads(told.out) == {"space": "fake", "pictures": 4}
    assert shell("spaces", "neighbours", "colours", *library).status == 2
