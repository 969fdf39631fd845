"""What the families of PyTorch's libraries share: from a name and a file of weights to an encoder.

A network is exported to ONNX once, up to the layer that is tapped, and kept by the digest of its
weights. The export is compared with PyTorch on pictures of noise. If it fails, differs or is
slower, PyTorch itself runs the network.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array, unit_rows
from lookalike.encoders.converted import Conversion, Conversions, TorchRun, checked_digest
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo, find_layer
from lookalike.encoders.names import ModelName
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.packaged import digest
from lookalike.encoders.poolings import Pooling
from lookalike.errors import ModelError

RECIPE = 1
_FARTHEST = 1e-3
"""How far vectors of length 1 may lie apart for the export to count as right."""
_SLOWER = 1.5
_TRIED = 4
_MEGABYTE = 1_000_000
_IMAGENET_CLASSES = 1_000


@dataclass(frozen=True)
class WeightsSource:
    """Where the weights of a network are had.

    Attributes:
        url: where they are downloaded; empty if nowhere.
        places: files at which the library that made them keeps them after a download.
    """

    url: str = ""
    places: tuple[Path, ...] = ()

    def find(self, name: ModelName) -> Path:
        """The file of weights that a name asks for.

        Raises:
            ModelError: there is none (``weights-missing``); tells where to get it.
        """
        if name.weights:
            return Path(name.weights).expanduser().absolute()
        if found := next((place for place in self.places if place.is_file()), None):
            return found
        at = f" or put it at {self.places[0]}" if self.places else ""
        download = f"Download {self.url}, then say --weights FILE{at}. " if self.url else ""
        raise ModelError(
            f"The weights of {name.plain} are not here, and nothing is downloaded by itself.",
            download + ("" if self.url else "Say --weights FILE: .safetensors or a state dict."),
            code="weights-missing",
        )


@dataclass(frozen=True)
class TorchModel:
    """A model of a library of networks.

    Attributes:
        info: what is known of it; its name is without a layer.
        layer: the one that is asked for; empty for the numbers before the classes.
        source: of its weights.
        network: makes the network; imports what that needs.
    """

    info: ModelInfo
    layer: str
    source: WeightsSource
    network: Callable[[], Any]


def card(model: TorchModel) -> ModelCard:
    """What can be told of a model without its weights."""
    found = model.network().layers()
    info = replace(model.info, layers=len(found), dims=_usual(found).shape[-1])
    notes = [f"Weights: {model.source.url}"] if model.source.url else []
    if model.info.classes:
        notes.append(
            "Words find pictures by the classes of its head, where no earlier layer is named."
        )
    notes.append("A file of weights is given by --weights FILE (.safetensors, .pth).")
    return ModelCard(info, tuple(found), tuple(notes))


def resolve(name: ModelName, cache: Path, find: Callable[[ModelName], TorchModel]) -> ImageModel:
    """Find a model with its weights; export it unless that was done.

    Args:
        name: of the model, its layer, pooling and weights.
        cache: where exports are kept.
        find: looks the model up in its library; only called if there is no export yet.

    Raises:
        UnknownModelError, ModelError, UsageError: as
            :meth:`lookalike.encoders.models.Family.resolve`.
    """
    conversions = Conversions(cache, RECIPE, lambda whole, how: _in_torch(whole, find, how))
    if kept := conversions.kept(name):
        return kept
    model = find(name)
    weights = model.source.find(name)
    network = model.network()
    if not weights.is_file():
        network.load(weights)  # says that it is not there
    digits = checked_digest(name, digest(weights), str(weights))
    whole = _whole(name, model, network, weights, digits)
    if kept := conversions.kept(whole):
        return kept
    return conversions.make(whole, lambda: _convert(whole, model, network, weights))


def _whole(
    name: ModelName, model: TorchModel, network: Any, weights: Path, digits: str
) -> ModelName:
    """The name with everything that the vectors depend on."""
    known = network.layers()
    layer = find_layer(known, model.layer, model.info.name) if model.layer else _usual(known)
    pooling = name.pooling or layer.usual
    layer.dims(pooling)  # complains if they do not go together
    model_name = model.info.name.partition(":")[2]
    return ModelName(
        name.family, f"{model_name}/{layer.name}", pooling, weights=str(weights), sha256=digits
    )


def _usual(layers: Sequence[Layer]) -> Layer:
    by_name = {layer.name: layer for layer in layers}
    return by_name.get("pre_logits") or layers[-1]


def _convert(whole: ModelName, model: TorchModel, network: Any, weights: Path) -> Conversion:
    from lookalike.encoders.torch_network import Tap

    loaded = network.load(weights)
    layer = find_layer(network.layers(loaded), _layer(whole, model), model.info.name)
    pooling = whole.pooling or layer.usual
    classes = _classes(model, network, loaded, layer)
    info = replace(
        model.info,
        name=str(whole),
        classes=classes,
        dims=layer.dims(pooling),
        taps=(f"{layer.name}@{pooling}",),
        size_mb=round(weights.stat().st_size / _MEGABYTE, 1),
        recipe=RECIPE,
        # What was exported needs PyTorch no more.
        requirement="",
        package="",
    )
    tap = Tap(loaded, network.classifier, layer.name, logits=bool(classes))
    content = _exported(tap, layer, pooling, network)
    return Conversion(content, info) if content else Conversion(b"", info, "torch")


def _exported(tap: Any, layer: Layer, pooling: Pooling, network: Any) -> bytes:
    """The export, if it is right and not slower than PyTorch; else nothing."""
    from lookalike.encoders.onnx_tap import tapped
    from lookalike.encoders.torch_session import TorchSession

    side = network.spec.size
    try:
        # No name for what is exported: it is as large as the weights, and needed no longer.
        named = replace(layer, name="tap")
        logits = "classes" if tap.logits else ""
        content = tapped(tap.to_onnx(side), named, pooling, side, network.preparation, logits)
        session = _session(content)
    except Exception:  # noqa: BLE001 - exporters raise anything; PyTorch then runs the network
        return b""
    noise = np.random.default_rng(0).integers(0, 256, (_TRIED, side, side, 3), np.uint8)
    original = TorchSession(tap, layer, pooling, network.preparation)
    expected, expected_took = _timed(lambda: original.run(noise)[0])
    got, took = _timed(
        lambda: np.concatenate([session.run(None, {"pixels": one[None]})[0] for one in noise])
    )
    right = np.abs(unit_rows(got) - unit_rows(expected)).max() < _FARTHEST
    return content if right and took < _SLOWER * expected_took else b""


def _session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _timed(run: Callable[[], Float32Array]) -> tuple[Float32Array, float]:
    """The result, and the seconds of the quickest of three runs."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        result = run()
        took.append(time.perf_counter() - began)
    return result, min(took)


def _in_torch(whole: ModelName, find: Callable[[ModelName], TorchModel], how: TorchRun) -> Any:
    """A session of PyTorch for a network that is not run as ONNX."""
    from lookalike.encoders.torch_network import Tap
    from lookalike.encoders.torch_session import TorchSession

    model = find(whole)
    network = model.network()
    weights = model.source.find(whole)
    loaded = network.load(weights)
    checked_digest(whole, digest(weights), str(weights))
    layer = find_layer(network.layers(loaded), _layer(whole, model), model.info.name)
    classes = _classes(model, network, loaded, layer)
    tap = Tap(loaded, network.classifier, layer.name, logits=bool(classes))
    pooling = whole.pooling or layer.usual
    return TorchSession(
        tap, layer, pooling, network.preparation, how.device, how.threads, how.batch
    )


def _classes(model: TorchModel, network: Any, loaded: Any, layer: Layer) -> str:
    """The classes that its logits stand for, where they cost nothing beside a layer; else none.

    That is where the layer sees the picture as a whole. A head for another number of classes than
    usual was trained for others.
    """
    places = layer.shape[1:] if layer.layout == "map" else ()
    late = layer.layout == "vector" or (layer.layout == "map" and set(places) == {1})
    if not (model.info.classes and late):
        return ""
    made = {one.name: one.shape for one in network.layers(loaded)}
    return model.info.classes if made.get("logits") == (_IMAGENET_CLASSES,) else ""


def _layer(whole: ModelName, model: TorchModel) -> str:
    _, _, path = model.info.name.partition(":")
    return whole.path.removeprefix(f"{path}/")
