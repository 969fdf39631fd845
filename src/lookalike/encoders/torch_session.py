"""Runs a tapped network in PyTorch itself, where it cannot be had, or is slower, as ONNX.

On a CUDA device pixels go over as bytes, from pinned memory and on a stream of their own, so that
the next batch is copied while the network computes; what comes back is waited for once, at the end.
Meanwhile the pipeline decodes the pictures that follow.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.devices import Device, torch_device
from lookalike.encoders.onnx_pooling import Layer
from lookalike.encoders.onnx_tap import Preparation
from lookalike.encoders.poolings import Pooling, pool
from lookalike.encoders.runtimes import in_batches
from lookalike.encoders.torch_network import Tap, prepared
from lookalike.encoders.torch_support import import_torch

_BATCH = 8
_BATCH_ON_GPU = 64
CPU = Device("cpu")


class TorchSession:
    """A tapped network; see :class:`lookalike.encoders.runtimes.Session`.

    Args:
        tap: the network.
        layer: what it gives.
        pooling: how that is pooled.
        preparation: what is done to the pixels.
        device: where it runs.
        threads: for what runs on the CPU; 0 takes what PyTorch takes by itself.
        batch: pictures that are run at once; 0 for 8 on a CPU, 64 elsewhere.

    Raises:
        ModelError: the device is not there.
    """

    def __init__(
        self,
        tap: Tap,
        layer: Layer,
        pooling: Pooling,
        preparation: Preparation,
        device: Device = CPU,
        threads: int = 0,
        batch: int = 0,
    ) -> None:
        torch = import_torch()
        self._layer, self._pooling, self._preparation = layer, pooling, preparation
        self._device, self._half = torch_device(device), device.half
        on_cpu, self._on_cuda = self._device.type == "cpu", self._device.type == "cuda"
        self._batch = batch or (_BATCH if on_cpu else _BATCH_ON_GPU)
        # A last batch that is filled up costs nothing on a GPU, and keeps to one shape.
        self._filled_up = not on_cpu
        self._format = torch.channels_last if self._on_cuda else torch.contiguous_format
        if threads and on_cpu:
            torch.set_num_threads(threads)
        self._tap = tap if on_cpu else tap.to(self._device, self._format)
        self._copying = torch.cuda.Stream(self._device) if self._on_cuda else None

    def run(self, batch: Any) -> list[Any]:
        """Run n pictures of shape (n, side, side, 3), uint8; gives (n, dims), and any logits."""
        torch = import_torch()
        with torch.inference_mode(), self._autocast():
            outputs = [
                [self._back(output) for output in self._tap.run(self._over(piece))]
                for piece in self._cut(batch)
            ]
        if self._on_cuda:
            torch.cuda.synchronize(self._device)
        layer, *logits = zip(*outputs, strict=True)
        made = [pooled(output.numpy(), self._layer, self._pooling) for output in layer]
        others = [[output.numpy() for output in pieces] for pieces in logits]
        return [np.concatenate(pieces)[: len(batch)] for pieces in (made, *others)]

    def _cut(self, batch: Any) -> Any:
        if self._filled_up:
            return in_batches(batch, self._batch)
        return [batch[at : at + self._batch] for at in range(0, len(batch), self._batch)]

    def _autocast(self) -> AbstractContextManager[Any]:
        if not self._half:
            return nullcontext()
        torch = import_torch()
        kind = self._device.type
        dtype = torch.bfloat16 if kind == "cpu" else torch.float16
        context: AbstractContextManager[Any] = torch.autocast(kind, dtype)
        return context

    def _over(self, piece: Any) -> Any:
        """Pixels of (n, side, side, 3) on the device, as the network takes them."""
        torch = import_torch()
        pixels = torch.from_numpy(np.ascontiguousarray(piece))
        if self._copying is None:
            there = pixels.to(self._device)
        else:
            computing = torch.cuda.current_stream(self._device)
            with torch.cuda.stream(self._copying):
                there = pixels.pin_memory().to(self._device, non_blocking=True)
            computing.wait_stream(self._copying)
            there.record_stream(computing)
        return prepared(there, self._preparation).contiguous(memory_format=self._format)

    def _back(self, output: Any) -> Any:
        """A layer's output on its way to the CPU, float32."""
        torch = import_torch()
        output = output.float()
        if not self._on_cuda:
            return output.cpu()
        # Copies from a device only overlap with its work if they go to pinned memory.
        here = torch.empty(output.shape, dtype=torch.float32, pin_memory=True)
        return here.copy_(output, non_blocking=True)


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
