"""Networks in a folder, any of their tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders.base import unit_rows
from lookalike.encoders.poolings import parse_pooling, pool
from lookalike.encoders.registry import describe_model, load_image_encoder, resolve_model
from lookalike.errors import LookalikeError
from tests.encoders.small_onnx import SIDE, tensor_of, write_network

PIXELS = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize(
    ("tapped", "tensor", "kind"),
    [
        ("", "features", "gap"),
        ("/first/relu@gem:2", "/first/relu", "gem:2"),
        ("/conv2@rmac", "conv2", "rmac"),
        ("/scores", "scores", ""),
    ],
)
def test_a_tensor_is_tapped_as_the_network_computes_it(
    tmp_path: Path, runtime: str, tapped: str, tensor: str, kind: str
) -> None:
    if runtime == "openvino":
        pytest.importorskip("openvino")
    folder = write_network(tmp_path / "my model")
    encoder = load_image_encoder(f"onnx:{folder}{tapped}", tmp_path / "cache", runtime)
    truth = tensor_of(folder, tensor, PIXELS)
    expected = unit_rows(pool(truth, parse_pooling(kind)) if kind else truth)
    vectors = encoder.encode(PIXELS).vectors
    assert vectors.shape == (3, encoder.dims)
    apart = 1e-5 if runtime == "onnxruntime" else 2e-2  # bf16
    np.testing.assert_allclose(vectors, expected, atol=apart)
    assert (encoder.input.size, encoder.input.interpolation) == (SIDE, "bilinear")


def test_a_whole_name_works_after_the_folder_is_gone_and_notices_another_network(
    tmp_path: Path,
) -> None:
    folder = write_network(tmp_path / "net")
    info = resolve_model(f"onnx:{folder}", tmp_path / "cache").info
    assert (info.dims, info.licence, "sha256=" in info.name) == (12, "CC0-1.0", True)
    before = load_image_encoder(info.name, tmp_path / "cache", purpose="query").encode(PIXELS)
    (folder / "model.onnx").rename(tmp_path / "kept")
    again = load_image_encoder(info.name, tmp_path / "cache", purpose="query").encode(PIXELS)
    np.testing.assert_array_equal(before.vectors, again.vectors)
    write_network(folder, opset=16)
    with pytest.raises(LookalikeError, match="other weights") as caught:
        resolve_model(info.name, tmp_path / "new cache")
    assert caught.value.code == "other-weights"


def test_a_network_for_one_picture_at_a_time_runs(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "net", batch=1)
    vectors = load_image_encoder(f"onnx:{folder}", tmp_path / "cache").encode(PIXELS).vectors
    expected = unit_rows(tensor_of(folder, "features", PIXELS).mean((2, 3)))
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_its_tensors_are_listed_with_what_they_give(tmp_path: Path) -> None:
    card = describe_model(f"onnx:{write_network(tmp_path / 'net')}")
    found = {layer.name: (layer.shape, layer.layout) for layer in card.layers}
    assert found["/first/relu"] == ((8, 16, 16), "map")
    assert found["scores"] == ((10,), "vector")


@pytest.mark.parametrize(
    ("spoil", "name", "code", "said"),
    [
        ("", "/featurs", "unknown-layer", "features"),
        ("", "/features@cls", "wrong-pooling", "gap"),
        ("gone", "", "unknown-model", "model.onnx"),
        ("cut", "", "model-damaged", "Export"),
        ("html", "", "model-damaged", "Export"),
        ("batch", "", "wrong-input", "batch"),
        ("toml", "", "model-description", "docs"),
        ("key", "", "model-description", "docs"),
        ("size", "", "wrong-input", "size = 32"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    tmp_path: Path, spoil: str, name: str, code: str, said: str
) -> None:
    folder = write_network(tmp_path / "net", batch=4 if spoil == "batch" else "n")
    network, description = folder / "model.onnx", folder / "model.toml"
    match spoil:
        case "gone":
            network.unlink()
        case "cut":
            network.write_bytes(network.read_bytes()[:900])
        case "html":
            network.write_text("<html>Not found</html>")
        case "toml":
            description.write_text("size = ")
        case "key":
            description.write_text("[input]\nsze = 3")
        case "size":
            description.write_text("[input]\nsize = 64")
    with pytest.raises(LookalikeError) as caught:
        resolve_model(f"onnx:{folder}{name}", tmp_path / "cache")
    assert caught.value.code == code
    assert said in caught.value.hint
    assert not (tmp_path / "cache").exists()


def test_a_network_that_is_said_to_know_imagenet_gives_logits(tmp_path: Path) -> None:
    folder = write_network(tmp_path / "net", classes=1000)
    toml = folder / "model.toml"
    toml.write_text(toml.read_text() + 'classes = "imagenet-1k"\n')
    assert resolve_model(f"onnx:{folder}", tmp_path / "cache").info.classes == "imagenet-1k"
    found = load_image_encoder(f"onnx:{folder}", tmp_path / "cache", purpose="query").encode(PIXELS)
    np.testing.assert_allclose(found.logits, tensor_of(folder, "scores", PIXELS), atol=1e-4)
    assert found.vectors.shape == (3, 12)

    write_network(folder)  # ten classes
    toml.write_text(toml.read_text() + 'classes = "imagenet-1k"\n')
    with pytest.raises(LookalikeError, match="the tensor scores has the shape") as caught:
        resolve_model(f"onnx:{folder}", tmp_path / "cache")
    assert caught.value.code == "wrong-classes"
