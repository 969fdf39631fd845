"""Networks of timm and torchvision with weights out of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="runs the originals")

from lookalike.encoders import torch_models  # noqa: E402
from lookalike.encoders.base import unit_rows  # noqa: E402
from lookalike.encoders.families import torchvision  # noqa: E402
from lookalike.encoders.names import parse_name, with_weights  # noqa: E402
from lookalike.encoders.poolings import parse_pooling, pool  # noqa: E402
from lookalike.encoders.registry import (  # noqa: E402
    describe_model,
    load_image_encoder,
    resolve_model,
    search_models,
)
from lookalike.encoders.torch_support import import_timm, import_torchvision  # noqa: E402
from lookalike.errors import LookalikeError, ModelError  # noqa: E402

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """timm's smallest ResNet with weights of chance, and their file."""
    return made(tmp_path_factory.mktemp("weights") / "resnet.pth", "test_resnet")


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    return made(tmp_path_factory.mktemp("weights") / "vit.safetensors", "test_vit")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which runtime is the quicker one is not for a busy machine to decide."""
    monkeypatch.setattr(torch_models, "_SLOWER", 1e9)
    monkeypatch.setattr(torch_models, "_TRIED", 1)


def made(path: Path, name: str) -> tuple[Any, Path]:
    torch.manual_seed(0)
    network = import_timm().create_model(name).eval()
    if path.suffix == ".safetensors":
        pytest.importorskip("safetensors.torch").save_file(network.state_dict(), path)
    else:
        torch.save({"state_dict": network.state_dict()}, path)
    return network, path


def by_hand(network: Any, layer: str, pixels: Any) -> Any:
    """A layer's output, the pixels prepared as timm says."""
    config = network.pretrained_cfg
    ready = (pixels / 255 - np.array(config["mean"])) / np.array(config["std"])
    seen = {}
    handle = network.get_submodule(layer).register_forward_hook(
        lambda *given: seen.update(output=given[2].clone())
    )
    with torch.no_grad():
        network(torch.from_numpy(ready.transpose(0, 3, 1, 2).astype(np.float32)))
    handle.remove()
    return seen["output"].numpy()


def test_a_tapped_module_is_what_the_network_computes(
    resnet: tuple[Any, Path], tmp_path: Path
) -> None:
    network, weights = resnet
    name = with_weights("timm:test_resnet/layer2@gem", str(weights))
    encoder = load_image_encoder(name, tmp_path, purpose="query")
    side = encoder.input.size
    config = network.pretrained_cfg
    assert (side, encoder.input.interpolation) == (160, config["interpolation"])
    pixels = RNG.integers(0, 256, (2, side, side, 3), np.uint8)
    expected = unit_rows(pool(by_hand(network, "layer2", pixels), parse_pooling("gem")))
    np.testing.assert_allclose(encoder.encode(pixels).vectors, expected, atol=1e-4)
    (kept,) = (tmp_path / "converted").glob("*.json")
    assert json.loads(kept.read_text())["runtime"] == ""


def test_of_a_transformer_the_class_token_is_taken(vit: tuple[Any, Path], tmp_path: Path) -> None:
    network, weights = vit
    encoder = load_image_encoder(with_weights("timm:test_vit/blocks.2", str(weights)), tmp_path,
                                 purpose="query")  # fmt: skip
    assert "/blocks.2@cls?" in encoder.name
    side = encoder.input.size
    pixels = RNG.integers(0, 256, (2, side, side, 3), np.uint8)
    expected = unit_rows(by_hand(network, "blocks.2", pixels)[:, 0])
    np.testing.assert_allclose(encoder.encode(pixels).vectors, expected, atol=1e-4)


def test_what_cannot_be_exported_is_run_by_torch_with_the_same_result(
    resnet: tuple[Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, weights = resnet

    def fail(*_: object) -> None:
        raise RuntimeError("unsupported operator")

    monkeypatch.setattr("lookalike.encoders.torch_network.Tap.to_onnx", fail)
    info = resolve_model(with_weights("timm:test_resnet/layer1@rmac", str(weights)), tmp_path).info
    encoder = load_image_encoder(info.name, tmp_path)
    assert not [*(tmp_path / "converted").glob("*.onnx")]
    pixels = RNG.integers(0, 256, (3, encoder.input.size, encoder.input.size, 3), np.uint8)
    expected = unit_rows(pool(by_hand(network, "layer1", pixels), parse_pooling("rmac")))
    np.testing.assert_allclose(encoder.encode(pixels).vectors, expected, atol=1e-4)


def test_half_precision_on_the_cpu_gives_nearly_the_same_for_any_number_of_pictures(
    resnet: tuple[Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_models, "_exported", lambda *_: b"")
    name = resolve_model(with_weights("timm:test_resnet", str(resnet[1])), tmp_path).info.name
    whole = load_image_encoder(name, tmp_path, "auto:4@cpu")
    half = load_image_encoder(name, tmp_path, "auto:4@cpu+half")
    side = whole.input.size
    pixels = RNG.integers(0, 256, (6, side, side, 3), np.uint8)
    expected, found = whole.encode(pixels).vectors, half.encode(pixels).vectors
    assert not np.array_equal(found, expected)
    assert (found * expected).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(whole.encode(pixels[:1]).vectors, expected[:1], atol=1e-5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_on_a_gpu_that_is_asked_for_torch_runs_its_networks_and_says_if_there_is_none(
    resnet: tuple[Any, Path], tmp_path: Path
) -> None:
    name = with_weights("timm:test_resnet", str(resnet[1]))
    with pytest.raises(ModelError, match=r"PyTorch .* sees 0 CUDA devices") as told:
        load_image_encoder(name, tmp_path, "auto@cuda:1")
    assert told.value.code == "device-missing"
    assert load_image_encoder(name, tmp_path, "auto@cuda:1", purpose="query").dims > 0


def test_a_whole_name_needs_neither_torch_nor_the_file_once_it_is_exported(
    resnet: tuple[Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "mine.pth"
    weights.write_bytes(resnet[1].read_bytes())
    info = resolve_model(with_weights("timm:test_resnet", str(weights)), tmp_path / "cache").info
    assert info.name.startswith("timm:test_resnet/pre_logits@flat?weights=")
    assert info.available
    weights.unlink()

    def fail(*_: object) -> None:
        raise AssertionError("the library was looked at")

    monkeypatch.setattr("lookalike.encoders.families.timm.find", fail)
    monkeypatch.setattr(torch_models, "_convert", fail)
    assert resolve_model(info.name, tmp_path / "cache").info == info


def test_other_weights_at_the_same_place_are_noticed(
    resnet: tuple[Any, Path], tmp_path: Path
) -> None:
    weights = tmp_path / "mine.pth"
    weights.write_bytes(resnet[1].read_bytes())
    info = resolve_model(with_weights("timm:test_resnet/act1", str(weights)), tmp_path / "a").info
    torch.save({"x": torch.zeros(1)}, weights)
    with pytest.raises(LookalikeError, match="other weights") as caught:
        resolve_model(info.name, tmp_path / "b")
    assert caught.value.code == "other-weights"


def test_torchvision_works_beside_a_torch_that_it_was_not_built_for(tmp_path: Path) -> None:
    models = import_torchvision().models
    torch.manual_seed(0)
    network = models.squeezenet1_1().eval()
    torch.save(network.state_dict(), tmp_path / "w.pth")
    name = with_weights("torchvision:squeezenet1_1/features.3@max", str(tmp_path / "w.pth"))
    encoder = load_image_encoder(name, tmp_path, purpose="query")
    spec = encoder.input
    assert (spec.size, spec.crop_share, spec.interpolation) == (224, 0.875, "bilinear")
    pixels = RNG.integers(0, 256, (2, 224, 224, 3), np.uint8)
    network.pretrained_cfg = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    expected = unit_rows(by_hand(network, "features.3", pixels).max((2, 3)))
    np.testing.assert_allclose(encoder.encode(pixels).vectors, expected, atol=1e-4)


def test_all_modules_are_listed_without_weights() -> None:
    layers = {layer.name: layer for layer in describe_model("timm:test_resnet").layers}
    assert layers["layer2"].layout == "map"
    assert layers["pre_logits"].layout == "vector"
    assert {layer.layout for layer in describe_model("timm:test_vit").layers} == {
        "map", "tokens", "vector"
    }  # fmt: skip
    found = search_models("vgg16")
    assert {"timm:vgg16", "torchvision:vgg16", "timm:vgg16.tv_in1k"} <= {*found}


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("timm:resnet5O", "unknown-model", "resnet50"),
        ("timm:resnet50.a1_in2k", "unknown-model", "resnet50.a1_in1k"),
        ("torchvision:vgg61", "unknown-model", "vgg16"),
        ("torchvision:vgg16/classifier.3", "weights-missing", "vgg16-397923af.pth"),
        ("timm:resnet50.a1_in1k", "weights-missing", "huggingface.co/timm/resnet50.a1_in1k"),
        ("timm:test_resnet/layer9?weights={}", "unknown-layer", "layer"),
        ("timm:test_resnet/layer2@cls?weights={}", "wrong-pooling", "gap"),
        ("timm:test_vit?weights={}", "weights-unfit", "--search"),
        ("timm:test_resnet?weights=/none.pth", "weights-missing", ".safetensors"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(
    resnet: tuple[Any, Path], tmp_path: Path, name: str, code: str, said: str
) -> None:
    with pytest.raises(LookalikeError) as caught:
        resolve_model(name.format(resnet[1]), tmp_path)
    assert (caught.value.code, said in caught.value.hint) == (code, True), str(caught.value)
    assert not [*tmp_path.iterdir()]


def test_weights_for_other_classes_fit(tmp_path: Path) -> None:
    network = import_timm().create_model("test_resnet", num_classes=7)
    torch.save(network.state_dict(), tmp_path / "w.pth")
    name = with_weights("timm:test_resnet/logits", str(tmp_path / "w.pth"))
    assert resolve_model(name, tmp_path / "cache").info.dims == 7


@pytest.mark.parametrize(
    ("name", "whole", "share"),
    [
        ("torchvision:resnet50", "torchvision:resnet50", 224 / 232),
        (
            "torchvision:resnet50/IMAGENET1K_V1/layer3",
            "torchvision:resnet50/IMAGENET1K_V1",
            0.875,
        ),
        (
            "torchvision:resnet50/layer3?weights=/data/resnet50-0676ba61.pth",
            "torchvision:resnet50/IMAGENET1K_V1",
            0.875,
        ),
    ],
)
def test_pictures_are_cropped_as_the_weights_were_trained(
    name: str, whole: str, share: float
) -> None:
    model = torchvision.find(parse_name(name))
    assert model.info.name == whole
    assert model.layer in ("", "layer3")
    assert model.info.input is not None
    assert model.info.input.crop_share == pytest.approx(share)


def test_weights_that_are_named_are_part_of_the_whole_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_models, "_exported", lambda *_: b"")  # that takes seconds
    network = import_torchvision().models.mobilenet_v2()
    weights = tmp_path / "mobilenet_v2-b0353104.pth"
    torch.save(network.state_dict(), weights)
    name = with_weights("torchvision:mobilenet_v2/features.3", str(weights))
    info = resolve_model(name, tmp_path / "cache").info
    assert info.name.startswith("torchvision:mobilenet_v2/IMAGENET1K_V1/features.3@gap?")
    assert resolve_model(info.name, tmp_path / "other cache").info == info


def test_a_head_for_imagenet_gives_logits_with_the_last_layers_and_not_with_earlier_ones(
    resnet: tuple[Any, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, weights = resnet
    pixels = RNG.integers(0, 256, (3, 160, 160, 3), np.uint8)
    expected = by_hand(network, "fc", pixels)
    whole = with_weights("timm:test_resnet", str(weights))
    assert resolve_model(whole, tmp_path).info.classes == "imagenet-1k"
    exported = load_image_encoder(whole, tmp_path, purpose="query").encode(pixels)
    np.testing.assert_allclose(exported.logits, expected, atol=1e-4)
    early = resolve_model(with_weights("timm:test_resnet/layer2@gem", str(weights)), tmp_path)
    assert early.info.classes == ""
    assert early.load(tmp_path, "onnxruntime", 0).encode(pixels).logits is None

    monkeypatch.setattr(torch_models, "_exported", lambda *_: b"")
    by_torch = load_image_encoder(whole, tmp_path / "other").encode(pixels)
    np.testing.assert_allclose(by_torch.logits, expected, atol=1e-4)
    np.testing.assert_allclose(by_torch.vectors, exported.vectors, atol=1e-4)


def test_a_head_for_other_classes_than_usual_stands_for_none(tmp_path: Path) -> None:
    weights = tmp_path / "seven.pth"
    network = import_timm().create_model("test_resnet", num_classes=7)
    torch.save(network.state_dict(), weights)
    assert (
        resolve_model(with_weights("timm:test_resnet", str(weights)), tmp_path).info.classes == ""
    )
