"""The poolings: NumPy against loops written from the papers, ONNX against NumPy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import Float32Array
from lookalike.encoders.onnx_nodes import OnnxNodes
from lookalike.encoders.onnx_pooling import Layer, append_pooling
from lookalike.encoders.poolings import parse_pooling, pool, regions
from lookalike.encoders.runtimes.onnxruntime import OnnxSession
from lookalike.errors import UsageError

KINDS = ("gap", "max", "gem", "gem:1.7", "rmac", "spoc", "flat")
RNG = np.random.default_rng(0)
SQUARE = np.maximum(RNG.normal(size=(2, 5, 7, 7)), 0).astype(np.float32)
WIDE = np.maximum(RNG.normal(size=(2, 5, 4, 9)), 0).astype(np.float32)


def by_loops(channel: Float32Array, kind: str) -> float:
    """One channel of one picture, by the book."""
    height, width = channel.shape
    places = [(y, x) for y in range(height) for x in range(width)]
    match kind.partition(":"):
        case "gap", _, _:
            return sum(channel[p] for p in places) / len(places)
        case "max", _, _:
            return max(channel[p] for p in places)
        case "gem", _, power:
            p = float(power or 3)
            return (sum(max(channel[at], 1e-6) ** p for at in places) / len(places)) ** (1 / p)
        case "spoc", _, _:
            spread = min(height, width) / 2 / 3
            middle = ((height - 1) / 2, (width - 1) / 2)
            weight = {
                at: math.exp(-(math.dist(at, middle) ** 2) / (2 * spread**2)) for at in places
            }
            return sum(channel[at] * weight[at] for at in places) / sum(weight.values())
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["gap", "max", "gem", "gem:1.7", "spoc"])
@pytest.mark.parametrize("maps", [SQUARE, WIDE], ids=["square", "wide"])
def test_a_pooling_computes_what_its_paper_says(kind: str, maps: Float32Array) -> None:
    expected = [[by_loops(channel, kind) for channel in picture] for picture in maps]
    np.testing.assert_allclose(pool(maps, parse_pooling(kind)), expected, rtol=2e-4)


def test_the_regions_of_a_square_map_are_those_of_the_paper() -> None:
    found = [*regions(7, 7)]
    assert found[0] == (0, 0, 7)
    assert sorted(found[1:5]) == [(0, 0, 4), (0, 3, 4), (3, 0, 4), (3, 3, 4)]
    assert len(found) == 1 + 4 + 9
    assert {side for _, _, side in found[5:]} == {3}


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 9), (12, 5), (14, 14)])
def test_regions_lie_within_the_map_and_reach_its_edges(size: tuple[int, int]) -> None:
    found = [*regions(*size)]
    assert min(min(top, left) for top, left, _ in found) == 0
    assert max(top + side for top, _, side in found) == size[0]
    assert max(left + side for _, left, side in found) == size[1]


def test_rmac_adds_up_the_largest_values_of_regions_at_length_one() -> None:
    expected = np.zeros((2, 5), np.float32)
    for top, left, side in regions(4, 9):
        for n, picture in enumerate(WIDE):
            cut = [c[top : top + side, left : left + side].max() for c in picture]
            expected[n] += np.array(cut) / max(np.linalg.norm(cut), 1e-6)
    np.testing.assert_allclose(pool(WIDE, parse_pooling("rmac")), expected, rtol=1e-5)


def run(folder: Path, maps: Float32Array, layer: Layer, kind: str) -> Float32Array:
    """The pooling as a network of its own."""
    from onnx import TensorProto, helper

    pooling = parse_pooling(kind)
    graph = OnnxNodes("maps", "pool_")
    append_pooling(graph, layer, pooling, "vectors")
    given = helper.make_tensor_value_info("maps", TensorProto.FLOAT, ["n", *layer.shape])
    made = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", layer.dims(pooling)])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "pooling", [given], [made], graph.constants),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    path = folder / "pooling.onnx"
    path.write_bytes(model.SerializeToString())
    (vectors,) = OnnxSession(path, 1).run(maps)
    assert vectors.shape == (len(maps), layer.dims(pooling))
    return np.asarray(vectors, np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("maps", [SQUARE, WIDE, WIDE * 0], ids=["square", "wide", "empty"])
def test_onnx_pools_as_numpy_does(tmp_path: Path, kind: str, maps: Float32Array) -> None:
    got = run(tmp_path, maps, Layer("x", maps.shape[1:]), kind)
    np.testing.assert_allclose(got, pool(maps, parse_pooling(kind)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["gap", "spoc", "rmac"])
def test_maps_with_the_channels_last_are_pooled_alike(tmp_path: Path, kind: str) -> None:
    last = np.ascontiguousarray(WIDE.transpose(0, 2, 3, 1))
    got = run(tmp_path, last, Layer("x", last.shape[1:], "map-last"), kind)
    np.testing.assert_allclose(got, pool(WIDE, parse_pooling(kind)), rtol=1e-4)


def test_of_tokens_the_class_token_is_taken_or_the_places_are_pooled(tmp_path: Path) -> None:
    tokens = RNG.normal(size=(2, 10, 6)).astype(np.float32)
    layer = Layer("x", (10, 6), "tokens", prefix=1)
    np.testing.assert_array_equal(run(tmp_path, tokens, layer, "cls"), tokens[:, 0])
    np.testing.assert_allclose(
        run(tmp_path, tokens, layer, "gap"), tokens[:, 1:].mean(1), rtol=1e-4, atol=1e-6
    )
    assert str(layer.usual) == "cls"


@pytest.mark.parametrize(
    ("layer", "kind", "said"),
    [
        (Layer("x", (4096,), "vector"), "gap", "needs? no pooling"),
        (Layer("x", (10, 6), "tokens"), "cls", "no class token"),
        (Layer("x", (10, 6), "tokens"), "rmac", "tokens"),
        (Layer("x", (64, 112, 112)), "flat", "802,816"),
        (Layer("x", (64, 7, 7)), "cls", "no class token"),
    ],
)
def test_a_pooling_that_does_not_suit_a_layer_is_refused(
    layer: Layer, kind: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        layer.dims(parse_pooling(kind))
    assert caught.value.code == "wrong-pooling"
