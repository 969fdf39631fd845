"""The grammar of an image model's name.

``[family:]model[/layer][@pooling][?weights=FILE&sha256=DIGEST]``

``efficientnet-lite0``, ``efficientnet-lite0/blocks.10@gem:2.5``,
``timm:resnet50.a1_in1k/layer3@gem``, ``torchvision:vgg16/classifier.1?weights=/data/vgg16.pth``,
``onnx:/models/mine/relu_7@max``. Where the model ends and the layer begins is for its family to
say: folders have slashes, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from lookalike.encoders.poolings import Pooling, parse_pooling
from lookalike.errors import UsageError

_FAMILY = re.compile(r"([a-z][a-z0-9-]*):(.*)", re.DOTALL)
_KEYS = ("weights", "sha256")


@dataclass(frozen=True)
class ModelName:
    """A name taken apart; ``str`` puts it together again.

    Attributes:
        family: what is before the colon; empty for models that have plain names.
        path: the model, and the layer behind it.
        pooling: how a layer becomes a vector; None for what the model or the layer suggests.
        weights: a file with the model's weights; empty for those that it comes with.
        sha256: first hex digits of the digest of the weights that vectors were made with.
    """

    family: str
    path: str
    pooling: Pooling | None = None
    weights: str = ""
    sha256: str = ""

    def __str__(self) -> str:
        options = {key: getattr(self, key) for key in _KEYS if getattr(self, key)}
        asked = f"?{urlencode(options, quote_via=quote, safe='/')}" if options else ""
        return f"{self.plain}{asked}"

    @property
    def plain(self) -> str:
        """The name without the weights: what a space is called by default."""
        prefix = f"{self.family}:" if self.family else ""
        pooled = f"@{self.pooling}" if self.pooling else ""
        return f"{prefix}{self.path}{pooled}"

    def split(self) -> tuple[str, str]:
        """The model and the layer, parted at the first slash; the layer may be empty."""
        model, _, layer = self.path.partition("/")
        return model, layer


def parse_name(text: str) -> ModelName:
    """Take a name apart.

    Raises:
        UsageError: it is not a name (``bad-model-name``), or there is no such pooling.
    """
    named, _, asked = text.strip().partition("?")
    options = dict(parse_qsl(asked, keep_blank_values=True))
    if unknown := sorted(options.keys() - set(_KEYS)):
        raise UsageError(
            f"The model name {text!r} has an option {unknown[0]!r}.",
            f"There are: {', '.join(_KEYS)}.",
            code="bad-model-name",
        )
    path, at, pooling = named.rpartition("@")
    if not at:
        path, pooling = named, ""
    family, path = matched.groups() if (matched := _FAMILY.fullmatch(path)) else ("", path)
    if not path or path.startswith("?") or (at and not pooling):
        raise UsageError(
            f"{text!r} is not the name of a model.",
            "It is written [family:]model[/layer][@pooling]; see `lookalike models`.",
            code="bad-model-name",
        )
    chosen = parse_pooling(pooling) if pooling else None
    return ModelName(family, path, chosen, **options)


def with_weights(name: str, weights: str) -> str:
    """The name of a model with weights out of a file.

    Raises:
        UsageError: it is not a name.
    """
    return str(replace(parse_name(name), weights=weights, sha256=""))
