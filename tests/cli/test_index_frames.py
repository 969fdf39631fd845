"""How a source is read: ``--frames``, ``--label-folders``, ``--table`` and their opposites."""

from __future__ import annotations

from PIL import Image

from tests.pipeline.folders import BROKEN, paint

from .shell import Shell


def test_frames_are_taken_in_on_request_and_can_be_searched_with(shell: Shell) -> None:
    first, *others = (Image.new("RGB", (9, 9), (level, 0, 90)) for level in range(0, 250, 25))
    first.save(shell.here / "a.gif", save_all=True, append_images=others)
    assert shell("index", "a.gif", "--encoder", "fake", "--json").json["added"] == 1
    assert shell("index", "a.gif", "--frames", "--max-frames", 4, "--json").json["added"] == 3
    done = shell("search", "a.gif", "--json", "--no-cut", "-k", 9, "--where", "width = 9")
    names = {hit["location"].rpartition("/")[2] for hit in done.json["hits"]}
    assert names == {"a.gif", "a.gif#frame=4", "a.gif#frame=7", "a.gif#frame=10"}
    assert shell("index", "a.gif", "--frames", "--max-frames", 1).status == 2


def test_how_a_source_is_read_is_remembered_shown_and_can_be_undone(shell: Shell) -> None:
    paint(shell.here / "set" / "cat" / "1.png", 1)
    broken = shell.here / "set" / "dog" / "2.png"
    broken.parent.mkdir()
    broken.write_bytes(BROKEN)
    shell("index", "set", "--encoder", "fake", "--label-folders", "--max-frames", 3)
    assert "folders as labels, with 3 frames" in shell("info").out
    paint(broken, 2)
    assert shell("failures", "--retry", "--json").json["added"] == 1
    assert shell("index", "set", "--json").json["unchanged"] == 2
    done = shell("search", "dog", "--where", "label = dog", "--match", "words", "--json")
    assert [hit["location"].rpartition("/")[2] for hit in done.json["hits"]] == ["2.png"]
    shell("index", "set", "--no-label-folders", "--no-frames")
    assert shell("info", "--json").json["sources"] == {}
    assert shell("index", "set", "--table", "a.csv", "--no-table").status == 2
