"""Joint models that a hub gives by name: ``clip-vit-b32``, ``siglip2-base`` and others."""

from __future__ import annotations

from pathlib import Path

from lookalike.encoders.converted import checked_digest
from lookalike.encoders.families.joint import as_image_model
from lookalike.encoders.hub_models import HubModel, find_hub_model, hub_models
from lookalike.encoders.joint import RECIPE, open_joint
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo, without_layers
from lookalike.encoders.names import ModelName
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec

FAMILY = "joint, from the hub"


class HubModels:
    """The models of ``encoders/data/hub-models.toml``."""

    def listed(self) -> list[ModelInfo]:
        """All of them."""
        return [_info(model) for model in hub_models()]

    def names(self) -> list[str]:
        """All of them."""
        return [model.name for model in hub_models()]

    def describe(self, name: ModelName) -> ModelCard:
        """What the list says of a model."""
        model = self._model(name)
        pinned = sum(bool(digest) for digest in model.files.values())
        notes = (
            f"{model.about}.",
            f"https://huggingface.co/{model.repo} at {model.revision}; {pinned} digests of its "
            f"{len(model.files)} files are known, the others are written down when they come.",
        )
        return ModelCard(_info(model), (), notes)

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        model = self._model(ModelName("", name.path, name.pooling, name.weights))
        if not model.fetched(cache):
            raise ModelError(
                f"The model {model.name} is not here.",
                f"Run: lookalike models --get {model.name}",
                code="model-not-fetched",
            )
        found = open_joint(model.folder(cache), cache)
        digits = checked_digest(name, found.digest, str(model.folder(cache)))
        return as_image_model(str(ModelName("", model.name, sha256=digits)), found, FAMILY)

    def _model(self, name: ModelName) -> HubModel:
        without_layers(name, self.names())
        return find_hub_model(name.path)


def _info(model: HubModel) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        family=FAMILY,
        kind="image",
        dims=model.dims,
        input=InputSpec(model.size, model.fit),
        taps=("vectors",),
        runtime="onnxruntime",
        size_mb=model.megabytes,
        licence=model.licence,
        recipe=RECIPE,
        lacks=f"lookalike models --get {model.name}",
        words=True,
    )
