"""The fake encoder that tests use."""

from __future__ import annotations

from pathlib import Path

from lookalike.encoders.fake import FakeImageEncoder
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo, without_layers
from lookalike.encoders.names import ModelName

INFO = ModelInfo(
    name=FakeImageEncoder.name,
    family="fake",
    kind="image",
    dims=FakeImageEncoder.dims,
    input=FakeImageEncoder.input,
    taps=("layout", "logits"),
    runtime="numpy",
    size_mb=0,
    licence="Apache-2.0",
    classes="colours",
)


class Fakes:
    """``fake``; it is shown to nobody."""

    def listed(self) -> list[ModelInfo]:
        """None."""
        return []

    def names(self) -> list[str]:
        """The one."""
        return [INFO.name]

    def describe(self, name: ModelName) -> ModelCard:
        """It has no layers."""
        without_layers(name, self.names())
        return ModelCard(INFO)

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        without_layers(name, self.names())
        return ImageModel(INFO, lambda _cache, _runtime, _threads: FakeImageEncoder())
