"""A small ONNX network in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lookalike.encoders.base import Float32Array
from lookalike.imaging.picture import UInt8Array

SIDE = 32
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
DESCRIPTION = f"""
licence = "CC0-1.0"
[input]
size = {SIDE}
fit = "squash"
interpolation = "bilinear"
mean = {[*MEAN]}
std = {[*STD]}
[output]
tensor = "features"
"""


def write_network(
    folder: Path, *, batch: str | int = "n", opset: int = 17, classes: int = 10
) -> Path:
    """Two convolutions (``/first/relu`` and ``features``), then some classes (``scores``)."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(1)
    constants = [
        numpy_helper.from_array(rng.normal(size=shape).astype(np.float32) / 4, name)
        for name, shape in {"w1": (8, 3, 3, 3), "w2": (12, 8, 3, 3), "w3": (12, classes)}.items()
    ]
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["conv"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["/first/relu"]),
        helper.make_node("Conv", ["/first/relu", "w2"], ["conv2"], strides=[2, 2]),
        helper.make_node("Relu", ["conv2"], ["features"]),
        helper.make_node("GlobalAveragePool", ["features"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w3"], ["scores"]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, classes])
    model = helper.make_model(
        helper.make_graph(nodes, "small", [given], [made], constants),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=8,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "model.toml").write_text(DESCRIPTION, encoding="utf-8")
    return folder


def tensor_of(folder: Path, tensor: str, pixels: UInt8Array) -> Float32Array:
    """What the network itself gives for a tensor, the pixels prepared here."""
    import onnx
    import onnxruntime

    network: Any = onnx.load(folder / "model.onnx")
    if tensor not in [value.name for value in network.graph.output]:
        network.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    session = onnxruntime.InferenceSession(
        network.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = ((pixels / 255 - np.array(MEAN)) / np.array(STD)).astype(np.float32)
    each = [session.run([tensor], {"x": one[None].transpose(0, 3, 1, 2)})[0] for one in given]
    return np.concatenate(each)
