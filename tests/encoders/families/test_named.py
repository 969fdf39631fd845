"""The plain names of well-known networks."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="runs the originals")

from lookalike.encoders.families.named import NamedModel, named_models  # noqa: E402
from lookalike.encoders.names import parse_name, with_weights  # noqa: E402
from lookalike.encoders.registry import (  # noqa: E402
    describe_model,
    resolve_model,
    search_models,
)
from lookalike.encoders.torch_support import import_timm, import_torchvision  # noqa: E402
from lookalike.errors import LookalikeError  # noqa: E402

NAMES = {
    "alexnet": ("fc6", "fc7"),
    "vgg16": ("fc1", "fc2", "block5_pool"),
    "vgg19": ("fc1", "fc2", "block5_pool"),
    "googlenet": ("transfer", "output"),
    "inception-v3": ("transfer", "output"),
    "resnet50": ("pool",),
    "densenet121": ("pool",),
    "mobilenet": ("pool",),
    "efficientnet-b0": ("pool",),
    "efficientnet-b5": ("pool",),
    "xception": ("pool",),
}


def test_the_networks_of_older_searches_have_plain_names_and_eight_layers_beside_the_last() -> None:
    known = named_models()
    assert known.keys() == NAMES.keys()
    for name, layers in NAMES.items():
        plain = dict(known[name].layers)
        assert {*layers} <= plain.keys()
        assert len(plain.keys() - {"fc6", "fc7", "fc1", "fc2", "transfer", "pool", "output"}) >= 8


@pytest.mark.parametrize("model", named_models().values(), ids=lambda model: model.name)
def test_every_plain_layer_stands_for_a_module(model: NamedModel) -> None:
    family, _, name = model.model.partition(":")
    with torch.device("meta"):
        if family == "timm":
            network = import_timm().create_model(name)
        else:
            quick = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            network = import_torchvision().models.get_model(name, weights=None, **quick)
    modules = {name for name, _ in network.named_modules()} | {"pre_logits", "logits"}
    assert {module for _, module in model.layers} <= modules


def test_a_card_tells_plain_layers_and_where_the_weights_are_had() -> None:
    card = describe_model("alexnet")
    layers = {layer.name: layer.shape for layer in card.layers}
    assert (layers["fc7"], layers["conv5"]) == ((4096,), (256, 13, 13))
    assert card.info.dims == 4096
    assert any("alexnet-owt-7be5be79.pth" in note for note in card.notes)


def test_a_plain_name_finds_the_layer_that_it_stands_for(tmp_path: Path) -> None:
    network = import_torchvision().models.get_model("mobilenet_v2", weights=None)
    torch.save(network.state_dict(), tmp_path / "w.pth")
    whole = named_models()["vgg16"].whole(parse_name("vgg16/fc1"))
    assert str(whole) == "torchvision:vgg16/classifier.1"
    assert str(named_models()["googlenet"].whole(parse_name("googlenet@max"))).endswith(
        "googlenet/avgpool@max"
    )
    with pytest.raises(LookalikeError, match="do not fit") as caught:
        resolve_model(with_weights("efficientnet-b0", str(tmp_path / "w.pth")), tmp_path / "cache")
    assert caught.value.code == "weights-unfit"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("vgg61", "unknown-model", "vgg16"),
        ("vgg16/fc1", "weights-missing", "download.pytorch.org/models/vgg16-397923af.pth"),
        ("xception", "weights-missing", "--weights"),
    ],
)
def test_what_is_not_there_is_said_with_what_helps(
    tmp_path: Path, name: str, code: str, said: str
) -> None:
    with pytest.raises(LookalikeError) as caught:
        resolve_model(name, tmp_path)
    assert (caught.value.code, said in caught.value.hint) == (code, True), str(caught.value)


def test_an_unknown_plain_layer_is_answered_with_near_ones(tmp_path: Path) -> None:
    network = import_torchvision().models.get_model("mobilenet_v2", weights=None)
    torch.save(network.state_dict(), tmp_path / "w.pth")
    with pytest.raises(LookalikeError) as caught:
        resolve_model(with_weights("alexnet/fc77", str(tmp_path / "w.pth")), tmp_path / "cache")
    assert (caught.value.code, "fc7" in caught.value.hint) == ("unknown-layer", True)


@pytest.mark.parametrize("name", ["vgg16/fc1", "timm:resnet50", "torchvision:vgg16"])
def test_a_missing_extra_is_named_with_the_command_that_brings_it(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(package: str) -> bool:
        return package not in ("timm", "torchvision")

    for place in (
        "torch_support",
        "models",
        "torch_family",
        "families.openclip",
    ):
        monkeypatch.setattr(f"lookalike.encoders.{place}.is_installed", absent)
    with pytest.raises(LookalikeError) as caught:
        resolve_model(name, tmp_path)
    assert caught.value.code == "extra-missing"
    assert "pip install 'lookalike[torch]'" in caught.value.hint
    assert named_models()["vgg16"].info.install_hint == "pip install 'lookalike[torch]'"
    assert not [n for n in search_models("vgg16") if ":" in n]
