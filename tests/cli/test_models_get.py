from __future__ import annotations

from pathlib import Path

from tests.encoders.hub_server import COMMIT, Hub, serving
from tests.encoders.joint_pair import make_hub_pair

from .shell import Shell


def test_a_model_is_fetched_and_words_go_to_it(shell: Shell, filled: Path, tmp_path: Path) -> None:
    pair = make_hub_pair(tmp_path / "pair")
    files = {str(path.relative_to(pair)): path.read_bytes() for path in pair.rglob("*.*")}
    library = ("-L", str(tmp_path / "library"))
    shell("index", str(filled), "--encoder", "fake", *library)
    with serving(Hub("someone/pair", files)) as hub:
        got = shell("models", "--get", "someone/pair@main", "--endpoint", hub.url, "--json")
        assert (got.status, got.json["commit"], got.json["fetched"]) == (0, COMMIT, True)
        hub.status = 403
        refused = shell("models", "--get", "someone/pair@v2", "--endpoint", hub.url)
        assert (refused.status, refused.out) == (2, "")
        assert "model-gated" in refused.err
    added = shell("spaces", "add", "words", "--encoder", got.json["name"], *library)
    assert added.status == 0, added.err
    found = shell("search", "red", "--match", "concept", "--no-cut", *library, "--json").json
    assert {part["via"] for hit in found["hits"] for part in hit["contributions"]} == {"joint"}
    assert "relative" not in {other["kind"] for other in found["suggestions"]}
