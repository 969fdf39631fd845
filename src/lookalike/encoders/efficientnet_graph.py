"""EfficientNet-Lite as an ONNX graph, from a PyTorch state dict.

Architecture: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (ICML 2019), in the "Lite" form that Google published in 2020: ReLU6 in place of swish, no
squeeze-and-excitation, stem and head not scaled. Weight names, batch norm epsilon (1e-3) and TF
"SAME" padding are those of the efficientnet-lite-pytorch 0.1.0 package.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.base import Float32Array
from lookalike.encoders.onnx_nodes import OnnxNodes
from lookalike.encoders.onnx_pooling import Layer, append_pooling
from lookalike.encoders.poolings import Pooling
from lookalike.errors import ModelError

CONVERTER_VERSION = 2
"""Part of the cached file's name; raise it when the graph changes."""

POOL_DIMS = 1280
CLASSES = 1000

HEAD = "head"
"""The last feature map, after the head's convolution."""

_BATCH_NORM_EPSILON = 1e-3
_OPSET = 17
_IR_VERSION = 8
_CENTRE_VARIANCE = 0.5
"""Of the pooling weights, in half sides of the picture."""

State = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Scaling:
    """How one member of the family departs from Lite0.

    Attributes:
        width: factor on the number of channels.
        depth: factor on the number of blocks per stage.
        size: side of the square input, in pixels.
    """

    width: float
    depth: float
    size: int


@dataclass(frozen=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_STEM_CHANNELS = 32


@dataclass(frozen=True)
class Block:
    """One inverted residual block: expand (1x1), depthwise (kxk), project (1x1)."""

    kernel: int
    stride: int
    expand: int
    inputs: int
    outputs: int

    @property
    def residual(self) -> bool:
        """Whether the block's input is added to its output."""
        return self.stride == 1 and self.inputs == self.outputs


def blocks(scaling: Scaling) -> Iterator[Block]:
    """The blocks of a member of the family, in order."""
    inputs = _STEM_CHANNELS
    for i, stage in enumerate(_STAGES):
        fixed = i in (0, len(_STAGES) - 1)
        repeats = stage.repeats if fixed else math.ceil(scaling.depth * stage.repeats)
        outputs = _scaled_channels(stage.channels, scaling.width)
        for j in range(repeats):
            yield Block(stage.kernel, stage.stride if j == 0 else 1, stage.expand, inputs, outputs)
            inputs = outputs


def _scaled_channels(channels: int, width: float) -> int:
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def build_onnx(state: State, scaling: Scaling) -> bytes:
    """Build the network.

    Args:
        state: the state dict, names as in efficientnet-lite-pytorch.
        scaling: which member of the family the weights are for.

    Returns:
        A serialised ONNX model. Input ``pixels``: uint8, (n, size, size, 3), RGB; it is normalised
        inside, to ``(x - 127) / 128``. Outputs: ``pool``, float32, (n, 1280), the centre-weighted
        generalised mean after the head's ReLU6; ``logits``, float32, (n, 1000), of the
        centre-weighted mean. See :func:`centre_weights` for the reason.

    Raises:
        ModelError: the weights do not fit the architecture.
    """
    graph = trunk(state, scaling)
    graph.head()
    return serialised(graph, scaling.size, {"pool": POOL_DIMS, "logits": CLASSES})


def trunk(state: State, scaling: Scaling, last: str = HEAD) -> Graph:
    """The network up to a layer, by default its last feature map.

    Args:
        state: as in :func:`build_onnx`.
        scaling: as in :func:`build_onnx`.
        last: the layer's name in :func:`layers`.
    """
    graph = Graph(state, scaling.size)
    graph.input("pixels")
    graph.conv_norm("_conv_stem", "_bn0", stride=2)
    graph.relu6()
    for i, block in enumerate(blocks(scaling)):
        graph.block(f"_blocks.{i}", block)
        if last == f"blocks.{i}":
            return graph
    graph.conv_norm("_conv_head", "_bn1")
    graph.relu6()
    return graph


def layers(scaling: Scaling) -> Iterator[Layer]:
    """The layers that can be tapped: each block's output, and the last feature map."""
    side = math.ceil(scaling.size / 2)
    for i, block in enumerate(blocks(scaling)):
        side = math.ceil(side / block.stride)
        yield Layer(f"blocks.{i}", (block.outputs, side, side))
    yield Layer(HEAD, (POOL_DIMS, side, side))


def build_tap(state: State, scaling: Scaling, layer: Layer, pooling: Pooling) -> bytes:
    """The network up to one layer, pooled, as an ONNX model.

    Args:
        state: as in :func:`build_onnx`.
        scaling: as in :func:`build_onnx`.
        layer: one of :func:`layers`.
        pooling: how it is pooled.

    Returns:
        A serialised ONNX model. Input as in :func:`build_onnx`; output ``vectors``, float32,
        (n, dims).
    """
    graph = trunk(state, scaling, layer.name)
    append_pooling(graph, layer, pooling, "vectors")
    return serialised(graph, scaling.size, {"vectors": layer.dims(pooling)})


def serialised(graph: Graph, side: int, outputs: Mapping[str, int]) -> bytes:
    """A graph as an ONNX model.

    Args:
        graph: all nodes; its input is ``pixels``.
        side: of the square input.
        outputs: names of the tensors that come out, each of shape (n, length), and the lengths.
    """
    from onnx import TensorProto, checker, helper

    shaped = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", length])
        for name, length in outputs.items()
    ]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite",
            [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", side, side, 3])],
            shaped,
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="lookalike",
        producer_version=str(CONVERTER_VERSION),
    )
    checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def centre_weights(side: int) -> Float32Array:
    """What each place of the last feature map counts when it is pooled.

    Weights fall off with the distance from the centre as a Gaussian: pictures have their subject
    there. Over five sets of classes that earns .01 of mean average precision against equal
    weights, and the generalised mean (Radenovic et al., "Fine-tuning CNN Image Retrieval with No
    Human Annotation", 2018) with exponent 1.5 earns a little more than the mean; for the logits,
    it finds more pictures by words (``benchmarks/retrieval.py``, ``benchmarks/words.py``).

    Args:
        side: side of the map, in places.

    Returns:
        Shape (1, 1, side, side), of mean 1.
    """
    at = np.linspace(-1, 1, side)
    weights = np.exp(-(at[:, None] ** 2 + at**2) / (2 * _CENTRE_VARIANCE))
    return np.asarray(weights / weights.mean(), np.float32)[None, None]


class Graph(OnnxNodes):
    """Appends the operators of the network to ``nodes``."""

    def __init__(self, state: State, side: int) -> None:
        super().__init__()
        self.state = state
        self.side = side
        self.relu_bounds = (self.constant("zero", 0.0), self.constant("six", 6.0))

    def weights(self, name: str) -> Float32Array:
        """Weights of the state dict."""
        if name not in self.state:
            raise ModelError(f"The weights lack {name}.", code="model-damaged")
        return np.asarray(self.state[name], np.float32)

    def input(self, name: str) -> None:
        """Read pixels and normalise them."""
        # The padding of the first convolution is zero in normalised values, so the offset has to
        # stay a node of its own; folding it into the bias would shift the border.
        from onnx import TensorProto

        self.node("Transpose", name, perm=[0, 3, 1, 2])
        self.node("Cast", self.at, to=TensorProto.FLOAT)
        self.node("Sub", self.at, self.constant("middle", 127.0))
        self.node("Mul", self.at, self.constant("scale", 1 / 128))

    def block(self, name: str, block: Block) -> None:
        """Append an inverted residual block."""
        before = self.at
        if block.expand != 1:
            self.conv_norm(f"{name}._expand_conv", f"{name}._bn0")
            self.relu6()
        self.conv_norm(
            f"{name}._depthwise_conv",
            f"{name}._bn1",
            stride=block.stride,
            groups=block.inputs * block.expand,
        )
        self.relu6()
        self.conv_norm(f"{name}._project_conv", f"{name}._bn2")
        if block.residual:
            self.node("Add", self.at, before)

    def conv_norm(self, conv: str, norm: str, *, stride: int = 1, groups: int = 1) -> None:
        """Append a convolution with its batch norm folded in."""
        kernel = self.weights(f"{conv}.weight")
        gain, bias = self.weights(f"{norm}.weight"), self.weights(f"{norm}.bias")
        mean, var = self.weights(f"{norm}.running_mean"), self.weights(f"{norm}.running_var")
        scale = gain.astype(np.float64) / np.sqrt(var.astype(np.float64) + _BATCH_NORM_EPSILON)
        if kernel.ndim != 4 or kernel.shape[0] != scale.shape[0]:
            raise ModelError(f"The weights {conv} and {norm} do not fit.", code="model-damaged")
        size = kernel.shape[-1]
        after = math.ceil(self.side / stride)
        padding = max((after - 1) * stride + size - self.side, 0)
        first, last = padding // 2, padding - padding // 2
        self.node(
            "Conv",
            self.at,
            self.constant(f"{conv}.kernel", kernel * scale[:, None, None, None]),
            self.constant(f"{conv}.bias", bias - mean * scale),
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[first, first, last, last],
            group=groups,
        )
        self.side = after

    def relu6(self) -> None:
        """Append ReLU6."""
        self.node("Clip", self.at, *self.relu_bounds)

    def unit_length(self, least: float) -> None:
        """Scale the last axis to length 1."""
        before = self.at
        self.node("ReduceL2", before, axes=[-1], keepdims=1)
        self.node("Max", self.at, self.constant(f"least_{len(self.nodes)}", least))
        self.node("Div", before, self.at)

    def head(self) -> None:
        """Append the pooling and the classifier."""
        features = self.at
        weights = self.constant("centre", centre_weights(self.side))
        self.node("Mul", features, weights)
        weighted = self.at
        self.node("GlobalAveragePool", weighted)
        self.node("Flatten", self.at)
        kernel = self.constant("classes", self.weights("_fc.weight").T)
        bias = self.constant("class_bias", self.weights("_fc.bias"))
        self.node("Gemm", self.at, kernel, bias, output="logits")

        self.node("Sqrt", features)
        self.node("Mul", self.at, weighted)  # x^1.5: a generalised mean with exponent 1.5
        self.node("GlobalAveragePool", self.at)
        self.node("Flatten", self.at)
        self.node("Pow", self.at, self.constant("two_thirds", 2 / 3), output="pool")
