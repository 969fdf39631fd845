"""What a pair of towers, one for pictures and one for words, says about itself.

A folder says it in ``lookalike.toml``, or it is laid out as the Hugging Face hub lays out exported
models, and then its ``config.json`` and ``preprocessor_config.json`` say it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lookalike.encoders.joint_hub_layout import hub_config, is_hub_layout
from lookalike.errors import ModelError
from lookalike.imaging.picture import Interpolation

TOML = "lookalike.toml"
Triple = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageTower(_Part):
    """The tower that sees pictures.

    Attributes:
        file: its ONNX file, relative to the folder.
        size: side of its input in pixels.
        mean: of each channel, where pixels lie between 0 and 1.
        std: of each channel.
        fit: as in :class:`lookalike.imaging.picture.InputSpec`.
        crop_share: as there.
        interpolation: how pictures are scaled; always with antialiasing.
        input: name of the tensor of shape (n, 3, size, size); empty if there is only one.
        output: name of the tensor of shape (n, dims); empty for the usual ones.
    """

    file: str
    size: int = Field(ge=8, le=2048)
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    fit: Literal["crop", "squash", "pad"] = "crop"
    crop_share: float = Field(default=1.0, gt=0, le=1)
    interpolation: Interpolation = "bicubic"
    input: str = ""
    output: str = ""


class TextTower(_Part):
    """The tower that reads words.

    Attributes:
        file: its ONNX file, relative to the folder.
        tokenizer: its tokenizer in the format of the ``tokenizers`` library.
        context: tokens that it reads at most.
        padding: ``none``, or ``max`` where it wants ``context`` tokens in any case.
        pad: id of the token that fills up.
        eos: id of the token that ends each text, where the tokenizer does not add it.
        lower: whether words are turned to lower case first.
        prompt: what words are put into, e.g. ``a photo of {}``.
        ids: name of the tensor of token ids; empty for the usual one.
        mask: name of the tensor that is 1 where a token is no filling; empty for the usual one.
        output: name of the tensor of shape (n, dims); empty for the usual ones.
    """

    file: str
    tokenizer: str = "tokenizer.json"
    context: int = Field(default=77, ge=1, le=8192)
    padding: Literal["none", "max"] = "none"
    pad: int = Field(default=0, ge=0)
    eos: int | None = Field(default=None, ge=0)
    lower: bool = False
    prompt: str = Field(default="{}", pattern=r"^[^{}]*\{\}[^{}]*$")
    ids: str = ""
    mask: str = ""
    output: str = ""


class JointConfig(_Part):
    """Both towers.

    Attributes:
        name: what the model is called.
        licence: of the weights, as an SPDX identifier; empty if unknown.
        dims: length of a vector; 0 if the towers say it themselves.
        metric: how vectors are compared.
        image: sees pictures.
        text: reads words.
    """

    name: str
    licence: str = ""
    dims: int = Field(default=0, ge=0)
    metric: Literal["cosine"] = "cosine"
    image: ImageTower
    text: TextTower


def is_joint(folder: Path) -> bool:
    """Whether a folder holds a tower for words beside one for pictures, or says that it does."""
    return (folder / TOML).is_file() or is_hub_layout(folder)


def read_joint_config(folder: Path) -> JointConfig:
    """Read what a folder says about its towers.

    Raises:
        ModelError: it says nothing, or nothing that can be used (``bad-model-folder``).
    """
    if not folder.is_dir():
        raise bad_folder(folder, "it is no folder", "Name a folder with two towers in ONNX.")
    if (folder / TOML).is_file():
        said, source = _toml(folder / TOML), TOML
    elif is_hub_layout(folder):
        said, source = hub_config(folder), "config.json"
    else:
        raise bad_folder(
            folder,
            f"it has neither {TOML} nor onnx/vision_model.onnx and onnx/text_model.onnx",
            "docs/joint.md says what belongs in it.",
        )
    try:
        return JointConfig.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = "is unknown" if first["type"] == "extra_forbidden" else first["msg"].lower()
        raise bad_folder(
            folder, f"in {source}, {place}: {what}", "docs/joint.md lists what may be said."
        ) from error


def bad_folder(folder: Path, reason: str, hint: str) -> ModelError:
    """The error for a folder that cannot be used."""
    return ModelError(
        f"The model {folder} cannot be used: {reason}.", hint, code="bad-model-folder"
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise bad_folder(
            path.parent, f"{path.name} cannot be read ({error})", "Mend it."
        ) from error
