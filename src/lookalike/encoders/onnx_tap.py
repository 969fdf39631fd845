"""Takes any tensor out of any ONNX network that looks at pictures, pooled to a vector.

The normalisation of the pixels goes into the graph before its input, the pooling behind the tensor,
and what does not lead there is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.encoders.onnx_nodes import OnnxNodes
from lookalike.encoders.onnx_pooling import MOST_DIMS, Layer, Layout, append_pooling
from lookalike.encoders.poolings import Pooling
from lookalike.errors import ModelError

LEAST_OPSET = 13
_PIXELS, _VECTORS, _LOGITS = "pixels", "vectors", "tap_logits"
_LAYOUTS: dict[int, Layout] = {2: "vector", 3: "tokens", 4: "map"}


@dataclass(frozen=True)
class Preparation:
    """What a network wants done to the pixels before they come in.

    Attributes:
        mean: of the three channels, on a scale of 0 to 1.
        std: what they are divided by afterwards, on the same scale.
        channels_last: it takes (n, height, width, 3) instead of (n, 3, height, width).
        bgr: it takes blue first.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels_last: bool = False
    bgr: bool = False


@dataclass(frozen=True)
class Hints:
    """What the shapes of tensors do not tell.

    Attributes:
        channels_last: maps are (n, height, width, channels).
        prefix: how many tokens come before those of the picture's places; None to guess: one, if
            the others then make a square.
    """

    channels_last: bool = False
    prefix: int | None = None


def load_network(path: Path) -> Any:
    """Read an ONNX file with all that belongs to it, in an operator set that we can add to.

    Raises:
        ModelError: it is missing or damaged, or takes something other than one batch of pictures.
    """
    import onnx

    try:
        network = onnx.load(path)
        onnx.checker.check_model(network)
        if _opset(network) < LEAST_OPSET:
            network = onnx.version_converter.convert_version(network, LEAST_OPSET)
    except Exception as error:  # its errors share no base class
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"{path} cannot be read as an ONNX network: {reason[0][:200]}.",
            "Export it again.",
            code="model-damaged",
        ) from error
    _check_input(network, path)
    return network


def batch_size(network: Any) -> int:
    """The number of pictures that the network takes at once; 0 for any."""
    return int(_input(network).type.tensor_type.shape.dim[0].dim_value)


def layers(network: Any, side: int, hints: Hints) -> list[Layer]:
    """The tensors that can be tapped, in order.

    Args:
        network: what :func:`load_network` gave.
        side: of the pictures, in pixels.
        hints: what shapes do not tell.

    Raises:
        ModelError: the network takes pictures of another size.
    """
    import onnx

    copy = type(network)()
    copy.CopyFrom(network)
    _fix_input(copy, side)
    inferred = onnx.shape_inference.infer_shapes(copy, data_prop=True)
    shapes = {}
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        kind = value.type.tensor_type
        shape = tuple(dim.dim_value for dim in kind.shape.dim)
        if kind.elem_type in _floats() and 2 <= len(shape) <= 4 and min(shape) > 0:
            shapes[value.name] = shape
    made = [name for node in network.graph.node for name in node.output]
    known = [name for name in made if name in shapes and shapes[name][0] == 1]
    found = [as_layer(name, shapes[name][1:], hints) for name in known]
    return [layer for layer in found if layer.layout != "vector" or layer.shape[0] <= MOST_DIMS]


def as_layer(name: str, shape: Sequence[int], hints: Hints) -> Layer:
    """A tensor of this shape for one picture as a layer."""
    layout = _LAYOUTS[len(shape) + 1]
    if layout == "map" and hints.channels_last:
        layout = "map-last"
    prefix = 0
    if layout == "tokens":
        guessed = int(math.isqrt(shape[0] - 1) ** 2 == shape[0] - 1 and shape[0] > 1)
        prefix = guessed if hints.prefix is None else hints.prefix
    return Layer(name, tuple(shape), layout, prefix)


def tapped(
    network: Any,
    layer: Layer,
    pooling: Pooling,
    side: int,
    preparation: Preparation,
    logits: str = "",
) -> bytes:
    """The network from pixels to the vectors of one layer.

    Args:
        network: what :func:`load_network` gave; it is changed.
        layer: one of :func:`layers`.
        pooling: how it is pooled.
        side: of the pictures, in pixels.
        preparation: what is done to the pixels.
        logits: name of the tensor that holds the logits of classes; empty for none.

    Returns:
        A serialised ONNX model. Input ``pixels``: uint8, (n, side, side, 3), RGB. Outputs
        ``vectors``: float32, (n, dims); then any logits: (n, classes).

    Raises:
        ModelError: it is larger than the 2 GB that a file of one piece may have.
    """
    from onnx import TensorProto, helper

    batch = batch_size(network) or "n"
    before = _prepared(network, preparation)
    after = OnnxNodes(layer.name, "tap_")
    after.node("Cast", after.at, to=TensorProto.FLOAT)
    append_pooling(after, layer, pooling, _VECTORS)
    needed = _needed(network.graph.node, layer.name, logits)
    nodes = [*before.nodes, *needed, *after.nodes]
    made = [
        helper.make_tensor_value_info(_VECTORS, TensorProto.FLOAT, [batch, layer.dims(pooling)])
    ]
    if logits:
        nodes.append(helper.make_node("Cast", [logits], [_LOGITS], to=TensorProto.FLOAT))
        made.append(helper.make_tensor_value_info(_LOGITS, TensorProto.FLOAT, [batch, None]))
    used = {name for node in nodes for name in node.input} | _inner_inputs(needed)
    constants = [c for c in network.graph.initializer if c.name in used]
    shape = [batch, side, side, 3]
    graph = helper.make_graph(
        nodes,
        "tapped",
        [helper.make_tensor_value_info(_PIXELS, TensorProto.UINT8, shape)],
        made,
        [*before.constants, *constants, *after.constants],
    )
    model = helper.make_model(
        graph,
        opset_imports=[*network.opset_import],
        ir_version=network.ir_version,
        functions=[*network.functions],
        producer_name="lookalike",
    )
    try:
        content: bytes = model.SerializeToString()
    except Exception as error:  # protobuf's own; of no public class
        raise ModelError(
            "The network is too large: its weights have more than 2 GB.",
            "Tap an earlier layer, or take a smaller network.",
            code="model-too-large",
        ) from error
    return content


def run_once(content: bytes, side: int) -> Float32Array:
    """What a tapped network gives for one grey picture, shape (1, dims).

    Raises:
        ModelError: it does not run.
    """
    import onnxruntime

    grey = np.full((1, side, side, 3), 128, np.uint8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, {_PIXELS: grey})[0], np.float32)
    except Exception as error:  # its errors share no base class
        reason = str(error).strip().splitlines()[0]
        raise ModelError(
            f"The network does not run on pictures of {side} pixels: {reason[:300]}.",
            "Check its input's size and layout.",
            code="model-damaged",
        ) from error


def _prepared(network: Any, preparation: Preparation) -> OnnxNodes:
    """Nodes from pixels to the network's input, which they make under its own name."""
    given = _input(network)
    graph = OnnxNodes(_PIXELS, "prepare_")
    mean, std = preparation.mean, preparation.std
    graph.node("Cast", graph.at, to=1)
    if preparation.bgr:
        graph.node("Gather", graph.at, graph.whole("blue_first", [2, 1, 0]), axis=3)
        mean, std = mean[::-1], std[::-1]
    graph.node("Sub", graph.at, graph.constant("mean", [255 * m for m in mean]))
    graph.node("Mul", graph.at, graph.constant("scale", [1 / (255 * s) for s in std]))
    if not preparation.channels_last:
        graph.node("Transpose", graph.at, perm=[0, 3, 1, 2])
    graph.node("Cast", graph.at, to=given.type.tensor_type.elem_type, output=given.name)
    return graph


def _needed(nodes: Sequence[Any], *tensors: str) -> list[Any]:
    """The nodes that lead to some tensors, in their order."""
    wanted, kept = {tensor for tensor in tensors if tensor}, []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            wanted.update(_inner_inputs([node]))
            kept.append(node)
    return kept[::-1]


def _inner_inputs(nodes: Sequence[Any]) -> set[str]:
    """What the branches and loops within nodes read."""
    inner = [
        child
        for node in nodes
        for attribute in node.attribute
        for graph in (attribute.g, *attribute.graphs)
        for child in graph.node
    ]
    return {name for node in inner for name in node.input} | (
        _inner_inputs(inner) if inner else set()
    )


def _input(network: Any) -> Any:
    constants = {constant.name for constant in network.graph.initializer}
    return next(value for value in network.graph.input if value.name not in constants)


def _check_input(network: Any, path: Path) -> None:
    constants = {constant.name for constant in network.graph.initializer}
    given = [value for value in network.graph.input if value.name not in constants]
    dims = [len(value.type.tensor_type.shape.dim) for value in given]
    kinds = {value.type.tensor_type.elem_type for value in given}
    if dims != [4] or not kinds <= _floats():
        raise ModelError(
            f"{path} takes {len(given)} inputs of {dims} dimensions, not one batch of pictures.",
            "It needs one input of floats, (n, 3, height, width) or (n, height, width, 3).",
            code="wrong-input",
        )
    if batch_size(network) not in (0, 1):
        raise ModelError(
            f"{path} takes batches of exactly {batch_size(network)} pictures.",
            "Export it with a dynamic batch, or with one of 1.",
            code="wrong-input",
        )


def _fix_input(network: Any, side: int) -> None:
    dims = _input(network).type.tensor_type.shape.dim
    for dim, value in zip(dims, (1, 0, 0, 0), strict=True):
        if value or not dim.dim_value:
            dim.dim_value = value or side
        elif dim.dim_value not in (3, side):
            raise ModelError(
                f"The network takes pictures of {dim.dim_value} pixels, not of {side}.",
                f"Say size = {dim.dim_value} in the table [input] of its model.toml.",
                code="wrong-input",
            )


def _opset(network: Any) -> int:
    return min(int(o.version) for o in network.opset_import if o.domain in ("", "ai.onnx"))


def _floats() -> set[int]:
    from onnx import TensorProto

    return {TensorProto.FLOAT, TensorProto.FLOAT16}
