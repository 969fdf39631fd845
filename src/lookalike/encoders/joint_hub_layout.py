"""Reads the layout in which the Hugging Face hub keeps exported CLIP-like models.

``onnx/vision_model.onnx`` and ``onnx/text_model.onnx`` (or ``onnx/model.onnx`` with both towers in
one graph), ``tokenizer.json``, ``preprocessor_config.json``, ``config.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lookalike.errors import ModelError

_VARIANTS = ("", "_fp16", "_quantized", "_int8", "_uint8")
"""In the order in which they are taken, where several are there."""
_INTERPOLATIONS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""By Pillow's numbers."""
_SIGLIP_CONTEXT = 64
_CLIP_CONTEXT = 77
_CHINESE_CLIP_CONTEXT = 52  # what it was trained with; its positions would allow 512


def is_hub_layout(folder: Path) -> bool:
    """Whether a folder has both towers and a configuration where the hub has them."""
    return (folder / "config.json").is_file() and _towers(folder) is not None


def hub_config(folder: Path) -> dict[str, Any]:
    """What the hub's files say, as :class:`~lookalike.encoders.joint_config.JointConfig` wants it.

    Raises:
        ModelError: a file is missing or damaged (``bad-model-folder``).
    """
    towers = _towers(folder)
    assert towers is not None
    image, text = towers
    config = _json(folder, "config.json")
    kind = str(config.get("model_type", "clip"))
    tokens = _json(folder, "tokenizer_config.json", optional=True)
    told = {"name": str(config.get("_name_or_path") or folder.name), "metric": "cosine"}
    return {
        **told,
        "image": {"file": image, **_pixels(_json(folder, "preprocessor_config.json"))},
        "text": {"file": text, **_words(kind, config, tokens, folder)},
    }


def _towers(folder: Path) -> tuple[str, str] | None:
    for image, text in (("vision_model", "text_model"), ("model", "model")):
        found = [_first(folder, image), _first(folder, text)]
        if all(found):
            return found[0], found[1]
    return None


def _first(folder: Path, stem: str) -> str:
    names = [f"onnx/{stem}{variant}.onnx" for variant in _VARIANTS]
    return next((name for name in names if (folder / name).is_file()), "")


def _pixels(said: dict[str, Any]) -> dict[str, Any]:
    size, crop = said.get("size", 224), said.get("crop_size", 224)
    shorter = size if isinstance(size, int) else size.get("shortest_edge", 0)
    cut = crop if isinstance(crop, int) else crop.get("height", 224)
    told: dict[str, Any] = {
        "interpolation": _INTERPOLATIONS.get(said.get("resample", 3), "bicubic")
    }
    if said.get("do_normalize", True) and said.get("image_mean"):
        told |= {"mean": tuple(said["image_mean"]), "std": tuple(said["image_std"])}
    if shorter and said.get("do_center_crop", True):
        return told | {"size": cut, "fit": "crop", "crop_share": min(1.0, cut / shorter)}
    side = shorter or (size.get("height", 224) if isinstance(size, dict) else size)
    return told | {"size": side, "fit": "squash"}


def _words(
    kind: str, config: dict[str, Any], tokens: dict[str, Any], folder: Path
) -> dict[str, Any]:
    said = config.get("text_config") or {}
    if kind.startswith("siglip"):
        # They were trained on full rows: without the filling their vectors mean nothing.
        context = int(said.get("max_position_embeddings", _SIGLIP_CONTEXT))
        pad = _token_id(folder, tokens.get("pad_token"))
        return {"context": context, "padding": "max", "pad": pad, "lower": True}
    if kind.startswith("chinese_clip"):
        return {"context": _CHINESE_CLIP_CONTEXT}
    return {"context": int(said.get("max_position_embeddings", _CLIP_CONTEXT))}


def _token_id(folder: Path, token: Any) -> int:
    """The id of the token that fills up; of SigLIP's first version it is 1."""
    content = token.get("content") if isinstance(token, dict) else token
    for added in _json(folder, "tokenizer.json").get("added_tokens", []):
        if added.get("content") == (content or "<pad>"):
            return int(added["id"])
    return 1


def _json(folder: Path, name: str, *, optional: bool = False) -> dict[str, Any]:
    path = folder / name
    if optional and not path.is_file():
        return {}
    try:
        said = json.loads(path.read_text("utf-8"))
        if not isinstance(said, dict):
            raise ValueError("it is no object")
        return said
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        raise ModelError(
            f"The model {folder} cannot be used: {name} "
            f"{'is missing' if missing else f'cannot be read ({error})'}.",
            "Fetch the model again.",
            code="bad-model-folder",
        ) from error
