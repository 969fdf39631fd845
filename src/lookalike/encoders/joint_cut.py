"""Cuts one tower out of a graph that holds both, so that words do not cost a picture's pass."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import ModelError

_IMAGE_INPUT = "pixel_values"


def cut_tower(file: Path, which: str, output: str) -> bytes:
    """The part of a graph that one output needs, as an ONNX model.

    Args:
        file: the graph, smaller than 2 GB.
        which: ``image`` or ``text``.
        output: name of the output; empty for ``image_embeds`` or ``text_embeds``.

    Raises:
        ModelError: the file is no such graph (``bad-model-folder``).
    """
    import onnx
    from onnx.utils import Extractor

    output = output or f"{which}_embeds"
    try:
        model = onnx.load(str(file))
        names = [one.name for one in model.graph.input]
        wanted = [name for name in names if (name == _IMAGE_INPUT) == (which == "image")]
        return bytes(Extractor(model).extract_model(wanted, [output]).SerializeToString())
    except Exception as error:  # protobuf's and the extractor's errors share no base class
        raise ModelError(
            f"No {which} tower can be cut out of {file} ({error}).",
            "Use an export with two files, onnx/vision_model.onnx and onnx/text_model.onnx.",
            code="bad-model-folder",
        ) from error
