"""``openclip:ARCHITECTURE/TAG``: the joint models of OpenCLIP, with weights out of a file."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from lookalike.encoders.converted import checked_digest
from lookalike.encoders.families.joint import as_image_model
from lookalike.encoders.hub_models import find_hub_model
from lookalike.encoders.joint import RECIPE, open_joint
from lookalike.encoders.models import ImageModel, ModelCard, ModelInfo, unknown
from lookalike.encoders.names import ModelName
from lookalike.encoders.packaged import digest, is_installed
from lookalike.encoders.torch_support import import_timm
from lookalike.errors import ModelError

PREFIX = "openclip"
_PACKAGE, _EXTRA = "open_clip", "lookalike[clip]"
_FILES = ("open_clip_model.safetensors", "model.safetensors")


class OpenClip:
    """Its architectures, and these with a tag of weights."""

    def listed(self) -> list[ModelInfo]:
        """None: the best known are to be had from the hub as ONNX."""
        return []

    def names(self) -> list[str]:
        """All, if it and the timm that it needs are installed."""
        if not (is_installed(_PACKAGE) and is_installed("timm")):
            return []
        clip = _open_clip()
        tagged = [f"{PREFIX}:{model}/{tag}" for model, tag in clip.list_pretrained()]
        return [*(f"{PREFIX}:{model}" for model in clip.list_models()), *tagged]

    def describe(self, name: ModelName) -> ModelCard:
        """See :class:`lookalike.encoders.models.Family`."""
        architecture, tag = _known(name)
        config = _open_clip().get_model_config(architecture)
        info = ModelInfo(
            name=str(name),
            family="OpenCLIP",
            kind="image",
            dims=int(config["embed_dim"]),
            input=None,
            taps=("vectors",),
            runtime="onnxruntime",
            size_mb=0,
            licence="",
            recipe=RECIPE,
            requirement=f"'{_EXTRA}'",
            package=_PACKAGE,
            words=True,
        )
        note = "A file of weights is given by --weights FILE (.safetensors, .pt)."
        repo = _repo(architecture, tag)
        return ModelCard(info, (), (note, *([f"https://huggingface.co/{repo}"] if repo else [])))

    def resolve(self, name: ModelName, cache: Path) -> ImageModel:
        """See :class:`lookalike.encoders.models.Family`."""
        if name.sha256 and (folder := _folder(name, name.sha256, cache)).is_dir():
            return as_image_model(str(name), open_joint(folder, cache), "OpenCLIP")
        architecture, tag = _known(name)
        weights = _weights(name, architecture, tag, cache)
        digits = checked_digest(name, digest(weights), str(weights))
        folder = _folder(name, digits, cache)
        if not folder.is_dir():
            _export(architecture, tag, weights, folder)
        whole = replace(name, weights=str(weights), sha256=digits)
        return as_image_model(str(whole), open_joint(folder, cache), "OpenCLIP")


def _export(architecture: str, tag: str, weights: Path, folder: Path) -> None:
    from lookalike.encoders.openclip_export import export

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as made:
        export(architecture, tag, weights, Path(made))
        if not folder.is_dir():  # another process may have been quicker
            shutil.copytree(made, Path(made) / "whole")
            (Path(made) / "whole").replace(folder)


def _folder(name: ModelName, digits: str, cache: Path) -> Path:
    return cache / "converted" / f"{PREFIX}-{name.path.replace('/', '-')}-{digits}"


def _known(name: ModelName) -> tuple[str, str]:
    """The architecture and the tag.

    Raises:
        UnknownModelError: there is none of this name.
        ModelError: OpenCLIP is not installed.
    """
    clip = _open_clip()
    architecture, tag = name.split()
    if architecture not in (known := clip.list_models()):
        raise unknown("model of OpenCLIP called", architecture, known)
    if tag and tag not in (tags := clip.list_pretrained_tags_by_model(architecture)):
        raise unknown(f"tag of {architecture} called", tag, tags)
    return architecture, tag


def _weights(name: ModelName, architecture: str, tag: str, cache: Path) -> Path:
    if name.weights:
        return Path(name.weights).expanduser().absolute()
    repo = _repo(architecture, tag)
    hint = "Say --weights FILE: .safetensors, or a state dict in .pt."
    if repo:
        folder = find_hub_model(f"{repo}@main").folder(cache)
        for file in _FILES:
            if (folder / file).is_file():
                return folder / file
        hint = f"Run: lookalike models --get {repo}@main. Or say --weights FILE."
    raise ModelError(
        f"The weights of {name.plain} are not here, and nothing is downloaded by itself.",
        hint,
        code="weights-missing",
    )


def _repo(architecture: str, tag: str) -> str:
    if not tag:
        return ""
    config = _open_clip().get_pretrained_cfg(architecture, tag) or {}
    return str(config.get("hf_hub") or "").rstrip("/")


def _open_clip() -> Any:
    if not is_installed(_PACKAGE):
        raise ModelError(
            "open_clip is not installed.", f"Run: pip install '{_EXTRA}'", code="extra-missing"
        )
    import_timm()
    import open_clip

    return open_clip
