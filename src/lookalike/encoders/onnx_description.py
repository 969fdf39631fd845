"""``model.toml``: what a folder with an ONNX network says about it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lookalike.encoders.onnx_tap import Hints, Preparation
from lookalike.errors import ModelError
from lookalike.imaging.picture import InputSpec, Interpolation

DESCRIPTION_FILE = "model.toml"
NETWORK_FILE = "model.onnx"

Channels = tuple[float, float, float]
Share = Annotated[float, Field(gt=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(_Part):
    """The table ``[input]``.

    Attributes:
        size: side of the square pictures that it takes, in pixels.
        fit: how a picture becomes a square, see :class:`lookalike.imaging.picture.InputSpec`.
        crop_share: of ``crop``.
        interpolation: how it is scaled.
        mean: what is subtracted from the channels, on a scale of 0 to 1.
        std: what they are then divided by.
        layout: ``nchw`` or ``nhwc``.
        channels: ``rgb`` or ``bgr``.
    """

    size: Annotated[int, Field(ge=8, le=4096)] = 224
    fit: Literal["crop", "squash", "pad"] = "crop"
    crop_share: Share = 0.875
    interpolation: Interpolation = "bicubic"
    mean: Channels = (0.485, 0.456, 0.406)
    std: Annotated[Channels, Field(description="none of them 0")] = (0.229, 0.224, 0.225)
    layout: Literal["nchw", "nhwc"] = "nchw"
    channels: Literal["rgb", "bgr"] = "rgb"


class Output(_Part):
    """The table ``[output]``.

    Attributes:
        tensor: the layer that is tapped where no other is asked for; by default the first output.
        pooling: how it is pooled.
        layout: of maps, ``nchw`` or ``nhwc``; by default as the input's.
        class_tokens: of transformers, the tokens before those of the places; by default one if
            the others make a square.
        classes: ``imagenet-1k`` if the network tells these classes apart, in their usual order.
        logits: the tensor that holds their logits; by default the first output.
    """

    tensor: str = ""
    pooling: str = ""
    layout: Literal["nchw", "nhwc"] | None = None
    class_tokens: Annotated[int, Field(ge=0)] | None = None
    classes: Literal["", "imagenet-1k"] = ""
    logits: str = ""


class OnnxDescription(_Part):
    """All of ``model.toml``.

    Attributes:
        input: how it wants its pixels.
        output: what is taken out of it.
        licence: SPDX identifier of the weights' licence.
        source: where the network is from, for people.
    """

    input: Input = Input()
    output: Output = Output()
    licence: str = ""
    source: str = ""

    @property
    def spec(self) -> InputSpec:
        """The pixels that are decoded for it."""
        given = self.input
        return InputSpec(given.size, given.fit, given.crop_share, interpolation=given.interpolation)

    @property
    def preparation(self) -> Preparation:
        """What is done to the pixels."""
        given = self.input
        return Preparation(given.mean, given.std, given.layout == "nhwc", given.channels == "bgr")

    @property
    def hints(self) -> Hints:
        """What shapes do not tell."""
        layout = self.output.layout or self.input.layout
        return Hints(layout == "nhwc", self.output.class_tokens)


def read_onnx_description(folder: Path) -> OnnxDescription:
    """What a folder says; the usual values of ImageNet's networks if it says nothing.

    Raises:
        ModelError: the file is damaged, or says something that is not understood.
    """
    file = folder / DESCRIPTION_FILE
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return OnnxDescription.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{where}: {first['msg']}"
    except (OSError, ValueError) as error:
        reason = str(error)
    raise ModelError(
        f"{file} cannot be understood: {reason}.",
        "docs/encoders.md tells what it may hold.",
        code="model-description",
    )
