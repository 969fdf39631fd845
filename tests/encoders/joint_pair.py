"""A pair of tiny towers that know four colours, as real ONNX files with a real tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 16
COLOURS = {
    "red": (0.9, 0.1, 0.1),
    "green": (0.1, 0.7, 0.2),
    "blue": (0.1, 0.2, 0.9),
    "grey": (0.5, 0.5, 0.5),
}
"""Words, and the mean colours of pictures that they fit."""
_WORDS = ["[PAD]", "[UNK]", *COLOURS]

TOML = """
name = "Four colours"
licence = "Apache-2.0"

[image]
file = "image.onnx"
size = 16
fit = "squash"

[text]
file = "text.onnx"
context = 8
"""


def make_pair(folder: Path, *, toml: str = TOML, text_dims: int = 3) -> Path:
    """Write a folder as ``lookalike.toml`` describes it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lookalike.toml").write_text(toml)
    (folder / "image.onnx").write_bytes(image_tower())
    (folder / "text.onnx").write_bytes(text_tower(text_dims))
    (folder / "tokenizer.json").write_text(tokenizer())
    return folder


def make_hub_pair(folder: Path, *, both: bool = False) -> Path:
    """The same towers as the hub lays them out, in two files or both in one graph."""
    (folder / "onnx").mkdir(parents=True)
    if both:
        (folder / "onnx" / "model.onnx").write_bytes(both_towers())
    else:
        (folder / "onnx" / "vision_model.onnx").write_bytes(image_tower())
        (folder / "onnx" / "text_model.onnx").write_bytes(text_tower())
    (folder / "tokenizer.json").write_text(tokenizer())
    (folder / "config.json").write_text(
        json.dumps({"model_type": "clip", "text_config": {"max_position_embeddings": 8}})
    )
    said = {"size": {"shortest_edge": 20}, "crop_size": 16, "resample": 2, "do_normalize": False}
    (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return folder


def image_tower() -> bytes:
    """The mean colour, less grey."""
    return _saved(_image_nodes(), [_pixels()], [_floats("image_embeds")])


def text_tower(dims: int = 3) -> bytes:
    """The colour that the words name, less grey; no word, no colour."""
    return _saved(_text_nodes(), _tokens(), [_floats("text_embeds")], _table(dims))


def both_towers() -> bytes:
    """Both, and what CLIP's export adds: the logits of each pair."""
    from onnx import helper

    logits = [
        helper.make_node("Transpose", ["text_embeds"], ["turned"]),
        helper.make_node("MatMul", ["image_embeds", "turned"], ["logits_per_image"]),
    ]
    outputs = [_floats(name) for name in ("logits_per_image", "text_embeds", "image_embeds")]
    nodes = [*_image_nodes(), *_text_nodes(), *logits]
    return _saved(nodes, [*_tokens(), _pixels()], outputs, _table(3))


def tokenizer() -> str:
    """Words between spaces, each a token."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    vocabulary = {word: i for i, word in enumerate(_WORDS)}
    made = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = Lowercase(), Whitespace()
    return str(made.to_str())


def _image_nodes() -> list[Any]:
    from onnx import helper

    return [
        helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Sub", ["mean", "grey"], ["image_embeds"]),
    ]


def _text_nodes() -> list[Any]:
    from onnx import helper

    return [
        helper.make_node("Gather", ["table", "input_ids"], ["each"]),
        helper.make_node("Cast", ["attention_mask"], ["kept"], to=1),
        helper.make_node("Unsqueeze", ["kept", "last"], ["weights"]),
        helper.make_node("Mul", ["each", "weights"], ["weighed"]),
        helper.make_node("ReduceMean", ["weighed"], ["text_embeds"], axes=[1], keepdims=0),
    ]


def _table(dims: int) -> Any:
    from onnx import numpy_helper

    table = np.zeros((len(_WORDS), dims), np.float32)
    for i, word in enumerate(_WORDS):
        if word in COLOURS:
            table[i, :3] = np.array(COLOURS[word])[:dims] - 0.4
    return numpy_helper.from_array(table, "table")


def _pixels() -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])


def _tokens() -> list[Any]:
    from onnx import TensorProto, helper

    names = ("input_ids", "attention_mask")
    return [helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "tokens"]) for n in names]


def _floats(name: str) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def _saved(nodes: list[Any], inputs: list[Any], outputs: list[Any], *constants: Any) -> bytes:
    from onnx import helper, numpy_helper

    used = {name for node in nodes for name in node.input}
    there = [
        numpy_helper.from_array(np.full(3, 0.4, np.float32), "grey"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        *constants,
    ]
    kept = [constant for constant in there if constant.name in used]
    graph = helper.make_graph(nodes, "pair", inputs, outputs, kept)
    opset = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
