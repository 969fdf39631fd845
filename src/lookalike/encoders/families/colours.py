"""The histogram of colours, which every library has."""

from __future__ import annotations

from pathlib import Path

from lookalike.encoders.colours import DIMS, NAME, RECIPE, SIDE, ColourEncoder
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo, without_layers
from lookalike.encoders.names import ModelName
from lookalike.imaging.picture import InputSpec

INFO = ModelInfo(
    name=NAME,
    family="histogram",
    kind="image",
    dims=DIMS,
    input=InputSpec(SIDE, "squash"),
    taps=("shares",),
    runtime="numpy",
    size_mb=0,
    licence="Apache-2.0",
    recipe=RECIPE,
    space="colour",
)


class Colours:
    """``colours``."""

    def listed(self) -> list[ModelInfo]:
        """The one."""
        return [INFO]

    def names(self) -> list[str]:
        """The one."""
        return [NAME]

    def describe(self, name: ModelName) -> ModelCard:
        """It has no layers."""
        without_layers(name, self.names())
        return ModelCard(INFO)

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        without_layers(name, self.names())
        return ImageModel(INFO, lambda _cache, _runtime, _threads: ColourEncoder())
