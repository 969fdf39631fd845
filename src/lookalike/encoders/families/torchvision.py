"""``torchvision:MODEL``: the classifiers of torchvision."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from lookalike.encoders.checkpoints import State
from lookalike.encoders.models import unknown
from lookalike.encoders.names import ModelName
from lookalike.encoders.torch_family import IMAGENET, TorchFamily, info_of, three
from lookalike.encoders.torch_models import TorchModel, WeightsSource
from lookalike.encoders.torch_support import import_torch, import_torchvision
from lookalike.imaging.picture import InputSpec, Interpolation

PREFIX = "torchvision"
_IMAGENET_CLASSES = 1000
_OTHER_TASKS = ("detection", "segmentation", "quantization", "video", "optical_flow")
_OLD_DENSENET = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)")
_INTERPOLATIONS: dict[str, Interpolation] = {
    "bicubic": "bicubic", "lanczos": "lanczos", "nearest": "nearest"
}  # fmt: skip


def find(name: ModelName) -> TorchModel:
    """Look a model up.

    Raises:
        UnknownModelError: there is none of this name.
        ModelError: torchvision is not installed.
    """
    models = import_torchvision().models
    model, layer = name.split()
    if model not in (known := _models()):
        raise unknown("model of torchvision called", model, known)
    chosen, layer = _chosen(models.get_model_weights(model), layer, name.weights)
    usual = chosen is type(chosen).DEFAULT
    network = partial(_network, model, chosen)
    info = info_of(
        PREFIX,
        model if usual else f"{model}/{chosen.name}",
        _spec(chosen.transforms()),
        licence="BSD-3-Clause",
        size_mb=round(chosen.meta.get("_file_size", 0), 1),
        classes=IMAGENET if len(chosen.meta.get("categories", ())) == _IMAGENET_CLASSES else "",
    )
    kept = Path(import_torch().hub.get_dir()) / "checkpoints" / chosen.url.rpartition("/")[2]
    return TorchModel(info, layer, WeightsSource(chosen.url, (kept,)), network)


def _chosen(choices: Any, layer: str, weights: str) -> tuple[Any, str]:
    """The entry of weights that is named before the layer, or whose file is given, and the layer.

    What training cropped and scaled differs from one entry to another.
    """
    first, _, rest = layer.partition("/")
    if first in choices.__members__:
        return choices[first], rest
    file = Path(weights).name
    known = (entry for entry in choices if file and entry.url.endswith(f"/{file}"))
    return next(known, choices.DEFAULT), layer


def _models() -> list[str]:
    models = import_torchvision().models
    return [m for m in models.list_models() if "." not in m and m in _classifiers(models)]


def _classifiers(models: Any) -> set[str]:
    return {*models.list_models(module=models)}


def _network(model: str, weights: Any) -> Any:
    from lookalike.encoders.onnx_tap import Hints, Preparation
    from lookalike.encoders.torch_network import TorchNetwork

    models = import_torchvision().models
    usual: dict[str, Any] = {}
    if model in ("googlenet", "inception_v3"):
        # Trained on inputs of another scale, which the network then expects to make itself.
        usual = {"transform_input": True, "init_weights": False}

    def build(classes: int) -> Any:
        number = {"num_classes": classes} if classes else {}
        return models.get_model(model, weights=None, **usual, **number)

    transforms = weights.transforms()
    last_first = model.startswith("swin")
    return TorchNetwork(
        name=f"{PREFIX}:{model}",
        build=build,
        classifier=_classifier(build),
        spec=_spec(transforms),
        preparation=Preparation(three(transforms.mean), three(transforms.std)),
        hints=Hints(channels_last=last_first, prefix=1 if model.startswith("vit") else 0),
        adapt=_adapted,
        spare=("aux", "AuxLogits"),
    )


def _classifier(build: Any) -> str:
    """The last linear module (of squeezenet, convolution) before the classes."""
    torch = import_torch()
    with torch.device("meta"):
        network = build(0)
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    outputs = {name: getattr(m, "out_features", getattr(m, "out_channels", 0))
               for name, m in network.named_modules()
               if isinstance(m, kinds) and not name.startswith(("aux", "AuxLogits"))}  # fmt: skip
    return next((name for name in reversed(outputs) if outputs[name] == _IMAGENET_CLASSES), "")


def _spec(transforms: Any) -> InputSpec:
    size, resized = transforms.crop_size[0], transforms.resize_size[0]
    how = _INTERPOLATIONS.get(transforms.interpolation.value, "bilinear")
    return InputSpec(size, "crop", min(1.0, size / resized), interpolation=how)


def _adapted(state: State, _network: Any) -> State:
    """Give the weights of old checkpoints of DenseNet their present names."""
    return {
        f"{old[1]}{old[2]}" if (old := _OLD_DENSENET.fullmatch(key)) else key: value
        for key, value in state.items()
    }


FAMILY = TorchFamily(PREFIX, ("torchvision", "torch"), _models, find)
