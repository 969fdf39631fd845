"""Joint models in folders: ``onnx:DIR`` with a tower for pictures and one for words."""

from __future__ import annotations

from pathlib import Path

from lookalike.encoders.base import ImageEncoder, TextEncoder
from lookalike.encoders.converted import checked_digest
from lookalike.encoders.joint import RECIPE, JointModel, open_joint
from lookalike.encoders.joint_config import bad_folder, is_joint, read_joint_config
from lookalike.encoders.joint_towers import input_spec
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo
from lookalike.encoders.names import ModelName


def is_pair(name: ModelName) -> bool:
    """Whether a name is that of a folder with two towers."""
    return is_joint(_folder(name))


def describe_pair(name: ModelName) -> ModelCard:
    """What a folder says about itself.

    Raises:
        ModelError: nothing that can be used (``bad-model-folder``).
    """
    config = read_joint_config(_folder(name))
    note = f"{config.name}: pictures by {config.image.file}, words by {config.text.file}."
    info = ModelInfo(
        name=str(name),
        family="joint",
        kind="image",
        dims=config.dims,
        input=input_spec(config.image),
        taps=("vectors",),
        runtime="onnxruntime",
        size_mb=0,
        licence=config.licence,
        words=True,
    )
    return ModelCard(info, (), (note,))


def resolve_pair(name: ModelName, cache: Path) -> ImageModel:
    """The towers of a folder, see :class:`lookalike.encoders.models.Family`."""
    folder = _folder(name)
    if name.pooling or name.weights:
        raise bad_folder(
            folder, "its towers have no poolings or weights to choose", f"Call it onnx:{folder}"
        )
    found = open_joint(folder, cache)
    digits = checked_digest(name, found.digest, str(folder))
    return as_image_model(str(ModelName("onnx", str(folder), sha256=digits)), found)


def as_image_model(name: str, found: JointModel, family: str = "joint") -> ImageModel:
    """A joint model as the registry wants it.

    Args:
        name: by which it is found again.
        found: the model.
        family: what the table shows.
    """

    def load(cache: Path, _runtime: str, threads: int) -> ImageEncoder:
        return found.image(name, cache, threads)

    def load_words(cache: Path, threads: int) -> TextEncoder:
        return found.text(name, cache, threads)

    info = ModelInfo(
        name=name,
        family=family,
        kind="image",
        dims=found.dims,
        input=input_spec(found.config.image),
        taps=("vectors",),
        runtime="onnxruntime",
        size_mb=found.size_mb,
        licence=found.config.licence,
        recipe=RECIPE,
        words=True,
    )
    return ImageModel(info, load, load_words)


def _folder(name: ModelName) -> Path:
    return Path(name.path).expanduser().absolute()
