"""What a few lines of Pillow and torch do: the yardstick of the indexing benchmark."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from lookalike.encoders.efficientnet_graph import Block, blocks
from lookalike.encoders.efficientnet_lite import LITE0
from lookalike.encoders.torch_pickle import load_state_dict


class _SameConv(nn.Conv2d):
    """A convolution with TensorFlow's padding."""

    def forward(self, x: Tensor) -> Tensor:
        wanted = []
        for side, kernel, stride in zip(x.shape[-2:], self.kernel_size, self.stride, strict=True):
            missing = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
            wanted.append((missing // 2, missing - missing // 2))
        (top, bottom), (left, right) = wanted
        padded = functional.pad(x, (left, right, top, bottom))
        return functional.conv2d(padded, self.weight, self.bias, self.stride, 0, 1, self.groups)


class _Block(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        inner = block.inputs * block.expand
        self.residual = block.residual
        if block.expand != 1:
            self._expand_conv = nn.Conv2d(block.inputs, inner, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(inner, 1e-3)
        self._depthwise_conv = _SameConv(
            inner, inner, block.kernel, block.stride, groups=inner, bias=False
        )
        self._bn1 = nn.BatchNorm2d(inner, 1e-3)
        self._project_conv = nn.Conv2d(inner, block.outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(block.outputs, 1e-3)

    def forward(self, x: Tensor) -> Tensor:
        before = x
        if hasattr(self, "_expand_conv"):
            x = functional.relu6(self._bn0(self._expand_conv(x)))
        x = functional.relu6(self._bn1(self._depthwise_conv(x)))
        x = self._bn2(self._project_conv(x))
        return x + before if self.residual else x


class Lite0(nn.Module):
    """EfficientNet-Lite0 as its PyTorch package builds it, up to the pool."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, 1e-3)
        self._blocks = nn.ModuleList(_Block(block) for block in blocks(LITE0.scaling))
        self._conv_head = nn.Conv2d(320, 1280, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(1280, 1e-3)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pool (n, 1280) and logits (n, 1000) of pixels (n, 3, 224, 224)."""
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = functional.relu6(self._bn1(self._conv_head(x)))
        pool = x.mean((2, 3))
        return pool, self._fc(pool)


def load() -> Lite0:
    """The network with the weights that lookalike uses, pooled in the plain way."""
    model = Lite0()
    state = {name: torch.from_numpy(a) for name, a in load_state_dict(LITE0.weights()).items()}
    model.load_state_dict(state)
    return model.eval()


def loop(model: Lite0, files: list[Path], size_of_batch: int) -> int:
    """Decode and encode the files as a simple script would; returns how many."""
    batch: list[Tensor] = []
    vectors = []
    with torch.inference_mode():
        for number, file in enumerate(files, start=1):
            with Image.open(file) as opened:
                picture = opened.convert("RGB")
            scale = 256 / min(picture.size)
            size = [max(224, round(side * scale)) for side in picture.size]
            picture = picture.resize((size[0], size[1]), Image.Resampling.BICUBIC)
            left, top = (size[0] - 224) // 2, (size[1] - 224) // 2
            picture = picture.crop((left, top, left + 224, top + 224))
            pixels = (np.asarray(picture, dtype=np.float32) - 127) / 128
            batch.append(torch.from_numpy(pixels.transpose(2, 0, 1).copy()))
            if len(batch) == size_of_batch or number == len(files):
                vectors.append(functional.normalize(model(torch.stack(batch))[0]))
                batch = []
    return sum(len(part) for part in vectors)
