"""The networks of older picture searches by plain names: ``vgg16/fc1``, ``alexnet/fc7``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache as remembered
from importlib.resources import files
from pathlib import Path

from lookalike.encoders.families import timm, torchvision
from lookalike.encoders.models import (
    Family,
    ImageModel,
    ModelCard,
    ModelInfo,
    UnknownModelError,
    find_layer,
    unknown,
)
from lookalike.encoders.names import ModelName
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.torch_models import RECIPE
from lookalike.encoders.torch_support import EXTRA
from lookalike.imaging.picture import InputSpec, Interpolation

_FAMILIES: dict[str, Family] = {
    timm.PREFIX: timm.FAMILY,
    torchvision.PREFIX: torchvision.FAMILY,
}


@dataclass(frozen=True)
class NamedModel:
    """A plain name and what it stands for.

    Attributes:
        name: the plain name.
        model: the whole one.
        layer: plain name of the layer that is tapped if none is named.
        dims: length of that layer's vectors.
        size: side of its input, in pixels.
        crop_share: of its input.
        interpolation: of its input.
        size_mb: megabytes of weights.
        licence: of the weights; empty if unknown.
        url: where they are had.
        layers: plain names of layers, and the modules that they stand for.
    """

    name: str
    model: str
    layer: str
    dims: int
    size: int
    crop_share: float
    interpolation: Interpolation
    size_mb: float
    licence: str
    url: str
    layers: tuple[tuple[str, str], ...]

    @property
    def info(self) -> ModelInfo:
        """What is known of it."""
        family, _, _ = self.model.partition(":")
        return ModelInfo(
            name=self.name,
            family=family,
            kind="image",
            dims=self.dims,
            input=InputSpec(self.size, "crop", self.crop_share, interpolation=self.interpolation),
            taps=(self.layer,),
            runtime="onnxruntime, openvino, torch",
            size_mb=self.size_mb,
            licence=self.licence,
            layers=len(self.layers),
            recipe=RECIPE,
            requirement=f"'{EXTRA}'",
            package=family,
            lacks="with --weights FILE",
        )

    def whole(self, name: ModelName) -> ModelName:
        """The name that a plain one stands for; modules may be named instead of plain layers."""
        _, layer = name.split()
        module = dict(self.layers).get(layer or self.layer, layer)
        family, _, model = self.model.partition(":")
        return replace(name, family=family, path=f"{model}/{module}")


class NamedModels:
    """The networks of ``data/named_models.toml``."""

    def listed(self) -> list[ModelInfo]:
        """All."""
        return [model.info for model in named_models().values()]

    def names(self) -> list[str]:
        """All."""
        return [*named_models()]

    def describe(self, name: ModelName) -> ModelCard:
        """Its plain layers, see :class:`lookalike.encoders.models.Family`."""
        model = self._model(name)
        whole = model.whole(name)
        card = _FAMILIES[whole.family].describe(whole)
        layers = [
            replace(find_layer(card.layers, module, model.model), name=plain)
            for plain, module in model.layers
        ]
        note = f"It is {model.model}; `lookalike models {model.model}` lists all its modules."
        return ModelCard(model.info, tuple(layers), (note, *card.notes))

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        model = self._model(name)
        whole = model.whole(name)
        try:
            return _FAMILIES[whole.family].resolve(whole, cache)
        except UnknownModelError as error:
            if error.code != "unknown-layer":
                raise
            plain = [Layer(layer, ()) for layer, _ in model.layers]
            find_layer(plain, name.split()[1], model.name)
            raise

    def _model(self, name: ModelName) -> NamedModel:
        plain, _ = name.split()
        if plain not in (known := named_models()):
            raise unknown("model", plain, known)
        return known[plain]


@remembered
def named_models() -> dict[str, NamedModel]:
    """The plain names and what they stand for."""
    file = files("lookalike.encoders") / "data" / "named_models.toml"
    known = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        name: NamedModel(
            name=name, **{**facts, "layers": tuple(tuple(pair) for pair in facts["layers"])}
        )
        for name, facts in known.items()
    }
