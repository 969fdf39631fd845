from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import unit_rows
from lookalike.encoders.efficientnet_lite import MEMBERS, Member
from lookalike.encoders.poolings import parse_pooling, pool
from lookalike.encoders.registry import load_image_encoder
from lookalike.encoders.runtimes import onnxruntime
from lookalike.encoders.torch_pickle import load_state_dict
from tests.encoders.pictures import painted

torch = pytest.importorskip("torch", reason="the original runs in PyTorch")

from tests.encoders import torch_reference  # noqa: E402

pytestmark = pytest.mark.model


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_the_converted_network_equals_the_original(member: Member, cache: Path) -> None:
    original = torch_reference.load(member.weights(), member.scaling.width, member.scaling.depth)
    pixels = painted(member.input.size)
    pool, logits = onnxruntime.OnnxSession(member.onnx(cache)).run(pixels)
    for ours, theirs in zip((pool, logits), torch_reference.run(original, pixels), strict=True):
        assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()


def test_the_weights_read_without_torch_equal_those_that_torch_reads() -> None:
    weights = MEMBERS[0].weights()
    theirs = torch.load(weights, weights_only=True)
    ours = load_state_dict(weights)
    assert list(ours) == list(theirs)
    assert all(np.array_equal(ours[name], theirs[name].numpy()) for name in ours)


@pytest.mark.parametrize(
    ("layer", "kind"), [("blocks.0", "max"), ("blocks.10", "gem"), ("head", "gap")]
)
def test_a_tapped_layer_is_the_originals(cache: Path, layer: str, kind: str) -> None:
    member = MEMBERS[0]
    original = torch_reference.load(member.weights(), member.scaling.width, member.scaling.depth)
    pixels = painted(member.input.size)
    seen = {}
    if layer != "head":
        number = int(layer.rpartition(".")[2])
        original._blocks[number].register_forward_hook(lambda *given: seen.update(maps=given[2]))
    with torch.inference_mode():
        maps = original.features(torch.from_numpy(pixels))
    expected = pool(seen.get("maps", maps).numpy(), parse_pooling(kind))
    tapped = load_image_encoder(f"{member.name}/{layer}@{kind}", cache, purpose="query")
    vectors = tapped.encode(pixels).vectors
    assert vectors.shape == (len(pixels), tapped.dims)
    np.testing.assert_allclose(vectors, unit_rows(expected), atol=1e-4)
