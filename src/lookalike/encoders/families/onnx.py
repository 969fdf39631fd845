"""``onnx:DIR``: any ONNX network in a folder, any of its tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.encoders.converted import Conversion, Conversions, checked_digest
from lookalike.encoders.families.joint import describe_pair, is_pair, resolve_pair
from lookalike.encoders.models import (
    ImageModel,
    ModelCard,
    ModelInfo,
    UnknownModelError,
    find_layer,
)
from lookalike.encoders.names import ModelName
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.packaged import digest
from lookalike.errors import ModelError

if TYPE_CHECKING:
    from lookalike.encoders.onnx_description import OnnxDescription

RECIPE = 1
_NETWORK, _DESCRIPTION = "model.onnx", "model.toml"
_MEGABYTE = 1_000_000
_IMAGENET_CLASSES = 1_000


class OnnxFolders:
    """Folders that hold ``model.onnx`` and ``model.toml``, or the two towers of a joint model."""

    def listed(self) -> list[ModelInfo]:
        """None: they lie where people put them."""
        return []

    def names(self) -> list[str]:
        """None."""
        return []

    def describe(self, name: ModelName) -> ModelCard:
        """The tensors of a network."""
        if is_pair(name):
            return describe_pair(name)
        from lookalike.encoders.onnx_description import read_onnx_description
        from lookalike.encoders.onnx_tap import layers, load_network

        folder, _ = _parted(name)
        said = read_onnx_description(folder)
        network = load_network(folder / _NETWORK)
        found = layers(network, said.input.size, said.hints)
        info = replace(_info(name, folder, said, 0), layers=len(found))
        notes = (f"Its pixels are prepared as {folder / _DESCRIPTION} says.",)
        return ModelCard(info, tuple(found), notes)

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        if is_pair(name):
            return resolve_pair(name, cache)
        conversions = Conversions(cache, RECIPE)
        if kept := conversions.kept(name):
            return kept
        folder, tensor = _parted(name)
        return _converted(name, folder, tensor, conversions)


def _converted(name: ModelName, folder: Path, tensor: str, conversions: Conversions) -> ImageModel:
    from lookalike.encoders.onnx_description import read_onnx_description
    from lookalike.encoders.onnx_tap import batch_size, layers, load_network, run_once, tapped
    from lookalike.encoders.poolings import parse_pooling

    files = [file for file in sorted(folder.iterdir()) if file.is_file()]
    digits = checked_digest(name, digest(*files), str(folder))
    said = read_onnx_description(folder)
    network = load_network(folder / _NETWORK)
    tensor = tensor or said.output.tensor or network.graph.output[0].name
    side = said.input.size
    found = layers(network, side, said.hints)
    if f"/{tensor}" in {layer.name for layer in found}:
        tensor = f"/{tensor}"  # torch.onnx names them so; paths have lost the slash
    layer = find_layer(found, tensor, f"onnx:{folder}")
    usual = parse_pooling(said.output.pooling) if said.output.pooling else layer.usual
    pooling = name.pooling or (usual if tensor == said.output.tensor else layer.usual)
    whole = ModelName("onnx", f"{folder}/{tensor.lstrip('/')}", pooling, sha256=digits)
    logits = _logits(network, said, found, folder)
    info = replace(_info(whole, folder, said, layer.dims(pooling)), classes=said.output.classes)

    def convert() -> Conversion:
        only = "onnxruntime" if batch_size(network) else ""
        content = tapped(network, layer, pooling, side, said.preparation, logits)
        run_once(content, side)
        return Conversion(content, replace(info, taps=(f"{tensor}@{pooling}",)), only)

    return conversions.make(whole, convert)


def _logits(network: Any, said: OnnxDescription, found: Sequence[Layer], folder: Path) -> str:
    """The tensor with the logits of the classes that a network is said to tell apart, or none.

    Raises:
        ModelError: it has none, or one for another number of classes (``wrong-classes``).
    """
    if not said.output.classes:
        return ""
    layer = find_layer(found, said.output.logits or network.graph.output[0].name, f"onnx:{folder}")
    if layer.shape != (_IMAGENET_CLASSES,):
        raise ModelError(
            f"{folder / _DESCRIPTION} says classes = {said.output.classes!r}, but the tensor "
            f"{layer.name} has the shape {layer.shape}, not ({_IMAGENET_CLASSES},).",
            "Name the tensor of the logits in its table [output] (logits = ...), or leave classes "
            "out.",
            code="wrong-classes",
        )
    return layer.name


def _parted(name: ModelName) -> tuple[Path, str]:
    """The folder and the tensor: tensors may have slashes in their names, too."""
    whole = Path(name.path).expanduser().absolute()
    for folder in (whole, *whole.parents):
        if (folder / _NETWORK).is_file():
            inside = str(whole)[len(str(folder)) :].lstrip("/")
            return folder, inside
    raise UnknownModelError(
        f"There is no folder {name.path} with a {_NETWORK} in it.",
        f"Put the network there as {_NETWORK}, and its size and normalisation as {_DESCRIPTION}; "
        "docs/joint.md says what a model of pictures and words wants.",
    )


def _info(name: ModelName, folder: Path, said: OnnxDescription, dims: int) -> ModelInfo:
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return ModelInfo(
        name=str(name),
        family="ONNX",
        kind="image",
        dims=dims,
        input=said.spec,
        taps=(),
        runtime="onnxruntime, openvino",
        size_mb=round(size / _MEGABYTE, 1),
        licence=said.licence,
        recipe=RECIPE,
    )
