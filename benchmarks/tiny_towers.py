"""Writes a pair of towers out of what comes with lookalike: Lite0, MiniLM, a matrix for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

TOML = """
name = "Lite0 and MiniLM, projected"
dims = {dims}

[image]
file = "image.onnx"
size = 224
crop_share = 0.9375
std = [{unit}, {unit}, {unit}]  # the network takes values up to 255

[text]
file = "text.onnx"
context = 256
"""


def write_pair(
    folder: Path, image: tuple[Floats, Floats], text: tuple[Floats, Floats], cache: Path
) -> None:
    """Write a folder that ``onnx:FOLDER`` names.

    Args:
        folder: it is made.
        image: what is taken off a picture's vector, shape (1280,), and its matrix, (1280, dims).
        text: the same of words, (384,) and (384, dims).
        cache: where the converted Lite0 lies.
    """
    import onnx

    from lookalike.encoders.efficientnet_lite import LITE0
    from lookalike.encoders.minilm import PACKAGE, REQUIREMENT, load_tokenizer
    from lookalike.encoders.packaged import package_file

    folder.mkdir(parents=True, exist_ok=True)
    seeing = onnx.load(str(LITE0.onnx(cache)))
    onnx.save(_image_tower(seeing, *image), str(folder / "image.onnx"))
    reading = onnx.load(str(package_file(PACKAGE, "model.onnx", REQUIREMENT)))
    onnx.save(_text_tower(reading, *text), str(folder / "text.onnx"))
    load_tokenizer().save(str(folder / "tokenizer.json"))
    said = TOML.format(dims=image[1].shape[1], unit=f"{1 / 255:.9f}")
    (folder / "lookalike.toml").write_text(said)


def _image_tower(model: Any, mean: Floats, matrix: Floats) -> Any:
    from onnx import TensorProto, helper

    graph = model.graph
    before = [
        helper.make_node("Transpose", ["pixel_values"], ["turned"], perm=[0, 2, 3, 1]),
        helper.make_node("Round", ["turned"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["pixels"], to=TensorProto.UINT8),
    ]
    nodes = [*before, *graph.node, *_projection(graph, "pool", mean, matrix, "image_embeds")]
    _exchange(graph, nodes, "image_embeds", matrix.shape[1])
    del graph.input[:]
    shape = ["n", 3, 224, 224]
    graph.input.append(helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, shape))
    return model


def _text_tower(model: Any, mean: Floats, matrix: Floats) -> Any:
    from onnx import helper

    graph = model.graph
    middle = helper.make_node(
        "ReduceMean", ["last_hidden_state"], ["meaning"], axes=[1], keepdims=0
    )
    nodes = [*graph.node, middle, *_projection(graph, "meaning", mean, matrix, "text_embeds")]
    _exchange(graph, nodes, "text_embeds", matrix.shape[1])
    return model


def _projection(graph: Any, at: str, mean: Floats, matrix: Floats, output: str) -> list[Any]:
    """Length 1, less the mean, times the matrix."""
    from onnx import helper, numpy_helper

    graph.initializer.append(numpy_helper.from_array(mean[None], "learned_mean"))
    graph.initializer.append(numpy_helper.from_array(matrix, "learned_matrix"))
    return [
        helper.make_node("LpNormalization", [at], ["of_length_1"], axis=1, p=2),
        helper.make_node("Sub", ["of_length_1", "learned_mean"], ["centred"]),
        helper.make_node("MatMul", ["centred", "learned_matrix"], [output]),
    ]


def _exchange(graph: Any, nodes: list[Any], output: str, dims: int) -> None:
    from onnx import TensorProto, helper

    del graph.node[:]
    graph.node.extend(nodes)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", dims]))
