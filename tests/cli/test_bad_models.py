"""What cannot become a space is told in one line, and the library stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.encoders.small_onnx import write_network
from tests.pipeline.folders import paint

from .shell import Shell


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, Path]:
    """A shell, and its library of a few pictures."""
    base = tmp_path_factory.mktemp("bad")
    for number in range(4):
        paint(base / "pictures" / f"{number}.png", number)
    shell = Shell(base)
    shell("index", base / "pictures", "--encoder", "fake", "-L", base / "library")
    network = write_network(base / "here" / "cut") / "model.onnx"
    network.write_bytes(network.read_bytes()[:300])
    return shell, base / "library"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("spaces add efficientnet-lite0/scale", "unknown-layer|Did you mean scales?"),
        ("spaces add onnx:cut", "model-damaged|cut/model.onnx"),
        ("spaces add --from fake --codes binary --pca 4", "no-binary|--pca 8"),
        ("adapt label", "no-labels|There is folder"),
    ],
)
def test_a_mistake_costs_one_line_and_no_library(
    place: tuple[Shell, Path], arguments: str, said: str
) -> None:
    shell, library = place
    before = (library / "library.json").read_bytes()
    done = shell(*arguments.split(), "-L", library)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert all(part in done.err for part in said.split("|")), done.err
    assert (library / "library.json").read_bytes() == before


def test_a_library_whose_space_has_other_dims_than_its_encoder_says_what_to_do(
    place: tuple[Shell, Path],
) -> None:
    shell, library = place
    kept = (library / "library.json").read_text()
    described = json.loads(kept)
    next(s for s in described["spaces"] if s["name"] == "fake")["dims"] = 16
    (library / "library.json").write_text(json.dumps(described))
    try:
        done = shell("search", library.parent / "pictures" / "1.png", "-L", library)
    finally:
        (library / "library.json").write_text(kept)
    assert done.status == 2
    assert "holds vectors of 16 numbers; fake gives 32 here" in done.err
