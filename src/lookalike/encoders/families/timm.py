"""``timm:MODEL``: the networks of PyTorch Image Models, more than a thousand."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

from lookalike.encoders.checkpoints import State
from lookalike.encoders.models import unknown
from lookalike.encoders.names import ModelName
from lookalike.encoders.torch_family import IMAGENET, TorchFamily, info_of, three
from lookalike.encoders.torch_models import TorchModel, WeightsSource
from lookalike.encoders.torch_support import import_timm, import_torch
from lookalike.imaging.picture import Fit, InputSpec, Interpolation

PREFIX = "timm"
_FITS: dict[str, Fit] = {"center": "crop", "squash": "squash", "border": "pad"}
_INTERPOLATIONS: dict[str, Interpolation] = {
    "bilinear": "bilinear", "lanczos": "lanczos", "nearest": "nearest"
}  # fmt: skip
_HUB_FILE = "model.safetensors"


def find(name: ModelName) -> TorchModel:
    """Look a model up.

    Raises:
        UnknownModelError: there is none of this name.
        ModelError: timm is not installed.
    """
    timm = import_timm()
    model, layer = name.split()
    architecture, _, tag = model.partition(".")
    known = timm.list_models()
    if architecture not in known:
        raise unknown("model of timm called", model, known)
    if tag and model not in (tagged := timm.list_pretrained(f"{architecture}.*")):
        raise unknown("model of timm called", model, tagged)
    config = timm.get_pretrained_cfg(model)
    info = info_of(
        PREFIX, model, _spec(config), licence=str(config.license or ""), classes=_classes(config)
    )
    return TorchModel(info, layer, _source(config), partial(_network, model, config))


def _source(config: Any) -> WeightsSource:
    if not config.hf_hub_id:
        kept = Path(import_torch().hub.get_dir()) / "checkpoints"
        places = (kept / config.url.rpartition("/")[2],) if config.url else ()
        return WeightsSource(config.url or "", places)
    from huggingface_hub import try_to_load_from_cache

    file = config.hf_hub_filename or _HUB_FILE
    found = try_to_load_from_cache(config.hf_hub_id, file)
    url = f"https://huggingface.co/{config.hf_hub_id}/resolve/main/{file}"
    return WeightsSource(url, (Path(found),) if isinstance(found, str) else ())


def _network(model: str, config: Any) -> Any:
    from lookalike.encoders.onnx_tap import Hints, Preparation
    from lookalike.encoders.torch_network import TorchNetwork

    timm = import_timm()
    torch = import_torch()

    def build(classes: int) -> Any:
        number = {"num_classes": classes} if classes else {}
        return timm.create_model(model, pretrained=False, exportable=True, **number)

    with torch.device("meta"):
        network = build(0)
    classifier = config.classifier
    return TorchNetwork(
        name=f"{PREFIX}:{model}",
        build=build,
        classifier=(classifier if isinstance(classifier, str) else (classifier or ("",))[0]),
        spec=_spec(config),
        preparation=Preparation(three(config.mean), three(config.std)),
        hints=Hints(
            channels_last=getattr(network, "output_fmt", "") == "NHWC",
            prefix=getattr(network, "num_prefix_tokens", None),
        ),
        adapt=_adapted,
    )


def _adapted(state: State, network: Any) -> State:
    """Let timm bring the names of a checkpoint up to date, where its own do not fit."""
    if state.keys() == network.state_dict().keys():
        return state
    filter_names = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
    if filter_names is None:
        return state
    try:
        return dict(filter_names(state, network))
    except Exception:  # noqa: BLE001 - made for other weights; what does not fit is told later
        return state


def _spec(config: Any) -> InputSpec:
    how = _INTERPOLATIONS.get(config.interpolation, "bicubic")
    fit = _FITS.get(config.crop_mode, "crop")
    return InputSpec(config.input_size[-1], fit, min(1.0, config.crop_pct), interpolation=how)


def _known() -> list[str]:
    """Architectures, and architectures with a tag of weights."""
    timm = import_timm()
    return [*timm.list_models(), *timm.list_pretrained()]


def _classes(config: Any) -> str:
    """The classes of its head: those of ImageNet, where its weights were trained for these last."""
    return IMAGENET if config.num_classes == 1000 and "in1k" in (config.tag or "") else ""


FAMILY = TorchFamily(PREFIX, ("timm", "torchvision"), _known, find)
