"""Runs a tapped network in PyTorch itself, where it cannot be had, or is slower, as ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.onnx_tap import Preparation
from lookalike.encoders.poolings import Pooling, pool
from lookalike.encoders.torch_network import Tap, prepared
from lookalike.encoders.torch_support import import_torch

_BATCH = 8


class TorchSession:
    """A tapped network; see :class:`lookalike.encoders.runtimes.Session`.

    Args:
        tap: the network.
        layer: what it gives.
        pooling: how that is pooled.
        preparation: what is done to the pixels.
    """

    def __init__(self, tap: Tap, layer: Layer, pooling: Pooling, preparation: Preparation) -> None:
        self._tap, self._layer, self._pooling = tap, layer, pooling
        self._preparation = preparation

    def run(self, batch: Any) -> list[Any]:
        """Run n pictures of shape (n, side, side, 3), uint8; gives [(n, dims)]."""
        torch = import_torch()
        made = []
        with torch.inference_mode():
            for start in range(0, len(batch), _BATCH):
                pixels = prepared(batch[start : start + _BATCH], self._preparation)
                output = self._tap.run(pixels).float().numpy()
                made.append(pooled(np.asarray(output, np.float32), self._layer, self._pooling))
        return [np.concatenate(made)]


def pooled(output: Float32Array, layer: Layer, pooling: Pooling) -> Float32Array:
    """Pool a layer's output, shape (n, ...), by NumPy."""
    if layer.layout == "vector" or pooling.kind == "flat":
        return output.reshape(len(output), -1)
    if pooling.kind == "cls":
        return output[:, 0]
    return pool(_AS_MAP[layer.layout](output, layer), pooling)


_AS_MAP: dict[str, Callable[[Float32Array, Layer], Float32Array]] = {
    "map": lambda output, _layer: output,
    "map-last": lambda output, _layer: output.transpose(0, 3, 1, 2),
    "tokens": lambda output, layer: output[:, layer.prefix :].transpose(0, 2, 1)[..., None],
}
