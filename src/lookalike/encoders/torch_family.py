"""What the libraries of PyTorch's networks share: a family of all their models, any module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.encoders import torch_models
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo
from lookalike.encoders.names import ModelName
from lookalike.encoders.packaged import is_installed
from lookalike.encoders.torch_models import TorchModel
from lookalike.encoders.torch_support import EXTRA
from lookalike.imaging.picture import InputSpec

IMAGENET = "imagenet-1k"


@dataclass(frozen=True)
class TorchFamily:
    """All models of a library; see :class:`lookalike.encoders.models.Family`.

    Attributes:
        prefix: of their names.
        needs: packages that must be installed.
        known: names of its models, without the prefix; imports the library.
        find: looks a model up.
    """

    prefix: str
    needs: tuple[str, ...]
    known: Callable[[], Sequence[str]]
    find: Callable[[ModelName], TorchModel]

    def listed(self) -> list[ModelInfo]:
        """None: the best known have plain names."""
        return []

    def names(self) -> list[str]:
        """All, if the library is installed."""
        if not all(map(is_installed, self.needs)):
            return []
        return [f"{self.prefix}:{model}" for model in self.known()]

    def describe(self, name: ModelName) -> ModelCard:
        """What can be told of a model."""
        return torch_models.card(self.find(name))

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """Find a model with its weights."""
        return torch_models.resolve(name, cache, self.find)


def info_of(
    prefix: str, model: str, spec: InputSpec, *, licence: str, size_mb: float = 0, classes: str = ""
) -> ModelInfo:
    """What is known of a model without its weights.

    Args:
        prefix: of the family; the name of its package, too.
        model: its name.
        spec: how it wants its pixels.
        licence: SPDX identifier of its weights' licence; empty if unknown.
        size_mb: megabytes of weights; 0 if unknown.
        classes: the set of classes that its usual head stands for; empty if none is known.
    """
    return ModelInfo(
        name=f"{prefix}:{model}",
        family=prefix,
        kind="image",
        dims=0,
        input=spec,
        taps=(),
        runtime="onnxruntime, openvino, torch",
        size_mb=size_mb,
        licence=licence,
        classes=classes,
        recipe=torch_models.RECIPE,
        requirement=f"'{EXTRA}'",
        package=prefix,
    )


def three(values: Any) -> tuple[float, float, float]:
    """A number for each channel."""
    first, second, third = (float(value) for value in values)
    return first, second, third
