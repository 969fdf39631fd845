"""``lookalike index --frames``."""

from __future__ import annotations

from PIL import Image

from .shell import Shell


def test_frames_are_taken_in_on_request_and_can_be_searched_with(shell: Shell) -> None:
    first, *others = (Image.new("RGB", (9, 9), (level, 0, 90)) for level in range(0, 250, 25))
    first.save(shell.here / "a.gif", save_all=True, append_images=others)
    assert shell("index", "a.gif", "--encoder", "fake", "--json").json["added"] == 1
    assert shell("index", "a.gif", "--frames", "--max-frames", 4, "--json").json["added"] == 3
    done = shell("search", "a.gif", "--json", "-k", 9, "--where", "width = 9")
    names = {hit["location"].rpartition("/")[2] for hit in done.json["hits"]}
    assert names == {"a.gif", "a.gif#frame=4", "a.gif#frame=7", "a.gif#frame=10"}
    assert shell("index", "a.gif", "--frames", "--max-frames", 1).status == 2
