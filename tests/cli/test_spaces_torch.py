"""Spaces of networks whose weights come from a file, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import lookalike
from lookalike.encoders.names import with_weights
from lookalike.settings import Settings
from tests.pipeline.folders import paint

from .shell import Shell

torch = pytest.importorskip("torch", reason="exports the network")

from lookalike.encoders.torch_support import import_timm  # noqa: E402


def test_a_network_with_weights_from_a_file_becomes_a_space_that_is_searched_and_measured(
    shell: Shell, tmp_path: Path
) -> None:
    for number in range(6):
        paint(tmp_path / "pictures" / "ab"[number % 2] / f"{number}.png", number)
    weights = tmp_path / "my weights.pth"
    torch.manual_seed(0)
    torch.save(import_timm().create_model("test_resnet").state_dict(), weights)
    library = ("-L", str(tmp_path / "library"))
    shell("index", str(tmp_path / "pictures"), "--label-folders", "--encoder", "fake", *library)

    refused = shell("spaces", "add", "timm:test_resnet/layer2", "--weights", "none.pth", *library)
    assert (refused.status, "weights-missing" in refused.err) == (2, True)
    names = [space["name"] for space in shell("spaces", *library, "--json").json["spaces"]]
    assert not [name for name in names if "resnet" in name]

    name = "timm:test_resnet/layer2@gem"
    added = shell("spaces", "add", name, "--weights", str(weights), *library, "--json")
    assert (added.status, added.json) == (
        0, {"space": name, "filled": 6, "lacking": 0, "interrupted": False}
    ), added.err  # fmt: skip
    picture = str(tmp_path / "pictures" / "a" / "2.png")
    found = shell("search", picture, "--space", name, "--no-cut", *library, "--json").json
    assert found["hits"][0]["location"].endswith("2.png")
    measured = shell("evaluate", "--labels", "label", "--space", name, *library, "--json")
    assert measured.status == 0, measured.err
    again = shell("index", str(tmp_path / "pictures"), *library)
    assert again.status == 0, again.err


def test_a_library_of_an_imagenet_classifier_is_searched_by_words(tmp_path: Path) -> None:
    for number in range(4):
        paint(tmp_path / "pictures" / f"{number}.png", number)
    weights = tmp_path / "weights.pth"
    torch.save(import_timm().create_model("test_resnet").state_dict(), weights)
    settings, name = (
        Settings(cache=tmp_path / "cache"),
        with_weights("timm:test_resnet", f"{weights}"),
    )
    with lookalike.create(tmp_path / "library", encoder=name, settings=settings) as library:
        library.index([tmp_path / "pictures"])
        concepts = library.description.space("concept")
        assert concepts
        assert concepts.name == "timm:test_resnet/pre_logits@flat+minilm-l6-v2"
        assert len(library.search("a dog", match="concept", cut=None)) == 4
