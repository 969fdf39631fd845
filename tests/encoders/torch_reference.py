"""EfficientNet-Lite in PyTorch, written from the paper: what the converted networks must equal.

It shares no code with the converter: it reads the weights with ``torch.load``, keeps batch norm
as a layer, and pads the way TensorFlow does by looking at each tensor's size.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

# repeats, kernel, stride, expansion, channels; the first and last stage do not grow deeper
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SamePadding(nn.Conv2d):
    """A convolution whose output has ceil(size / stride) places; odd padding goes to the end."""

    def forward(self, x: Tensor) -> Tensor:
        pad = []
        for size in reversed(x.shape[2:]):
            after = math.ceil(size / self.stride[0])
            total = max((after - 1) * self.stride[0] + self.kernel_size[0] - size, 0)
            pad += [total // 2, total - total // 2]
        return super().forward(functional.pad(x, pad))


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> SamePadding:
    return SamePadding(inputs, outputs, kernel, stride, groups=groups, bias=False)


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        inner = inputs * expand
        self.residual = stride == 1 and inputs == outputs
        if expand != 1:
            self._expand_conv, self._bn0 = conv(inputs, inner, 1), norm(inner)
        self._depthwise_conv, self._bn1 = conv(inner, inner, kernel, stride, inner), norm(inner)
        self._project_conv, self._bn2 = conv(inner, outputs, 1), norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        if hasattr(self, "_expand_conv"):
            inner = functional.relu6(self._bn0(self._expand_conv(inner)))
        inner = functional.relu6(self._bn1(self._depthwise_conv(inner)))
        inner = self._bn2(self._project_conv(inner))
        return inner + x if self.residual else inner


class EfficientNetLite(nn.Module):
    def __init__(self, width: float, depth: float) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = conv(3, 32, 3, 2), norm(32)
        blocks: list[nn.Module] = []
        inputs = 32
        for i, (repeats, kernel, stride, expand, channels) in enumerate(STAGES):
            grown = repeats if i in (0, 6) else math.ceil(depth * repeats)
            outputs = round_to_eight(channels * width)
            for j in range(grown):
                blocks.append(Block(inputs, outputs, kernel, stride if j == 0 else 1, expand))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = conv(inputs, 1280, 1), norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def features(self, pixels: Tensor) -> Tensor:
        """The last feature map, (n, 1280, side, side), of pixels (n, size, size, 3), uint8."""
        x = (pixels.permute(0, 3, 1, 2).float() - 127) / 128
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return functional.relu6(self._bn1(self._conv_head(x)))


def round_to_eight(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def load(weights: Path, width: float, depth: float) -> EfficientNetLite:
    model = EfficientNetLite(width, depth)
    model.load_state_dict(torch.load(weights, weights_only=True))
    return model.eval()


def pooled(features: Tensor) -> tuple[Tensor, Tensor]:
    """The centre-weighted generalised mean (exponent 1.5), and the mean, each (n, 1280)."""
    at = torch.linspace(-1, 1, features.shape[-1])
    weights = torch.exp(-(at[:, None] ** 2 + at**2))
    weights = weights / weights.sum()
    generalised = (features**1.5 * weights).sum((2, 3)) ** (2 / 3)
    return generalised, (features * weights).sum((2, 3))


@torch.inference_mode()
def run(model: EfficientNetLite, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pool (n, 1280) and logits (n, 1000) as the converted network gives them."""
    generalised, mean = pooled(model.features(torch.from_numpy(pixels)))
    return generalised.numpy(), model._fc(mean).numpy()
